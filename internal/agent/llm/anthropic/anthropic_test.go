package anthropic_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/agent/llm"
	"steward/internal/agent/llm/anthropic"
	"steward/internal/agent/llm/scripted"
	"steward/schemas"
)

const secret = "sk-ant-canary-5491"

func connect(t *testing.T, c anthropic.Config, steps ...scripted.Step) (*anthropic.Model, *scripted.Server) {
	t.Helper()
	s, err := scripted.Start(nil, steps...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if c.BaseURL == "" {
		c.BaseURL = s.BaseURL()
	}
	c.APIKey, c.Model = secret, "small"
	m, err := anthropic.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m, s
}

func request() llm.Request {
	schema := json.RawMessage(`{"type":"object","properties":{"id":{"type":"string"}},"required":["id"],"additionalProperties":false}`)
	return llm.Request{
		Stable: "rules", PerConversation: "language: en",
		Messages: []llm.Message{{Role: llm.RoleUser, Text: "where is it?"}},
		Tools:    []llm.Tool{{Name: "order_status", Description: "Where an order is.", Schema: schema, Strict: true}, {Name: "stock", Schema: schema}},
	}
}

// wire is a request as the server reads it.
type wire struct {
	MaxTokens   int     `json:"max_tokens"`
	Temperature float64 `json:"temperature"`
	System      []struct {
		Text  string            `json:"text"`
		Cache map[string]string `json:"cache_control"`
	} `json:"system"`
	Messages []struct {
		Role    string           `json:"role"`
		Content []map[string]any `json:"content"`
	} `json:"messages"`
	Tools []struct {
		Name   string            `json:"name"`
		Strict bool              `json:"strict"`
		Schema json.RawMessage   `json:"input_schema"`
		Cache  map[string]string `json:"cache_control"`
	} `json:"tools"`
	ToolChoice map[string]any `json:"tool_choice"`
	Output     map[string]any `json:"output_config"`
}

func read(t *testing.T, r scripted.Request) wire {
	t.Helper()
	var w wire
	if err := json.Unmarshal([]byte(r.Raw), &w); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestRequest(t *testing.T) {
	t.Parallel()
	m, s := connect(t, anthropic.Config{}, scripted.Answer("ok"))
	r := request()
	temperature := 0.5
	r.Temperature, r.MaxTokens = &temperature, 300
	if _, err := m.Generate(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	got := s.Requests()[0]
	if got.Authorization != secret || got.Wire != scripted.WireAnthropic || strings.Contains(got.Raw, secret) {
		t.Errorf("request %+v", got)
	}
	w := read(t, got)
	if w.MaxTokens != 300 || w.Temperature != 0.5 || w.Output != nil {
		t.Errorf("request %s", got.Raw)
	}
	// The prefix that is the same for every call ends at the stable rules.
	if len(w.System) != 2 || w.System[0].Text != "rules" || w.System[0].Cache["type"] != "ephemeral" || w.System[1].Cache != nil {
		t.Errorf("system %+v", w.System)
	}
	if len(w.Tools) != 2 || !w.Tools[0].Strict || w.Tools[1].Strict || w.Tools[0].Cache != nil || w.Tools[1].Cache["type"] != "ephemeral" {
		t.Errorf("tools %+v", w.Tools)
	}
	if string(w.Tools[0].Schema) != string(r.Tools[0].Schema) {
		t.Errorf("schema %s", w.Tools[0].Schema)
	}
	if diff := cmp.Diff(map[string]any{"type": "any", "disable_parallel_tool_use": true}, w.ToolChoice); diff != "" {
		t.Error(diff)
	}
}

func TestLooseRequest(t *testing.T) {
	t.Parallel()
	m, s := connect(t, anthropic.Config{AutoTools: true, ParallelCalls: true, NoStrict: true}, scripted.Step{Content: "Plain words."}, scripted.Answer("ok"))
	out, err := m.Generate(t.Context(), request())
	if err != nil || out.Decision.Kind != schemas.DecisionAnswer || out.Decision.Text != "Plain words." {
		t.Errorf("%+v, %v", out, err)
	}
	w := read(t, s.Requests()[0])
	if diff := cmp.Diff(map[string]any{"type": "auto", "disable_parallel_tool_use": false}, w.ToolChoice); diff != "" || w.Tools[0].Strict {
		t.Error(diff, w.Tools)
	}
	r := request()
	r.Tools = nil
	if _, err := m.Generate(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if w := read(t, s.Requests()[1]); w.Tools != nil || w.ToolChoice != nil || w.Output != nil || w.MaxTokens != 4096 {
		t.Errorf("request %s", s.Requests()[1].Raw)
	}
}

// Without tools the answer is one object, held to the schema.
func TestWithoutTools(t *testing.T) {
	t.Parallel()
	m, s := connect(t, anthropic.Config{}, scripted.Answer("ok [S1]", 1))
	r := request()
	r.Tools = nil
	out, err := m.Generate(t.Context(), r)
	if err != nil || out.Decision.Text != "ok [S1]" || s.Requests()[0].Format != "json_schema" {
		t.Errorf("%+v, %v", out, err)
	}
}

// The API wants all results of a message's calls in the next message, results
// first, and no empty text.
func TestMessagesMerge(t *testing.T) {
	t.Parallel()
	m, s := connect(t, anthropic.Config{}, scripted.Answer("ok"))
	r := request()
	r.Messages = append(r.Messages,
		llm.Message{Role: llm.RoleUser, Text: ""},
		llm.Message{Role: llm.RoleUser, Text: "and when?"},
		llm.Message{Role: llm.RoleAssistant, Text: "Let me look."},
		llm.Message{Role: llm.RoleAssistant, Calls: []schemas.Call{
			{ID: "a", Action: "order_status", Arguments: json.RawMessage(`{"id":"A-1"}`)},
			{ID: "b", Action: "stock", Arguments: json.RawMessage(`"seven"`)},
		}},
		llm.Message{Role: llm.RoleTool, CallID: "a", Text: "shipped"},
		llm.Message{Role: llm.RoleTool, CallID: "b"},
		llm.Message{Role: llm.RoleUser, Text: "Answer now."},
	)
	if _, err := m.Generate(t.Context(), r); err != nil {
		t.Fatal(err, s.Refused())
	}
	var got []string
	for _, message := range read(t, s.Requests()[0]).Messages {
		parts := []string{message.Role}
		for _, b := range message.Content {
			part := b["type"].(string)
			if input, ok := b["input"]; ok {
				raw, err := json.Marshal(input)
				if err != nil {
					t.Fatal(err)
				}
				part += string(raw)
			}
			parts = append(parts, part)
		}
		got = append(got, strings.Join(parts, " "))
	}
	want := []string{
		"user text text",
		`assistant text tool_use{"id":"A-1"} tool_use{"malformed_arguments":"seven"}`,
		"user tool_result tool_result text",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What only this wire can say. All else is in llmtest.
func TestAnswersOfThisWire(t *testing.T) {
	t.Parallel()
	usage := `"usage":{"input_tokens":5,"cache_read_input_tokens":100,"cache_creation_input_tokens":20,"output_tokens":-3}`
	for name, c := range map[string]struct {
		step scripted.Step
		kind llm.Kind
		text string
	}{
		"paused":         {scripted.Step{Content: "x", Finish: "pause_turn"}, llm.KindTruncated, ""},
		"window":         {scripted.Step{Content: "x", Finish: "model_context_window_exceeded"}, llm.KindContextLength, ""},
		"no money":       {scripted.Step{Status: 402}, llm.KindAuth, ""},
		"max of nothing": {scripted.Step{NoChoices: true, Finish: "length"}, llm.KindTruncated, ""},
		"window in words": {
			scripted.Step{Status: 400, Body: `{"type":"error","error":{"type":"invalid_request_error","message":"input length and ` + "`max_tokens`" + ` exceed context limit: 188240 + 21333 > 200000"}}`},
			llm.KindContextLength, "",
		},
		"thoughts": {
			scripted.Step{Body: `{"type":"message","stop_reason":"end_turn","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"Hi"},{"type":"new_kind"},{"type":"text","text":"!"}],` + usage + `}`},
			"", "Hi!",
		},
		"unknown reason": {scripted.Step{Content: "Hi!", Finish: "sundown"}, "", "Hi!"},
	} {
		m, _ := connect(t, anthropic.Config{}, c.step)
		out, err := m.Generate(t.Context(), request())
		if llm.KindOf(err) != c.kind || out.Decision.Text != c.text {
			t.Errorf("%s: %+v, %v", name, out.Decision, err)
		}
		if want := (schemas.Usage{Input: 125, Cached: 100}); name == "thoughts" && out.Usage != want {
			t.Errorf("usage %+v", out.Usage)
		}
	}
}

// The SDK would take a key and an address from the environment.
func TestEnvironmentIsNotRead(t *testing.T) {
	t.Setenv("ANTHROPIC_API_KEY", "from-the-environment")
	t.Setenv("ANTHROPIC_AUTH_TOKEN", "from-the-environment")
	t.Setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1/")
	s, err := scripted.Start(nil, scripted.Answer("ok"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	// The address may also be the root without v1/.
	m, err := anthropic.New(anthropic.Config{BaseURL: strings.TrimSuffix(s.BaseURL(), "/v1/"), Model: "small"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Generate(t.Context(), request()); err != nil {
		t.Fatal(err)
	}
	if got := s.Requests()[0].Authorization; got != "" {
		t.Errorf("sent %q", got)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []anthropic.Config{{BaseURL: "ftp://x", Model: "m"}, {BaseURL: "127.0.0.1:80", Model: "m"}, {}} {
		if _, err := anthropic.New(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	m, err := anthropic.New(anthropic.Config{Model: "m", MaxContext: 200_000})
	if err != nil || m.Name() != "anthropic/m" || m.Capabilities().MaxContext != 200_000 || !m.Capabilities().Tools {
		t.Errorf("%v, %v", m, err)
	}
}
