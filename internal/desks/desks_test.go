package desks

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"steward/internal/handoff"
	"steward/internal/mail"
	"steward/schemas"
)

func TestEveryKindOpens(t *testing.T) {
	t.Parallel()
	spool, err := mail.NewSpool(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Mailer: spool})
	for kind, receives := range map[schemas.DeskKind]bool{
		schemas.DeskWebhook: true, schemas.DeskEmail: false, schemas.DeskSlack: true, schemas.DeskZendesk: true,
		schemas.DeskChatwoot: true, schemas.DeskHubSpot: true,
	} {
		d := schemas.Desk{Kind: kind}
		if _, err := s.Destination(d); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if _, ok := s.Receiver(d); ok != receives {
			t.Errorf("%s receives: %t, want %t", kind, ok, receives)
		}
	}
	if _, err := s.Destination(schemas.Desk{Kind: "pigeon"}); err == nil {
		t.Error("an unknown kind was opened")
	}
	if _, err := New(Options{}).Destination(schemas.Desk{Kind: schemas.DeskEmail}); err == nil {
		t.Error("mail was opened without a mailer")
	}
}

// A destination reaches a private address only when its settings name it.
func TestTryIsGuarded(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTP_PROXY", server.URL)
	s := New(Options{Secrets: fixed("key")})
	d := schemas.Desk{Kind: schemas.DeskWebhook, BaseURL: server.URL, Secret: "env:KEY"}
	id := schemas.HandoffID(schemas.PrefixHandoff + "_" + strings.Repeat("0", 32))
	if got := s.Try(t.Context(), d, id, time.Now()); got.Result != schemas.SentFailed || got.Code != handoff.CodeBlocked || calls != 0 {
		t.Errorf("a private address: %+v after %d calls", got, calls)
	}
	d.PrivateHosts = []string{at.Host}
	if got := s.Try(t.Context(), d, id, time.Now()); got.Result != schemas.SentDone || calls != 1 {
		t.Errorf("one that is named: %+v after %d calls", got, calls)
	}
}
