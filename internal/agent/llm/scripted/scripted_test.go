package scripted_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"steward/internal/agent/llm"
	"steward/internal/agent/llm/scripted"
	"steward/schemas"
)

func start(t *testing.T, fallback scripted.Fallback, steps ...scripted.Step) *scripted.Server {
	t.Helper()
	s, err := scripted.Start(fallback, steps...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func ask(t *testing.T, s *scripted.Server, question string) (int, string) {
	t.Helper()
	body := `{"model":"m","messages":[{"role":"system","content":"rules"},{"role":"user","content":"` + question + `"}]}`
	res, err := http.Post(s.BaseURL()+"chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		return res.StatusCode, "cut: " + string(out)
	}
	return res.StatusCode, string(out)
}

func TestServerMatchesSteps(t *testing.T) {
	t.Parallel()
	s := start(t, nil,
		scripted.Step{Match: "Refund", Content: "about refunds"},
		scripted.Step{Content: "about anything"},
	)
	if _, body := ask(t, s, "where is my parcel"); !strings.Contains(body, "about anything") {
		t.Errorf("first answer: %s", body)
	}
	if _, body := ask(t, s, "a refund please"); !strings.Contains(body, "about refunds") {
		t.Errorf("second answer: %s", body)
	}
	if n := s.Remaining(); n != 0 {
		t.Errorf("remaining %d", n)
	}
	got := s.Requests()
	if len(got) != 2 || got[0].Last() != "where is my parcel" || got[0].System[0] != "rules" {
		t.Errorf("requests %+v", got)
	}
}

func TestServerRefusesMoreThanScripted(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	if status, body := ask(t, s, "hi"); status != http.StatusBadRequest || !strings.Contains(body, "script_exhausted") {
		t.Errorf("got %d %s", status, body)
	}
	if len(s.Refused()) != 1 {
		t.Errorf("refused %v", s.Refused())
	}
}

func TestServerMisbehavesAsScripted(t *testing.T) {
	t.Parallel()
	s := start(t, nil,
		scripted.Step{Status: 429, Header: http.Header{"Retry-After": {"7"}}},
		scripted.Step{Body: "<html>sorry</html>", ContentType: "text/html"},
		scripted.Step{NoChoices: true},
		scripted.Step{Content: "a long enough text", Cut: true},
	)
	if status, _ := ask(t, s, "a"); status != 429 {
		t.Errorf("status %d", status)
	}
	if status, body := ask(t, s, "b"); status != 200 || body != "<html>sorry</html>" {
		t.Errorf("got %d %q", status, body)
	}
	if _, body := ask(t, s, "c"); !strings.Contains(body, `"choices":[]`) {
		t.Errorf("got %q", body)
	}
	if _, body := ask(t, s, "d"); !strings.HasPrefix(body, "cut: ") {
		t.Errorf("got %q", body)
	}
}

func TestServerHoldsUntilReleased(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := start(t, nil, scripted.Step{Content: "late", Hold: release})
	got := make(chan string, 1)
	go func() {
		res, err := http.Post(s.BaseURL()+"chat/completions", "application/json",
			strings.NewReader(`{"messages":[{"role":"user","content":"q"}]}`))
		if err != nil {
			got <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		got <- string(body)
	}()
	if err := s.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	select {
	case body := <-got:
		t.Fatalf("answered before the release: %s", body)
	default:
	}
	close(release)
	if body := <-got; !strings.Contains(body, "late") {
		t.Errorf("got %s", body)
	}
}

func TestQuoteFirst(t *testing.T) {
	t.Parallel()
	req := scripted.Request{Messages: []string{"⟦ab12 S2 title: Returns⟧\nSend it back within 30 days. Keep the box.\n⟦/ab12⟧"}}
	step, ok := scripted.QuoteFirst(req)
	if !ok || step.Decision.Text != "Send it back within 30 days. [S2]" || step.Decision.Citations[0] != 2 {
		t.Errorf("got %v %+v", ok, step.Decision)
	}
	step, _ = scripted.QuoteFirst(scripted.Request{Messages: []string{"⟦ab12 S1 title: V⟧\nQuestion: Vouchers?\nAnswer: Yes.\n⟦/ab12⟧"}})
	if step.Decision.Text != "Yes. [S1]" {
		t.Errorf("got %q", step.Decision.Text)
	}
	step, ok = scripted.QuoteFirst(scripted.Request{Messages: []string{"nothing marked"}})
	if !ok || !step.Decision.NotFound {
		t.Errorf("got %v %+v", ok, step.Decision)
	}
}

func TestModelFollowsScript(t *testing.T) {
	t.Parallel()
	failure := llm.NewError(llm.KindOverloaded, 503)
	m := scripted.NewModel("script", scripted.Answer("yes [S1]", 1), scripted.Step{Err: failure}, scripted.Step{Content: "no json"})
	r := llm.Request{Material: schemas.Material{Questions: []string{"q"}}}
	out, err := m.Generate(t.Context(), r)
	if err != nil || out.Decision.Engine != "script" || out.Decision.Text != "yes [S1]" {
		t.Fatalf("got %+v, %v", out, err)
	}
	if _, err := m.Generate(t.Context(), r); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	if _, err := m.Generate(t.Context(), r); llm.KindOf(err) != llm.KindMalformed {
		t.Errorf("got %v", err)
	}
	_, err = m.Generate(t.Context(), r)
	var e *llm.Error
	if !errors.As(err, &e) || e.Retryable || m.Refused() != 1 {
		t.Errorf("an exhausted script must fail for good: %v", err)
	}
}

func TestModelStopsWithContext(t *testing.T) {
	t.Parallel()
	m := scripted.NewModel("script", scripted.Step{Content: "{}", Hold: make(chan struct{})})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := m.Generate(ctx, llm.Request{}); llm.KindOf(err) != llm.KindTimeout {
		t.Errorf("got %v", err)
	}
}
