package files

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	bullet     = regexp.MustCompile(`^[-*+•‣⁃](?: +|$)`)
	enumerator = regexp.MustCompile(`^(?:\(?(\d{1,9}|[A-Za-z]|#|[ivxlcdmIVXLCDM]{1,9})\)|(\d{1,9}|[A-Za-z]|#|[ivxlcdmIVXLCDM]{1,9})\.)(?: +|$)`)
	field      = regexp.MustCompile(`^:((?:[^:\\` + "`" + `]|\\.)+):(?: +|$)`)
	option     = regexp.MustCompile(`^(?:-\w|--[\w-]+|/\w+)(?:[ =][<\w][\w>.-]*)?(?:, (?:-\w|--[\w-]+|/\w+)(?:[ =][<\w][\w>.-]*)?)*(?:  +|$)`)
	lineBlock  = regexp.MustCompile(`^\|(?: +|$)`)
	doctest    = regexp.MustCompile(`^>>> `)
)

// list reads the list that begins at i: bullets, numbers, fields, options, or
// the lines of a poem or an address.
func (r *rst) list(lines []string, i, depth int) (string, int, bool) {
	line := lines[i]
	switch {
	case bullet.MatchString(line):
		return r.items(lines, i, depth, bullet, func(string, int) string { return "- " })
	case enumerator.MatchString(line) && enumerated(lines, i):
		return r.items(lines, i, depth, enumerator, numberOf)
	case field.MatchString(line):
		return r.fields(lines, i, depth)
	case option.MatchString(line):
		return r.items(lines, i, depth, option, func(mark string, _ int) string {
			return "- `" + strings.TrimSpace(mark) + "` "
		})
	case lineBlock.MatchString(line):
		text, end := r.poem(lines, i)
		return text, end, true
	case doctest.MatchString(line):
		end := i + 1
		for end < len(lines) && !blank(lines[end]) {
			end++
		}
		return fence("", lines[i:end]), end, true
	}
	return "", i, false
}

// enumerated tells a list from a sentence that begins like one ("A. Smith went
// home"): the line after it is blank, indented or the next item.
func enumerated(lines []string, i int) bool {
	if i+1 >= len(lines) || blank(lines[i+1]) {
		return true
	}
	return indentOf(lines[i+1]) > 0 || enumerator.MatchString(lines[i+1])
}

// numberOf keeps numbers, counts those left to the reader, and keeps letters as
// they are written.
func numberOf(mark string, n int) string {
	mark = strings.TrimSpace(mark)
	bare := strings.Trim(mark, "().")
	if bare == "#" {
		return strconv.Itoa(n) + ". "
	}
	if _, err := strconv.Atoi(bare); err == nil {
		return bare + ". "
	}
	return "- " + mark + " "
}

// items reads items with one kind of mark; write gives the mark of the nth.
func (r *rst) items(lines []string, i, depth int, mark *regexp.Regexp, write func(mark string, n int) string) (string, int, bool) {
	var out []string
	for i < len(lines) {
		found := mark.FindString(lines[i])
		if found == "" {
			break
		}
		end := indentedEnd(lines, i+1)
		end = max(end, i+1)
		width := maxText
		if mark != option {
			// What is indented further than the text beside the mark is a block of
			// its own. Options have their text anywhere.
			width = len([]rune(found))
		}
		blocks := r.blocks(append([]string{strings.TrimLeft(lines[i][len(found):], " ")}, dedentBy(lines[i+1:end], width)...), depth+1)
		out = append(out, listItem(write(found, len(out)+1), blocks))
		i = end
		next := i
		for next < len(lines) && blank(lines[next]) {
			next++
		}
		if next < len(lines) && mark.MatchString(lines[next]) && (mark != enumerator || enumerated(lines, next)) {
			i = next
		} else {
			break
		}
	}
	return strings.Join(out, "\n"), i, true
}

// itemBody is the text beside a mark and the lines below it.
func itemBody(first string, rest []string) []string {
	return append([]string{strings.TrimLeft(first, " ")}, dedent(rest)...)
}

// fields reads a field list; a field without a body is a switch for a tool.
func (r *rst) fields(lines []string, i, depth int) (string, int, bool) {
	var out []string
	for i < len(lines) {
		found := field.FindStringSubmatch(lines[i])
		if found == nil {
			break
		}
		end := max(indentedEnd(lines, i+1), i+1)
		body := r.blocks(itemBody(lines[i][len(found[0]):], lines[i+1:end]), depth+1)
		if len(body) > 0 {
			out = append(out, listItem("- "+oneLine(r.inline(found[1]))+": ", body))
		}
		i = end
		for i < len(lines) && blank(lines[i]) {
			i++
		}
	}
	return strings.Join(out, "\n"), i, true
}

// poem reads a line block, which keeps its line breaks.
func (r *rst) poem(lines []string, i int) (string, int) {
	var out []string
	for i < len(lines) && !blank(lines[i]) {
		if !lineBlock.MatchString(lines[i]) && indentOf(lines[i]) == 0 {
			break
		}
		text := r.inline(oneLine(strings.TrimPrefix(lines[i], "|")))
		if !lineBlock.MatchString(lines[i]) && len(out) > 0 {
			out[len(out)-1] += " " + text
		} else {
			out = append(out, text)
		}
		i++
	}
	return strings.Join(out, "\n"), i
}

// definitions reads terms with an indented text right below each.
func (r *rst) definitions(lines []string, i, depth int) (string, int, bool) {
	var out []string
	for i+1 < len(lines) && !blank(lines[i]) && indentOf(lines[i]) == 0 &&
		!blank(lines[i+1]) && indentOf(lines[i+1]) > 0 && !explicitMark(lines[i]) && !strings.HasSuffix(lines[i], "::") {
		end := indentedEnd(lines, i+1)
		body := r.blocks(dedent(lines[i+1:end]), depth+1)
		out = append(out, listItem("- "+oneLine(r.inline(lines[i]))+": ", body))
		i = end
		for i < len(lines) && blank(lines[i]) {
			i++
		}
	}
	return strings.Join(out, "\n"), i, len(out) > 0
}
