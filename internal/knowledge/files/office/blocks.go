package office

import (
	"regexp"
	"strings"
)

// maxHeading is the deepest heading of Markdown.
const maxHeading = 6

// kind is what a block is.
type kind int

const (
	kindParagraph kind = iota
	kindHeading
	kindItem
	kindTable
)

// block is a piece of a document.
type block struct {
	kind kind
	// level of a heading, from 1, or of an item, from 0.
	level int
	// label of an item: empty for a bullet, else its number as it is shown.
	label string
	// text is clean Markdown, without the marks of its kind.
	text string
}

// render joins blocks to Markdown.
func render(blocks []block) string {
	var b strings.Builder
	depth := -1
	for i, bl := range blocks {
		item := bl.kind == kindItem
		if i > 0 {
			b.WriteString(separator(blocks[i-1].kind == kindItem && item))
		}
		switch bl.kind {
		case kindHeading:
			b.WriteString(strings.Repeat("#", min(max(bl.level, 1), maxHeading)))
			b.WriteString(" " + oneLine(bl.text))
		case kindItem:
			// An item more than one step below the last would read as code.
			depth = min(bl.level, depth+1)
			b.WriteString(strings.Repeat("    ", depth) + mark(bl.label) + oneLine(bl.text))
		case kindParagraph:
			b.WriteString(escapeLines(bl.text))
		case kindTable:
			b.WriteString(bl.text)
		}
		if !item {
			depth = -1
		}
	}
	return b.String()
}

func separator(within bool) string {
	if within {
		return "\n"
	}
	return "\n\n"
}

var (
	markdownNumber = regexp.MustCompile(`^\d{1,9}[.)]$`)
	// blockMark is what would turn a line of text into another kind of block.
	blockMark = regexp.MustCompile("^(#{1,6}(?:[ \t]|$)|\\||```|~~~)")
)

// mark is how an item begins. Only plain numbers are numbers in Markdown; other
// labels, such as 3.2 or (a), stay readable behind a bullet.
func mark(label string) string {
	switch {
	case label == "":
		return "- "
	case markdownNumber.MatchString(label):
		return label + " "
	}
	return "- " + label + " "
}

// escapeLines trims the lines of a paragraph and keeps them from reading as
// headings, tables or code.
func escapeLines(text string) string {
	lines := strings.Split(text, "\n")
	kept := lines[:0]
	for _, line := range lines {
		line = oneLine(line)
		if line == "" {
			continue
		}
		if blockMark.MatchString(line) {
			line = `\` + line
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

// flat is the text of blocks on one line, for the cell of a table. Paragraphs
// that do not end a sentence are parted, so that they do not read as one.
func flat(blocks []block) string {
	var b strings.Builder
	for _, bl := range blocks {
		text := oneLine(bl.text)
		if bl.kind == kindItem && bl.label != "" {
			text = bl.label + " " + text
		}
		if text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(gap(b.String()))
		}
		b.WriteString(text)
	}
	return b.String()
}

func gap(before string) string {
	if strings.ContainsAny(before[len(before)-1:], ".:;,!?") {
		return " "
	}
	return "; "
}
