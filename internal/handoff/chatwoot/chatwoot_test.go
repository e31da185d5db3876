package chatwoot_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"steward/internal/handoff"
	"steward/internal/handoff/chatwoot"
	"steward/internal/handoff/handofftest"
	"steward/schemas"
)

func desk(base string) schemas.Desk {
	return schemas.Desk{
		ID: "desk_1", Kind: schemas.DeskChatwoot, Name: "Chatwoot", BaseURL: base,
		Account: handofftest.ChatwootAccount, Channel: handofftest.ChatwootInbox,
		Secret: handofftest.TokenRef, SigningSecret: handofftest.SignRef, PrivateHosts: []string{strings.TrimPrefix(base, "http://")},
	}
}

func signed(t *testing.T, body map[string]any, at time.Time) handoff.Request {
	t.Helper()
	body["account"] = map[string]any{"id": 1}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := handoff.MAC([]byte(handofftest.Signing), []byte(seconds+"."), text)
	return handoff.Request{Method: http.MethodPost, Body: text, Header: http.Header{
		"Content-Type": {"application/json"}, "X-Chatwoot-Timestamp": {seconds}, "X-Chatwoot-Signature": {"sha256=" + hex.EncodeToString(mac)},
	}}
}

// said is a message of a member of staff.
func said(id int, text string, more map[string]any) map[string]any {
	out := map[string]any{
		"event": "message_created", "id": id, "content": text, "message_type": "outgoing", "private": false, "source_id": nil,
		"sender":       map[string]any{"id": 3, "name": "Ann", "type": "user"},
		"conversation": map[string]any{"id": 101, "custom_attributes": map[string]any{"steward_handoff": string(handofftest.Handoff)}},
	}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func TestConformance(t *testing.T) {
	t.Parallel()
	handofftest.Suite{
		Vendor: func() handofftest.Vendor { return &handofftest.Chatwoot{} },
		Desk:   desk,
		New:    func(o handoff.Options) handoff.Destination { return chatwoot.New(o) },
		Reply: func(t *testing.T, id, text string, at time.Time) handoff.Request {
			n, err := strconv.Atoi(id)
			if err != nil {
				t.Fatal(err)
			}
			return signed(t, said(n, text, nil), at)
		},
		Echo: func(t *testing.T, at time.Time) handoff.Request {
			return signed(t, said(9, "Agent: hi", map[string]any{"source_id": "steward:msg_1/0"}), at)
		},
	}.Run(t)
}

func receiver(d schemas.Desk) *chatwoot.Destination {
	return chatwoot.New(handoff.Options{Desk: d, Secret: handofftest.Secret, Now: handofftest.Now})
}

func TestParse(t *testing.T) {
	t.Parallel()
	changed := func(event string, more map[string]any) map[string]any {
		out := map[string]any{"event": event, "id": 101, "updated_at": 1772445600.5, "status": "open", "meta": map[string]any{"assignee": map[string]any{"name": "Ann"}}}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	assignee := func(current any) map[string]any {
		return map[string]any{"changed_attributes": []any{map[string]any{"assignee_id": map[string]any{"previous_value": nil, "current_value": current}}}}
	}
	for name, c := range map[string]struct {
		body map[string]any
		want schemas.DeskEventKind
	}{
		"note":                 {said(1, "call them", map[string]any{"private": true}), schemas.DeskNote},
		"resolved":             {changed("conversation_status_changed", map[string]any{"status": "resolved"}), schemas.DeskClose},
		"assigned":             {changed("conversation_updated", assignee(3)), schemas.DeskTake},
		"unassigned":           {changed("conversation_updated", assignee(nil)), ""},
		"opened":               {changed("conversation_status_changed", nil), ""},
		"the customer":         {said(1, "hi", map[string]any{"message_type": "incoming"}), ""},
		"a bot":                {said(1, "hi", map[string]any{"sender": map[string]any{"name": "Bot", "type": "agent_bot"}}), ""},
		"nothing said":         {said(1, " ", nil), ""},
		"another event":        {map[string]any{"event": "webwidget_triggered", "id": 1}, ""},
		"without conversation": {said(1, "hi", map[string]any{"conversation": map[string]any{}}), ""},
	} {
		events, err := receiver(desk("http://127.0.0.1:1")).Parse(t.Context(), signed(t, c.body, handofftest.Now()))
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want == "" && len(events) != 0:
			t.Errorf("%s: %+v", name, events)
		case c.want != "" && (len(events) != 1 || events[0].Kind != c.want || events[0].Ref != "101"):
			t.Errorf("%s: %+v", name, events)
		}
	}
}

// TestPathToken: an installation that does not sign is known by the address
// that it calls, and only where the settings say so.
func TestPathToken(t *testing.T) {
	t.Parallel()
	body := signed(t, said(1, "hello", nil), handofftest.Now()).Body
	with := desk("http://127.0.0.1:1")
	with.PathToken = true
	const address = "https://steward.example.com/desks/1/"
	for name, c := range map[string]struct {
		desk schemas.Desk
		url  string
		want error
	}{
		"token":              {with, address + handofftest.Signing, nil},
		"wrong token":        {with, address + "guess", handoff.ErrSignature},
		"no token":           {with, address, handoff.ErrSignature},
		"no address":         {with, "", handoff.ErrSignature},
		"in the query":       {with, address + "x?t=" + handofftest.Signing, handoff.ErrSignature},
		"where it is signed": {desk("http://127.0.0.1:1"), address + handofftest.Signing, handoff.ErrSignature},
	} {
		events, err := receiver(c.desk).Parse(t.Context(), handoff.Request{Method: http.MethodPost, URL: c.url, Body: body, Header: http.Header{}})
		if !errors.Is(err, c.want) || (c.want == nil) != (len(events) == 1) {
			t.Errorf("%s: %v, %v", name, events, err)
		}
	}
}

// TestStatus: what a handoff's state is there. What the agent goes on with is
// not resolved, which would come back as a close.
func TestStatus(t *testing.T) {
	t.Parallel()
	for state, want := range map[schemas.HandoffState]string{
		schemas.HandoffAccepted: "open", schemas.HandoffReturned: "pending", schemas.HandoffClosed: "resolved",
	} {
		vendor := &handofftest.Chatwoot{}
		server := handofftest.Start(t, vendor)
		d := chatwoot.New(handoff.Options{Desk: desk(server.URL), Client: server.Client(), Secret: handofftest.Secret, Now: handofftest.Now})
		ref, err := d.Open(t.Context(), handofftest.Ticket(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Update(t.Context(), ref, schemas.DeskUpdate{Key: "hand_1/x", State: state, At: handofftest.Now(), Tries: 1}); err != nil {
			t.Fatal(err)
		}
		if got := vendor.Status(); got != want {
			t.Errorf("%s: the conversation is %s, want %s", state, got, want)
		}
	}
}

// FuzzParse: whatever is signed, nothing panics, and an event is whole.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"event":"message_created","id":1,"message_type":"outgoing","sender":{"type":"user"},"content":"x","conversation":{"id":2}}`))
	f.Add([]byte(`{"event":"conversation_updated","id":"7","changed_attributes":[{"assignee_id":{"current_value":1}}]}`))
	seconds := strconv.FormatInt(handofftest.Now().Unix(), 10)
	f.Fuzz(func(t *testing.T, body []byte) {
		mac := handoff.MAC([]byte(handofftest.Signing), []byte(seconds+"."), body)
		events, err := receiver(desk("http://127.0.0.1:1")).Parse(t.Context(), handoff.Request{Body: body, Header: http.Header{
			"X-Chatwoot-Timestamp": {seconds}, "X-Chatwoot-Signature": {"sha256=" + hex.EncodeToString(mac)},
		}})
		for _, e := range events {
			if err != nil || !e.Kind.Valid() || e.ID == "" || e.Ref == "" {
				t.Errorf("%+v, %v", e, err)
			}
		}
	})
}
