package knowledge

import (
	"slices"
	"strings"
	"unicode"

	"steward/schemas"
)

const (
	// expandedWords is how long the text around one hit gets.
	expandedWords = 1200
	// expandedTokens is what all passages of a turn may cost a model together.
	expandedTokens = 3000
	// runesPerToken is an estimate; an ideograph is a token of its own.
	runesPerToken = 4
	// maxOverlap is the longest text, in bytes, that a cut repeats.
	maxOverlap = 4 << 10
)

// Expand gives passages the text of their section around them, as a person
// would read on: neighbouring chunks of the same document and section, the
// nearest first, up to 1,200 words each and 3,000 tokens together. Every passage
// keeps its own chunk, whatever that costs; what is left of the budget goes to
// the best passages first. A passage that is in the text of a better one is
// merged with it, and the numbers stay without gaps. Short answers and items of
// an FAQ stay as they are: they are sent word for word.
//
// passages come as Rank orders them. neighbours come in any order; those of
// other sections and the passages themselves may be among them. Chunk, Score and
// all that is cited stay those of the better passage. When the chunks of a text
// stand below different headings, Headings is what these share and the rest is
// in the text.
func Expand(passages []schemas.Passage, neighbours []schemas.Neighbour) []schemas.Passage {
	e := newExpansion(passages, neighbours)
	var out []schemas.Passage
	for i, p := range passages {
		if e.merged[i] {
			continue
		}
		if p.Question == "" {
			p = compose(p, e.grow(i))
		}
		p.Number = len(out) + 1
		out = append(out, p)
	}
	return out
}

// spot is where a chunk stands.
type spot struct {
	document     schemas.DocumentID
	section, ord int
}

// expansion is the work on the passages of one turn.
type expansion struct {
	passages []schemas.Passage
	chunks   map[spot]schemas.Neighbour
	// owner is the passage that has a chunk in its text.
	owner map[spot]int
	// merged passages are in the text of a better one.
	merged []bool
	// left is what remains of the budget, in tokens; it may be below zero.
	left int
}

func newExpansion(passages []schemas.Passage, neighbours []schemas.Neighbour) *expansion {
	e := &expansion{
		passages: passages, chunks: make(map[spot]schemas.Neighbour), owner: make(map[spot]int),
		merged: make([]bool, len(passages)), left: expandedTokens,
	}
	for _, n := range neighbours {
		e.chunks[spot{n.Document, n.Section, n.Ord}] = n
	}
	for i, p := range passages {
		e.left -= tokens(p.Text)
		own := ownChunk(p)
		at := spot{own.Document, own.Section, own.Ord}
		if _, taken := e.owner[at]; !taken {
			e.owner[at], e.chunks[at] = i, own
		}
	}
	return e
}

func ownChunk(p schemas.Passage) schemas.Neighbour {
	return schemas.Neighbour{
		Chunk: p.Chunk, Document: p.Document, Section: p.Section, Ord: p.Ord, Headings: p.Headings, Text: p.Text,
	}
}

// grow returns the chunks of passage i's text, in their order.
func (e *expansion) grow(i int) []schemas.Neighbour {
	own := ownChunk(e.passages[i])
	at := spot{own.Document, own.Section, own.Ord}
	text := []schemas.Neighbour{own}
	words := size(own.Text)
	down, up := true, true
	for step := 1; down || up; step++ {
		// What follows comes first: conditions stand after what they limit.
		if next := (spot{at.document, at.section, at.ord + step}); down {
			if down = e.take(next, i, &words); down {
				text = append(text, e.chunks[next])
			}
		}
		if next := (spot{at.document, at.section, at.ord - step}); up {
			if up = e.take(next, i, &words); up {
				text = slices.Insert(text, 0, e.chunks[next])
			}
		}
	}
	return text
}

// take adds the chunk at a spot to the text of passage i, if there is one and it
// fits. A chunk left out ends its direction: a text has no gaps.
func (e *expansion) take(at spot, i int, words *int) bool {
	chunk, found := e.chunks[at]
	if !found {
		return false
	}
	other, owned := e.owner[at]
	if owned && (other <= i || e.merged[other] || e.passages[other].Question != "") {
		return false
	}
	more, cost := size(chunk.Text), tokens(chunk.Text)
	if owned {
		// It is paid for as a passage of its own.
		cost = 0
	}
	if *words+more > expandedWords || cost > max(e.left, 0) {
		return false
	}
	*words += more
	e.left -= cost
	e.owner[at] = i
	if owned {
		e.merged[other] = true
	}
	return true
}

// tokens estimates what a text costs a model.
func tokens(text string) int {
	ideographs, rest := 0, 0
	for _, r := range text {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			ideographs++
			continue
		}
		rest++
	}
	return ideographs + (rest+runesPerToken-1)/runesPerToken
}

// compose writes chunks that follow each other as one text.
func compose(p schemas.Passage, chunks []schemas.Neighbour) schemas.Passage {
	if len(chunks) == 1 {
		return p
	}
	shared := pathOf(chunks[0].Headings)
	for _, c := range chunks[1:] {
		shared = commonStart(shared, pathOf(c.Headings))
	}
	text, last := "", ""
	for i, c := range chunks {
		below := strings.Join(pathOf(c.Headings)[len(shared):], headingJoin)
		switch {
		case below != last && below != "" && !strings.HasPrefix(c.Text, "#"):
			text = join(text, "## "+below+"\n\n"+c.Text)
		case i == 0:
			text = c.Text
		default:
			text = splice(text, c.Text)
		}
		last = below
	}
	p.Text, p.Headings = text, strings.Join(shared, headingJoin)
	return p
}

func pathOf(headings string) []string {
	if headings == "" {
		return nil
	}
	return strings.Split(headings, headingJoin)
}

func commonStart(a, b []string) []string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// splice joins two chunks without what the cut between them repeated: the
// header of a table, or the last sentence of a paragraph.
func splice(a, b string) string {
	if rest, ok := withoutHeader(a, b); ok {
		return a + "\n" + rest
	}
	if n := overlap(a, b); n > 0 {
		return a + b[n:]
	}
	return join(a, b)
}

// withoutHeader returns b without the header of the table that a ends with.
func withoutHeader(a, b string) (string, bool) {
	above := strings.Split(a, "\n")
	from := len(above)
	for from > 0 && tableLine.MatchString(above[from-1]) {
		from--
	}
	table, below := above[from:], strings.Split(b, "\n")
	if len(table) < 2 || len(below) < 3 || !tableRule.MatchString(table[1]) || table[0] != below[0] || table[1] != below[1] {
		return "", false
	}
	return strings.Join(below[2:], "\n"), true
}

// overlap is how many bytes at the end of a are the beginning of b, in whole
// words and at least two of them.
func overlap(a, b string) int {
	for n := min(len(a), len(b), maxOverlap); n > 0; n-- {
		if n < len(b) && b[n] != ' ' && b[n] != '\n' || !strings.HasSuffix(a, b[:n]) {
			continue
		}
		if start := len(a) - n; start > 0 && a[start-1] != ' ' && a[start-1] != '\n' {
			continue
		}
		if size(b[:n]) >= 2 {
			return n
		}
	}
	return 0
}
