package files

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxNesting is how deep blocks may stand in each other. Deeper ones are read
// as plain paragraphs, so that indentation alone cannot cost time.
const maxNesting = 24

// rst reads reStructuredText by its lines. It opens no file and follows no
// address: include, raw and every :file: and :url: option are left out, since
// what an upload names on our disk must never reach an answer.
type rst struct {
	// styles are the adornments of titles in the order in which they appear;
	// the place of one is its level.
	styles []string
	title  string
	// replaced holds the texts of substitutions by their names.
	replaced map[string]string
}

// readRST returns the title and the Markdown of a document.
func readRST(source string) (title, markdown string) {
	lines := strings.Split(source, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(expandTabs(line), " \r\f\v")
	}
	r := &rst{replaced: substitutions(lines)}
	blocks := r.blocks(lines, 0)
	return r.title, strings.Join(blocks, "\n\n")
}

// expandTabs puts spaces for tabs, to columns of eight.
func expandTabs(line string) string {
	if !strings.Contains(line, "\t") {
		return line
	}
	var b strings.Builder
	column := 0
	for _, r := range line {
		if r != '\t' {
			b.WriteRune(r)
			column++
			continue
		}
		n := 8 - column%8
		b.WriteString(strings.Repeat(" ", n))
		column += n
	}
	return b.String()
}

func blank(line string) bool { return strings.TrimSpace(line) == "" }

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// indentedEnd returns where the lines from i on that are blank or indented end,
// without blank ones at the end.
func indentedEnd(lines []string, i int) int {
	end := i
	for ; i < len(lines); i++ {
		if blank(lines[i]) {
			continue
		}
		if indentOf(lines[i]) == 0 {
			break
		}
		end = i + 1
	}
	return end
}

// dedent takes the common indentation away.
func dedent(lines []string) []string { return dedentBy(lines, maxText) }

// dedentBy takes the common indentation away, up to a width.
func dedentBy(lines []string, width int) []string {
	least := width
	for _, line := range lines {
		if !blank(line) {
			least = min(least, indentOf(line))
		}
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		if !blank(line) {
			out[i] = line[least:]
		}
	}
	return out
}

// blocks returns the Markdown blocks of lines.
func (r *rst) blocks(lines []string, depth int) []string {
	var out []string
	tables := lastTableEnd(lines)
	for i := 0; i < len(lines); {
		if blank(lines[i]) {
			i++
			continue
		}
		var text string
		var next int
		if i < tables && depth < maxNesting && simpleBorder.MatchString(lines[i]) {
			text, next = r.simpleTable(lines, i, depth)
		} else {
			text, next = r.block(lines, i, depth)
		}
		if strings.TrimSpace(text) != "" {
			out = append(out, text)
		}
		i = next
	}
	return out
}

// block reads the block that begins at i and returns where the next may begin,
// which is always beyond i.
func (r *rst) block(lines []string, i, depth int) (string, int) {
	line := lines[i]
	switch {
	case depth >= maxNesting:
		return r.inline(strings.Join(lines[i:], " ")), len(lines)
	case indentOf(line) > 0:
		end := indentedEnd(lines, i)
		return strings.Join(r.blocks(dedent(lines[i:end]), depth+1), "\n\n"), end
	case explicitMark(line):
		return r.explicit(lines, i, depth)
	case gridBorder.MatchString(line):
		return r.gridTable(lines, i, depth)
	}
	if text, end, ok := r.section(lines, i, depth); ok {
		return text, end
	}
	if text, end, ok := r.list(lines, i, depth); ok {
		return text, end
	}
	if text, end, ok := r.definitions(lines, i, depth); ok {
		return text, end
	}
	return r.paragraph(lines, i)
}

// adornment returns the character of a line that only draws, else 0.
func adornment(line string) byte {
	if line == "" || !strings.ContainsRune("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", rune(line[0])) {
		return 0
	}
	if strings.Trim(line, line[:1]) != "" {
		return 0
	}
	return line[0]
}

// drawn is the length from which a line of drawing needs no title to match.
const drawn = 4

// section reads a title with its adornment, or a transition, which is dropped.
func (r *rst) section(lines []string, i, depth int) (string, int, bool) {
	at := func(n int) string {
		if n < len(lines) {
			return lines[n]
		}
		return ""
	}
	if mark := adornment(lines[i]); mark != 0 && !bullet.MatchString(lines[i]) {
		title, under := strings.TrimSpace(at(i+1)), at(i+2)
		if title != "" && adornment(under) == mark && len(under) == len(lines[i]) {
			return r.heading("over"+string(mark), title, depth), i + 3, true
		}
		if len(lines[i]) >= drawn && blank(at(i+1)) {
			return "", i + 1, true
		}
		return "", i, false
	}
	mark := adornment(at(i + 1))
	long := len(at(i+1)) >= min(drawn, utf8.RuneCountInString(lines[i]))
	if mark == 0 || !long || bullet.MatchString(lines[i]) {
		return "", i, false
	}
	return r.heading(string(mark), lines[i], depth), i + 2, true
}

// heading writes a title. Inside other blocks, where titles cannot be, it is a
// paragraph.
func (r *rst) heading(style, title string, depth int) string {
	text := oneLine(r.inline(title))
	if depth > 0 || text == "" {
		return text
	}
	level := slices.Index(r.styles, style)
	if level < 0 {
		level = len(r.styles)
		r.styles = append(r.styles, style)
	}
	if r.title == "" {
		r.title = text
	}
	return strings.Repeat("#", min(level+1, maxHeading)) + " " + text
}

var quotedLiteral = regexp.MustCompile("^[!-/:-@\\[-`{-~]")

// paragraph reads lines up to a blank one, and the literal block that :: at its
// end announces.
func (r *rst) paragraph(lines []string, i int) (string, int) {
	end := i + 1
	for end < len(lines) && !blank(lines[end]) {
		end++
	}
	text, literal := strings.CutSuffix(oneLine(strings.Join(lines[i:end], " ")), "::")
	if !literal {
		return oneLine(r.inline(text)), end
	}
	if bare := strings.TrimRight(text, " "); bare != text || text == "" {
		text = bare
	} else {
		text += ":"
	}
	out := oneLine(r.inline(text))
	start := end
	for start < len(lines) && blank(lines[start]) {
		start++
	}
	stop := indentedEnd(lines, start)
	if stop == start && start < len(lines) && quotedLiteral.MatchString(lines[start]) {
		// A literal block may be quoted instead of indented.
		for stop < len(lines) && strings.HasPrefix(lines[stop], lines[start][:1]) {
			stop++
		}
	}
	if stop == start {
		return out, end
	}
	return strings.TrimLeft(out+"\n\n"+fence("", dedent(lines[start:stop])), "\n"), stop
}
