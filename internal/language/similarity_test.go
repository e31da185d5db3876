package language_test

import (
	"testing"

	"steward/internal/language"
)

func TestSimilarity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b, lang string
		low, high  float64
	}{
		{"Do you ship to Norway?", "Do you ship to Norway?", "en", 1, 1},
		{"Do you ship to Norway?", "do you SHIP to norway", "en", 1, 1},
		{"Do you ship to Norway?", "Is shipping to Norway possible?", "en", 0.6, 0.99},
		{"Do you ship to Norway?", "Do you ship to Sweden?", "en", 0.3, 0.549},
		{"Do you sell spare parts?", "What are your opening hours?", "en", 0, 0.1},
		{"Quanto costa la spedizione?", "quanto costano le spedizioni", "it", 0.6, 1},
		{"Hur lång är leveranstiden?", "Vad är leveranstiden?", "sv", 0.5, 1},
		{"retrun policy", "return policy", "en", 0.4, 0.99},
		{"", "return policy", "en", 0, 0},
		{"?!", "?!", "en", 0, 0},
	} {
		got := language.Similarity(c.a, c.b, c.lang)
		if got < c.low || got > c.high {
			t.Errorf("%q and %q: %.3f, want %.2f to %.2f", c.a, c.b, got, c.low, c.high)
		}
		if back := language.Similarity(c.b, c.a, c.lang); back != got {
			t.Errorf("%q and %q: %v one way, %v the other", c.a, c.b, got, back)
		}
		if many := language.Similarities(c.a, []string{"x", c.b}, c.lang); many[1] != got {
			t.Errorf("%q and %q: %v alone, %v in a list", c.a, c.b, got, many[1])
		}
	}
}

func TestNegated(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"we are not": true, "non siamo": true, "vi ar inte": true, "wir sind kein": true, "we are": false, "": false,
	} {
		if got := language.Negated(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
