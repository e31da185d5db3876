// Package slots reads values from a customer's words by the JSON Schema of an
// action's input, without a language model: addresses, numbers, dates, choices,
// patterns. It owns the recognisers and their word lists, and every value that
// it returns is valid by the schema. It must not ask, decide or remember: the
// answer finder does. It never follows a reference of a schema.
package slots

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"steward/internal/language"
	"steward/schemas"
)

// maxText is how much of a customer's text is read, in bytes. No answer to a
// question for one value is longer.
const maxText = 4 << 10

// Reader reads values in the setting of one conversation. The zero Reader reads
// English, knows no region and takes no relative dates.
type Reader struct {
	// Lang is the ISO 639-1 code of the conversation's language. It decides how
	// numbers are written and orders the word lists.
	Lang string
	// Region is the ISO 3166-1 code of the customer's country, empty when it is
	// not known: then phone numbers need their country code, and an English date
	// in digits is read only if day and month cannot be confused.
	Region string
	// Now is the time of the message in the company's zone, for "today". Zero
	// leaves such words unread.
	Now time.Time
}

// Fill reads the value of an input that the customer was asked for. The value
// is JSON and valid by the input's schema; ok is false when text holds none, or
// several and nothing says which. A value proves
// nothing about who wrote it.
func Fill(input schemas.Input, text, lang, region string, now time.Time) (value json.RawMessage, ok bool) {
	return Reader{Lang: lang, Region: region, Now: now}.Fill(input, text)
}

// Fill is the function Fill in the setting of r.
func (r Reader) Fill(input schemas.Input, text string) (json.RawMessage, bool) {
	value, _, ok := r.Take(input, text)
	return value, ok
}

// Take is Fill, with the text that is left without the value; empty when all of
// it was the value.
func (r Reader) Take(input schemas.Input, text string) (value json.RawMessage, rest string, ok bool) {
	s, ok := shapeOf(input)
	if !ok {
		return nil, "", false
	}
	text = clip(text)
	h, ok := r.only(s, text, true)
	if !ok {
		return nil, "", false
	}
	return h.value, strings.TrimLeft(strings.Join(strings.Fields(text[:h.start]+" "+text[h.end:]), " "), edges+" "), true
}

// Found is what a text says about several inputs.
type Found struct {
	// Values are the values found, by the names of their inputs.
	Values map[string]json.RawMessage
	// Rest is the text without the values, as the words around them say what is
	// wanted.
	Rest string
}

// Find reads the values of inputs that nobody has asked for yet. Only what
// cannot be meant otherwise is taken: an address, a code with a digit, a date
// of the calendar, a named choice, a number beside the name of its input; and
// nothing that two inputs could claim.
func (r Reader) Find(inputs []schemas.Input, text string) Found {
	text = clip(text)
	found := make(map[string]hit)
	for _, input := range inputs {
		if s, ok := shapeOf(input); ok {
			if h, ok := r.only(s, text, false); ok {
				found[input.Name] = h
			}
		}
	}
	out := Found{Values: make(map[string]json.RawMessage), Rest: text}
	var taken []hit
	for name, h := range found {
		contested := false
		for other, o := range found {
			contested = contested || other != name && h.start < o.end && o.start < h.end
		}
		if !contested {
			out.Values[name] = h.value
			taken = append(taken, h)
		}
	}
	slices.SortFunc(taken, func(a, b hit) int { return b.start - a.start })
	for _, h := range taken {
		out.Rest = out.Rest[:h.start] + " " + out.Rest[h.end:]
	}
	out.Rest = strings.Join(strings.Fields(out.Rest), " ")
	return out
}

// hit is a value that stands at a place of a text.
type hit struct {
	value      json.RawMessage
	start, end int
}

// only is the one valid value of text. Several different ones are none.
func (r Reader) only(s *shape, text string, asked bool) (hit, bool) {
	var out hit
	for _, h := range r.hits(s, text, asked) {
		switch {
		case !s.valid(h.value):
		case out.value == nil:
			out = h
		case !bytes.Equal(out.value, h.value):
			return hit{}, false
		}
	}
	return out, out.value != nil
}

// hits are the values that text may hold, valid or not.
func (r Reader) hits(s *shape, text string, asked bool) []hit {
	switch s.kind {
	case kindEmail:
		return emails(text)
	case kindPhone:
		return r.phones(text, asked)
	case kindInteger, kindNumber:
		return r.numbers(s, text, asked)
	case kindBoolean:
		return r.truth(text, asked)
	case kindEnum:
		return r.choices(s, text, asked)
	case kindDate:
		return r.dates(text, asked)
	case kindPattern:
		return s.matches(text, asked)
	case kindToken:
		return tokenHits(text, asked)
	case kindText:
		if asked {
			return whole(text)
		}
	}
	return nil
}

// Open reports whether an input takes any words, so that whatever the customer
// says could be its value.
func Open(input schemas.Input) bool {
	s, ok := shapeOf(input)
	return ok && s.kind == kindText
}

// Choices are the titles that an input offers, in order; nil for an input
// without a list.
func Choices(input schemas.Input) []string {
	s, ok := shapeOf(input)
	if !ok {
		return nil
	}
	var out []string
	for _, o := range s.options {
		out = append(out, o.title)
	}
	return out
}

// whole is the text as it is.
func whole(text string) []hit {
	words := strings.Join(strings.Fields(text), " ")
	if words == "" || language.Graphemes(words) > maxString {
		return nil
	}
	return []hit{{quoted(words), 0, len(text)}}
}

// truth reads yes and no.
func (r Reader) truth(text string, asked bool) []hit {
	yes, ok := r.yes(text)
	if !asked || !ok {
		return nil
	}
	value := json.RawMessage("false")
	if yes {
		value = json.RawMessage("true")
	}
	return []hit{{value, 0, len(text)}}
}

// yes reads a message that agrees or refuses, also when it goes on ("yes, I
// have one").
func (r Reader) yes(text string) (yes, ok bool) {
	first := text
	if i := strings.IndexAny(text, ",.;!\n"); i > 0 {
		first = text[:i]
	}
	for _, part := range []string{text, first} {
		switch language.Intent(part, r.Lang) {
		case language.IntentYes:
			return true, true
		case language.IntentNo:
			return false, true
		}
	}
	words := language.Words(text)
	if len(words) < 2 {
		return false, false
	}
	// "Yes I do", "no we don't"; but not "no idea" and not "yes or no".
	pronoun := r.words().pronouns[words[1]]
	switch language.Intent(words[0], r.Lang) {
	case language.IntentYes:
		return true, pronoun
	case language.IntentNo:
		return false, pronoun
	}
	return false, false
}

// emails are the addresses in text.
func emails(text string) []hit {
	var out []hit
	for _, f := range fields(text, func(r rune) bool { return isSpace(r) || strings.ContainsRune("<>()[]{}\"“”«»,;:|*`", r) }) {
		if address, ok := language.FindEmail(f.text); ok {
			out = append(out, hit{quoted(address), f.start, f.end})
		}
	}
	return out
}

func quoted(s string) json.RawMessage {
	// A string always has a JSON form.
	raw, err := json.Marshal(s)
	if err != nil {
		return nil
	}
	return raw
}

// clip makes a text fit to be read: safe characters, bounded.
func clip(text string) string {
	if len(text) > maxText {
		text = text[:maxText]
	}
	return language.Clean(text)
}
