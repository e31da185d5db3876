package language

import (
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/irish"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/tamil"
	"github.com/blevesearch/snowballstem/turkish"
	"golang.org/x/text/unicode/norm"
)

// maxWordRunes is the longest word that is stemmed or cut into grams. Longer
// ones are keys and encoded data, which would only fill the index.
const maxWordRunes = 48

// gramSize is the length of a character gram, in runes.
const gramSize = 4

// Analyze turns text into search terms: compatibility form, lower case, words,
// the stem of lang, accents off. lang is an ISO 639-1 code, a region after it
// is ignored; words of an unknown language keep their full form. Runs of Han,
// Kana and Hangul, which have no spaces, give overlapping pairs.
func Analyze(text, lang string) []string {
	stem := stemmer(lang)
	var terms []string
	for _, word := range rawWords(normalise(text)) {
		for _, run := range splitIdeographs(word) {
			if isIdeograph([]rune(run)[0]) {
				terms = append(terms, pairs(run)...)
				continue
			}
			if stem != nil && runeCount(run) <= maxWordRunes {
				env := snowballstem.NewEnv(run)
				stem(env)
				run = env.Current()
			}
			if term := stripMarks(run); term != "" {
				terms = append(terms, term)
			}
		}
	}
	return terms
}

// Grams cuts each folded word of text into overlapping runs of four
// characters, with an underscore at both edges of the word. They find words in
// spite of inflection, compounds and typing errors.
func Grams(text string) []string {
	var grams []string
	for _, word := range Words(text) {
		runes := []rune("_" + word + "_")
		if len(runes) > maxWordRunes+2 {
			continue
		}
		if len(runes) <= gramSize {
			grams = append(grams, string(runes))
			continue
		}
		for i := 0; i+gramSize <= len(runes); i++ {
			grams = append(grams, string(runes[i:i+gramSize]))
		}
	}
	return grams
}

// Fold returns s in compatibility form, lower case and without accents, the
// form in which texts are compared.
func Fold(s string) string { return stripMarks(normalise(s)) }

// Words returns the folded words of s: letters, digits and nothing else.
func Words(s string) []string {
	raw := rawWords(normalise(s))
	words := raw[:0]
	for _, word := range raw {
		if folded := stripMarks(word); folded != "" {
			words = append(words, folded)
		}
	}
	return words
}

// normalise is the part of folding that keeps accents, which stemmers need.
// Format characters such as the soft hyphen would split words, so they go.
func normalise(s string) string {
	s = norm.NFKC.String(strings.ToValidUTF8(s, " "))
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
	return norm.NFC.String(s)
}

// rawWords splits on everything that is no letter, digit or mark.
func rawWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	})
}

func stripMarks(s string) string {
	ascii := true
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return s
	}
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
	return norm.NFC.String(bare)
}

func isIdeograph(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r == 'ー'
}

// splitIdeographs cuts a word where its script changes to or from one without
// spaces between words.
func splitIdeographs(word string) []string {
	var runs []string
	start, inside := 0, false
	for i, r := range word {
		now := isIdeograph(r)
		if i > start && now != inside && !unicode.IsMark(r) {
			runs = append(runs, word[start:i])
			start = i
		}
		if i == start {
			inside = now
		}
	}
	return append(runs, word[start:])
}

func pairs(run string) []string {
	runes := []rune(stripMarks(run))
	if len(runes) < 2 {
		return []string{string(runes)}
	}
	out := make([]string, 0, len(runes)-1)
	for i := 0; i+2 <= len(runes); i++ {
		out = append(out, string(runes[i:i+2]))
	}
	return out
}

func runeCount(s string) int { return len([]rune(s)) }

// base cuts the region off a language tag.
func base(lang string) string {
	lang, _, _ = strings.Cut(strings.ToLower(lang), "-")
	lang, _, _ = strings.Cut(lang, "_")
	return lang
}

// stemmer returns the stemmer of a language, nil when there is none.
func stemmer(lang string) func(*snowballstem.Env) bool {
	switch base(lang) {
	case "ar":
		return arabic.Stem
	case "da":
		return danish.Stem
	case "nl":
		return dutch.Stem
	case "en":
		return english.Stem
	case "fi":
		return finnish.Stem
	case "fr":
		return french.Stem
	case "de":
		return german.Stem
	case "hu":
		return hungarian.Stem
	case "ga":
		return irish.Stem
	case "it":
		return italian.Stem
	case "no", "nb", "nn":
		return norwegian.Stem
	case "pt":
		return portuguese.Stem
	case "ro":
		return romanian.Stem
	case "ru":
		return russian.Stem
	case "es":
		return spanish.Stem
	case "sv":
		return swedish.Stem
	case "ta":
		return tamil.Stem
	case "tr":
		return turkish.Stem
	}
	return nil
}
