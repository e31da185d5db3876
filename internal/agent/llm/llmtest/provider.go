package llmtest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"steward/internal/agent/llm"
	"steward/internal/agent/llm/scripted"
)

// secret is the key that must never come back.
const secret = "sk-canary-5491"

// Endpoint is what an adapter is told about a server.
type Endpoint struct {
	// BaseURL ends in /v1/.
	BaseURL string
	Key     string
	Model   string
	// Client is nil for the adapter's own.
	Client *http.Client
	Now    func() time.Time
}

// Open makes the model under test for a server, in one of its modes.
type Open func(Endpoint) (llm.Model, error)

// RunProvider checks the adapter of an HTTP API against a server that
// misbehaves in every way that a script can. Adapters that share a wire pass it
// in each of their modes.
func RunProvider(t *testing.T, open Open) {
	t.Helper()
	t.Run("failures", func(t *testing.T) { failures(t, open) })
	t.Run("calls", func(t *testing.T) { calls(t, open) })
	t.Run("a turn with actions", func(t *testing.T) { roundTrip(t, open) })
	t.Run("cancelled call", func(t *testing.T) { cancelledCall(t, open) })
	t.Run("late answer", func(t *testing.T) { lateAnswer(t, open) })
	t.Run("no connection", func(t *testing.T) { noConnection(t, open) })
	t.Run("redirect", func(t *testing.T) { redirect(t, open) })
	t.Run("bounded", func(t *testing.T) { boundedReading(t, open) })
}

// connect starts a server with a script and opens the model for it.
func connect(t *testing.T, open Open, e Endpoint, steps ...scripted.Step) (llm.Model, *scripted.Server) {
	t.Helper()
	s, err := scripted.Start(nil, steps...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	e.BaseURL = s.BaseURL()
	return opened(t, open, e), s
}

func opened(t *testing.T, open Open, e Endpoint) llm.Model {
	t.Helper()
	e.Key, e.Model = secret, "small"
	m, err := open(e)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// asked is Request in the form that the model takes: with the commands and two
// actions as tools, or with a schema.
func asked(m llm.Model) llm.Request {
	r := Request()
	if !m.Capabilities().Tools {
		r.Schema = llm.DecisionSchema()
		return r
	}
	one := json.RawMessage(`{"type":"object","properties":{"id":{"type":"string"}},"required":["id"],"additionalProperties":false}`)
	r.Tools = append(llm.CommandTools(),
		llm.Tool{Name: "order_status", Description: "Where an order is.", Schema: one, Strict: true},
		llm.Tool{Name: "stock", Description: "How many are left.", Schema: one},
	)
	slices.SortFunc(r.Tools, func(a, b llm.Tool) int { return strings.Compare(a.Name, b.Name) })
	return r
}

func cancelledCall(t *testing.T, open Open) {
	t.Parallel()
	m, s := connect(t, open, Endpoint{}, scripted.Step{Hold: make(chan struct{})})
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := m.Generate(ctx, asked(m))
		failed <- err
	}()
	if err := s.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-failed; llm.KindOf(err) != llm.KindCancelled || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// The provider must not work on for nobody.
	if err := s.AwaitHangUps(t.Context(), 1); err != nil {
		t.Error(err)
	}
}

func lateAnswer(t *testing.T, open Open) {
	t.Parallel()
	m, s := connect(t, open, Endpoint{}, scripted.Step{Hold: make(chan struct{})})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := m.Generate(ctx, asked(m))
	var e *llm.Error
	if !errors.As(err, &e) || e.Kind != llm.KindTimeout || !e.Retryable {
		t.Errorf("a deadline of the context: %v", err)
	}
	slow := &http.Client{Timeout: 30 * time.Millisecond}
	m = opened(t, open, Endpoint{BaseURL: s.BaseURL(), Client: slow})
	s.Push(scripted.Step{Hold: make(chan struct{})})
	if _, err := m.Generate(t.Context(), asked(m)); llm.KindOf(err) != llm.KindTimeout {
		t.Errorf("a timeout of the client: %v", err)
	}
}

func noConnection(t *testing.T, open Open) {
	t.Parallel()
	m, s := connect(t, open, Endpoint{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Generate(t.Context(), asked(m)); llm.KindOf(err) != llm.KindOverloaded {
		t.Errorf("nobody listens: %v", err)
	}
	var calls atomic.Int32
	stranger := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	m = opened(t, open, Endpoint{BaseURL: stranger.URL + "/v1/"})
	if _, err := m.Generate(t.Context(), asked(m)); llm.KindOf(err) != llm.KindOverloaded || calls.Load() != 0 {
		t.Errorf("a certificate of nobody we know: %v, %d calls", err, calls.Load())
	}
}

// A redirect would take the key and the prompt to another host.
func redirect(t *testing.T, open Open) {
	t.Parallel()
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		other, err := scripted.Start(scripted.QuoteFirst)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = other.Close() })
		step := scripted.Step{Status: status, Body: "{}", Header: http.Header{"Location": {other.BaseURL() + "chat/completions"}}}
		// The client given follows redirects by itself.
		m, s := connect(t, open, Endpoint{Client: &http.Client{}}, step)
		_, err = m.Generate(t.Context(), asked(m))
		if llm.KindOf(err) != llm.KindEmpty || len(other.Requests())+len(other.Refused()) != 0 || len(s.Requests()) != 1 {
			t.Errorf("%d: %v, %d and %d requests", status, err, len(s.Requests()), len(other.Requests()))
		}
	}
}

// counter counts what is read of the bodies of answers, after decompression.
type counter struct{ read atomic.Int64 }

// RoundTrip makes the call.
func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(res.Body, c), res.Body}
	}
	return res, err
}

// Write counts.
func (c *counter) Write(p []byte) (int, error) {
	c.read.Add(int64(len(p)))
	return len(p), nil
}

// An answer that does not end, plain or as a compressed bomb, is read up to the
// limit and not further, and the connection is closed.
func boundedReading(t *testing.T, open Open) {
	t.Parallel()
	for name, step := range map[string]scripted.Step{
		"2 MB":            {Content: strings.Repeat("y", 2<<20)},
		"endless":         {Endless: true},
		"gzip bomb":       {Endless: true, Gzip: true},
		"endless failure": {Endless: true, Status: http.StatusInternalServerError, Body: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c counter
			m, s := connect(t, open, Endpoint{Client: &http.Client{Transport: &c}}, step)
			want := llm.KindMalformed
			if step.Status != 0 {
				want = llm.KindOverloaded
			}
			if _, err := m.Generate(t.Context(), asked(m)); llm.KindOf(err) != want {
				t.Errorf("got %v", err)
			}
			if n := c.read.Load(); n > llm.DefaultMaxBody+1 || n < llm.DefaultMaxBody {
				t.Errorf("read %d bytes", n)
			}
			if step.Endless {
				if err := s.AwaitHangUps(t.Context(), 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
