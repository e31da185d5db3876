package scripted_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"steward/internal/agent/llm"
	"steward/internal/agent/llm/anthropic"
	"steward/internal/agent/llm/openai"
	"steward/internal/agent/llm/scripted"
	"steward/schemas"
)

const secret = "canary/5491+secret"

// serve serves a handler on loopback.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL + "/v1/"
}

// models are the clients of both wires.
func models(t *testing.T, base, key string) map[string]llm.Model {
	t.Helper()
	o, err := openai.New(openai.Config{BaseURL: base, APIKey: key, Model: "m", Tools: true, ParallelCalls: true})
	if err != nil {
		t.Fatal(err)
	}
	a, err := anthropic.New(anthropic.Config{BaseURL: base, APIKey: key, Model: "m", ParallelCalls: true})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]llm.Model{"openai": o, "anthropic": a}
}

// asked is the second request of a turn. The mark, the date and the ids differ
// from run to run.
func asked(mark, day, id, question string) llm.Request {
	return llm.Request{
		Stable: "Rules.", PerConversation: "Today is " + day + ".", CacheKey: mark + mark, Tools: llm.CommandTools(),
		Messages: []llm.Message{
			{Role: llm.RoleUser, Text: fmt.Sprintf("⟦%s CUSTOMER⟧\n%s\n⟦/%s⟧", mark, question, mark)},
			{Role: llm.RoleAssistant, Calls: []schemas.Call{{ID: id, Action: "order_status", Arguments: json.RawMessage(`{"id":"A-17"}`)}}},
			{Role: llm.RoleTool, CallID: id, Text: `{"shipped":"` + day + `T10:00:00Z","ref":"018f3c5e-1111-7000-8000-0123456789ab"}`},
		},
	}
}

func TestRecordAndReplay(t *testing.T) {
	t.Parallel()
	upstream := start(t, nil)
	var recording bytes.Buffer
	recorder, err := scripted.NewRecorder(upstream.BaseURL(), &recording, nil)
	if err != nil {
		t.Fatal(err)
	}
	base := serve(t, recorder)
	first := asked("0a1b2c3d4e5f6071", "2026-11-20", "call_x", "Where is it?")
	first.PerConversation += " Key: " + secret
	want := map[string]schemas.Decision{}
	for name, m := range models(t, base, secret) {
		upstream.Push(
			scripted.Step{Status: 429, Header: http.Header{"Retry-After": {"7"}, "Set-Cookie": {"account=4711"}}},
			scripted.Step{Gzip: true, Calls: []schemas.Call{{ID: "k", Action: "answer", Arguments: json.RawMessage(`{"text":"Shipped. Your key is ` + secret + `"}`)}}},
		)
		if _, err := m.Generate(t.Context(), first); llm.KindOf(err) != llm.KindRateLimited {
			t.Fatalf("%s: %v", name, err)
		}
		out, err := m.Generate(t.Context(), first)
		if err != nil || !strings.Contains(out.Decision.Text, secret) {
			t.Fatalf("%s: %+v, %v", name, out.Decision, err)
		}
		want[name] = out.Decision
	}
	if got := upstream.Requests()[0].Authorization; !strings.Contains(got, secret) || recorder.Err() != nil {
		t.Errorf("sent %q, %v", got, recorder.Err())
	}
	for _, leak := range []string{secret, "account=", "127.0.0.1", "Authorization", "X-Api-Key"} {
		if strings.Contains(strings.ToLower(recording.String()), strings.ToLower(leak)) {
			t.Errorf("the recording holds %q", leak)
		}
	}

	replayer, err := scripted.NewReplayer(&recording)
	if err != nil {
		t.Fatal(err)
	}
	base = serve(t, replayer)
	again := asked("ffeeddccbbaa0011", "2027-01-02", "call_y", "Where is it?")
	again.PerConversation += " Key: another-key"
	for name, m := range models(t, base, "another-key") {
		_, err := m.Generate(t.Context(), again)
		if llm.KindOf(err) != llm.KindRateLimited {
			t.Errorf("%s: %v", name, err)
		}
		out, err := m.Generate(t.Context(), again)
		if err != nil || out.Decision.Text != strings.ReplaceAll(want[name].Text, secret, "[redacted]") {
			t.Errorf("%s: %+v, %v", name, out.Decision, err)
		}
	}
	if replayer.Remaining() != 0 || len(replayer.Misses()) != 0 {
		t.Errorf("%d left, misses %v", replayer.Remaining(), replayer.Misses())
	}
}

