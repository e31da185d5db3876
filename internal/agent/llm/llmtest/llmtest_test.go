package llmtest_test

import (
	"testing"

	"steward/internal/agent/llm"
	"steward/internal/agent/llm/anthropic"
	"steward/internal/agent/llm/extractive"
	"steward/internal/agent/llm/llmtest"
	"steward/internal/agent/llm/openai"
	"steward/internal/agent/llm/scripted"
)

// providers are the adapters in their modes.
func providers() map[string]llmtest.Open {
	out := map[string]llmtest.Open{
		"anthropic": func(e llmtest.Endpoint) (llm.Model, error) {
			return anthropic.New(anthropic.Config{BaseURL: e.BaseURL, APIKey: e.Key, Model: e.Model, Client: e.Client, Now: e.Now, ParallelCalls: true})
		},
		"anthropic auto": func(e llmtest.Endpoint) (llm.Model, error) {
			return anthropic.New(anthropic.Config{
				BaseURL: e.BaseURL, APIKey: e.Key, Model: e.Model, Client: e.Client, Now: e.Now, AutoTools: true, NoStrict: true,
			})
		},
	}
	for name, c := range map[string]openai.Config{
		"openai tools":  {Tools: true, ParallelCalls: true},
		"openai auto":   {Tools: true, ToolChoice: openai.ToolAuto, NoStrict: true},
		"openai schema": {JSON: llm.JSONSchema},
		"openai object": {JSON: llm.JSONObject},
		"openai none":   {JSON: llm.JSONNone},
	} {
		out[name] = func(e llmtest.Endpoint) (llm.Model, error) {
			c := c
			c.BaseURL, c.APIKey, c.Model, c.Client, c.Now = e.BaseURL, e.Key, e.Model, e.Client, e.Now
			return openai.New(c)
		}
	}
	return out
}

func TestProviders(t *testing.T) {
	t.Parallel()
	for name, open := range providers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			llmtest.RunProvider(t, open)
			s, err := scripted.Start(scripted.QuoteFirst)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			m, err := open(llmtest.Endpoint{BaseURL: s.BaseURL(), Model: "quoting"})
			if err != nil {
				t.Fatal(err)
			}
			llmtest.Run(t, m)
		})
	}
}

func TestExtractive(t *testing.T) {
	t.Parallel()
	llmtest.Run(t, extractive.New(extractive.Options{}))
}

func TestExtractiveStrict(t *testing.T) {
	t.Parallel()
	llmtest.Run(t, extractive.New(extractive.Options{Strict: true}))
}

func TestScripted(t *testing.T) {
	t.Parallel()
	var steps []scripted.Step
	for range 9 {
		steps = append(steps, scripted.Answer("You can return an order within 30 days of delivery. [S1]", 1))
	}
	llmtest.Run(t, scripted.NewModel("script", steps...))
}
