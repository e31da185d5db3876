package agent

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"steward/internal/language"
	"steward/schemas"
)

// Limits of what is read as an answer to a qualifying question, in characters.
const (
	answerLimit     = 1000
	textAnswerLimit = 200
	// typoLength is the shortest word in which one wrong letter is forgiven; in
	// shorter ones it makes another word.
	typoLength = 4
)

// StartsGoal reports whether a customer's messages ask for what starts a goal.
// Without phrases every message does that says more than small talk.
// Spec: S54.
func StartsGoal(trigger schemas.GoalTrigger, texts []string, lang string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		if len(trigger.Phrases) == 0 {
			return language.Intent(text, lang) == language.IntentNone
		}
		return language.ContainsPhrase(text, trigger.Phrases)
	})
}

// Worries reports what forbids a qualifying question: a complaint that no person
// has dealt with since, and the tone of this turn's messages. Spec: S54.
func Worries(m schemas.Material) (complaint, negative bool) {
	for _, line := range m.History {
		switch line.Speaker {
		case schemas.SpeakerCustomer:
			complaint = complaint || complains(line.Text)
		case schemas.SpeakerHuman:
			complaint = false
		case schemas.SpeakerAgent, schemas.SpeakerSystem:
		}
	}
	return complaint || slices.ContainsFunc(m.Questions, complains), slices.ContainsFunc(m.Questions, language.Upset)
}

func complains(text string) bool {
	return language.Complains(text) || language.Alarming(text) != language.AlarmNone
}

// RefusesAnswer reports whether a customer would rather not say. It is no
// answer, and nothing more is asked. Spec: S54.
func RefusesAnswer(text string) bool {
	return language.ContainsPhrase(text, []string{
		"rather not say", "rather not answer", "prefer not to", "d rather not", "none of your business", "not going to tell",
		"don t want to say", "don t want to answer", "can t tell you", "no comment", "stop asking", "why do you ask", "it s private", "that s private",
		"preferisco non", "non voglio dirlo", "non voglio rispondere", "non sono affari", "non intendo", "e privato", "perche me lo chiedi",
		"vill inte saga", "vill inte svara", "vill helst inte", "helst inte", "inte din sak", "det ar privat", "sluta fraga", "varfor fragar du",
		"mochte ich nicht sagen", "will ich nicht sagen", "mochte nicht antworten", "keine angabe", "geht sie nichts an", "ist privat", "lieber nicht",
		"prefere ne pas", "ne veux pas repondre", "ne souhaite pas", "ca ne vous regarde pas", "c est prive", "sans commentaire",
		"prefiero no", "no quiero decir", "no quiero responder", "no es asunto", "es privado", "sin comentarios",
	})
}

// NormaliseAnswer reads the customer's answer to a criterion. value is in the
// form of the criterion's type. ambiguous says that an answer was given and
// fits several values or none for certain, so that the customer is asked once
// more instead of guessed at. Neither means that the message answers something
// else. Spec: S54.
func NormaliseAnswer(c schemas.Criterion, text, lang string) (value string, ok, ambiguous bool) {
	text = language.Clean(text)
	if text == "" || utf8.RuneCountInString(text) > answerLimit || RefusesAnswer(text) {
		return "", false, false
	}
	switch c.Type {
	case schemas.PropertyBoolean:
		return booleanAnswer(text, lang)
	case schemas.PropertyNumber:
		return numberAnswer(text, lang)
	case schemas.PropertyEnum:
		return enumAnswer(c, text, lang)
	case schemas.PropertyText, schemas.PropertyDate, schemas.PropertyDateTime:
	}
	return textAnswer(text, lang)
}

// textAnswer is the whole message when it is short and neither small talk nor a
// question of the customer's own.
func textAnswer(text, lang string) (string, bool, bool) {
	if utf8.RuneCountInString(text) > textAnswerLimit || strings.HasSuffix(text, "?") ||
		language.Intent(text, lang) != language.IntentNone || len(language.Words(text)) == 0 {
		return "", false, false
	}
	return oneLine(text), true, false
}

// clauseEnd parts "yes, we do" from what follows.
var clauseEnd = regexp.MustCompile(`[.,;:!?\n–—]+`)

// booleanAnswer reads yes or no from the parts of a message.
func booleanAnswer(text, lang string) (string, bool, bool) {
	yes, no := false, false
	for _, clause := range clauseEnd.Split(text, -1) {
		intent := language.Intent(clause, lang)
		if intent == language.IntentNone {
			// "yes we do" begins with the answer.
			if words := strings.Fields(clause); len(words) > 1 {
				intent = language.Intent(words[0], lang)
			}
		}
		yes = yes || intent == language.IntentYes
		no = no || intent == language.IntentNo
	}
	switch {
	case yes && no:
		return "", false, true
	case yes || no:
		return strconv.FormatBool(yes), true, false
	}
	return "", false, false
}

// numberAnswer reads one number. A span or several numbers are no one answer.
func numberAnswer(text, lang string) (string, bool, bool) {
	spans := readSpans(text, lang)
	if len(spans) == 0 {
		return "", false, false
	}
	low := spans[0].low
	for _, s := range spans {
		if s.low != low || s.high != low {
			return "", false, true
		}
	}
	return strconv.FormatFloat(low, 'f', -1, 64), true, false
}

