package language

import (
	"strings"
)

// IntentKind is what a short message says when it asks nothing of the content.
type IntentKind string

// The intents. All but IntentHuman need the whole message to say it.
const (
	IntentNone     IntentKind = ""
	IntentGreeting IntentKind = "greeting"
	IntentThanks   IntentKind = "thanks"
	IntentBye      IntentKind = "bye"
	IntentYes      IntentKind = "yes"
	IntentNo       IntentKind = "no"
	// IntentHuman is the wish to be served by a person.
	IntentHuman IntentKind = "human"
)

// maxTalkWords is the longest message that can be nothing but small talk.
const maxTalkWords = 12

// Intent finds the intent of a message in a conversation held in lang. The
// wish for a person is looked for in every language, since it must never be
// missed because of a wrong guess. Small talk is read in lang first, then in
// the others, and only when nothing else is in the message.
func Intent(text, lang string) IntentKind {
	words := Words(text)
	if wantsPerson(words) {
		return IntentHuman
	}
	if len(words) == 0 {
		return emojiIntent(text)
	}
	if len(words) > maxTalkWords {
		return IntentNone
	}
	first := base(lang)
	if intent := smallTalk(words, lexicon[first]); intent != IntentNone {
		return intent
	}
	for _, code := range lexiconOrder {
		if code == first {
			continue
		}
		if intent := smallTalk(words, lexicon[code]); intent != IntentNone {
			return intent
		}
	}
	return IntentNone
}

// smallTalk reads the words as a row of known phrases, the longest first, and
// returns what weighs most. Any word outside the phrases makes it no small talk.
func smallTalk(words []string, phrases map[string]IntentKind) IntentKind {
	found := make(map[IntentKind]bool)
	for i := 0; i < len(words); {
		taken := 0
		for n := min(maxPhraseWords, len(words)-i); n > 0; n-- {
			if intent, ok := phrases[strings.Join(words[i:i+n], " ")]; ok {
				found[intent] = true
				taken = n
				break
			}
		}
		if taken == 0 {
			return IntentNone
		}
		i += taken
	}
	if found[IntentYes] && found[IntentNo] {
		return IntentNone
	}
	// Assent such as "ok" is weak: beside thanks or a farewell it means those.
	for _, intent := range []IntentKind{IntentNo, IntentYes, IntentBye, IntentThanks, IntentGreeting} {
		if found[intent] {
			return intent
		}
	}
	if found[intentAssent] {
		return IntentYes
	}
	return IntentNone
}

func emojiIntent(text string) IntentKind {
	for _, sign := range []struct {
		intent IntentKind
		marks  string
	}{
		{IntentNo, "👎❌"}, {IntentYes, "👍👌✅"}, {IntentThanks, "🙏"}, {IntentGreeting, "👋"},
	} {
		if strings.ContainsAny(text, sign.marks) {
			return sign.intent
		}
	}
	return IntentNone
}

const (
	// intentAssent and intentFiller are steps of reading, never results.
	intentAssent IntentKind = "assent"
	intentFiller IntentKind = "filler"
	// maxPhraseWords is the length of the longest phrase of the lexicon.
	maxPhraseWords = 6
)

// lexiconOrder is the order in which languages are tried.
var lexiconOrder = []string{"en", "it", "sv", "de", "fr", "es"}

var lexicon = buildLexicon()

func buildLexicon() map[string]map[string]IntentKind {
	out := make(map[string]map[string]IntentKind, len(talk))
	for code, groups := range talk {
		phrases := make(map[string]IntentKind)
		for intent, list := range groups {
			for phrase := range strings.SplitSeq(list, ",") {
				if words := Words(phrase); len(words) > 0 && len(words) <= maxPhraseWords {
					phrases[strings.Join(words, " ")] = intent
				}
			}
		}
		out[code] = phrases
	}
	return out
}
