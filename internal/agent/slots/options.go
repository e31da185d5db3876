package slots

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"steward/internal/language"
)

const (
	// typoLetters is the shortest word in which one wrong letter is forgiven.
	typoLetters = 4
	// negationReach is how many words before a choice may deny it.
	negationReach = 2
)

// choices are the options that text names: by their words, by other forms of
// them, with one wrong letter, or by their place in the list.
func (r Reader) choices(s *shape, text string, asked bool) []hit {
	words := language.Words(text)
	place := func(o option) hit { return hit{o.value, 0, len(text)} }
	for _, o := range s.options {
		if slices.ContainsFunc(forms(o, asked), func(form string) bool { return same(words, form) }) {
			return []hit{place(o)}
		}
	}
	if asked {
		if o, ok := numbered(s.options, words); ok {
			return []hit{place(o)}
		}
	}
	named := r.spoken(s.options, text, asked, func(said, name string) bool { return said == name })
	if len(named) == 0 && asked {
		named = r.spoken(s.options, text, asked, r.alike)
	}
	return named
}

func same(words []string, name string) bool {
	return len(words) > 0 && slices.Equal(words, language.Words(name))
}

// numbered reads the answer "2" or "number 2" to a numbered list, unless the
// options are numbers themselves.
func numbered(options []option, words []string) (option, bool) {
	if slices.ContainsFunc(options, func(o option) bool { return strings.ContainsAny(o.text+o.title, "0123456789") }) {
		return option{}, false
	}
	at := 0
	for _, w := range words {
		n, err := strconv.Atoi(w)
		if err != nil {
			continue
		}
		if at != 0 {
			return option{}, false
		}
		at = n
	}
	if at < 1 || at > len(options) || len(words) > 3 {
		return option{}, false
	}
	return options[at-1], true
}

// spoken are the options whose words stand in text, not denied. Of two where
// one contains the other, the longer is meant.
func (r Reader) spoken(options []option, text string, asked bool, equal func(said, name string) bool) []hit {
	said := tokens(text)
	var heard []string
	for _, w := range said {
		heard = append(heard, strings.Join(language.Words(w.text), " "))
	}
	type find struct {
		hit
		size int
	}
	var finds []find
	for _, o := range options {
		for _, form := range forms(o, asked) {
			name := language.Words(form)
			if len(name) == 0 || len(form) < 2 {
				continue
			}
			for i := 0; i+len(name) <= len(heard); i++ {
				if slices.EqualFunc(heard[i:i+len(name)], name, equal) && !r.denied(text[:said[i].start]) {
					finds = append(finds, find{hit{o.value, said[i].start, said[i+len(name)-1].end}, len(name)})
				}
			}
		}
	}
	var out []hit
	for _, f := range finds {
		if !slices.ContainsFunc(finds, func(o find) bool { return o.size > f.size && o.start <= f.start && f.end <= o.end }) {
			out = append(out, f.hit)
		}
	}
	return out
}

// forms are the ways to say an option. Its value is ours where it has a title,
// so it counts only from a customer who was asked.
func forms(o option, asked bool) []string {
	if asked {
		return []string{o.title, o.text}
	}
	return []string{o.title}
}

// denied reports a negation among the last words before a choice, within its
// clause: "not small, large" denies one of them.
func (r Reader) denied(before string) bool {
	if i := strings.LastIndexAny(before, ",;.:!?"); i >= 0 {
		before = before[i:]
	}
	words := language.Words(before)
	if len(words) > negationReach {
		words = words[len(words)-negationReach:]
	}
	return slices.ContainsFunc(words, func(w string) bool { return r.words().negations[w] })
}

// alike reports whether two words have one stem, or differ in one letter.
func (r Reader) alike(said, name string) bool {
	if said == name {
		return true
	}
	a, b := language.Analyze(said, r.Lang), language.Analyze(name, r.Lang)
	if len(a) > 0 && slices.Equal(a, b) {
		return true
	}
	return utf8.RuneCountInString(name) >= typoLetters && utf8.RuneCountInString(said) >= typoLetters && oneEdit([]rune(said), []rune(name))
}

// oneEdit reports whether one letter added, dropped or changed makes b of a.
func oneEdit(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return i == len(a) || slices.Equal(a[i+1:], b[i+1:])
	}
	return slices.Equal(a[i:], b[i+1:])
}
