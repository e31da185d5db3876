package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"steward/internal/handoff"
	"steward/internal/testkit"
	"steward/schemas"
	"steward/starter/gateway"
)

const (
	deskOn  schemas.DeskID = "desk_00000000000000000000000000000001"
	deskOff schemas.DeskID = "desk_00000000000000000000000000000002"
)

// deskSide is the store and a receiver that says what the body says.
type deskSide struct {
	down   bool
	events []schemas.DeskEvent
	asked  handoff.Request
}

func (d *deskSide) Desk(_ context.Context, id schemas.DeskID) (schemas.Desk, error) {
	switch {
	case d.down:
		return schemas.Desk{}, schemas.NewError(schemas.KindUnavailable, "the database does not answer")
	case id == deskOn || id == deskOff:
		return schemas.Desk{ID: id, Kind: schemas.DeskWebhook, Disabled: id == deskOff}, nil
	}
	return schemas.Desk{}, schemas.NewError(schemas.KindNotFound, "no such destination")
}

func (d *deskSide) DeskEvent(_ context.Context, _ schemas.DeskID, e schemas.DeskEvent) (schemas.DeskResult, error) {
	d.events = append(d.events, e)
	return schemas.DeskDidIt, nil
}

func (d *deskSide) Receiver(schemas.Desk) (handoff.Receiver, bool) { return d, true }

func (d *deskSide) Parse(_ context.Context, r handoff.Request) ([]schemas.DeskEvent, error) {
	d.asked = r
	switch string(r.Body) {
	case "forged":
		return nil, handoff.ErrSignature
	case "old":
		return nil, handoff.ErrStale
	case "unreadable":
		return nil, handoff.ErrUnreadable
	case "no secret":
		return nil, handoff.Later(handoff.CodeSecret, 0)
	case "challenge":
		return []schemas.DeskEvent{{Kind: schemas.DeskChallenge, Text: "said-back"}}, nil
	case "broken":
		return nil, errors.New("UPSTREAM-WORDS")
	}
	return []schemas.DeskEvent{{ID: "1", Kind: schemas.DeskReply, Text: string(r.Body)}}, nil
}

func TestDeskEvents(t *testing.T) {
	t.Parallel()
	at := "/api/gateway/v1/desks/" + string(deskOn) + "/events"
	for _, c := range []struct {
		name, method, path, body string
		down                     bool
		status                   int
		says                     string
		events                   int
	}{
		{"an answer", "POST", at, "hello", false, 200, "{}", 1},
		{"with a token in the path", "POST", at + "/token", "hello", false, 200, "{}", 1},
		{"a challenge", "POST", at, "challenge", false, 200, "said-back", 0},
		{"forged", "POST", at, "forged", false, 401, "Unauthorized.", 0},
		{"old", "POST", at, "old", false, 401, "Unauthorized.", 0},
		{"unreadable", "POST", at, "unreadable", false, 422, "", 0},
		{"no secret", "POST", at, "no secret", false, 503, "", 0},
		{"a fault of ours", "POST", at, "broken", false, 500, "", 0},
		{"no such destination", "POST", strings.Replace(at, "0001", "0009", 1), "hello", false, 401, "Unauthorized.", 0},
		{"switched off", "POST", strings.Replace(at, string(deskOn), string(deskOff), 1), "hello", false, 401, "Unauthorized.", 0},
		{"too large", "POST", at, strings.Repeat("x", 1<<20+1), false, 413, "", 0},
		{"the database is down", "POST", at, "hello", true, 503, "", 0},
		{"read", "GET", at, "", false, 404, "", 0},
		{"elsewhere", "POST", "/api/gateway/v1/desks/", "", false, 404, "", 0},
	} {
		side := &deskSide{down: c.down}
		g, err := gateway.New(gateway.Options{
			Keys: [][]byte{bytes.Repeat([]byte("k"), 32)}, Limits: gateway.Limits{Off: true}, Log: testkit.Logger(t),
			Desks: side, Receivers: side, PublicURL: "https://shop.example/",
		})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path+"?a=b", strings.NewReader(c.body))
		g.DeskHandler().ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code != c.status || !strings.Contains(body, c.says) || len(side.events) != c.events {
			t.Errorf("%s: %d %s with %d events, want %d with %q and %d", c.name, w.Code, body, len(side.events), c.status, c.says, c.events)
		}
		for _, secret := range []string{"UPSTREAM-WORDS", "hello", "no such destination"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s: the answer has %q in it", c.name, secret)
			}
		}
		if w.Code == http.StatusOK && side.asked.URL != "https://shop.example"+c.path+"?a=b" {
			t.Errorf("%s: the address to verify is %s", c.name, side.asked.URL)
		}
	}
}

func TestNoDesks(t *testing.T) {
	t.Parallel()
	g, err := gateway.New(gateway.Options{Keys: [][]byte{bytes.Repeat([]byte("k"), 32)}, Limits: gateway.Limits{Off: true}, Log: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	g.DeskHandler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "POST", "/api/gateway/v1/desks/"+string(deskOn)+"/events", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("without destinations: %d, want 404", w.Code)
	}
}
