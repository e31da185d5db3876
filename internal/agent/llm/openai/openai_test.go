package openai_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// What only this wire can say. All else is in llmtest.
func TestFailuresOfThisWire(t *testing.T) {
	t.Parallel()
	tooLong := `{"object":"error","message":"This model's maximum context length is 8192 tokens. However, you requested 9000.","type":"BadRequestError","code":400}`
	for name, c := range map[string]struct {
		step scripted.Step
		kind llm.Kind
	}{
		"filter":             {scripted.Step{Status: 400, Code: "content_filter"}, llm.KindContentFilter},
		"policy":             {scripted.Step{Status: 400, Code: "content_policy_violation"}, llm.KindContentFilter},
		"no money":           {scripted.Step{Status: 429, Code: "insufficient_quota"}, llm.KindAuth},
		"context by message": {scripted.Step{Status: 400, Body: `{"error":` + tooLong + `}`}, llm.KindContextLength},
		"context by type":    {scripted.Step{Status: 400, Body: `{"error":{"code":400,"type":"exceed_context_size_error","message":"x"}}`}, llm.KindContextLength},
		"tokens per minute":  {scripted.Step{Status: 429, Body: `{"error":{"code":"rate_limit_exceeded","message":"the input is too long for your rate"}}`}, llm.KindRateLimited},
	} {
		m, _ := connect(t, openai.Config{}, c.step)
		if _, err := m.Generate(t.Context(), request("q")); llm.KindOf(err) != c.kind {
			t.Errorf("%s: got %v, want %s", name, err, c.kind)
		}
	}
}

func TestToolsOnTheWire(t *testing.T) {
	t.Parallel()
	schema := json.RawMessage(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"string"}},"required":["z","a"],"additionalProperties":false}`)
	r := request("where is it?")
	r.Tools = []llm.Tool{{Name: "answer", Schema: schema, Strict: true}, {Name: "order_status", Description: "Where an order is.", Schema: schema}}
	cases := []struct {
		name     string
		config   openai.Config
		has, not []string
	}{
		{
			"strict",
			openai.Config{Tools: true},
			[]string{`"tool_choice":"required"`, `"parallel_tool_calls":false`, `"strict":true`, `"description":"Where an order is."`, `"properties":{"z":{"type":"string"},"a":{"type":"string"}}`},
			[]string{"response_format"},
		},
		{
			"loose",
			openai.Config{Tools: true, ToolChoice: openai.ToolAuto, ParallelCalls: true, NoStrict: true},
			[]string{`"tool_choice":"auto"`},
			[]string{"parallel_tool_calls", "strict", "response_format"},
		},
		{"without tools", openai.Config{}, []string{`"json_schema"`}, []string{"tool_choice", "parallel_tool_calls", `"tools"`}},
	}
	for _, c := range cases {
		m, s := connect(t, c.config, scripted.Answer("ok"))
		if _, err := m.Generate(t.Context(), r); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		raw := s.Requests()[0].Raw
		for _, part := range c.has {
			if !strings.Contains(raw, part) {
				t.Errorf("%s: %s is missing in %s", c.name, part, raw)
			}
		}
		for _, part := range c.not {
			if strings.Contains(raw, part) {
				t.Errorf("%s: %s is in %s", c.name, part, raw)
			}
		}
	}
	// A request without tools gets an object also from a model with tools.
	m, s := connect(t, openai.Config{Tools: true}, scripted.Answer("ok"))
	if out, err := m.Generate(t.Context(), request("q")); err != nil || out.Decision.Text != "ok" || s.Requests()[0].Format != "json_schema" {
		t.Errorf("%+v, %v", out, err)
	}
	if can := m.Capabilities(); !can.Tools || can.ParallelCalls || can.JSON != llm.JSONSchema {
		t.Errorf("capabilities %+v", can)
	}
}

// Servers that are not quite compatible.
func TestOddCalls(t *testing.T) {
	t.Parallel()
	message := `{"role":"assistant","content":null,"tool_calls":[
		{"id":7,"function":{"name":"order_status","arguments":{"id":"A-17"}}},
		{"type":"custom","id":"c","custom":{"name":"stock","input":"seven"}},null]}`
	m, _ := connect(t, openai.Config{Tools: true}, scripted.Step{Body: `{"choices":[{"finish_reason":"stop","message":` + message + `}]}`})
	out, err := m.Generate(t.Context(), request("q"))
	want := []schemas.Call{
		{ID: "7", Action: "order_status", Arguments: json.RawMessage(`{"id":"A-17"}`)},
		{ID: "c", Action: "stock", Arguments: json.RawMessage(`"seven"`)},
		{ID: "call_3", Action: "invalid_name", Arguments: json.RawMessage(`{}`)},
	}
	if diff := cmp.Diff(want, out.Decision.Calls); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []openai.Config{
		{BaseURL: "ftp://x", Model: "m"},
		{BaseURL: "", Model: "m"},
		{BaseURL: "http://x"},
		{BaseURL: "http://x", Model: "m", JSON: "xml"},
		{BaseURL: "http://x", Model: "m", ToolChoice: "none"},
	} {
		if _, err := openai.New(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}
