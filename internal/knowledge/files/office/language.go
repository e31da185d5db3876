package office

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// votes count the characters of a document by the language they are marked
// with. Text without a mark counts for none: the default of a document is that
// of the program that made it, not of its author.
type votes map[string]int

func (v votes) add(tag string, text []byte) {
	v[languageCode(tag)] += utf8.RuneCount(text)
}

// winner is the language of more than half of the text, or "".
func (v votes) winner() string {
	total := 0
	codes := make([]string, 0, len(v))
	for code, n := range v {
		total += n
		codes = append(codes, code)
	}
	if total == 0 {
		return ""
	}
	best := slices.MaxFunc(codes, func(a, b string) int {
		return cmp.Or(cmp.Compare(v[a], v[b]), cmp.Compare(b, a))
	})
	if v[best]*2 > total {
		return best
	}
	return ""
}

// languageCode is the ISO 639-1 code of a tag such as sv-SE, or "".
func languageCode(tag string) string {
	code, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	if len(code) != 2 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	if code == "nb" || code == "nn" {
		return "no"
	}
	return code
}
