package language

import (
	"iter"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// Clean makes text from outside safe to store and to show: valid UTF-8, no
// control characters but line feed and tab, no invisible or direction-changing
// characters, composed form, no space around it. Invisible characters carry
// hidden instructions and break comparisons, so they go although some emoji
// then fall apart into their components.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), invisible(r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(norm.NFC.String(s))
}

// invisible reports whether r shows nothing and changes how its neighbours are
// read.
func invisible(r rune) bool {
	switch {
	case r == 0x00AD, r == 0x061C, r == 0x180E, r == 0xFEFF,
		r >= 0x200B && r <= 0x200F,
		r >= 0x202A && r <= 0x202E,
		r >= 0x2060 && r <= 0x206F,
		r >= 0xFFF9 && r <= 0xFFFB,
		r >= 0xE0000 && r <= 0xE0FFF:
		return true
	}
	return false
}

// Graphemes counts the characters of s as a reader sees them.
func Graphemes(s string) int { return uniseg.GraphemeClusterCount(s) }

// Clusters yields the characters of s as a reader sees them, one after the
// other, so that text is never cut inside one.
func Clusters(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		state := -1
		for rest := s; rest != ""; {
			var cluster string
			cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
			if !yield(cluster) {
				return
			}
		}
	}
}
