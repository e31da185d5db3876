package files

import (
	"regexp"
	"slices"
	"strings"
)

// maxText is the largest text kept of one file, in bytes. Beyond it the rest is
// left out and noted.
const maxText = 20 << 20

// maxHeading is the deepest heading of the dialect.
const maxHeading = 6

// writer collects blocks of Markdown up to maxText.
type writer struct {
	b strings.Builder
	// full is true when something was left out.
	full bool
}

// block adds lines as a block of their own.
func (w *writer) block(text string) {
	text = strings.TrimRight(text, "\n")
	if strings.TrimSpace(text) == "" || w.full {
		return
	}
	if room := maxText - w.b.Len(); len(text) > room {
		// What fits of a long list or text stays.
		w.full = true
		text = text[:max(strings.LastIndexByte(text[:room], '\n'), 0)]
		if text == "" {
			return
		}
	}
	if w.b.Len() > 0 {
		w.b.WriteString("\n\n")
	}
	w.b.WriteString(text)
}

// heading adds a heading; a level too deep becomes the deepest one.
func (w *writer) heading(level int, text string) {
	if text = oneLine(text); text != "" {
		w.block(strings.Repeat("#", min(max(level, 1), maxHeading)) + " " + text)
	}
}

func (w *writer) String() string { return w.b.String() }

// oneLine joins the words of s with single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// markdownTable writes rows below a header; a nil header is written empty, as
// the dialect has no table without one. Cells are single lines.
func markdownTable(header []string, rows [][]string) string {
	width := len(header)
	for _, row := range rows {
		width = max(width, len(row))
	}
	if width == 0 {
		return ""
	}
	var b strings.Builder
	line := func(cells []string) {
		for _, cell := range cells {
			b.WriteString("| " + strings.ReplaceAll(oneLine(cell), "|", `\|`) + " ")
		}
		b.WriteString("|\n")
	}
	line(append(slices.Clone(header), make([]string, width-len(header))...))
	b.WriteString(strings.Repeat("|---", width) + "|\n")
	for _, row := range rows {
		line(row)
	}
	return strings.TrimRight(b.String(), "\n")
}

// fence writes lines as code, with a fence that they do not contain.
func fence(lang string, lines []string) string {
	text := strings.Join(lines, "\n")
	mark := "```"
	for strings.Contains(text, mark) {
		mark += "`"
	}
	return mark + lang + "\n" + text + "\n" + mark
}

// emptyLine matches the spaces that indenting puts on lines without anything.
var emptyLine = regexp.MustCompile(`(?m)^ +$`)

// listItem writes blocks as one item: the first beside the mark, the others
// below it, indented.
func listItem(mark string, blocks []string) string {
	var b strings.Builder
	b.WriteString(strings.TrimRight(mark, " "))
	for i, block := range blocks {
		switch {
		case i == 0 && !strings.HasPrefix(block, "```") && !strings.HasPrefix(block, "- ") && !strings.HasPrefix(block, "|"):
			b.WriteString(" ")
		case strings.HasPrefix(block, "- "):
			b.WriteString("\n  ")
		default:
			b.WriteString("\n\n  ")
		}
		b.WriteString(emptyLine.ReplaceAllString(strings.ReplaceAll(block, "\n", "\n  "), ""))
	}
	return b.String()
}

// demoted moves the headings of a text below a level, so that those of a part
// stay below its own title. Code is left alone.
func demoted(markdown string, below int) string {
	lines := strings.Split(markdown, "\n")
	levels, highest := make(map[int]int), maxHeading
	code := false
	for i, line := range lines {
		level := len(line) - len(strings.TrimLeft(line, "#"))
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if !code && level > 0 && strings.HasPrefix(line[level:], " ") {
			levels[i], highest = level, min(highest, level)
		}
	}
	if highest > below {
		return markdown
	}
	for i, level := range levels {
		lines[i] = strings.Repeat("#", min(level+below+1-highest, maxHeading)) + lines[i][level:]
	}
	return strings.Join(lines, "\n")
}
