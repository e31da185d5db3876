package knowledge

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// chunkAt is a chunk of words words that all name its place.
func chunkAt(doc string, section, ord, words int) schemas.Neighbour {
	name := fmt.Sprintf("%s%d.%d", doc, section, ord)
	return schemas.Neighbour{
		Chunk: schemas.ChunkID(name), Document: schemas.DocumentID(doc), Section: section, Ord: ord, Headings: "Top",
		Text: strings.TrimSpace(strings.Repeat(name+" ", words)),
	}
}

func passageOf(n schemas.Neighbour) schemas.Passage {
	return schemas.Passage{
		Chunk: n.Chunk, Document: n.Document, Section: n.Section, Ord: n.Ord, Headings: n.Headings, Text: n.Text, Title: "T",
	}
}

// places lists the chunks in a text, each once, in their order.
func places(p schemas.Passage) string {
	return strings.Join(slices.Compact(strings.Fields(p.Text)), " ")
}

func TestExpand(t *testing.T) {
	t.Parallel()
	type at struct {
		doc          string
		section, ord int
	}
	for name, tt := range map[string]struct {
		words int
		hits  []at
		want  []string
	}{
		"both sides, the nearest first, what follows before what stands above": {280, []at{{"a", 1, 5}}, []string{"a1.4 a1.5 a1.6 a1.7"}},
		"at the beginning of a section it goes one way":                        {280, []at{{"a", 1, 0}}, []string{"a1.0 a1.1 a1.2 a1.3"}},
		"at its end, too":                             {280, []at{{"a", 1, 9}}, []string{"a1.6 a1.7 a1.8 a1.9"}},
		"a section ends where the next one begins":    {100, []at{{"b", 2, 4}}, []string{"b2.3 b2.4 b2.5"}},
		"a hit in the text of a better one is merged": {280, []at{{"a", 1, 5}, {"b", 1, 0}, {"a", 1, 6}}, []string{"a1.4 a1.5 a1.6 a1.7", "b1.0 b1.1 b1.2"}},
		"texts do not share a chunk":                  {290, []at{{"a", 1, 2}, {"a", 1, 5}}, []string{"a1.1 a1.2 a1.3 a1.4", "a1.5 a1.6 a1.7 a1.8"}},
		"one hit of a long chunk stays as it is":      {1300, []at{{"a", 1, 5}}, []string{"a1.5"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var neighbours []schemas.Neighbour
			for ord := range 10 {
				neighbours = append(neighbours, chunkAt("a", 1, ord, tt.words))
			}
			for ord := range 6 {
				neighbours = append(neighbours, chunkAt("b", 1+ord/3, ord, tt.words))
			}
			var passages []schemas.Passage
			for i, hit := range tt.hits {
				p := passageOf(chunkAt(hit.doc, hit.section, hit.ord, tt.words))
				p.Number, p.Score = i+1, float64(10-i)
				passages = append(passages, p)
			}
			slices.Reverse(neighbours)
			got := Expand(passages, neighbours)
			var texts []string
			for i, p := range got {
				texts = append(texts, places(p))
				if p.Number != i+1 || p.Headings != "Top" || p.Title != "T" {
					t.Errorf("passage %d: number %d, headings %q", i, p.Number, p.Headings)
				}
			}
			if diff := cmp.Diff(tt.want, texts); diff != "" {
				t.Errorf("texts (-want +got):\n%s", diff)
			}
			if got[0].Chunk != passages[0].Chunk || got[0].Score != 10 {
				t.Errorf("the best passage is %s with %v", got[0].Chunk, got[0].Score)
			}
			if again := Expand(passages, neighbours); !cmp.Equal(got, again) {
				t.Error("a second time it is another text")
			}
		})
	}
}

