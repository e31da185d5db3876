package llmtest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"steward/internal/agent/llm"
	"steward/internal/agent/llm/scripted"
	"steward/schemas"
)

// failure is one way in which a server misbehaves, and what it must become.
type failure struct {
	name      string
	step      scripted.Step
	kind      llm.Kind
	retryable bool
	after     time.Duration
	// billed: the answer says what it cost, and the usage must be kept.
	billed bool
}

// statuses are failures told by an HTTP status.
func statuses() []failure {
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	return []failure{
		{name: "429 seconds", step: scripted.Step{Status: 429, Header: header("Retry-After", "7")}, kind: llm.KindRateLimited, retryable: true, after: 7 * time.Second},
		{name: "429 date", step: scripted.Step{Status: 429, Header: header("Retry-After", "Sat, 21 Nov 2026 12:00:09 GMT")}, kind: llm.KindRateLimited, retryable: true, after: 9 * time.Second},
		{name: "429 ms", step: scripted.Step{Status: 429, Header: header("Retry-After-Ms", "250")}, kind: llm.KindRateLimited, retryable: true, after: 250 * time.Millisecond},
		{name: "429 too long", step: scripted.Step{Status: 429, Header: header("Retry-After", "3600")}, kind: llm.KindRateLimitedBeyondDeadline, after: time.Hour},
		{name: "429 plain text", step: scripted.Step{Status: 429, Body: "slow down", ContentType: "text/plain"}, kind: llm.KindRateLimited, retryable: true},
		{name: "503 with wait", step: scripted.Step{Status: 503, Header: header("Retry-After", "2")}, kind: llm.KindRateLimited, retryable: true, after: 2 * time.Second},
		{name: "503", step: scripted.Step{Status: 503}, kind: llm.KindOverloaded, retryable: true},
		{name: "529", step: scripted.Step{Status: 529}, kind: llm.KindOverloaded, retryable: true},
		{name: "500", step: scripted.Step{Status: 500}, kind: llm.KindOverloaded, retryable: true},
		{name: "500 html", step: scripted.Step{Status: 500, Body: "<html>x</html>", ContentType: "text/html"}, kind: llm.KindOverloaded, retryable: true},
		{name: "500 cut", step: scripted.Step{Status: 500, Body: strings.Repeat("z", 9000), Cut: true}, kind: llm.KindOverloaded, retryable: true},
		{name: "500 no retry", step: scripted.Step{Status: 500, Header: header("X-Should-Retry", "false")}, kind: llm.KindOverloaded},
		{name: "400 retry", step: scripted.Step{Status: 400, Header: header("X-Should-Retry", "true")}, kind: llm.KindBadRequest, retryable: true},
		{name: "408", step: scripted.Step{Status: 408}, kind: llm.KindTimeout, retryable: true},
		{name: "409", step: scripted.Step{Status: 409}, kind: llm.KindOverloaded, retryable: true},
		{name: "400", step: scripted.Step{Status: 400}, kind: llm.KindBadRequest},
		{name: "404", step: scripted.Step{Status: 404}, kind: llm.KindBadRequest},
		{name: "422", step: scripted.Step{Status: 422}, kind: llm.KindBadRequest},
		{name: "400 context", step: scripted.Step{Status: 400, Code: "context_length_exceeded"}, kind: llm.KindContextLength},
		{name: "413", step: scripted.Step{Status: 413}, kind: llm.KindContextLength},
		{name: "401", step: scripted.Step{Status: 401}, kind: llm.KindAuth},
		{name: "403", step: scripted.Step{Status: 403}, kind: llm.KindAuth},
	}
}

