package llmtest_test

import (
	"testing"

	"steward/internal/agent/llm/extractive"
	"steward/internal/agent/llm/llmtest"
	"steward/internal/agent/llm/openai"
	"steward/internal/agent/llm/scripted"
)

func TestOpenAI(t *testing.T) {
	t.Parallel()
	s, err := scripted.Start(scripted.QuoteFirst)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	m, err := openai.New(openai.Config{BaseURL: s.BaseURL(), Model: "quoting"})
	if err != nil {
		t.Fatal(err)
	}
	llmtest.Run(t, m)
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
