package files

import (
	"strings"
)

// maxLines is the largest number of lines read of a text: lines without words
// cost memory too.
const maxLines = 1 << 20

// bounded cuts a source at maxText bytes or maxLines lines, whichever comes
// first, and reports whether something is left out.
func bounded(source string) (string, bool) {
	end := len(source)
	if end > maxText {
		end = maxText
		if i := strings.LastIndexByte(source[:end], '\n'); i > 0 {
			end = i
		}
	}
	lines := 0
	for i := 0; i < end; i++ {
		if source[i] != '\n' {
			continue
		}
		if lines++; lines == maxLines {
			end = i
		}
	}
	return source[:end], end < len(source)
}

// plain keeps the lines of a text but not their ends. A page break ends a
// paragraph.
func plain(source string) string {
	lines := strings.Split(strings.ReplaceAll(source, "\f", "\n\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	return strings.Join(lines, "\n")
}