func TestReplayIsLoud(t *testing.T) {
	t.Parallel()
	upstream := start(t, nil, scripted.Answer("ok"))
	var recording bytes.Buffer
	recorder, err := scripted.NewRecorder(upstream.BaseURL(), &recording, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := asked("0a1b2c3d4e5f6071", "2026-11-20", "call_x", "Where is it?")
	if _, err := models(t, serve(t, recorder), secret)["openai"].Generate(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	replayer, err := scripted.NewReplayer(&recording)
	if err != nil {
		t.Fatal(err)
	}
	base := serve(t, replayer)
	both := models(t, base, "")
	if _, err := both["openai"].Generate(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	other := asked("0a1b2c3d4e5f6071", "2026-11-20", "call_x", "A private question?")
	for name, c := range map[string]struct {
		model llm.Model
		r     llm.Request
	}{
		"too often": {both["openai"], r}, "another question": {both["openai"], other}, "another wire": {both["anthropic"], r},
	} {
		if _, err := c.model.Generate(t.Context(), c.r); llm.KindOf(err) != llm.KindBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	res, err := http.Post(base+"chat/completions", "application/json", strings.NewReader("no json"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "not_recorded") {
		t.Errorf("%d %s %v", res.StatusCode, body, err)
	}
	misses := replayer.Misses()
	if len(misses) != 4 || strings.Contains(strings.Join(misses, " "), "private") {
		t.Errorf("misses %q", misses)
	}
}

// What another question, another result or another tool makes is another
// request.
func TestReplayTellsRequestsApart(t *testing.T) {
	t.Parallel()
	base := asked("0a1b2c3d4e5f6071", "2026-11-20", "call_x", "Where is it?")
	changes := map[string]func(r *llm.Request){
		"question":  func(r *llm.Request) { r.Messages[0].Text = "⟦ab CUSTOMER⟧\nWhere was it?\n⟦/ab⟧" },
		"result":    func(r *llm.Request) { r.Messages[2].Text = "lost" },
		"arguments": func(r *llm.Request) { r.Messages[1].Calls[0].Arguments = json.RawMessage(`{"id":"A-18"}`) },
		"tools":     func(r *llm.Request) { r.Tools = r.Tools[:3] },
		"rules":     func(r *llm.Request) { r.Stable = "Other rules." },
	}
	for name, change := range changes {
		upstream := start(t, nil, scripted.Answer("ok"))
		var recording bytes.Buffer
		recorder, err := scripted.NewRecorder(upstream.BaseURL(), &recording, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := models(t, serve(t, recorder), "")["openai"].Generate(t.Context(), base); err != nil {
			t.Fatal(err)
		}
		replayer, err := scripted.NewReplayer(&recording)
		if err != nil {
			t.Fatal(err)
		}
		r := asked("0a1b2c3d4e5f6071", "2026-11-20", "call_x", "Where is it?")
		change(&r)
		if _, err := models(t, serve(t, replayer), "")["openai"].Generate(t.Context(), r); llm.KindOf(err) != llm.KindBadRequest {
			t.Errorf("%s does not count: %v", name, err)
		}
	}
}

func TestRecorderFailures(t *testing.T) {
	t.Parallel()
	if _, err := scripted.NewRecorder("ftp://x", io.Discard, nil); err == nil {
		t.Error("an address without http is accepted")
	}
	if _, err := scripted.NewReplayer(strings.NewReader(`{"hash":"x"}`)); err == nil {
		t.Error("a recording without a status is accepted")
	}
	upstream := start(t, scripted.QuoteFirst)
	recorder, err := scripted.NewRecorder(upstream.BaseURL(), broken{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := asked("0a1b2c3d4e5f6071", "2026-11-20", "call_x", "Where is it?")
	m := models(t, serve(t, recorder), "")["openai"]
	if _, err := m.Generate(t.Context(), r); err != nil || recorder.Err() == nil {
		t.Errorf("a recording that cannot be written: %v, %v", err, recorder.Err())
	}
	if err := upstream.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Generate(t.Context(), r); llm.KindOf(err) != llm.KindOverloaded {
		t.Errorf("an endpoint that is gone: %v", err)
	}
}

// broken is a full disk.
type broken struct{}

// Write fails.
func (broken) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
