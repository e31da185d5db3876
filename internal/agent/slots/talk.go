package slots

import (
	"strings"

	"steward/internal/language"
)

// Cancels reports whether a message does nothing but stop what is under way,
// such as "forget it". "Cancel my order" asks for something and does not.
func (r Reader) Cancels(text string) bool {
	return r.words().cancels[r.bare(text)]
}

// Refuses reports whether a message declines to give a value, such as "rather
// not say", or says that the customer does not know it.
func (r Reader) Refuses(text string) bool {
	return r.words().refusals[r.bare(text)]
}

// bare is a message as folded words without courtesy at the ends.
func (r Reader) bare(text string) string {
	words := language.Words(clip(text))
	polite := func(w string) bool {
		switch w {
		case "please", "thanks", "thank", "sorry", "per", "favore", "grazie", "tack", "snalla", "bitte", "danke", "merci", "gracias", "ok", "okay":
			return true
		}
		return false
	}
	if whole := strings.Join(words, " "); r.words().cancels[whole] || r.words().refusals[whole] {
		return whole
	}
	for len(words) > 1 && polite(words[0]) {
		words = words[1:]
	}
	for len(words) > 1 && polite(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}

// Correction is what a message puts right: the words after "no, it's" and the
// like. ok is false for a message that corrects nothing.
func (r Reader) Correction(text string) (rest string, ok bool) {
	text = clip(text)
	var parts []field
	for _, f := range fields(text, isSpace) {
		// "it's" is two folded words and one field.
		if len(language.Words(f.text)) > 0 {
			parts = append(parts, f)
		}
	}
	said := ""
	best := -1
	for i, f := range parts {
		if i == maxCorrection {
			break
		}
		said = strings.TrimSpace(said + " " + strings.Join(language.Words(f.text), " "))
		for _, c := range r.words().corrections {
			// Spanish "no es" denies; only "no, es" corrects.
			denies := c == "no es" && !strings.ContainsAny(parts[0].text, ",.;:-")
			if said == c && i+1 < len(parts) && !denies {
				best = i
			}
		}
	}
	if best < 0 {
		return "", false
	}
	return text[parts[best+1].start:], true
}

// maxCorrection is the longest opening of a correction, in words.
const maxCorrection = 7

// Replacement parts a message such as "20 instead of 10" into the new value and
// the old one.
func (r Reader) Replacement(text string) (value, old string, ok bool) {
	text = clip(text)
	parts := fields(text, isSpace)
	for i := 1; i < len(parts); i++ {
		said := ""
		for j := i; j < len(parts)-1 && j < i+3; j++ {
			said = strings.TrimSpace(said + " " + strings.Join(language.Words(parts[j].text), " "))
			for _, p := range r.words().replacements {
				if said == p {
					return text[:parts[i-1].end], text[parts[j+1].start:], true
				}
			}
		}
	}
	return "", "", false
}
