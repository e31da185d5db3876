package pdf

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pieceKind is what a piece of text is.
type pieceKind int

const (
	kindParagraph pieceKind = iota
	kindHeading
	kindItem
	kindTable
	// kindMarkdown is Markdown as it is.
	kindMarkdown
)

// piece is a paragraph, heading, item or table.
type piece struct {
	kind  pieceKind
	level int
	text  string
	// open is true when a paragraph ends as if it went on elsewhere, in the next
	// column or on the next page.
	open bool
}

// pieces writes the regions of a page in their order.
func (s *sheet) pieces(t *typography) []piece {
	tables := s.tables()
	written := make([]bool, len(tables))
	var out []piece
	for i, r := range s.regions {
		if at := tableWith(tables, r); at >= 0 {
			if !written[at] {
				written[at] = true
				out = append(out, piece{kind: kindTable, text: tables[at].markdown()})
			}
			continue
		}
		var next *region
		if i+1 < len(s.regions) && tableWith(tables, s.regions[i+1]) < 0 {
			next = s.regions[i+1]
		}
		if level := t.heading(r, next, s.alone(r)); level > 0 {
			out = append(out, piece{kind: kindHeading, level: level, text: r.text()})
			continue
		}
		out = append(out, t.paragraphs(r)...)
	}
	return out
}

func tableWith(tables []table, r *region) int {
	for i, t := range tables {
		if t.regions[r] {
			return i
		}
	}
	return -1
}

// alone reports whether nothing stands beside a region.
func (s *sheet) alone(r *region) bool {
	if s.crowded() {
		return false
	}
	for _, other := range s.regions {
		if other != r && overlap(r.box, other.box) > 0.5*r.lines[0].height() && len(other.lines) == 1 {
			return false
		}
	}
	return true
}

// text is the text of a region on one line.
func (r *region) text() string {
	text := ""
	for _, l := range r.lines {
		text = glue(text, l.text, nil)
	}
	return oneLine(text)
}

var (
	bullet = regexp.MustCompile(`^[•●▪■◦‣○·\x{F0A7}\x{F0B7}\x{FFFD}]\s*|^[*–—-]\s+`)
	label  = regexp.MustCompile(`^(?:\(?[0-9]{1,3}[.)]|\(?[a-zA-Z]\)|\([ivx]{1,5}\))\s+`)
)

const (
	// indent is how far a first line stands back, in lines.
	indent = 0.6
	// apart is the distance between paragraphs, in lines.
	apart = 0.7
	// shortLine is the part of the width a line that was ended by hand stays
	// below, and fullLine the part that one goes beyond when the text goes on.
	shortLine = 0.6
	fullLine  = 0.85
)

// paragraphs cuts a region into its paragraphs and items.
func (t *typography) paragraphs(r *region) []piece {
	var out []piece
	for i, l := range r.lines {
		if leaders.MatchString(l.text) {
			// A line of a table of contents repeats a heading.
			continue
		}
		if level := t.capitalHeading(l.text); level > 0 {
			out = append(out, piece{kind: kindHeading, level: level, text: l.text})
			continue
		}
		if text, ok := item(l.text); ok {
			out = append(out, piece{kind: kindItem, text: text})
			continue
		}
		if i == 0 || len(out) == 0 || begins(r, i, out[len(out)-1].kind) {
			out = append(out, piece{kind: kindParagraph, text: l.text})
			continue
		}
		last := &out[len(out)-1]
		if last.kind == kindParagraph && r.lines[i-1].x1 < r.x0+shortLine*r.width() {
			last.text += "\n" + l.text
			continue
		}
		last.text = glue(last.text, l.text, t.words)
	}
	if n := len(out); n > 0 && out[n-1].kind != kindHeading {
		last := r.lines[len(r.lines)-1]
		out[n-1].open = last.x1 > r.x0+fullLine*r.width() && !ends(last.text) && len(r.lines) > 1
	}
	return out
}

// item is the text of a line that begins an item, with its mark.
func item(text string) (string, bool) {
	if m := bullet.FindString(text); m != "" && len(m) < len(text) {
		return "- " + text[len(m):], true
	}
	if m := label.FindString(text); m != "" && len(m) < len(text) {
		mark := strings.TrimSpace(m)
		if strings.HasPrefix(mark, "(") || !unicode.IsDigit(rune(mark[0])) {
			mark = "- " + mark
		}
		return mark + " " + text[len(m):], true
	}
	return "", false
}

// begins reports whether line i of a region begins a paragraph.
func begins(r *region, i int, before pieceKind) bool {
	l, prev := r.lines[i], r.lines[i-1]
	h := min(l.height(), prev.height())
	if l.y0-prev.y1 > apart*h {
		return true
	}
	stopped := prev.x1 < r.x0+fullLine*r.width() && ends(prev.text)
	switch before {
	case kindHeading:
		return true
	case kindItem:
		// The lines of an item go on below its text, or below its mark.
		byHand := prev.x1 < r.x0+shortLine*r.width() && startsUpper(l.text)
		return (stopped || byHand) && l.x0 <= prev.x0+indent*h/2
	}
	return stopped || l.x0 > r.x0+indent*h && prev.x0 <= r.x0+indent*h/2 && startsUpper(l.text)
}

// ends reports whether a line ends a sentence.
func ends(text string) bool {
	text = strings.TrimRight(text, `"'”’»)]`)
	r, _ := utf8.DecodeLastRuneInString(text)
	return strings.ContainsRune(".!?:;。！？", r)
}

func startsUpper(text string) bool {
	for _, r := range text {
		if unicode.IsLetter(r) {
			return !unicode.IsLower(r)
		}
	}
	return false
}

func startsLower(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLower(r)
}

// glue joins two lines. A hyphen at the end of the first goes when the second
// goes on in lower case, unless the document writes the word with it elsewhere.
func glue(a, b string, words map[string]bool) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	case strings.HasSuffix(a, "\u00ad"):
		return strings.TrimSuffix(a, "\u00ad") + b
	}
	stem, ok := strings.CutSuffix(a, "-")
	if !ok {
		stem, ok = strings.CutSuffix(a, "\u2010")
	}
	if !ok || stem == "" || !startsLower(b) {
		return a + " " + b
	}
	if r, _ := utf8.DecodeLastRuneInString(stem); !unicode.IsLetter(r) {
		return a + " " + b
	}
	first := stem[strings.LastIndexAny(stem, " \n")+1:]
	second, _, _ := strings.Cut(b, " ")
	second = strings.TrimRightFunc(second, func(r rune) bool { return !unicode.IsLetter(r) })
	if words[strings.ToLower(first+"-"+second)] && !words[strings.ToLower(first+second)] {
		return a + b
	}
	return stem + b
}

// oneLine joins the words of s with single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
