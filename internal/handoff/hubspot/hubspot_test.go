package hubspot_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"steward/internal/handoff"
	"steward/internal/handoff/handofftest"
	"steward/internal/handoff/hubspot"
	"steward/schemas"
)

const (
	app     = "4242"
	address = "https://steward.example.com/desks/1?x=%20y"
)

func desk(base string) schemas.Desk {
	return schemas.Desk{
		ID: "desk_1", Kind: schemas.DeskHubSpot, Name: "HubSpot", BaseURL: base, Account: app,
		Channel: handofftest.HubSpotChannel, Inbox: handofftest.HubSpotAccount,
		Secret: handofftest.TokenRef, SigningSecret: handofftest.SignRef, PrivateHosts: []string{strings.TrimPrefix(base, "http://")},
	}
}

func signed(t *testing.T, body any, at time.Time) handoff.Request {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return signedText(text, at)
}

func signedText(text []byte, at time.Time) handoff.Request {
	millis := strconv.FormatInt(at.UnixMilli(), 10)
	mac := handoff.MAC([]byte(handofftest.Signing), []byte(http.MethodPost+address), text, []byte(millis))
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set("X-HubSpot-Request-Timestamp", millis)
	header.Set("X-HubSpot-Signature-v3", base64.StdEncoding.EncodeToString(mac))
	return handoff.Request{Method: http.MethodPost, URL: address, Body: text, Header: header}
}

// said is a message of a member of staff.
func said(id, text string, more map[string]any) map[string]any {
	message := map[string]any{
		"id": id, "type": "MESSAGE", "conversationsThreadId": "9001", "text": text, "direction": "OUTGOING",
		"createdAt": "2026-03-02T10:00:00Z", "senders": []any{map[string]any{"actorId": "A-1", "name": "Ann"}},
		"client": map[string]any{"clientType": "HUBSPOT"},
	}
	for k, v := range more {
		message[k] = v
	}
	return map[string]any{
		"type": "OUTGOING_CHANNEL_MESSAGE_CREATED", "portalId": "1", "channelId": handofftest.HubSpotChannel,
		"channelIntegrationThreadIds": []string{string(handofftest.Handoff)}, "message": message,
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	handofftest.Suite{
		Vendor: func() handofftest.Vendor { return &handofftest.HubSpot{} },
		Desk:   desk,
		New:    func(o handoff.Options) handoff.Destination { return hubspot.New(o) },
		Reply: func(t *testing.T, id, text string, at time.Time) handoff.Request {
			return signed(t, said(id, text, nil), at)
		},
		Echo: func(t *testing.T, at time.Time) handoff.Request {
			return signed(t, said("9", "Agent: hi", map[string]any{"client": map[string]any{"clientType": "INTEGRATION", "integrationAppId": 4242}}), at)
		},
	}.Run(t)
}

func TestParse(t *testing.T) {
	t.Parallel()
	r := hubspot.New(handoff.Options{Desk: desk("http://127.0.0.1:1"), Secret: handofftest.Secret, Now: handofftest.Now})
	change := func(property, value string) []any {
		return []any{map[string]any{
			"eventId": 77, "subscriptionType": "conversation.propertyChange", "objectId": 9001, "propertyName": property,
			"propertyValue": value, "occurredAt": 1772445600000, "sourceId": "userId:5",
		}}
	}
	for name, c := range map[string]struct {
		body any
		want []schemas.DeskEventKind
	}{
		"closed":               {change("status", "CLOSED"), []schemas.DeskEventKind{schemas.DeskClose}},
		"assigned":             {change("assignedTo", "A-5"), []schemas.DeskEventKind{schemas.DeskTake}},
		"both":                 {append(change("assignedTo", "A-5"), change("status", "CLOSED")...), []schemas.DeskEventKind{schemas.DeskTake, schemas.DeskClose}},
		"opened":               {change("status", "OPEN"), nil},
		"unassigned":           {change("assignedTo", ""), nil},
		"another subscription": {[]any{map[string]any{"eventId": 1, "subscriptionType": "contact.creation", "objectId": 2}}, nil},
		"another type":         {map[string]any{"type": "CHANNEL_ACCOUNT_CREATED"}, nil},
		"a picture":            {said("1", "", nil), nil},
	} {
		events, err := r.Parse(t.Context(), signed(t, c.body, handofftest.Now()))
		if err != nil || len(events) != len(c.want) {
			t.Errorf("%s: %+v, %v", name, events, err)
			continue
		}
		for i, e := range events {
			if e.Kind != c.want[i] || e.Ref != "9001" || e.Author != "5" {
				t.Errorf("%s: %+v", name, e)
			}
		}
	}
	moved := signed(t, said("1", "hello", nil), handofftest.Now())
	moved.URL += "&z=1"
	if _, err := r.Parse(t.Context(), moved); err == nil {
		t.Error("a call to another address was taken")
	}
}

// TestStatus: what a handoff's state is there. What the agent goes on with is
// not closed, which would come back as a close.
func TestStatus(t *testing.T) {
	t.Parallel()
	for state, want := range map[schemas.HandoffState]string{
		schemas.HandoffAccepted: "OPEN", schemas.HandoffReturned: "", schemas.HandoffClosed: "CLOSED",
	} {
		vendor := &handofftest.HubSpot{}
		server := handofftest.Start(t, vendor)
		d := hubspot.New(handoff.Options{Desk: desk(server.URL), Client: server.Client(), Secret: handofftest.Secret, Now: handofftest.Now})
		ref, err := d.Open(t.Context(), handofftest.Ticket(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Update(t.Context(), ref, schemas.DeskUpdate{Key: "k", State: state, At: handofftest.Now(), Tries: 1}); err != nil {
			t.Fatal(err)
		}
		if got := vendor.Status(); got != want {
			t.Errorf("%s: the thread is %q, want %q", state, got, want)
		}
	}
}

// FuzzParse: whatever is signed, nothing panics, and an event is whole.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"type":"OUTGOING_CHANNEL_MESSAGE_CREATED","message":{"id":"1","conversationsThreadId":2,"text":"x"}}`))
	f.Add([]byte(`[{"eventId":1,"subscriptionType":"conversation.propertyChange","objectId":2,"propertyName":"status","propertyValue":"CLOSED"}]`))
	r := hubspot.New(handoff.Options{Desk: desk("http://127.0.0.1:1"), Secret: handofftest.Secret, Now: handofftest.Now})
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := r.Parse(t.Context(), signedText(body, handofftest.Now()))
		for _, e := range events {
			if err != nil || !e.Kind.Valid() || e.ID == "" || e.Ref == "" {
				t.Errorf("%+v, %v", e, err)
			}
		}
	})
}
