package extractive

import (
	"fmt"
	"strings"

	"steward/internal/agent"
	"steward/internal/language"
	"steward/schemas"
)

// finding is the best sentence for a question.
type finding struct {
	sentence *sentence
	coverage float64
	// asked is the question.
	asked string
}

// namedLimit bounds how a question without an answer is named, in characters.
const namedLimit = 120

// find chooses a sentence. A question that is too short to stand alone is read
// together with the one before it.
func (f *Finder) find(t turn, question string) (finding, bool) {
	var passages []*passage
	for _, p := range t.Passages {
		if p.Question == "" {
			passages = append(passages, cut(p))
		}
	}
	asked := question
	if before := t.before(); before != "" && strongTerms(f.weights(question, t.lang)) < 2 {
		question = before + " " + question
	}
	for _, s := range f.rank(question, passages) {
		if !s.quotable || s.score <= 0 {
			continue
		}
		weights := f.weights(question, s.passage.Language)
		return finding{s, coverage(weights, s.context()), asked}, true
	}
	return finding{}, false
}

// BestSentence is the sentence of passages that the finder would quote for a
// question in lang, however little of the question it covers; empty when none
// has a word of it.
func (f *Finder) BestSentence(question, lang string, passages []schemas.Passage) string {
	found, ok := f.find(turn{Material: schemas.Material{Passages: passages}, lang: lang}, question)
	if !ok {
		return ""
	}
	return found.sentence.text
}

// before is the customer's latest earlier message, empty when there is none or
// when it says nothing about a topic.
func (t turn) before() string {
	for i := len(t.History) - 1; i >= 0; i-- {
		l := t.History[i]
		if l.Speaker == schemas.SpeakerCustomer && language.Intent(l.Text, t.lang) == language.IntentNone {
			return l.Text
		}
	}
	return ""
}

func strongTerms(weights map[string]float64) int {
	n := 0
	for _, w := range weights {
		if w > weakWeight {
			n++
		}
	}
	return n
}

// repeats reports whether the sentence or its neighbour is already quoted.
func repeats(findings []finding, f finding) bool {
	for _, other := range findings {
		gap := other.sentence.index - f.sentence.index
		if other.sentence.passage.Number == f.sentence.passage.Number && gap >= -1 && gap <= 1 {
			return true
		}
	}
	return false
}

// answer turns findings into a decision: a quote, unless sure a page that may
// help, or nothing. What the checks would refuse is not proposed. Beside a
// quote, the question that has none is named.
func (f *Finder) answer(t turn, findings []finding, missing []string, sure bool) (schemas.Decision, bool) {
	limit := answerCoverage
	if f.options.Strict {
		limit = strictCoverage
	}
	d := schemas.Decision{Kind: schemas.DecisionAnswer, Language: t.lang, Engine: schemas.EngineFinder}
	var quotes []string
	for _, found := range findings {
		if found.coverage < limit {
			missing = append(missing, found.asked)
			continue
		}
		quotes = append(quotes, t.quote(found.sentence, quoteLimit/len(findings)))
		d.Citations = append(d.Citations, found.sentence.passage.Number)
		d.Language = found.sentence.passage.Language
	}
	if len(quotes) > 0 && len(missing) > 0 {
		quotes = append(quotes, t.nothingAbout(missing[0]))
	}
	d.Text = strings.Join(quotes, "\n\n")
	if len(quotes) > 0 && len(agent.Check(d, t.Material)) == 0 {
		return d, true
	}
	if sure {
		return schemas.Decision{}, false
	}
	for _, found := range findings {
		if p := found.sentence.passage; found.coverage >= hintCoverage && p.Citable {
			return t.hint(p)
		}
	}
	return schemas.Decision{}, false
}

func (t turn) nothingAbout(question string) string {
	named := []rune(strings.Join(strings.Fields(question), " "))
	if len(named) > namedLimit {
		named = append(named[:namedLimit], '…')
	}
	return t.wording.Notice(agent.NoticeNothingAbout, t.lang, agent.WordingData{Title: string(named)})
}

func (t turn) quote(s *sentence, limit int) string {
	text := fmt.Sprintf("%s [S%d]", s.quote(limit), s.passage.Number)
	if s.passage.Language == "" || s.passage.Language == t.lang {
		return text
	}
	frame := t.wording.Notice(agent.NoticeOtherLanguage, t.lang, agent.WordingData{Quoted: s.passage.Language})
	return frame + "\n" + text
}

// hint names a page that may help, without quoting it.
func (t turn) hint(p *passage) (schemas.Decision, bool) {
	d := t.say(schemas.DecisionAnswer, "")
	d.Citations, d.Hint = []int{p.Number}, true
	text := t.wording.Notice(agent.NoticeMayHelp, t.lang, agent.WordingData{Title: strings.Join(strings.Fields(p.Title), " ")})
	d.Text = fmt.Sprintf("%s [S%d]", text, p.Number)
	if len(agent.Check(d, t.Material)) > 0 {
		return schemas.Decision{}, false
	}
	return d, true
}
