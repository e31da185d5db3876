package policy_test

import (
	"testing"

	"steward/internal/language"
	"steward/internal/policy"
	"steward/schemas"
)

// TestGroupGap: paraphrases join a group, questions that need another answer
// do not. Spec: S57.
func TestGroupGap(t *testing.T) {
	t.Parallel()
	groups := []schemas.GapQuestion{
		{Text: "Do you ship to Norway?", Language: "en"},
		{Text: "How do I cancel my subscription?", Language: "en"},
		{Text: "Can I order a gift card online?", Language: "en"},
		{Text: "Quanto costa la spedizione?", Language: "it"},
		{Text: "Kan jag byta storlek?", Language: "sv"},
	}
	const alone = -1
	for _, c := range []struct {
		text, lang string
		want       int
	}{
		{"do you ship to norway", "en", 0},
		{"Is shipping to Norway possible?", "en", 0},
		{"Do you ship to Sweden?", "en", alone},
		{"How can I cancel a subscription", "en", 1},
		{"Can I order gift cards online", "en", 2},
		{"How do I return a subscription box?", "en", alone},
		{"quanto costano le spedizioni", "it", 3},
		{"quanto costano le spedizioni", "en", alone},
		{"Går det att byta storlek?", "sv", 4},
		{"", "en", alone},
		{"👍", "en", alone},
	} {
		got, ok := policy.GroupGap(schemas.GapQuestion{Text: c.text, Language: c.lang}, groups, language.Similarity)
		if !ok {
			got = alone
		}
		if got != c.want {
			t.Errorf("%q in %s: group %d, want %d", c.text, c.lang, got, c.want)
		}
	}
}

func TestGroupGapTakesTheNearest(t *testing.T) {
	t.Parallel()
	values := map[string]float64{"a": 0.54, "b": 0.6, "c": 0.9, "d": 0.9}
	near := func(_, b, _ string) float64 { return values[b] }
	groups := []schemas.GapQuestion{{Text: "a"}, {Text: "b"}, {Text: "c"}, {Text: "d"}}
	if got, ok := policy.GroupGap(schemas.GapQuestion{Text: "q"}, groups, near); !ok || got != 2 {
		t.Errorf("group %d, %v; want 2", got, ok)
	}
	if got, ok := policy.GroupGap(schemas.GapQuestion{Text: "q"}, groups[:1], near); ok {
		t.Errorf("group %d below the limit", got)
	}
	at := func(string, string, string) float64 { return 0.55 }
	if got, ok := policy.GroupGap(schemas.GapQuestion{Text: "q"}, groups, at); !ok || got != 0 {
		t.Errorf("at the limit: group %d, %v; want the first", got, ok)
	}
}
