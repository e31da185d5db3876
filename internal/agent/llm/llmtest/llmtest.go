// Package llmtest is the conformance suite of llm.Model. Run is what callers
// rely on, whatever the engine is; RunProvider is what they rely on from the
// adapter of an HTTP API, against a server that misbehaves. It must be imported
// from tests only.
package llmtest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"steward/internal/agent/llm"
	"steward/schemas"
)

// Request is a request with a question that its only passage answers, as text
// for language models and as material for other engines.
func Request() llm.Request {
	s := schemas.DefaultSettings()
	return llm.Request{
		Stable: "Answer from the passages with one JSON object.", PerConversation: "Language: en",
		Messages: []llm.Message{{Role: llm.RoleUser, Text: "⟦0a1b S1 title: Returns⟧\nYou can return an order within 30 days of delivery.\n⟦/0a1b⟧\n" +
			"⟦0a1b CUSTOMER⟧\nHow long do I have to return an order?\n⟦/0a1b⟧"}},
		MaxTokens: 200,
		Material: schemas.Material{
			Questions: []string{"How long do I have to return an order?"}, Settings: s,
			Channel: schemas.ChannelLiveChat, Language: "en",
			Passages: []schemas.Passage{{
				Number: 1, Document: "doc_1", Title: "Returns", URL: "https://shop.example/returns", Language: "en", Citable: true,
				Text: "You can return an order within 30 days of delivery.",
			}},
		},
	}
}

// Run checks a model that can answer Request any number of times.
func Run(t *testing.T, model llm.Model) {
	t.Helper()
	t.Run("name", func(t *testing.T) {
		if first, second := model.Name(), model.Name(); first == "" || first != second {
			t.Errorf("the name is %q, then %q", first, second)
		}
	})
	t.Run("answers and cites", func(t *testing.T) {
		out, err := model.Generate(t.Context(), Request())
		if err != nil {
			t.Fatal(err)
		}
		checkAnswer(t, model, out)
	})
	t.Run("concurrent", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				out, err := model.Generate(t.Context(), Request())
				if err != nil {
					t.Error(err)
					return
				}
				checkAnswer(t, model, out)
			})
		}
		wg.Wait()
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := model.Generate(ctx, Request())
		if llm.KindOf(err) != llm.KindCancelled || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("deadline", func(t *testing.T) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		_, err := model.Generate(ctx, Request())
		var e *llm.Error
		if !errors.As(err, &e) || e.Kind != llm.KindTimeout || !e.Retryable {
			t.Errorf("got %v", err)
		}
	})
}

func checkAnswer(t *testing.T, model llm.Model, out llm.Response) {
	t.Helper()
	d := out.Decision
	if d.Kind != schemas.DecisionAnswer || d.Text == "" || d.NotFound {
		t.Errorf("no answer: kind %q, not found %v", d.Kind, d.NotFound)
	}
	if len(d.Citations) != 1 || d.Citations[0] != 1 {
		t.Errorf("citations %v, want the only passage", d.Citations)
	}
	if d.Engine != model.Name() || d.Language != "en" {
		t.Errorf("engine %q, language %q", d.Engine, d.Language)
	}
	if out.Finish == "" || out.Model == "" {
		t.Errorf("finish %q, model %q", out.Finish, out.Model)
	}
}
