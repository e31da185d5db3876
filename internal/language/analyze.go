package language

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

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

// bytesPerWord is a low guess at the length of a word with its space, for the
// size of lists.
const bytesPerWord = 6

// Analyze turns text into search terms: compatibility form, lower case, words,
// the stem of lang, accents off. lang is an ISO 639-1 code, a region after it
// is ignored; words of an unknown language keep their full form. Runs of Han,
// Kana and Hangul, which have no spaces, give overlapping pairs.
func Analyze(text, lang string) []string {
	normal := normalise(text)
	stem := stemmer(lang)
	terms := make([]string, 0, len(normal)/bytesPerWord)
	// A page repeats its words, and a stem costs more than a look-up.
	known := make(map[string]string)
	for word := range rawWords(normal) {
		if term, ok := known[word]; ok {
			terms = append(terms, term)
			continue
		}
		if !hasIdeograph(word) {
			if term := termOf(word, stem); term != "" {
				known[word] = term
				terms = append(terms, term)
			}
			continue
		}
		for _, run := range splitIdeographs(word) {
			if first, _ := utf8.DecodeRuneInString(run); isIdeograph(first) {
				terms = append(terms, pairs(run)...)
			} else if term := termOf(run, stem); term != "" {
				terms = append(terms, term)
			}
		}
	}
	if len(terms) == 0 {
		return nil
	}
	return terms
}

// termOf is the stem of a word without its accents; empty for a word of
// nothing but marks. A nil stem leaves the word whole.
func termOf(word string, stem func(*snowballstem.Env) bool) string {
	if stem != nil && utf8.RuneCountInString(word) <= maxWordRunes {
		env := snowballstem.NewEnv(word)
		stem(env)
		word = env.Current()
	}
	return stripMarks(word)
}

// Grams cuts each folded word of text into overlapping runs of four
// characters, with an underscore at both edges of the word. They find words in
// spite of inflection, compounds and typing errors.
func Grams(text string) []string {
	words := Words(text)
	if len(words) == 0 {
		return nil
	}
	// All grams are parts of one string, which saves an allocation for each.
	edged := "_" + strings.Join(words, "__") + "_"
	// A word of n letters has n-1 grams, or one.
	grams := make([]string, 0, len(edged)-2*len(words))
	for _, word := range words {
		own := edged[:len(word)+2]
		edged = edged[len(own):]
		if n := utf8.RuneCountInString(word); n <= maxWordRunes {
			grams = appendGrams(grams, own, n+2)
		}
	}
	return grams
}

// appendGrams appends the grams of a word of n runes, edges included.
func appendGrams(grams []string, word string, n int) []string {
	end := 0
	for range min(gramSize, n) {
		end += runeLen(word, end)
	}
	for start := 0; ; start += runeLen(word, start) {
		grams = append(grams, word[start:end])
		if end == len(word) {
			return grams
		}
		end += runeLen(word, end)
	}
}

// runeLen is the size of the rune at i in bytes.
func runeLen(s string, i int) int {
	if s[i] < utf8.RuneSelf {
		return 1
	}
	_, size := utf8.DecodeRuneInString(s[i:])
	return size
}

// Fold returns s in compatibility form, lower case and without accents, the
// form in which texts are compared.
func Fold(s string) string { return stripMarks(normalise(s)) }

// Words returns the folded words of s: letters, digits and nothing else.
func Words(s string) []string {
	folded := Fold(s)
	words := make([]string, 0, len(folded)/bytesPerWord)
	for word := range rawWords(folded) {
		words = append(words, word)
	}
	return words
}

// normalise is the part of folding that keeps accents, which stemmers need.
// Format characters such as the soft hyphen would split words, so they go.
func normalise(s string) string {
	s = norm.NFKC.String(strings.ToValidUTF8(s, " "))
	lower := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			lower = append(lower, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r = unicode.ToLower(r); !unicode.Is(unicode.Cf, r) {
			lower = utf8.AppendRune(lower, r)
		}
	}
	return norm.NFC.String(string(lower))
}

// rawWords splits on everything that is no letter, digit or mark.
func rawWords(s string) iter.Seq[string] {
	return strings.FieldsFuncSeq(s, func(r rune) bool {
		if r < utf8.RuneSelf {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && (r < 'A' || r > 'Z')
		}
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	})
}

// stripMarks takes the accents off.
func stripMarks(s string) string {
	if isASCII(s) {
		return s
	}
	bare := strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf && unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
	return norm.NFC.String(bare)
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// firstIdeograph is below every ideograph.
const firstIdeograph = 0x1100

func isIdeograph(r rune) bool {
	return r >= firstIdeograph &&
		(unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r == 'ー')
}

func hasIdeograph(word string) bool {
	return !isASCII(word) && strings.ContainsFunc(word, isIdeograph)
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

// pairs are the overlapping pairs of characters of a run of ideographs.
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
