package knowledge

import (
	"regexp"
	"strings"
)

// blockKind is what a block of Markdown is.
type blockKind int

const (
	blockParagraph blockKind = iota
	blockHeading
	blockList
	blockTable
	blockCode
)

// block is one piece of a document that is kept together when it fits.
type block struct {
	kind blockKind
	// level is 1 to 6 for a heading.
	level int
	// lines are the source lines; for a heading its bare text.
	lines []string
}

func (b block) text() string { return strings.Join(b.lines, "\n") }

var (
	headingLine  = regexp.MustCompile(`^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$`)
	emptyHeading = regexp.MustCompile(`^ {0,3}#{1,6}[ \t]*$`)
	fenceLine    = regexp.MustCompile("^ {0,3}(```+|~~~+)")
	itemLine     = regexp.MustCompile(`^\s*(?:[-*+]|\d{1,9}[.)])\s+`)
	tableLine    = regexp.MustCompile(`^\s*\|`)
	tableRule    = regexp.MustCompile(`^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$`)
	ruleLine     = regexp.MustCompile(`^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$`)
)

// blocksOf reads Markdown as the readers of files write it: headings with #,
// tables with leading bars. Everything else is lists, fenced code and
// paragraphs, so any text at all can be read.
func blocksOf(markdown string) []block {
	lines := strings.Split(strings.ReplaceAll(markdown, "\r\n", "\n"), "\n")
	var out []block
	for i := 0; i < len(lines); {
		line := lines[i]
		switch {
		case strings.TrimSpace(line) == "", emptyHeading.MatchString(line), ruleLine.MatchString(line):
			i++
		case headingLine.MatchString(line):
			m := headingLine.FindStringSubmatch(line)
			out = append(out, block{kind: blockHeading, level: len(m[1]), lines: []string{m[2]}})
			i++
		default:
			kind, end := extent(lines, i)
			out = append(out, block{kind: kind, lines: trimBlank(lines[i:end])})
			i = end
		}
	}
	return out
}

// extent returns the kind of the block that begins at i and where it ends.
func extent(lines []string, i int) (blockKind, int) {
	switch {
	case fenceLine.MatchString(lines[i]):
		return blockCode, fenceEnd(lines, i)
	case tableLine.MatchString(lines[i]):
		end := i + 1
		for end < len(lines) && tableLine.MatchString(lines[end]) {
			end++
		}
		return blockTable, end
	case itemLine.MatchString(lines[i]):
		return blockList, listEnd(lines, i)
	}
	end := i + 1
	for end < len(lines) && !startsBlock(lines[end]) {
		end++
	}
	return blockParagraph, end
}

func startsBlock(line string) bool {
	return strings.TrimSpace(line) == "" || headingLine.MatchString(line) || fenceLine.MatchString(line) ||
		tableLine.MatchString(line) || itemLine.MatchString(line)
}

func fenceEnd(lines []string, i int) int {
	mark := fenceLine.FindStringSubmatch(lines[i])[1]
	for end := i + 1; end < len(lines); end++ {
		if strings.HasPrefix(strings.TrimSpace(lines[end]), mark) {
			return end + 1
		}
	}
	return len(lines)
}

// listEnd takes nested and loose items: a blank line ends a list only when what
// follows is neither indented nor an item.
func listEnd(lines []string, i int) int {
	end := i + 1
	for end < len(lines) {
		line := lines[end]
		if strings.TrimSpace(line) == "" {
			if end+1 < len(lines) && (itemLine.MatchString(lines[end+1]) || strings.HasPrefix(lines[end+1], "  ") && strings.TrimSpace(lines[end+1]) != "") {
				end++
				continue
			}
			return end
		}
		if headingLine.MatchString(line) || tableLine.MatchString(line) || fenceLine.MatchString(line) && !strings.HasPrefix(line, "  ") {
			return end
		}
		end++
	}
	return end
}

func trimBlank(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
