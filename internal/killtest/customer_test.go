package killtest

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"steward/internal/agent/llm/scripted"
	"steward/internal/crm/local"
	"steward/internal/testkit/stack"
	"steward/schemas"
)

// customer is a Stack whose CRM has a record, and a visitor.
// fault is armed in the first worker.
func customer(t *testing.T, fault string, grant schemas.PropertyGrant, steps ...scripted.Step) (*stack.Stack, *stack.Visitor, string) {
	t.Helper()
	folder := t.TempDir()
	s := stack.Start(t, stack.Options{
		WorkerFault: fault, Env: []string{"STEWARD_DATA_DIR=" + folder},
		Settings: func(o *schemas.Settings) { o.CRM.Grants = []schemas.PropertyGrant{grant} },
	})
	_, _, err := local.New(s.Store.CRM()).Upsert(ctxFor(t), schemas.ObjectContact, "email",
		map[string]string{"email": "ada@example.com", "phone": "+442079460000"}, schemas.CRMWrite{Key: "made", Actor: "human"})
	if err != nil {
		t.Fatal(err)
	}
	s.Model.Push(steps...)
	v := s.Visit()
	return s, v, filepath.Join(folder, "mail")
}

func callOf(action, arguments string) scripted.Step {
	return scripted.Step{Calls: []schemas.Call{{Action: action, Arguments: json.RawMessage(arguments)}}}
}

func chat(text string) scripted.Step {
	return scripted.Step{Decision: &schemas.Decision{Kind: schemas.DecisionSmalltalk, Text: text, Language: "en"}}
}

// TestRule28CodeKilled kills the worker around the sending of a code: one mail
// goes out for one step, its code works, and no history has it.
func TestRule28CodeKilled(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		"look_up.before", "send_code.before", "send_code.after_store", "send_code.after_send", "send_code.after_commit",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s, v, folder := customer(t, point, schemas.PropertyGrant{
				Object: schemas.ObjectContact, Property: "phone", View: true, ViewLevel: schemas.ProtectVerifyEmail,
			}, callOf("crm_get", `{"properties":["phone"]}`))
			w := s.Worker()
			v.Say("What is my phone number on file?")
			if point == "look_up.before" {
				s.AwaitDeath(w)
				s.StartWorker()
			}
			v.AwaitReplies(1)
			v.Say("ada@example.com")
			if point != "look_up.before" {
				s.AwaitDeath(w)
				s.StartWorker()
			}
			v.AwaitReplies(2)
			code := onlyCode(t, folder)
			v.Say("it is " + code)
			v.AwaitReplies(3)
			wantSpeakers(t, s, v, "cacaca")
			if n := s.CountOf(v.Conversation, "select count(*) from action_runs where conversation_id = $1 and state = 'ok'"); n != 1 {
				t.Errorf("%d runs, want 1\n%s", n, s.Describe(v.Conversation))
			}
			if n := s.CountOf(v.Conversation, "select count(*) from identity_checks where conversation_id = $1"); n != 1 {
				t.Errorf("%d codes, want 1", n)
			}
			wantNoCode(t, s, v, code)
		})
	}
}

var codeInMail = regexp.MustCompile(`\b[0-9]{6}\b`)

// onlyCode is the code of the only mail.
func onlyCode(t *testing.T, folder string) string {
	t.Helper()
	mails, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	if err != nil || len(mails) != 1 {
		t.Fatalf("%d mails, want 1: %v", len(mails), err)
	}
	text, err := os.ReadFile(mails[0])
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(text), "\r\n\r\n")
	code := codeInMail.FindString(body)
	if code == "" {
		t.Fatalf("there is no code in the mail:\n%s", text)
	}
	return code
}

// wantNoCode looks for a code in the run's history and in what the customer sees.
func wantNoCode(t *testing.T, s *stack.Stack, v *stack.Visitor, code string) {
	t.Helper()
	for _, m := range v.Transcript() {
		if strings.Contains(m.Text, code) {
			t.Error("the code is in the transcript")
		}
	}
	events := s.Temporal.GetWorkflowHistory(ctxFor(t), schemas.ConversationWorkflowID(v.Conversation), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		for _, payload := range payloads(event) {
			if strings.Contains(payload, code) || strings.Contains(payload, "ada@example.com") {
				t.Errorf("%s holds the code or the address", event.GetEventType())
			}
		}
	}
}

// TestRule02CRMWriteKilled kills the worker around a change in the CRM: it is
// made once, under the key of its run.
func TestRule02CRMWriteKilled(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		"check_action.after_commit", "run_action.before", "run_action.after_claim", "run_action.after_call", "run_action.after_commit",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s, v, _ := customer(t, point, schemas.PropertyGrant{
				Object: schemas.ObjectContact, Property: "city", Edit: true, EditLevel: schemas.ProtectMatchEmail,
			}, chat("Hello."), callOf("crm_update", `{"changes":{"city":"Paris"}}`), chat("Noted."))
			w := s.Worker()
			v.Say("Hello, my mail is ada@example.com")
			v.AwaitReplies(1)
			v.Say("I live in Paris now, please note that")
			s.AwaitDeath(w)
			s.StartWorker()
			v.AwaitReplies(2)
			wantSpeakers(t, s, v, "caca")
			if n := s.CountOf(v.Conversation, "select count(*) from crm_writes where conversation_id = $1"); n != 1 {
				t.Errorf("%d writes, want 1", n)
			}
			if n := s.Count("select count(*) from crm_objects where type = 'contact' and props ->> 'city' = 'Paris' and version = 2"); n != 1 {
				t.Errorf("%d records with the new value, want 1", n)
			}
		})
	}
}

// payloads are the inputs and results in an event, as text.
func payloads(event *history.HistoryEvent) []string {
	text, err := protojson.Marshal(event)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, data := range payloadData.FindAllStringSubmatch(string(text), -1) {
		if raw, err := base64.StdEncoding.DecodeString(data[1]); err == nil {
			out = append(out, string(raw))
		}
	}
	return append(out, string(text))
}

var payloadData = regexp.MustCompile(`"data":\s*"([^"]*)"`)
