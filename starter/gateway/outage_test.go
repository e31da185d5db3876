package gateway_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"steward/internal/devstack"
	migrations "steward/schemas/postgres"
)

// durableDatabase starts a cluster of its own that keeps what it has committed
// when it is killed; the shared one trades that for speed.
func durableDatabase(t *testing.T) (*devstack.Postgres, string) {
	t.Helper()
	cluster, err := devstack.StartPostgres(t.Context(), devstack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(context.Background()); err != nil {
			t.Errorf("stop cluster: %v", err)
		}
	})
	url := cluster.DatabaseURL("postgres")
	if err := migrations.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	return cluster, url
}

func TestPostgresDies(t *testing.T) {
	t.Parallel()
	cluster, url := durableDatabase(t)
	s := setupSiteOn(t, url, nil)
	token := s.visit("").Token
	l := s.listen(token, "")
	s.say(token, "before")
	l.text()
	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	body := `{"client_message_id": "` + uuid.NewString() + `", "text": "during"}`
	began := time.Now()
	a := s.call("POST", "/messages", token, body)
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("while Postgres is down: %d %s", a.status, a.body)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the answer took %v", took)
	}
	if err := cluster.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The widget sends the same message again until it is taken, and once more
	// because an answer was lost.
	for deadline := time.Now().Add(patience); ; {
		if a = s.call("POST", "/messages", token, body); a.status == http.StatusAccepted {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after the restart: %d %s", a.status, a.body)
		}
	}
	s.call("POST", "/messages", token, body)
	if _, text := l.text(); text != "during" {
		t.Errorf("the open stream got %q", text)
	}
	if n := s.count("select count(*) from messages"); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}
