package temporalclient

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/client"

	"steward/internal/devstack"
)

var quiet = slog.New(slog.DiscardHandler)

// server starts a Temporal server for one test and connects to it.
func server(t *testing.T) client.Client {
	t.Helper()
	s, err := devstack.StartTemporal(t.Context(), devstack.Options{Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	c, err := Dial(t.Context(), quiet, Options{Address: s.Address()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestEnsureSearchAttributes(t *testing.T) {
	t.Parallel()
	c := server(t)
	ctx := t.Context()
	if err := WaitReady(ctx, c, client.DefaultNamespace); err != nil {
		t.Fatal(err)
	}
	wanted := map[string]enums.IndexedValueType{
		"Channel": enums.INDEXED_VALUE_TYPE_KEYWORD,
		"Turns":   enums.INDEXED_VALUE_TYPE_INT,
	}
	errs := make(chan error)
	for range 3 {
		go func() { errs <- EnsureSearchAttributes(ctx, c, client.DefaultNamespace, wanted) }()
	}
	for range 3 {
		if err := <-errs; err != nil {
			t.Errorf("several at once: %v", err)
		}
	}
	wanted["Owner"] = enums.INDEXED_VALUE_TYPE_KEYWORD
	if err := EnsureSearchAttributes(ctx, c, client.DefaultNamespace, wanted); err != nil {
		t.Errorf("one more: %v", err)
	}
	if missing, err := missingAttributes(ctx, c, client.DefaultNamespace, wanted); err != nil || len(missing) > 0 {
		t.Errorf("missing %v, error %v", missing, err)
	}
	wanted["Turns"] = enums.INDEXED_VALUE_TYPE_KEYWORD
	if err := EnsureSearchAttributes(ctx, c, client.DefaultNamespace, wanted); err == nil || !strings.Contains(err.Error(), "Turns") {
		t.Errorf("changed type: %v", err)
	}
	reserved := map[string]enums.IndexedValueType{"WorkflowId": enums.INDEXED_VALUE_TYPE_KEYWORD}
	if err := EnsureSearchAttributes(ctx, c, client.DefaultNamespace, reserved); err == nil {
		t.Error("a name of Temporal itself is accepted")
	}
}

func TestWaitReadyGivesUpWithAReason(t *testing.T) {
	t.Parallel()
	c, err := Dial(t.Context(), quiet, Options{Address: "127.0.0.1:1", Lazy: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err = WaitReady(ctx, c, client.DefaultNamespace)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "last:") {
		t.Errorf("error %v", err)
	}
}

func TestDialFailsWithoutAServer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := Dial(ctx, quiet, Options{Address: "127.0.0.1:1"}); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("error %v does not name the address", err)
	}
}

func TestOptionsComeFromTheEnvironment(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
	t.Setenv("TEMPORAL_NAMESPACE", "acme")
	o, err := ClientOptions(quiet, Options{})
	if err != nil || o.HostPort != "temporal.example:7233" || o.Namespace != "acme" {
		t.Errorf("address %q, namespace %q, error %v", o.HostPort, o.Namespace, err)
	}
	o, err = ClientOptions(quiet, Options{Address: "127.0.0.1:1", Namespace: "other"})
	if err != nil || o.HostPort != "127.0.0.1:1" || o.Namespace != "other" {
		t.Errorf("overridden: address %q, namespace %q, error %v", o.HostPort, o.Namespace, err)
	}
}

// A failure's message and stack must be in its encoded attributes only, which a codec can seal.
func TestFailuresAreEncoded(t *testing.T) {
	t.Parallel()
	o, err := ClientOptions(quiet, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var f *failure.Failure = o.FailureConverter.ErrorToFailure(errors.New("a private matter"))
	if strings.Contains(f.GetMessage(), "private") || f.GetEncodedAttributes() == nil {
		t.Errorf("message %q, encoded attributes %v", f.GetMessage(), f.GetEncodedAttributes())
	}
	if back := o.FailureConverter.FailureToError(f); !strings.Contains(back.Error(), "a private matter") {
		t.Errorf("decoded: %v", back)
	}
}
