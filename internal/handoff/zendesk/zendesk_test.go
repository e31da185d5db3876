package zendesk_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"steward/internal/handoff"
	"steward/internal/handoff/handofftest"
	"steward/internal/handoff/zendesk"
	"steward/schemas"
)

// us is the number of the user that our token belongs to.
const us = "900"

func desk(base string) schemas.Desk {
	return schemas.Desk{
		ID: "desk_1", Kind: schemas.DeskZendesk, Name: "Help desk", BaseURL: base, Account: us, User: handofftest.ZendeskUser, Channel: "33",
		Secret: handofftest.TokenRef, SigningSecret: handofftest.SignRef, PrivateHosts: []string{strings.TrimPrefix(base, "http://")},
	}
}

func signed(body string, at time.Time) handoff.Request {
	stamp := at.UTC().Format(time.RFC3339)
	mac := handoff.MAC([]byte(handofftest.Signing), []byte(stamp+body))
	return handoff.Request{Method: http.MethodPost, Body: []byte(body), Header: http.Header{
		"Content-Type": {"application/json"}, "X-Zendesk-Webhook-Signature-Timestamp": {stamp},
		"X-Zendesk-Webhook-Signature": {base64.StdEncoding.EncodeToString(mac)},
	}}
}

// event is a ticket event of Zendesk.
func event(t *testing.T, id, kind, actor string, more any) string {
	t.Helper()
	out, err := json.Marshal(map[string]any{
		"id": id, "type": "zen:event-type:ticket." + kind, "time": "2026-03-02T10:00:00Z", "account_id": 1,
		"detail": map[string]any{"id": "35", "external_id": string(handofftest.Handoff), "actor_id": actor}, "event": more,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func comment(author, text string, public, staff bool) map[string]any {
	return map[string]any{"comment": map[string]any{
		"id": "7", "body": text, "is_public": public, "author": map[string]any{"id": author, "name": "Ann", "is_staff": staff},
	}}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	handofftest.Suite{
		Vendor: func() handofftest.Vendor { return &handofftest.Zendesk{} },
		Desk:   desk,
		New:    func(o handoff.Options) handoff.Destination { return zendesk.New(o) },
		Reply: func(t *testing.T, id, text string, at time.Time) handoff.Request {
			return signed(event(t, "01"+id, "comment_added", "12", comment("12", text, true, true)), at)
		},
		Echo: func(t *testing.T, at time.Time) handoff.Request {
			return signed(event(t, "02", "comment_added", us, comment(us, "Customer: hi", false, true)), at)
		},
	}.Run(t)
}

func TestParse(t *testing.T) {
	t.Parallel()
	r := zendesk.New(handoff.Options{Desk: desk("http://127.0.0.1:1"), Secret: handofftest.Secret, Now: handofftest.Now})
	for name, c := range map[string]struct {
		body string
		want schemas.DeskEventKind
	}{
		"note":                {event(t, "1", "comment_added", "12", comment("12", "check the account", false, true)), schemas.DeskNote},
		"solved":              {event(t, "1", "status_changed", "12", map[string]any{"current": "SOLVED", "previous": "OPEN"}), schemas.DeskClose},
		"assigned":            {event(t, "1", "agent_assignment_changed", "12", map[string]any{"current": "12", "previous": nil}), schemas.DeskTake},
		"unassigned":          {event(t, "1", "agent_assignment_changed", "12", map[string]any{"current": nil, "previous": "12"}), ""},
		"solved by us":        {event(t, "1", "status_changed", us, map[string]any{"current": "SOLVED", "previous": "OPEN"}), ""},
		"opened":              {event(t, "1", "status_changed", "12", map[string]any{"current": "OPEN", "previous": "NEW"}), ""},
		"the customer's mail": {event(t, "1", "comment_added", "50", comment("50", "hello?", true, false)), ""},
		"another event":       {event(t, "1", "tags_changed", "12", map[string]any{}), ""},
	} {
		events, err := r.Parse(t.Context(), signed(c.body, handofftest.Now()))
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want == "" && len(events) != 0:
			t.Errorf("%s: %+v", name, events)
		case c.want != "" && (len(events) != 1 || events[0].Kind != c.want || events[0].Handoff != handofftest.Handoff || events[0].Ref != "35"):
			t.Errorf("%s: %+v", name, events)
		}
	}
}

// TestStatus: what a handoff's state is there.
func TestStatus(t *testing.T) {
	t.Parallel()
	for state, want := range map[schemas.HandoffState]string{
		schemas.HandoffAccepted: "open", schemas.HandoffReturned: "solved", schemas.HandoffClosed: "solved",
	} {
		vendor := &handofftest.Zendesk{}
		server := handofftest.Start(t, vendor)
		d := zendesk.New(handoff.Options{Desk: desk(server.URL), Client: server.Client(), Secret: handofftest.Secret, Now: handofftest.Now})
		ref, err := d.Open(t.Context(), handofftest.Ticket(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Update(t.Context(), ref, schemas.DeskUpdate{Key: "k", State: state, At: handofftest.Now(), Tries: 1}); err != nil {
			t.Fatal(err)
		}
		if got := vendor.Status(); got != want {
			t.Errorf("%s: the ticket is %s, want %s", state, got, want)
		}
		if !strings.HasSuffix(ref.URL, "/agent/tickets/1") {
			t.Errorf("the ticket's page is %s", ref.URL)
		}
	}
}

// FuzzParse: whatever is signed, nothing panics, and an event is whole.
func FuzzParse(f *testing.F) {
	f.Add(`{"id":"1","type":"zen:event-type:ticket.comment_added","detail":{"id":35},"event":{"comment":{"author":{"id":1,"is_staff":true},"body":"x"}}}`)
	r := zendesk.New(handoff.Options{Desk: desk("http://127.0.0.1:1"), Secret: handofftest.Secret, Now: handofftest.Now})
	f.Fuzz(func(t *testing.T, body string) {
		events, err := r.Parse(t.Context(), signed(body, handofftest.Now()))
		for _, e := range events {
			if err != nil || !e.Kind.Valid() || e.ID == "" || e.Ref == "" {
				t.Errorf("%+v, %v", e, err)
			}
		}
	})
}
