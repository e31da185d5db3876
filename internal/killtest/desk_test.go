package killtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"steward/internal/handoff/handofftest"
	"steward/internal/testkit/stack"
	"steward/schemas"
)

// wantsPerson is a customer who asks for a person.
const wantsPerson = "I want to talk to a human, please"

// deskStack starts a Stack with a webhook at a company's own system and mail into
// a folder.
func deskStack(t *testing.T, point string) (s *stack.Stack, company *handofftest.Receiver, desk schemas.Desk, mails string) {
	t.Helper()
	company = &handofftest.Receiver{}
	server := handofftest.Start(t, company)
	data := t.TempDir()
	mails = filepath.Join(data, "mail")
	s = stack.Start(t, stack.Options{WorkerFault: point, Env: []string{
		"STEWARD_SECRET_DESK=" + handofftest.Token, "STEWARD_DATA_DIR=" + data,
	}})
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	desk, err = s.API.PutDesk(ctxFor(t), schemas.NewDesk{
		Name: "Company", Kind: schemas.DeskWebhook, BaseURL: server.URL + "/hook", Secret: "env:STEWARD_SECRET_DESK",
		PrivateHosts: []string{at.Host},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, company, desk, mails
}

// TestDeskKilled kills the worker around the opening of a ticket: one is there
// in the end, and what follows comes once and in order.
func TestDeskKilled(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"desk_step.before", "desk_step.after_claim", "desk_step.after_step", "desk_step.after_commit"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s, company, _, _ := deskStack(t, point)
			v := s.Visit()
			v.Say(wantsPerson)
			s.AwaitDeath(s.Worker())
			s.StartWorker()
			stack.Until(t, "the ticket is there", func() bool { return len(company.Tickets()) > 0 })
			v.Say(another)
			stack.Until(t, "what the customer wrote is there", func() bool {
				posts := company.Posts()
				return len(posts) > 0 && posts[len(posts)-1] == another
			})
			if n := len(company.Tickets()); n != 1 {
				t.Errorf("%d tickets were opened, want 1", n)
			}
			stack.Until(t, "every step is noted as made", func() bool {
				return s.Count("select count(*) from desk_outbox where state not in ('sent')") == 0
			})
		})
	}
}

// TestDeskAnswers answers from a destination by a signed call: the customer reads
// it once, however often it comes. Nobody without the key can.
func TestDeskAnswers(t *testing.T) {
	t.Parallel()
	s, company, desk, mails := deskStack(t, "")
	if _, err := s.API.PutDesk(ctxFor(t), schemas.NewDesk{
		Name: "Mail", Kind: schemas.DeskEmail, From: "support@example.com", To: []string{"team@example.com"}, Secret: "env:STEWARD_SECRET_DESK",
	}); err != nil {
		t.Fatal(err)
	}
	if out, err := s.API.TestDesk(ctxFor(t), desk.ID); err != nil || out.Result != schemas.SentDone {
		t.Fatalf("the test of the destination: %+v, %v", out, err)
	}
	v := s.Visit()
	v.Say(wantsPerson)
	stack.Until(t, "the ticket is there", func() bool { return len(company.Tickets()) == 2 })
	stack.Until(t, "the mail is there", func() bool {
		found, err := filepath.Glob(filepath.Join(mails, "*.eml"))
		return err == nil && len(found) > 0
	})
	found, _ := filepath.Glob(filepath.Join(mails, "*.eml"))
	if raw, err := os.ReadFile(found[0]); err != nil || !strings.Contains(string(raw), "support+h_") {
		t.Errorf("the mail has no address for answers: %v", err)
	}
	handoff := schemas.HandoffID(company.Tickets()[1])
	id := uuid.NewString()
	if status := postEvent(t, s, desk.ID, handoff, id, "wrong"); status != http.StatusUnauthorized {
		t.Errorf("a call with a wrong signature: %d, want 401", status)
	}
	if n := s.CountOf(v.Conversation, "select count(*) from conversations where id = $1 and owner = 'human'"); n != 0 {
		t.Error("a call with a wrong signature took the conversation")
	}
	for range 2 {
		if status := postEvent(t, s, desk.ID, handoff, id, handofftest.Token); status != http.StatusOK {
			t.Fatalf("a signed call: %d, want 200", status)
		}
	}
	stack.Until(t, "the answer is there", func() bool { return strings.HasSuffix(v.Speakers(), "h") })
	if got := v.Speakers(); got != "csh" {
		t.Errorf("the transcript is %s, want csh", got)
	}
	shown, err := s.API.Handoff(ctxFor(t), handoff)
	if err != nil || shown.State != schemas.HandoffAccepted || shown.AcceptedBy != "Desk: Company" || len(shown.Desks) != 2 || shown.Brief == nil {
		t.Errorf("the handoff is %+v: %v", shown, err)
	}
	if status := postEvent(t, s, schemas.DeskID("desk_"+strings.Repeat("0", 32)), handoff, id, handofftest.Token); status != http.StatusUnauthorized {
		t.Errorf("a call for no destination: %d, want 401", status)
	}
}

// postEvent sends an answer as the company's system signs it.
func postEvent(t *testing.T, s *stack.Stack, desk schemas.DeskID, handoff schemas.HandoffID, id, secret string) int {
	t.Helper()
	body, err := json.Marshal(map[string]string{"type": "reply", "handoff_id": string(handoff), "author": "Kim", "text": "Kim here."})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(ctxFor(t), http.MethodPost, s.URL+"/api/gateway/v1/desks/"+string(desk)+"/events", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	request.Header.Set("Webhook-Id", id)
	request.Header.Set("Webhook-Timestamp", stamp)
	request.Header.Set("Webhook-Signature", handofftest.StandardSignature(secret, id, stamp, body))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode
}
