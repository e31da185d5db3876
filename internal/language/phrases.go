package language

import "strings"

// ContainsPhrase reports whether one of phrases occurs in text as whole words,
// without regard to case, accents and punctuation. An empty phrase never does.
func ContainsPhrase(text string, phrases []string) bool {
	haystack := padded(text)
	for _, phrase := range phrases {
		needle := padded(phrase)
		if len(needle) > 2 && strings.Contains(haystack, needle) {
			return true
		}
	}
	return false
}

// padded joins the folded words with one space between, before and after, so
// that a search for " phrase " respects the bounds of words.
func padded(text string) string { return " " + strings.Join(Words(text), " ") + " " }
