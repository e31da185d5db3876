package slots

import (
	"maps"
	"strconv"
	"strings"
	"sync"

	"steward/internal/language"
)

// lexicon is what one language says in place of digits, and about a value.
// Words are folded.
type lexicon struct {
	// months, numbers and days give the number that a word stands for; days
	// counts from today.
	months, numbers, days map[string]string
	pronouns, negations   map[string]bool
	// cancels and refusals are whole messages, corrections begin one,
	// replacements stand between the new value and the old.
	cancels, refusals         map[string]bool
	corrections, replacements []string
}

// lexicons are built once from the word lists and never changed.
var lexicons = sync.OnceValue(func() map[string]*lexicon {
	out := make(map[string]*lexicon)
	for lang, l := range wordLists() {
		out[lang] = &lexicon{
			months: numbering(l.months, 1), numbers: numbering(l.numbers, 1), days: offsets(l.days),
			pronouns: setOf(strings.Fields(l.pronouns)), negations: setOf(strings.Fields(l.negations)),
			cancels: setOf(phrases(l.cancels)), refusals: setOf(phrases(l.refusals)),
			corrections: phrases(l.corrections), replacements: phrases(l.replacements),
		}
	}
	// Customers mix English into every language, so it is known in all of them;
	// the language's own words win.
	english := out["en"]
	for lang, l := range out {
		if lang == "en" {
			continue
		}
		l.months, l.days = over(english.months, l.months), over(english.days, l.days)
		l.cancels, l.refusals = union(english.cancels, l.cancels), union(english.refusals, l.refusals)
		l.corrections = append(l.corrections, english.corrections...)
	}
	return out
})

// words is the lexicon of the conversation's language, English for one without.
func (r Reader) words() *lexicon {
	if l, ok := lexicons()[r.base()]; ok {
		return l
	}
	return lexicons()["en"]
}

func (r Reader) base() string {
	lang, _, _ := strings.Cut(strings.ToLower(r.Lang), "-")
	return lang
}

// numbering numbers groups of words from first; a slash parts the words of one
// group.
func numbering(list string, first int) map[string]string {
	out := make(map[string]string)
	for i, group := range strings.Fields(list) {
		for word := range strings.SplitSeq(group, "/") {
			out[language.Fold(word)] = strconv.Itoa(first + i)
		}
	}
	return out
}

// offsets reads lines such as "today 0, day after tomorrow 2".
func offsets(list string) map[string]string {
	out := make(map[string]string)
	for entry := range strings.SplitSeq(list, ",") {
		words := strings.Fields(entry)
		phrase := strings.Join(language.Words(strings.Join(words[:len(words)-1], " ")), " ")
		out[phrase] = words[len(words)-1]
	}
	return out
}

func phrases(list string) []string {
	var out []string
	for p := range strings.SplitSeq(list, ",") {
		out = append(out, strings.Join(language.Words(p), " "))
	}
	return out
}

func setOf(words []string) map[string]bool {
	out := make(map[string]bool)
	for _, w := range words {
		out[w] = true
	}
	return out
}

func over(base, top map[string]string) map[string]string {
	out := maps.Clone(base)
	maps.Copy(out, top)
	return out
}

func union(a, b map[string]bool) map[string]bool {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