// listAnswer is a message that names an option by its place in the list.
var listAnswer = regexp.MustCompile(`^(?:(?:option|number|nummer|opzione|numero|alternativ|nr|no)\s+)?(\d{1,2})$`)

// enumAnswer finds the one option that a message means: by its whole text, its
// numbers, its place in the list, its words, or its words with one wrong letter.
func enumAnswer(c schemas.Criterion, text, lang string) (string, bool, bool) {
	said := strings.Join(language.Words(text), " ")
	if found := optionsBy(c, lang, func(name string) bool { return said == strings.Join(language.Words(name), " ") }); len(found) == 1 {
		return found[0], true, false
	}
	ranged := slices.ContainsFunc(c.Options, schemas.CriterionOption.Ranged)
	place := 0
	if m := listAnswer.FindStringSubmatch(said); m != nil {
		place, _ = strconv.Atoi(m[1])
	}
	if place > len(c.Options) {
		place = 0
	}
	if ranged {
		if value, ok, ambiguous := rangeAnswer(c, readSpans(text, lang)); ok || ambiguous {
			// A bare "2" may be the second in the list or a quantity of two.
			if place > 0 && c.Options[place-1].Value != value {
				return "", false, true
			}
			return value, ok, ambiguous
		}
	}
	if place > 0 {
		return c.Options[place-1].Value, true, false
	}
	return wordsAnswer(c, text, said, lang)
}

// wordsAnswer finds options by their words, stemmed, and then forgiving one
// wrong letter.
func wordsAnswer(c schemas.Criterion, text, said, lang string) (string, bool, bool) {
	terms := language.Analyze(text, lang)
	found := optionsBy(c, lang, func(name string) bool { return within(language.Analyze(name, lang), terms) })
	if len(found) == 0 {
		words := strings.Fields(said)
		found = optionsBy(c, lang, func(name string) bool { return nearly(language.Words(name), words) })
	}
	found = mostSpecific(c, found, lang)
	switch {
	case len(found) == 0:
		return "", false, false
	case len(found) > 1 || language.Negated(said):
		return "", false, true
	}
	return found[0], true, false
}

// optionsBy are the values of the options with a name that matches: the value,
// or the label in lang; any label when there is none in lang.
func optionsBy(c schemas.Criterion, lang string, match func(name string) bool) []string {
	var out []string
	for _, o := range c.Options {
		if slices.ContainsFunc(optionNames(o, lang), match) {
			out = append(out, o.Value)
		}
	}
	return out
}

func optionNames(o schemas.CriterionOption, lang string) []string {
	names := []string{o.Value}
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	if label := o.Label[base]; label != "" {
		return append(names, label)
	}
	for _, label := range o.Label {
		names = append(names, label)
	}
	return names
}

// within reports whether all of a name's terms are said.
func within(name, said []string) bool {
	return len(name) > 0 && !slices.ContainsFunc(name, func(term string) bool { return !slices.Contains(said, term) })
}

// nearly reports whether all words of a name are said, each with at most one
// wrong letter.
func nearly(name, said []string) bool {
	return len(name) > 0 && !slices.ContainsFunc(name, func(word string) bool {
		return !slices.ContainsFunc(said, func(s string) bool { return s == word || oneApart(s, word) })
	})
}

// mostSpecific leaves out options whose words are all in those of another one
// that was found: "retail online" means that and not "retail".
func mostSpecific(c schemas.Criterion, found []string, lang string) []string {
	terms := map[string][]string{}
	for _, o := range c.Options {
		for _, name := range optionNames(o, lang) {
			terms[o.Value] = append(terms[o.Value], language.Analyze(name, lang)...)
		}
	}
	return slices.DeleteFunc(slices.Clone(found), func(value string) bool {
		return slices.ContainsFunc(found, func(other string) bool {
			return other != value && len(terms[other]) > len(terms[value]) && within(terms[value], terms[other])
		})
	})
}

// oneApart reports whether two words differ by one letter that is wrong, too
// many, missing, or has changed places with the next.
func oneApart(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) < typoLength || len(y)-len(x) > 1 {
		return false
	}
	at := 0
	for at < len(x) && x[at] == y[at] {
		at++
	}
	if len(x) < len(y) {
		return slices.Equal(x[at:], y[at+1:])
	}
	if at == len(x) || slices.Equal(x[at+1:], y[at+1:]) {
		return true
	}
	return at+1 < len(x) && x[at] == y[at+1] && x[at+1] == y[at] && slices.Equal(x[at+2:], y[at+2:])
}

// BearsOut reports whether a customer's words hold a value that an engine read
// from them: every number of it, and one of its words. A value that is only in
// the engine's mind is no answer.
func BearsOut(said, value string) bool {
	have := language.Words(language.Fold(said))
	found := false
	for _, word := range language.Words(language.Fold(value)) {
		in := slices.Contains(have, word)
		if _, err := strconv.Atoi(word); err == nil && !in {
			return false
		}
		found = found || in
	}
	return found
}
