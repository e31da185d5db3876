package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/agent/llm"
	"steward/internal/agent/llm/extractive"
	"steward/schemas"
)

// ask is one turn with the passages of a search, timed.
func ask(ctx context.Context, finder *extractive.Finder, lang, question string, found []schemas.Passage, took *time.Duration) (schemas.Decision, error) {
	settings := schemas.DefaultSettings()
	settings.Profile.Languages = []string{lang}
	request := llm.Request{Material: schemas.Material{
		Questions: []string{question}, Passages: found, Settings: settings, Language: lang, Channel: schemas.ChannelLiveChat,
	}}
	start := time.Now()
	out, err := finder.Generate(ctx, request)
	*took += time.Since(start)
	return out.Decision, err
}

// passages are examples as the finder gets short answers. The answer's text is
// its number, so that the name of an intent gives nothing away.
func passages(examples []phrasing, found []int) []schemas.Passage {
	out := make([]schemas.Passage, 0, len(found))
	for i, e := range found {
		out = append(out, schemas.Passage{
			Number: i + 1, Document: schemas.DocumentID(examples[e].intent), Question: examples[e].text,
			Text: examples[e].answer, Language: "en", Citable: true,
		})
	}
	return out
}

// offers reports whether a question back names a phrasing of the right answer.
func offers(d schemas.Decision, examples []phrasing, intent string) bool {
	lines := strings.Split(d.Text, "\n")
	return slices.ContainsFunc(examples, func(e phrasing) bool {
		return e.intent == intent && slices.ContainsFunc(lines, func(line string) bool {
			_, choice, _ := strings.Cut(line, ". ")
			return choice == strings.Join(strings.Fields(e.text), " ")
		})
	})
}

func share(n, of int) string {
	if of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

func perQuestion(took time.Duration, n int) string {
	return fmt.Sprintf("%.2f ms", float64(took.Microseconds())/1000/float64(max(n, 1)))
}
