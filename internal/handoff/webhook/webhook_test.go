package webhook_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"steward/internal/handoff"
	"steward/internal/handoff/handofftest"
	"steward/internal/handoff/webhook"
	"steward/schemas"
)

// call is a signed call to us.
func call(t *testing.T, id string, body any, at time.Time) handoff.Request {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	seconds := strconv.FormatInt(at.Unix(), 10)
	return handoff.Request{
		Method: http.MethodPost, URL: "https://steward.example.com/desks/1", Body: text,
		Header: http.Header{
			webhook.HeaderID: {id}, webhook.HeaderTimestamp: {seconds},
			webhook.HeaderSignature: {handofftest.StandardSignature(handofftest.Signing, id, seconds, text)},
		},
	}
}

func desk(base string) schemas.Desk {
	return schemas.Desk{
		ID: "desk_1", Kind: schemas.DeskWebhook, Name: "Our system", BaseURL: base,
		Secret: handofftest.TokenRef, PrivateHosts: []string{base[len("http://"):]},
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	handofftest.Suite{
		Vendor: func() handofftest.Vendor { return &handofftest.Receiver{} },
		Desk:   desk,
		New:    func(o handoff.Options) handoff.Destination { return webhook.New(o) },
		Reply: func(t *testing.T, id, text string, at time.Time) handoff.Request {
			return call(t, "evt_"+id, map[string]string{
				"type": "reply", "handoff_id": string(handofftest.Handoff), "author": "Ann", "text": text,
			}, at)
		},
	}.Run(t)
}

func receiver() *webhook.Destination {
	d := desk("http://127.0.0.1:1")
	d.SigningSecret = handofftest.SignRef
	return webhook.New(handoff.Options{Desk: d, Secret: handofftest.Secret, Now: handofftest.Now})
}

func TestParseKinds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body map[string]string
		want schemas.DeskEventKind
		err  error
	}{
		"note":              {map[string]string{"type": "note", "text": "call them"}, schemas.DeskNote, nil},
		"take":              {map[string]string{"type": "take"}, schemas.DeskTake, nil},
		"give back":         {map[string]string{"type": "give_back"}, schemas.DeskGiveBack, nil},
		"close":             {map[string]string{"type": "close"}, schemas.DeskClose, nil},
		"empty reply":       {map[string]string{"type": "reply", "text": " \u200b"}, "", handoff.ErrUnreadable},
		"unknown":           {map[string]string{"type": "erase"}, "", handoff.ErrUnreadable},
		"challenge":         {map[string]string{"type": "challenge", "text": "x"}, "", handoff.ErrUnreadable},
		"handoff of nobody": {map[string]string{"type": "take", "handoff_id": "1"}, "", handoff.ErrUnreadable},
	} {
		if c.body["handoff_id"] == "" {
			c.body["handoff_id"] = string(handofftest.Handoff)
		}
		events, err := receiver().Parse(t.Context(), call(t, "evt", c.body, handofftest.Now()))
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.err == nil && (len(events) != 1 || events[0].Kind != c.want || events[0].Handoff != handofftest.Handoff) {
			t.Errorf("%s: %+v", name, events)
		}
	}
}

// TestVerify: what a receiver checks, also while a secret is being replaced.
func TestVerify(t *testing.T) {
	t.Parallel()
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte("the key of both sides"))
	body, now := []byte(`{"type":"handoff.created"}`), handofftest.Now()
	seconds := strconv.FormatInt(now.Unix(), 10)
	good := handofftest.StandardSignature("the key of both sides", "hand_1", seconds, body)
	other := handofftest.StandardSignature("the key before", "hand_1", seconds, body)
	for name, c := range map[string]struct {
		id, signature, secret string
		body                  []byte
		now                   time.Time
		want                  error
	}{
		"genuine":         {"hand_1", good, secret, body, now, nil},
		"one of two":      {"hand_1", other + " " + good, secret, body, now, nil},
		"other version":   {"hand_1", "v2" + good[2:], secret, body, now, handoff.ErrSignature},
		"other id":        {"hand_2", good, secret, body, now, handoff.ErrSignature},
		"other body":      {"hand_1", good, secret, []byte(`{}`), now, handoff.ErrSignature},
		"no signature":    {"hand_1", "", secret, body, now, handoff.ErrSignature},
		"no id":           {"", good, secret, body, now, handoff.ErrSignature},
		"empty secret":    {"hand_1", good, "", body, now, handoff.ErrSignature},
		"broken secret":   {"hand_1", good, "whsec_!", body, now, handoff.ErrSignature},
		"replayed later":  {"hand_1", good, secret, body, now.Add(5*time.Minute + time.Second), handoff.ErrStale},
		"within a window": {"hand_1", good, secret, body, now.Add(5 * time.Minute), nil},
	} {
		header := http.Header{webhook.HeaderID: {c.id}, webhook.HeaderTimestamp: {seconds}, webhook.HeaderSignature: {c.signature}}
		if err := webhook.Verify(header, c.body, c.secret, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParse: whatever is signed, nothing panics, and an event is whole.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"type":"reply","handoff_id":"hand_0192f4c07a1b7c3d8e9fa0b1c2d3e4f5","text":"x"}`))
	f.Add([]byte(`[]`))
	seconds := strconv.FormatInt(handofftest.Now().Unix(), 10)
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := receiver().Parse(t.Context(), handoff.Request{Body: body, Header: http.Header{
			webhook.HeaderID: {"e"}, webhook.HeaderTimestamp: {seconds},
			webhook.HeaderSignature: {handofftest.StandardSignature(handofftest.Signing, "e", seconds, body)},
		}})
		if err == nil && (len(events) != 1 || !events[0].Kind.Valid() || events[0].ID == "") {
			t.Errorf("%+v", events)
		}
	})
}
