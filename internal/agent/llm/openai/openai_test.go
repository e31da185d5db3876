package openai_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"steward/internal/agent/llm"
	"steward/internal/agent/llm/openai"
	"steward/internal/agent/llm/scripted"
	"steward/schemas"
)

const secret = "sk-canary-5491"

func connect(t *testing.T, c openai.Config, steps ...scripted.Step) (*openai.Model, *scripted.Server) {
	t.Helper()
	s, err := scripted.Start(nil, steps...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c.BaseURL, c.APIKey, c.Model = s.BaseURL(), secret, "small"
	m, err := openai.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m, s
}

func request(text string) llm.Request {
	return llm.Request{
		Stable: "rules", PerConversation: "language: en", MaxTokens: 100, CacheKey: "v1",
		Messages: []llm.Message{{Role: llm.RoleUser, Text: text}},
	}
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	m, s := connect(t, openai.Config{}, scripted.Answer("30 days [S1]", 1))
	out, err := m.Generate(t.Context(), request("how long?"))
	if err != nil {
		t.Fatal(err)
	}
	d := out.Decision
	if d.Kind != schemas.DecisionAnswer || d.Text != "30 days [S1]" || d.Engine != "openai/small" || out.Usage.Input == 0 {
		t.Errorf("got %+v", out)
	}
	got := s.Requests()[0]
	if got.Format != "json_schema" || got.Authorization != "Bearer "+secret || got.Model != "small" {
		t.Errorf("request %+v", got)
	}
	if len(got.System) != 2 || got.System[0] != "rules" || got.Last() != "how long?" {
		t.Errorf("messages %q %q", got.System, got.Messages)
	}
	if strings.Contains(got.Raw, "prompt_cache_key") || !strings.Contains(got.Raw, `"max_completion_tokens":100`) {
		t.Errorf("body %s", got.Raw)
	}
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	for mode, format := range map[llm.JSONMode]string{llm.JSONObject: "json_object", llm.JSONNone: ""} {
		fenced := "Sure:\n```json\n{\"kind\":\"smalltalk\",\"text\":\"Hi\",\"citations\":[],\"not_found\":false,\"language\":\"EN\"}\n```"
		m, s := connect(t, openai.Config{JSON: mode, LegacyMaxTokens: true, PromptCacheKey: true}, scripted.Step{Content: fenced})
		out, err := m.Generate(t.Context(), request("hi"))
		if err != nil || out.Decision.Text != "Hi" || out.Decision.Language != "en" {
			t.Errorf("%s: %+v, %v", mode, out.Decision, err)
		}
		got := s.Requests()[0]
		if got.Format != format || !strings.Contains(got.Raw, `"max_tokens":100`) || !strings.Contains(got.Raw, `"prompt_cache_key":"v1"`) {
			t.Errorf("%s: %s", mode, got.Raw)
		}
	}
}

// Every way in which a server can misbehave gives one kind, makes one call and
// leaks neither the key nor a text.
func TestMisbehaviour(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	cases := []struct {
		name      string
		step      scripted.Step
		kind      llm.Kind
		retryable bool
		after     time.Duration
	}{
		{"429 seconds", scripted.Step{Status: 429, Header: header("Retry-After", "7")}, llm.KindRateLimited, true, 7 * time.Second},
		{"429 date", scripted.Step{Status: 429, Header: header("Retry-After", "Sat, 21 Nov 2026 12:00:09 GMT")}, llm.KindRateLimited, true, 9 * time.Second},
		{"429 ms", scripted.Step{Status: 429, Header: header("Retry-After-Ms", "250")}, llm.KindRateLimited, true, 250 * time.Millisecond},
		{"429 too long", scripted.Step{Status: 429, Header: header("Retry-After", "3600")}, llm.KindRateLimitedBeyondDeadline, false, time.Hour},
		{"429 plain text", scripted.Step{Status: 429, Body: "slow down", ContentType: "text/plain"}, llm.KindRateLimited, true, 0},
		{"503 with wait", scripted.Step{Status: 503, Header: header("Retry-After", "2")}, llm.KindRateLimited, true, 2 * time.Second},
		{"500", scripted.Step{Status: 500}, llm.KindOverloaded, true, 0},
		{"500 html", scripted.Step{Status: 500, Body: "<html>x</html>", ContentType: "text/html"}, llm.KindOverloaded, true, 0},
		{"500 no retry", scripted.Step{Status: 500, Header: header("X-Should-Retry", "false")}, llm.KindOverloaded, false, 0},
		{"400 retry", scripted.Step{Status: 400, Header: header("X-Should-Retry", "true")}, llm.KindBadRequest, true, 0},
		{"408", scripted.Step{Status: 408}, llm.KindTimeout, true, 0},
		{"409", scripted.Step{Status: 409}, llm.KindOverloaded, true, 0},
		{"400", scripted.Step{Status: 400}, llm.KindBadRequest, false, 0},
		{"400 context", scripted.Step{Status: 400, Code: "context_length_exceeded"}, llm.KindContextLength, false, 0},
		{"400 filter", scripted.Step{Status: 400, Code: "content_filter"}, llm.KindContentFilter, false, 0},
		{"401", scripted.Step{Status: 401}, llm.KindAuth, false, 0},
		{"redirect", scripted.Step{Status: 302, Body: "{}", Header: header("Location", "http://127.0.0.1:1/")}, llm.KindEmpty, true, 0},
		{"no choices", scripted.Step{NoChoices: true}, llm.KindEmpty, true, 0},
		{"empty text", scripted.Step{}, llm.KindEmpty, true, 0},
		{"null", scripted.Step{Body: "null"}, llm.KindEmpty, true, 0},
		{"html", scripted.Step{Body: "<html>x</html>", ContentType: "text/html"}, llm.KindMalformed, true, 0},
		{"html as json", scripted.Step{Body: "<html>x</html>"}, llm.KindMalformed, true, 0},
		{"cut body", scripted.Step{Content: strings.Repeat("x", 9000), Cut: true}, llm.KindTruncated, true, 0},
		{"half a body", scripted.Step{Body: `{"choices":[{"message":`}, llm.KindTruncated, true, 0},
		{"no finish", scripted.Step{Content: "{", NoFinish: true}, llm.KindTruncated, true, 0},
		{"length", scripted.Step{Content: "{", Finish: "length"}, llm.KindTruncated, true, 0},
		{"filtered", scripted.Step{Content: "x", Finish: "content_filter"}, llm.KindContentFilter, false, 0},
		{"refusal", scripted.Step{Refusal: "no"}, llm.KindContentFilter, false, 0},
		{"invalid json", scripted.Step{Content: `{"kind":"answer",`}, llm.KindMalformed, true, 0},
		{"unknown kind", scripted.Step{Content: `{"kind":"rm","text":"x"}`}, llm.KindMalformed, true, 0},
		{"wrong types", scripted.Step{Content: `{"kind":"answer","text":7}`}, llm.KindMalformed, true, 0},
		{"2 MB", scripted.Step{Content: strings.Repeat("y", 2<<20)}, llm.KindMalformed, true, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, s := connect(t, openai.Config{Now: func() time.Time { return now }}, c.step)
			ctx := deadlineContext{t.Context(), now.Add(30 * time.Second)}
			_, err := m.Generate(ctx, request("a private question"))
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
			for _, leak := range []string{secret, "private", "scripted error", "127.0.0.1"} {
				if strings.Contains(err.Error(), leak) {
					t.Errorf("the error holds %q", leak)
				}
			}
		})
	}
}

// deadlineContext has a deadline on the test's clock and never ends by itself.
type deadlineContext struct {
	context.Context
	at time.Time
}

func (c deadlineContext) Deadline() (time.Time, bool) { return c.at, true }

func TestCancelAbortsTheCall(t *testing.T) {
	t.Parallel()
	m, s := connect(t, openai.Config{}, scripted.Step{Hold: make(chan struct{})})
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := m.Generate(ctx, request("q"))
		failed <- err
	}()
	if err := s.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-failed; llm.KindOf(err) != llm.KindCancelled || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNoConnection(t *testing.T) {
	t.Parallel()
	m, s := connect(t, openai.Config{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Generate(t.Context(), request("q")); llm.KindOf(err) != llm.KindOverloaded {
		t.Errorf("got %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []openai.Config{
		{BaseURL: "ftp://x", Model: "m"},
		{BaseURL: "", Model: "m"},
		{BaseURL: "http://x"},
		{BaseURL: "http://x", Model: "m", JSON: "xml"},
	} {
		if _, err := openai.New(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}
