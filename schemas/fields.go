package schemas

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// clippedRunes is how much of a wrong value an error repeats, in characters.
const clippedRunes = 60

// wrongField is the error of one field.
func wrongField(field, reason string) error {
	return NewError(KindInvalid, field+": "+reason)
}

// clipped shortens a value of an admin for an error.
func clipped(s string) string {
	if runes := []rune(s); len(runes) > clippedRunes {
		return string(runes[:clippedRunes]) + "…"
	}
	return s
}

// needText checks a text that must be there.
func needText(field, text string, limit int) error {
	if n := utf8.RuneCountInString(strings.TrimSpace(text)); n == 0 || n > limit {
		return wrongField(field, fmt.Sprintf("is 1 to %d characters", limit))
	}
	return nil
}

// needTexts checks a text by language. With must, or when there is any, it
// is needed in the agent's first language, where the others fall back to.
func needTexts(field string, texts map[string]string, languages []string, limit int, must bool) error {
	for lang, text := range texts {
		if !isLanguageCode(lang) {
			return wrongField(field, fmt.Sprintf("%q is no language: use a code such as en", clipped(lang)))
		}
		if err := needText(field+"."+lang, text, limit); err != nil {
			return err
		}
	}
	if len(texts) == 0 && !must {
		return nil
	}
	if len(languages) == 0 {
		if must && len(texts) == 0 {
			return wrongField(field, "is needed in at least one language")
		}
		return nil
	}
	if _, ok := texts[languages[0]]; !ok {
		return wrongField(field, fmt.Sprintf("is needed in the agent's first language, %q", clipped(languages[0])))
	}
	return nil
}

// knownChannels checks a list of channels: served ones, each once.
func knownChannels(field string, channels []ChannelKind) error {
	seen := map[ChannelKind]bool{}
	for _, c := range channels {
		if !c.Valid() {
			return wrongField(field, fmt.Sprintf("unknown channel %q", clipped(string(c))))
		}
		if seen[c] {
			return wrongField(field, fmt.Sprintf("%s stands there twice", c))
		}
		seen[c] = true
	}
	return nil
}
