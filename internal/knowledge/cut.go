package knowledge

import (
	"slices"
	"strings"
	"unicode"

	"steward/internal/language"
)

// runesPerWord is what a run without spaces counts as: encoded data and
// scripts without spaces must not pass for one word.
const runesPerWord = 24

// size counts words. Two ideographs count as one word.
func size(text string) int {
	total := 0
	for field := range strings.FieldsSeq(text) {
		runes, ideographs := 0, 0
		for _, r := range field {
			runes++
			// No ideograph comes before the Hangul letters.
			if r >= 0x1100 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
				ideographs++
			}
		}
		total += max(1, ideographs/2, runes/runesPerWord)
	}
	return total
}

// cut divides a block that is too large for one chunk: a table and a list
// between rows, code between lines, a paragraph between sentences with one
// sentence of overlap, and anything else between words.
func (b block) cut() []string {
	switch b.kind {
	case blockTable:
		head := 0
		if len(b.lines) > 1 && tableRule.MatchString(b.lines[1]) {
			head = 2
		}
		return pack(units{rows: b.lines[head:], head: b.lines[:head], join: "\n"})
	case blockList:
		return pack(units{rows: items(b.lines), join: "\n"})
	case blockCode:
		return pack(units{rows: b.lines, join: "\n"})
	}
	return pack(units{rows: language.Sentences(b.text()), join: " ", overlap: true})
}

// items groups the lines of a list by top item, so that nested lines stay with
// the item they belong to.
func items(lines []string) []string {
	var out []string
	for _, line := range lines {
		top := itemLine.MatchString(line) && !strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "\t")
		if top || len(out) == 0 {
			out = append(out, line)
			continue
		}
		out[len(out)-1] += "\n" + line
	}
	return out
}

// units are the smallest parts a block may be cut into.
type units struct {
	rows    []string
	head    []string
	join    string
	overlap bool
}

func pack(u units) []string {
	room := max(targetWords-size(strings.Join(u.head, "\n")), minWords)
	var out []string
	var open []string
	words := 0
	flush := func() {
		if len(open) > 0 {
			out = append(out, strings.Join(append(slices.Clone(u.head), open...), u.join))
		}
		open, words = nil, 0
	}
	for _, row := range u.rows {
		for _, part := range byWords(row, room) {
			n := size(part)
			if words > 0 && words+n > room {
				last := open[len(open)-1]
				flush()
				if overlap := size(last); u.overlap && overlap < minWords && overlap+n <= room {
					open, words = []string{last}, overlap
				}
			}
			open, words = append(open, part), words+n
		}
	}
	flush()
	return out
}

// byWords cuts a text without a better place for it.
func byWords(text string, room int) []string {
	if size(text) <= room {
		return []string{text}
	}
	var out []string
	var open strings.Builder
	words := 0
	flush := func() {
		if open.Len() > 0 {
			out = append(out, open.String())
		}
		open.Reset()
		words = 0
	}
	for field := range strings.FieldsSeq(text) {
		for _, part := range byRunes(field, room) {
			n := size(part)
			if words > 0 && words+n > room {
				flush()
			}
			if open.Len() > 0 {
				open.WriteByte(' ')
			}
			open.WriteString(part)
			words += n
		}
	}
	flush()
	return out
}

// byRunes cuts a run without spaces so that each part fits for certain.
func byRunes(field string, room int) []string {
	if size(field) <= room {
		return []string{field}
	}
	var out []string
	for part := range slices.Chunk([]rune(field), room*2) {
		out = append(out, string(part))
	}
	return out
}
