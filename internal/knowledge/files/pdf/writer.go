package pdf

import (
	"regexp"
	"strings"
)

// maxHeading is the deepest heading of Markdown.
const maxHeading = 6

// writer joins pieces to Markdown, up to maxText.
type writer struct {
	b strings.Builder
	// last is the piece that has not been written yet, since it may go on.
	last piece
	some bool
	// item is true when the last one written is an item.
	item bool
	// full is true when something was left out.
	full bool
}

// blockMark is what would turn a line of text into another kind of block.
var blockMark = regexp.MustCompile("^(#{1,6}(?:[ \t]|$)|\\||```|~~~)")

func (w *writer) add(p piece) {
	if w.some && w.last.open && p.kind == kindParagraph && startsLower(p.text) {
		w.last.text, w.last.open = glue(w.last.text, p.text, nil), p.open
		return
	}
	w.flush()
	w.last, w.some = p, true
}

func (w *writer) flush() {
	if !w.some {
		return
	}
	w.some = false
	text := w.last.markdown()
	if text == "" || w.full {
		return
	}
	if w.b.Len()+len(text) > maxText {
		w.full = true
		return
	}
	item := w.last.kind == kindItem
	if w.b.Len() > 0 {
		w.b.WriteString("\n")
		if !item || !w.item {
			w.b.WriteString("\n")
		}
	}
	w.item = item
	w.b.WriteString(text)
}

func (w *writer) String() string {
	w.flush()
	return w.b.String()
}

func (p piece) markdown() string {
	switch p.kind {
	case kindHeading:
		return strings.Repeat("#", min(p.level, maxHeading)) + " " + oneLine(p.text)
	case kindItem:
		return oneLine(p.text)
	case kindTable, kindMarkdown:
		return strings.TrimSpace(p.text)
	}
	lines := strings.Split(p.text, "\n")
	for i, l := range lines {
		if l = oneLine(l); blockMark.MatchString(l) {
			l = `\` + l
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
}
