// Package extractive is the answer finder: an llm.Model without a language
// model, a key or a network. It answers with short answers as they are and
// with sentences of the passages in their own words, so it cannot invent. It
// owns the choice of the sentence and the limits below which it says that it
// found nothing. It must not search: it sees only the passages it is given.
package extractive

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"steward/internal/agent"
	"steward/internal/agent/llm"
	"steward/internal/language"
	"steward/schemas"
)

// Limits of the coverage: the weighted share of the question's words that are
// in a sentence, the one before it and the title.
const (
	answerCoverage = 0.6
	hintCoverage   = 0.4
	strictCoverage = 0.8
)

// quoteLimit bounds a quote in characters, so that it fits a chat reply.
const quoteLimit = 480

// Frequencies says how common terms are in the whole content.
type Frequencies interface {
	// Share is the share of documents in lang, 0 to 1, that hold a term as
	// language.Analyze gives it; known is false when that is not known.
	Share(lang, term string) (share float64, known bool)
}

// Options change how the finder works.
type Options struct {
	// Strict answers only what is nearly certain and hands over otherwise. It
	// is for the time when a language model is down. Spec: D20.
	Strict bool
	// Frequencies weigh the question's words. Nil weighs by word lists alone.
	Frequencies Frequencies
}

// Finder is the answer finder. Safe for concurrent use.
type Finder struct {
	options Options
}

var _ llm.Model = (*Finder)(nil)

// New makes a finder.
func New(o Options) *Finder { return &Finder{options: o} }

// Name is "extractive".
func (f *Finder) Name() string { return schemas.EngineFinder }

// Generate reads r.Material and ignores the prompt. It fails only when ctx has
// ended.
func (f *Finder) Generate(ctx context.Context, r llm.Request) (llm.Response, error) {
	if ctx.Err() != nil {
		return llm.Response{}, llm.ContextError(ctx)
	}
	d := f.propose(r.Material)
	return llm.Response{Decision: d, Model: schemas.EngineFinder, Finish: "stop"}, nil
}

// turn is one turn that is being answered.
type turn struct {
	schemas.Material
	lang    string
	wording agent.Wording
}

func (f *Finder) propose(m schemas.Material) schemas.Decision {
	t := turn{Material: m, lang: m.Language, wording: agent.NewWording(m.Settings)}
	if t.lang == "" && len(m.Settings.Profile.Languages) > 0 {
		t.lang = m.Settings.Profile.Languages[0]
	}
	// A page of unknown language is read as one in the customer's.
	t.Passages = slices.Clone(m.Passages)
	for i := range t.Passages {
		if t.Passages[i].Language == "" {
			t.Passages[i].Language = t.lang
		}
	}
	text := strings.Join(m.Questions, "\n")
	if d, ok := t.smallTalk(text); ok {
		return d
	}
	if d, ok := f.shortAnswer(t, text); ok {
		return d
	}
	var best []finding
	for _, q := range questions(text) {
		if found, ok := f.find(t, q); ok && !repeats(best, found) {
			best = append(best, found)
		}
	}
	if d, ok := f.answer(t, best); ok {
		return d
	}
	if f.options.Strict {
		return t.say(schemas.DecisionHandoff, "")
	}
	key := agent.NoticeRephrase
	if m.NotFoundStreak > 0 {
		key = agent.NoticeNotFound
	}
	d := t.say(schemas.DecisionAnswer, key)
	d.NotFound = true
	return d
}

// say is a decision with a text of the wording.
func (t turn) say(kind schemas.DecisionKind, key agent.NoticeKey) schemas.Decision {
	d := schemas.Decision{Kind: kind, Language: t.lang, Engine: schemas.EngineFinder}
	if key != "" {
		d.Text = t.wording.Notice(key, t.lang, agent.WordingData{})
	}
	return d
}

func (t turn) smallTalk(text string) (schemas.Decision, bool) {
	switch language.Intent(text, t.lang) {
	case language.IntentHuman:
		return t.say(schemas.DecisionHandoff, ""), true
	case language.IntentGreeting:
		return t.say(schemas.DecisionSmalltalk, agent.NoticeGreeting), true
	case language.IntentThanks, language.IntentBye:
		return t.say(schemas.DecisionResolved, agent.NoticeCourtesy), true
	case language.IntentYes, language.IntentNo:
		return t.say(schemas.DecisionSmalltalk, agent.NoticeAskQuestion), true
	}
	return schemas.Decision{}, false
}

// shortAnswer sends a short answer as it is, or asks which one is meant.
func (f *Finder) shortAnswer(t turn, text string) (schemas.Decision, bool) {
	matches := f.shortAnswers(text, t.Passages)
	if len(matches) == 0 {
		return schemas.Decision{}, false
	}
	if best := matches[0]; best.similarity >= sendSimilarity {
		return schemas.Decision{
			Kind: schemas.DecisionAnswer, Text: best.passage.Text, Citations: []int{best.passage.Number},
			Verbatim: true, Language: best.passage.Language, Engine: schemas.EngineFinder,
		}, true
	}
	// A page that answers is better than a question back.
	if found, ok := f.find(t, text); f.options.Strict || ok && found.coverage >= answerCoverage {
		return schemas.Decision{}, false
	}
	d := t.say(schemas.DecisionClarify, agent.NoticeDidYouMean)
	seen := map[schemas.DocumentID]bool{}
	count := 0
	for _, m := range matches {
		if count == maxChoices || seen[m.passage.Document] && m.passage.Document != "" {
			continue
		}
		seen[m.passage.Document] = true
		count++
		d.Text += fmt.Sprintf("\n%d. %s", count, strings.Join(strings.Fields(m.passage.Question), " "))
	}
	return d, true
}

// questions are the parts of a text that ask something of their own, at most
// two; a text without a question mark is one part.
func questions(text string) []string {
	var out []string
	rest := ""
	for _, s := range language.Sentences(text) {
		rest = strings.TrimSpace(rest + " " + s)
		if strings.HasSuffix(s, "?") {
			out = append(out, rest)
			rest = ""
		}
	}
	if len(out) != 2 {
		return []string{text}
	}
	out[1] = strings.TrimSpace(out[1] + " " + rest)
	return out
}

// Capabilities: the finder reads the material and no prompt.
func (f *Finder) Capabilities() llm.Capabilities { return llm.Capabilities{JSON: llm.JSONNone} }
