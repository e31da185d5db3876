package handoff

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"steward/internal/language"
)

// Limit is the longest text that a destination takes.
type Limit struct {
	// Max is the limit, counted by Size.
	Max int
	// Size counts one character as a reader sees it. Default: its runes.
	Size func(cluster string) int
}

func (l Limit) size(cluster string) int {
	if l.Size == nil {
		return utf8.RuneCountInString(cluster)
	}
	return l.Size(cluster)
}

func (l Limit) sizeOf(text string) int {
	n := 0
	for c := range language.Clusters(text) {
		n += l.size(c)
	}
	return n
}

// Split cuts text into pieces within the limit: after a line, else after a
// word, else between two characters, never inside one. A text without a letter
// gives no piece. A single character above the limit is left out.
func Split(text string, limit Limit) []string {
	var out []string
	for rest := strings.TrimSpace(text); rest != ""; {
		head := prefix(rest, limit)
		if head == "" {
			head = firstCluster(rest)
			rest = strings.TrimSpace(rest[len(head):])
			continue
		}
		if len(head) < len(rest) {
			head = head[:breakAt(head, rest[len(head):])]
		}
		if piece := strings.TrimSpace(head); piece != "" {
			out = append(out, piece)
		}
		rest = strings.TrimSpace(rest[len(head):])
	}
	return out
}

// Cut is the beginning of text within the limit, with a mark where it was cut.
func Cut(text string, limit Limit) string {
	text = strings.TrimSpace(text)
	if limit.sizeOf(text) <= limit.Max {
		return text
	}
	const mark = "…"
	limit.Max -= limit.sizeOf(mark)
	if limit.Max <= 0 {
		return ""
	}
	head := prefix(text, limit)
	if head != "" {
		head = head[:breakAt(head, text[len(head):])]
	}
	return strings.TrimSpace(head) + mark
}

// prefix is the longest beginning within the limit.
func prefix(text string, limit Limit) string {
	end, used := 0, 0
	for c := range language.Clusters(text) {
		used += limit.size(c)
		if used > limit.Max {
			break
		}
		end += len(c)
	}
	return text[:end]
}

func firstCluster(text string) string {
	for c := range language.Clusters(text) {
		return c
	}
	return ""
}

// breakAt is where to end head when next follows: at the last line or word that
// leaves at least half of it.
func breakAt(head, next string) int {
	if r, _ := utf8.DecodeRuneInString(next); unicode.IsSpace(r) {
		return len(head)
	}
	if at := strings.LastIndexByte(head, '\n'); at > len(head)/2 {
		return at
	}
	if at := strings.LastIndexFunc(head, unicode.IsSpace); at > len(head)/2 {
		return at
	}
	return len(head)
}