// answers are failures told by an answer with status 200.
func answers() []failure {
	return []failure{
		{name: "no choices", step: scripted.Step{NoChoices: true}, kind: llm.KindEmpty, retryable: true, billed: true},
		{name: "empty text", step: scripted.Step{}, kind: llm.KindEmpty, retryable: true, billed: true},
		{name: "null", step: scripted.Step{Body: "null"}, kind: llm.KindEmpty, retryable: true},
		{name: "another object", step: scripted.Step{Body: `{"error":{"message":"x"}}`}, kind: llm.KindEmpty, retryable: true},
		{name: "html", step: scripted.Step{Body: "<html>x</html>", ContentType: "text/html"}, kind: llm.KindMalformed, retryable: true},
		{name: "html as json", step: scripted.Step{Body: "<html>x</html>"}, kind: llm.KindMalformed, retryable: true},
		{name: "wrong shape", step: scripted.Step{Body: `[1,2]`}, kind: llm.KindMalformed, retryable: true},
		{name: "cut body", step: scripted.Step{Content: strings.Repeat("x", 9000), Cut: true}, kind: llm.KindTruncated, retryable: true},
		{name: "half a body", step: scripted.Step{Body: `{"choices":[{"message":`}, kind: llm.KindTruncated, retryable: true},
		{name: "no finish", step: scripted.Step{Content: "{", NoFinish: true}, kind: llm.KindTruncated, retryable: true, billed: true},
		{name: "length", step: scripted.Step{Content: "{", Finish: "length"}, kind: llm.KindTruncated, retryable: true, billed: true},
		{
			name: "length with calls", kind: llm.KindTruncated, retryable: true, billed: true,
			step: scripted.Step{Calls: []schemas.Call{{Action: "order_status"}}, Finish: "length"},
		},
		{name: "filtered", step: scripted.Step{Content: "x", Finish: "content_filter"}, kind: llm.KindContentFilter, billed: true},
		{name: "refusal", step: scripted.Step{Refusal: "no"}, kind: llm.KindContentFilter, billed: true},
		{name: "invalid json", step: scripted.Step{Content: `{"kind":"answer",`}, kind: llm.KindMalformed, retryable: true, billed: true},
		{name: "unknown kind", step: scripted.Step{Content: `{"kind":"rm","text":"x"}`}, kind: llm.KindMalformed, retryable: true, billed: true},
		{name: "wrong types", step: scripted.Step{Content: `{"kind":"answer","text":7}`}, kind: llm.KindMalformed, retryable: true, billed: true},
	}
}

// deadlineContext has a deadline on the test's clock and never ends by itself.
type deadlineContext struct {
	context.Context
	at time.Time
}

// Deadline is the test's.
func (c deadlineContext) Deadline() (time.Time, bool) { return c.at, true }

// failures: every way in which a server can misbehave gives one kind, makes one
// call, keeps what it cost and leaks neither the key nor a text.
func failures(t *testing.T, open Open) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	cost := schemas.Usage{Input: 120, Cached: 100, Output: 7}
	for _, c := range append(statuses(), answers()...) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.step.Usage = &cost
			m, s := connect(t, open, Endpoint{Now: func() time.Time { return now }}, c.step)
			ctx := deadlineContext{t.Context(), now.Add(30 * time.Second)}
			out, err := m.Generate(ctx, asked(m))
			var e *llm.Error
			if !errors.As(err, &e) {
				t.Fatalf("not an llm.Error: %v", err)
			}
			if e.Kind != c.kind || e.Retryable != c.retryable || e.RetryAfter != c.after {
				t.Errorf("got %s retryable=%v after=%v", e.Kind, e.Retryable, e.RetryAfter)
			}
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d calls", n)
			}
			if c.billed && out.Usage != cost {
				t.Errorf("usage %+v", out.Usage)
			}
			if out.Decision.Kind != "" {
				t.Errorf("a failed call has a decision: %+v", out.Decision)
			}
			for _, leak := range []string{secret, "How long", "scripted error", "127.0.0.1", "zzz", "slow down"} {
				if strings.Contains(err.Error(), leak) {
					t.Errorf("the error holds %q", leak)
				}
			}
		})
	}
}
