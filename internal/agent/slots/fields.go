package slots

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// field is a part of a text with its place.
type field struct {
	text       string
	start, end int
}

func isSpace(r rune) bool { return unicode.IsSpace(r) }

// fields cuts text at the runes for which cut is true.
func fields(text string, cut func(rune) bool) []field {
	var out []field
	start := -1
	for i, r := range text {
		switch {
		case cut(r) && start >= 0:
			out = append(out, field{text[start:i], start, i})
			start = -1
		case !cut(r) && start < 0:
			start = i
		}
	}
	if start >= 0 {
		out = append(out, field{text[start:], start, len(text)})
	}
	return out
}

// edges are marks around a word that do not belong to it.
const edges = `.,;:!?…"'“”„‘’«»()[]{}<>*` + "`"

// trimmed takes the marks off both ends of a field.
func (f field) trimmed() field {
	left := strings.TrimLeft(f.text, edges)
	f.start += len(f.text) - len(left)
	f.text = strings.TrimRight(left, edges)
	f.end = f.start + len(f.text)
	return f
}

// maxFields is how many words of a text are looked at one by one.
const maxFields = 200

// tokens are the words of text without the marks around them.
func tokens(text string) []field {
	var out []field
	for _, f := range fields(text, isSpace) {
		if f = f.trimmed(); f.text != "" && len(out) < maxFields {
			out = append(out, f)
		}
	}
	return out
}

// windowWords is how many words a value with spaces may have, such as the
// groups of an account number.
const windowWords = 8

// matches are the values that a pattern finds: the whole text, else runs of
// words that match from end to end, else words in which it matches. Customers
// do not care for case, so the upper-case form counts where the pattern wants
// it. A value that nobody asked for needs a digit, as any word could match.
func (s *shape) matches(text string, asked bool) []hit {
	all := field{text, 0, len(text)}.trimmed()
	if value, ok := s.form(all.text, s.full.MatchString); ok && (asked || coded(value)) {
		return []hit{{quoted(value), all.start, all.end}}
	}
	words := tokens(text)
	for size := min(windowWords, len(words)); size > 0; size-- {
		var out []hit
		for i := 0; i+size <= len(words); i++ {
			start, end := words[i].start, words[i+size-1].end
			value, ok := s.form(text[start:end], s.full.MatchString)
			if ok && (asked || coded(value)) {
				out = append(out, hit{quoted(value), start, end})
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	var out []hit
	for _, w := range words {
		if value, ok := s.form(w.text, s.part.MatchString); ok && coded(value) {
			out = append(out, hit{quoted(value), w.start, w.end})
		}
	}
	return out
}

// form is the way of writing text that a pattern takes.
func (s *shape) form(text string, match func(string) bool) (string, bool) {
	bare := strings.Join(strings.Fields(text), "")
	for _, form := range []string{text, strings.ToUpper(text), strings.ToLower(text), bare, strings.ToUpper(bare)} {
		if form != "" && match(form) {
			return form, true
		}
	}
	return "", false
}

func coded(value string) bool { return strings.ContainsFunc(value, unicode.IsDigit) }

// tokenHits are the words of text as they are; the schema's format says which
// are valid.
func tokenHits(text string, asked bool) []hit {
	var out []hit
	for _, w := range tokens(text) {
		if asked || coded(w.text) && strings.ContainsAny(w.text, "-:") {
			out = append(out, hit{quoted(w.text), w.start, w.end})
		}
	}
	return out
}

// minPhoneDigits is the shortest number that is read as a phone number.
const minPhoneDigits = 6

// phones are the phone numbers in text, as E.164. Without a region, and when
// nobody asked, a number needs its country code: any long number could be one.
func (r Reader) phones(text string, asked bool) []hit {
	var out []hit
	for _, f := range fields(text, func(c rune) bool { return !unicode.IsDigit(c) && !strings.ContainsRune("+()-./ \u00a0", c) }) {
		cut := strings.TrimRight(f.text, "(-./ \u00a0")
		start := strings.IndexFunc(cut, func(c rune) bool { return c == '+' || c == '(' || unicode.IsDigit(c) })
		if start < 0 {
			continue
		}
		cut = cut[start:]
		digits := strings.Count(strings.Map(func(c rune) rune {
			if unicode.IsDigit(c) {
				return 'd'
			}
			return -1
		}, cut), "d")
		if digits < minPhoneDigits {
			continue
		}
		if strings.HasPrefix(cut, "00") {
			cut = "+" + cut[2:]
		}
		international := strings.HasPrefix(cut, "+")
		if !international && (!asked || r.Region == "") {
			continue
		}
		if attached(text, f.start+start) {
			continue
		}
		number, err := phonenumbers.Parse(cut, strings.ToUpper(r.Region))
		if err != nil || !phonenumbers.IsValidNumber(number) {
			continue
		}
		out = append(out, hit{quoted(phonenumbers.Format(number, phonenumbers.E164)), f.start + start, f.end})
	}
	return out
}

// attached reports whether a letter stands right before a place, as in an order
// number.
func attached(text string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	return unicode.IsLetter(before)
}
