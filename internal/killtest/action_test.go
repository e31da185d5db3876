package killtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"steward/internal/testkit/stack"
	"steward/schemas"
)

// office is another system. With keys it does a request again only under another
// key, as a payment provider does; without them it does each.
type office struct {
	mu    sync.Mutex
	calls []string
	done  map[string]int
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Idempotency-Key")
	o.mu.Lock()
	o.calls = append(o.calls, r.Method+" "+r.URL.Path)
	o.done[key]++
	o.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"status":"refunded"}`)
}

// effects are how often something was done: once per key, or per request
// without a key. asked are all requests.
func (o *office) effects() (done, asked int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for key, n := range o.done {
		if key == "" {
			done += n
		} else {
			done++
		}
	}
	return done, len(o.calls)
}

// refunds starts a Stack whose agent has one action that changes something in an
// office.
func refunds(t *testing.T, point string, change func(*schemas.Action)) (*stack.Stack, *office) {
	t.Helper()
	o := &office{done: map[string]int{}}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	action := schemas.Action{
		Name: "refund", Title: "Refund", Description: "Refunds an order", Kind: schemas.ActionHTTP,
		Effect: schemas.EffectWrite, Confirm: schemas.ConfirmAlways, Protection: schemas.ProtectNone,
		Inputs: []schemas.Input{{Name: "order_id", Title: "Order", Required: true, Schema: json.RawMessage(`{"type":"string"}`)}},
		HTTP: &schemas.HTTPCall{
			Connection: "office", Method: http.MethodPost, Path: "/refunds/{order_id}", IdempotencyHeader: "Idempotency-Key",
		},
		Outputs: []schemas.Output{{Path: "status", Name: "status", Visibility: schemas.VisibleCustomer}},
	}
	change(&action)
	s := stack.Start(t, stack.Options{WorkerFault: point, Settings: func(settings *schemas.Settings) {
		settings.Actions = []schemas.Action{action}
	}})
	if _, err := s.API.PutConnection(ctxFor(t), schemas.Connection{
		Name: "office", BaseURL: server.URL, Auth: schemas.AuthNone, PrivateHosts: []string{at.Host},
	}); err != nil {
		t.Fatal(err)
	}
	return s, o
}

// wantOnce: the change was made once, in one run, and nothing is waited for.
func wantOnce(t *testing.T, s *stack.Stack, v *stack.Visitor, o *office) {
	t.Helper()
	if done, asked := o.effects(); done != 1 {
		t.Errorf("%d refunds after %d requests, want 1\n%s", done, asked, s.Describe(v.Conversation))
	}
	if n := s.CountOf(v.Conversation, "select count(*) from action_runs where conversation_id = $1 and state = 'ok'"); n != 1 {
		t.Errorf("%d runs, want 1\n%s", n, s.Describe(v.Conversation))
	}
	if n := s.CountOf(v.Conversation, "select count(*) from pendings where conversation_id = $1 and state = 'used' and settled_at is not null"); n != 1 {
		t.Errorf("%d answers were used, want 1", n)
	}
	if n := s.CountOf(v.Conversation, "select count(*) from pendings where conversation_id = $1"); n != 1 {
		t.Errorf("somebody was asked %d times, want once", n)
	}
}

// TestRule07ConfirmationKilled kills the worker around a change that the customer
// confirms: they are asked once, and after their yes it is made once.
func TestRule07ConfirmationKilled(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		"check_action.before", "check_action.after_commit", "check_action.after_commit:2", "run_action.before",
		"run_action.after_claim", "run_action.after_call", "run_action.after_commit", "compose.after_commit",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s, o := refunds(t, point, func(*schemas.Action) {})
			s.Model.Push(callOf("refund", `{"order_id":"A-17"}`), chat("Your refund is on its way."))
			w, v := s.Worker(), s.Visit()
			v.Say("Refund my order A-17")
			asks := point == "check_action.before" || point == "check_action.after_commit"
			if asks {
				s.AwaitDeath(w)
				s.StartWorker()
			}
			v.AwaitReplies(1)
			if done, _ := o.effects(); done != 0 {
				t.Fatal("it was done before the yes")
			}
			v.Say("yes")
			if !asks {
				s.AwaitDeath(w)
				s.StartWorker()
			}
			v.AwaitReplies(2)
			wantSpeakers(t, s, v, "caca")
			wantOnce(t, s, v, o)
		})
	}
}

// TestRule02UnknownChangeKilled kills the worker after a change in a system that
// knows no keys: it is never made again, and people find out whether it was.
func TestRule02UnknownChangeKilled(t *testing.T) {
	t.Parallel()
	s, o := refunds(t, "run_action.after_call", func(a *schemas.Action) {
		a.Confirm, a.HTTP.IdempotencyHeader = schemas.ConfirmNever, ""
	})
	s.Model.Push(callOf("refund", `{"order_id":"A-17"}`))
	w, v := s.Worker(), s.Visit()
	v.Say("Refund my order A-17")
	s.AwaitDeath(w)
	s.StartWorker()
	stack.Until(t, "people have it", func() bool { return strings.HasSuffix(v.Speakers(), "s") })
	if done, asked := o.effects(); done != 1 || asked != 1 {
		t.Errorf("%d refunds after %d requests, want 1 after 1", done, asked)
	}
	if n := s.CountOf(v.Conversation, "select count(*) from action_runs where conversation_id = $1 and state = 'unknown'"); n != 1 {
		t.Errorf("%d runs of which nobody knows, want 1\n%s", n, s.Describe(v.Conversation))
	}
	if n := s.CountOf(v.Conversation, "select count(*) from conversations where id = $1 and owner = 'queue'"); n != 1 {
		t.Errorf("people do not have the conversation\n%s", s.Describe(v.Conversation))
	}
}

// open is the request that people are asked about now.
func open(t *testing.T, s *stack.Stack) schemas.PendingID {
	t.Helper()
	list, err := s.API.Approvals(ctxFor(t), false)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d requests are open, want 1: %v", len(list), err)
	}
	return list[0].ID
}

// TestRule07ApprovalKilled kills the worker around a change that a person has to
// approve: they are asked once, the conversation waits without a turn, and after
// their yes it is made once.
func TestRule07ApprovalKilled(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		"check_action.after_commit", "next_step.after_commit:3", "check_action.after_commit:2", "run_action.after_claim", "run_action.after_call", "compose.before",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s, o := refunds(t, point, func(a *schemas.Action) { a.Confirm, a.Approval = schemas.ConfirmNever, &schemas.Approval{} })
			addPerson(t, s, "Ada")
			s.Model.Push(callOf("refund", `{"order_id":"A-17"}`), chat("Your refund is on its way."))
			w, v := s.Worker(), s.Visit()
			v.Say("Refund my order A-17")
			if point == "check_action.after_commit" {
				s.AwaitDeath(w)
				s.StartWorker()
			}
			v.AwaitReplies(1)
			if _, err := s.API.Approve(ctxFor(t), open(t, s), schemas.ApprovalDecision{As: "Ada"}); err != nil {
				t.Fatal(err)
			}
			if point != "check_action.after_commit" {
				s.AwaitDeath(w)
				s.StartWorker()
			}
			v.AwaitReplies(2)
			wantSpeakers(t, s, v, "caa")
			wantOnce(t, s, v, o)
		})
	}
}

// TestRule07HeldReplyKilled kills the worker around a reply that a person has to
// approve: it is sent once, after the yes, as it was approved.
func TestRule07HeldReplyKilled(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		"compose.before", "compose.after_commit", "compose.before:2", "compose.after_commit:2", "send.after_step:2", "send.after_commit:2",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := stack.Start(t, stack.Options{WorkerFault: point, Settings: stack.Chat(func(c *schemas.ChannelSettings) {
				c.ReplyApproval = &schemas.ReplyApproval{When: schemas.HoldAlways}
			})})
			addPerson(t, s, "Ada")
			w, v := s.Worker(), s.Visit()
			v.Say(question)
			held := !strings.HasSuffix(point, ":2")
			if held {
				s.AwaitDeath(w)
				s.StartWorker()
			}
			v.AwaitReplies(1)
			request := open(t, s)
			if _, err := s.API.Approve(ctxFor(t), request, schemas.ApprovalDecision{As: "Ada"}); err != nil {
				t.Fatal(err)
			}
			if !held {
				s.AwaitDeath(w)
				s.StartWorker()
			}
			v.AwaitReplies(2)
			wantSpeakers(t, s, v, "caa")
			if all, err := s.API.Approvals(ctxFor(t), true); err != nil || len(all) != 1 || all[0].Text != v.Transcript()[2].Text {
				t.Errorf("the reply is not the one that was approved: %+v, %v", all, err)
			}
			if n := s.CountOf(v.Conversation, "select count(*) from pendings where conversation_id = $1 and state = 'used'"); n != 1 {
				t.Errorf("%d answers were used, want 1", n)
			}
		})
	}
}