func TestExpandKeepsWhatItMust(t *testing.T) {
	t.Parallel()
	t.Run("short answers are never longer", func(t *testing.T) {
		t.Parallel()
		p := passageOf(chunkAt("a", 1, 1, 10))
		p.Question = "Do you ship abroad?"
		q := passageOf(chunkAt("a", 1, 0, 10))
		got := Expand([]schemas.Passage{p, q}, []schemas.Neighbour{chunkAt("a", 1, 2, 10)})
		if len(got) != 2 || got[0].Text != p.Text || places(got[1]) != "a1.0" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("all keep their own chunk when the budget is spent", func(t *testing.T) {
		t.Parallel()
		var passages []schemas.Passage
		var neighbours []schemas.Neighbour
		for i := range 6 {
			doc := string(rune('a' + i))
			passages = append(passages, passageOf(chunkAt(doc, 1, 1, 400)))
			neighbours = append(neighbours, chunkAt(doc, 1, 0, 400), chunkAt(doc, 1, 2, 400))
		}
		for i, p := range Expand(passages, neighbours) {
			if p.Text != passages[i].Text {
				t.Errorf("passage %d changed: %s", i, places(p))
			}
		}
	})
	t.Run("passages whose place is not known do not mix", func(t *testing.T) {
		t.Parallel()
		a := schemas.Passage{Chunk: "1", Document: "d", Text: "first"}
		b := schemas.Passage{Chunk: "2", Document: "d", Text: "second"}
		got := Expand([]schemas.Passage{a, b}, nil)
		if len(got) != 2 || got[0].Text != "first" || got[1].Text != "second" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("nothing is nothing", func(t *testing.T) {
		t.Parallel()
		if got := Expand(nil, []schemas.Neighbour{chunkAt("a", 1, 0, 3)}); len(got) != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestExpandJoinsWhatWasCut(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		chunks []schemas.Neighbour
		want   string
		shared string
	}{
		"a paragraph that was cut between sentences": {
			[]schemas.Neighbour{{Text: "We ship daily. Parcels take two days."}, {Text: "Parcels take two days. On islands they take five."}},
			"We ship daily. Parcels take two days. On islands they take five.", "",
		},
		"whole blocks": {
			[]schemas.Neighbour{{Text: "We ship daily."}, {Text: "Returns are free."}},
			"We ship daily.\n\nReturns are free.", "",
		},
		"one word in common is no overlap": {
			[]schemas.Neighbour{{Text: "Ask for a refund"}, {Text: "refund requests take a day."}},
			"Ask for a refund\n\nrefund requests take a day.", "",
		},
		"half a word is no overlap": {
			[]schemas.Neighbour{{Text: "Keep the oldest box"}, {Text: "est box\n\nis not a word."}},
			"Keep the oldest box\n\nest box\n\nis not a word.", "",
		},
		"a table that was cut between rows": {
			[]schemas.Neighbour{
				{Text: "Sizes:\n\n| Size | Price |\n| --- | --- |\n| S | 10 |"},
				{Text: "| Size | Price |\n| --- | --- |\n| M | 20 |"},
				{Text: "| Size | Price |\n| --- | --- |\n| L | 30 |\n\nAll with tax."},
			},
			"Sizes:\n\n| Size | Price |\n| --- | --- |\n| S | 10 |\n| M | 20 |\n| L | 30 |\n\nAll with tax.", "",
		},
		"another table": {
			[]schemas.Neighbour{{Text: "| Size | Price |\n| --- | --- |\n| S | 10 |"}, {Text: "| Size | Weight |\n| --- | --- |\n| S | 1 kg |"}},
			"| Size | Price |\n| --- | --- |\n| S | 10 |\n\n| Size | Weight |\n| --- | --- |\n| S | 1 kg |", "",
		},
		"chunks below different headings": {
			[]schemas.Neighbour{
				{Headings: "Returns", Text: "Within 30 days."},
				{Headings: "Returns › Sale", Text: "Not for sale items."},
				{Headings: "Returns › Sale", Text: "Unless they are broken."},
				{Headings: "Returns › Gifts › Cards", Text: "Never."},
			},
			"Within 30 days.\n\n## Sale\n\nNot for sale items.\n\nUnless they are broken.\n\n## Gifts › Cards\n\nNever.", "Returns",
		},
		"a chunk that brings its own headings": {
			[]schemas.Neighbour{{Headings: "Returns › Sale", Text: "No."}, {Headings: "Returns › Gifts", Text: "## Gifts\n\nYes."}},
			"## Sale\n\nNo.\n\n## Gifts\n\nYes.", "Returns",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range tt.chunks {
				tt.chunks[i].Document, tt.chunks[i].Ord, tt.chunks[i].Chunk = "d", i, schemas.ChunkID(fmt.Sprint(i))
			}
			for i := range tt.chunks {
				got := Expand([]schemas.Passage{passageOf(tt.chunks[i])}, tt.chunks)
				if diff := cmp.Diff(tt.want, got[0].Text); diff != "" || got[0].Headings != tt.shared {
					t.Errorf("from chunk %d, headings %q (-want +got):\n%s", i, got[0].Headings, diff)
				}
			}
		})
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, "a": 1, "four": 1, "five!": 2, "返品は可能": 5, "返品 ok": 3} {
		if got := tokens(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// Whatever the documents look like, every ranked chunk is in exactly one text,
// no chunk is in two, no text is over its length unless its own chunk is, and
// the budget is kept unless the chunks alone are over it.
func TestExpandHolds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 1))
		var all []schemas.Neighbour
		for _, doc := range []string{"a", "b"} {
			section := 0
			for ord := range 1 + random.IntN(12) {
				section += random.IntN(2)
				all = append(all, chunkAt(doc, section, ord, 1+random.IntN(400)))
			}
		}
		var passages []schemas.Passage
		for _, i := range random.Perm(len(all))[:1+random.IntN(min(6, len(all)))] {
			passages = append(passages, passageOf(all[i]))
		}
		if wrong := wrongWith(passages, Expand(passages, all), len(all)); wrong != "" {
			t.Errorf("seed %d: %s", seed, wrong)
		}
	}
}

func wrongWith(passages, got []schemas.Passage, chunks int) string {
	own, total := 0, 0
	for _, p := range passages {
		own += tokens(p.Text)
	}
	inText := make(map[string]int)
	for i, p := range got {
		if p.Number != i+1 {
			return fmt.Sprintf("number %d at %d", p.Number, i)
		}
		for _, place := range strings.Fields(places(p)) {
			inText[place]++
		}
		if words := size(p.Text); words > expandedWords {
			return fmt.Sprintf("a text of %d words", words)
		}
		total += tokens(p.Text)
	}
	for place, n := range inText {
		if n != 1 {
			return fmt.Sprintf("%s is in %d texts", place, n)
		}
	}
	for _, p := range passages {
		if inText[string(p.Chunk)] != 1 {
			return string(p.Chunk) + " is in no text"
		}
	}
	// Line breaks between chunks are not counted.
	if limit := max(own, expandedTokens) + chunks; total > limit {
		return fmt.Sprintf("%d tokens, at most %d", total, limit)
	}
	return ""
}
