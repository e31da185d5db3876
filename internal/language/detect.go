package language

import (
	"slices"
	"strings"
	"unicode"

	"github.com/abadojack/whatlanggo"
)

// reliableLetters is how many letters a text needs before a detection may
// change the language of a conversation.
const reliableLetters = 20

// fewWords is the length of a message whose language one word may decide.
const fewWords = 4

// Detect guesses the language of text among candidates (ISO 639-1 codes). An
// empty list means every language with a stemmer. Function words vote first;
// character statistics decide when they do not. The guess is reliable with 20
// letters and a clear result; lang is empty when there is nothing to go by.
func Detect(text string, candidates []string) (lang string, reliable bool) {
	lang, clear, _ := detect(text, candidates)
	return lang, clear && letters(text) >= reliableLetters
}

// Next returns the language of a conversation after one more message. It stays
// as it is unless a message of 20 letters or more is reliably in another one of
// the candidates. Before a language is known, a shorter message counts too if
// its words name one ("ciao").
func Next(current, text string, candidates []string) string {
	lang, clear, voted := detect(text, candidates)
	if current == "" {
		if voted || clear && letters(text) >= reliableLetters {
			return lang
		}
		return ""
	}
	if lang != "" && clear && letters(text) >= reliableLetters {
		return lang
	}
	return current
}

// detect returns the guess, whether it is clear, and whether function words
// alone have decided it.
func detect(text string, candidates []string) (lang string, clear, voted bool) {
	if letters(text) == 0 {
		return "", false, false
	}
	codes := known(candidates)
	if len(codes) == 0 {
		return "", false, false
	}
	if lang, ok := vote(Words(text), codes); ok {
		return lang, true, true
	}
	whitelist := make(map[whatlanggo.Lang]bool, len(codes))
	for _, code := range codes {
		whitelist[trigramLanguages[code]] = true
	}
	info := whatlanggo.DetectWithOptions(text, whatlanggo.Options{Whitelist: whitelist})
	for _, code := range codes {
		if trigramLanguages[code] == info.Lang {
			// One candidate is always "clear" to the statistics, which says
			// nothing about the text.
			return code, info.IsReliable() && len(codes) > 1, false
		}
	}
	return "", false, false
}

// vote counts function words and names the language that leads clearly.
func vote(words, codes []string) (string, bool) {
	best, second, lang := 0, 0, ""
	for _, code := range codes {
		count := 0
		for _, word := range words {
			if functionWords[code][word] {
				count++
			}
		}
		if count > best {
			best, second, lang = count, best, code
		} else if count > second {
			second = count
		}
	}
	// One word among many may be a name or a loan.
	enough := best >= 2 || best == 1 && len(words) <= fewWords
	return lang, enough && best*2 >= second*3
}

// known keeps the candidates that can be detected, in a fixed order without
// repetition.
func known(candidates []string) []string {
	var codes []string
	for _, candidate := range candidates {
		code := base(candidate)
		if code == "nb" || code == "nn" {
			code = "no"
		}
		if _, ok := trigramLanguages[code]; ok && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	if len(candidates) == 0 {
		for code := range trigramLanguages {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// letters counts the letters of text, without those of addresses, which are in
// no language.
func letters(text string) int {
	count := 0
	for word := range strings.FieldsSeq(text) {
		if strings.Contains(word, "://") || strings.Contains(word, "@") {
			continue
		}
		for _, r := range word {
			if unicode.IsLetter(r) {
				count++
			}
		}
	}
	return count
}

var trigramLanguages = map[string]whatlanggo.Lang{
	"ar": whatlanggo.Arb, "cs": whatlanggo.Ces, "da": whatlanggo.Dan, "de": whatlanggo.Deu,
	"el": whatlanggo.Ell, "en": whatlanggo.Eng, "es": whatlanggo.Spa, "fi": whatlanggo.Fin,
	"fr": whatlanggo.Fra, "he": whatlanggo.Heb, "hu": whatlanggo.Hun, "it": whatlanggo.Ita,
	"ja": whatlanggo.Jpn, "ko": whatlanggo.Kor, "nl": whatlanggo.Nld, "no": whatlanggo.Nob,
	"pl": whatlanggo.Pol, "pt": whatlanggo.Por, "ro": whatlanggo.Ron, "ru": whatlanggo.Rus,
	"sv": whatlanggo.Swe, "ta": whatlanggo.Tam, "tr": whatlanggo.Tur, "uk": whatlanggo.Ukr, "zh": whatlanggo.Cmn,
}
