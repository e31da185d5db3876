package extractive_test

import (
	"path/filepath"
	"testing"

	"steward/internal/agent/llm"
	"steward/internal/agent/llm/extractive"
	"steward/schemas"
)

// Ten paragraphs of about 120 words, as a search gives them.
func BenchmarkGenerate(b *testing.B) {
	found, questions := readXQuAD(b, filepath.Join("testdata", "xquad", "en.jsonl"), "en")
	finder := extractive.New(extractive.Options{})
	settings := schemas.DefaultSettings()
	var turns []llm.Request
	for _, q := range questions[:50] {
		turns = append(turns, llm.Request{Material: schemas.Material{
			Questions: []string{q.text}, Passages: found.search(q.text, "en", ""), Settings: settings, Language: "en", Channel: schemas.ChannelLiveChat,
		}})
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := finder.Generate(b.Context(), turns[i%len(turns)]); err != nil {
			b.Fatal(err)
		}
	}
}
