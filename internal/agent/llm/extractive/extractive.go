// Package extractive is the answer finder: an llm.Model without a language
// model, a key or a network. It answers with short answers as they are and
// with sentences of the passages in their own words, so it cannot invent. It
// owns the choice of the sentence and the limits below which it says that it
// found nothing. It fills the inputs of actions and the criteria of goals from
// the customer's words, and tells the results in fixed ones. It must not search
// or act: it sees only the passages and results it is given, and proposes.
package extractive

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/agent"
	"steward/internal/agent/llm"
	"steward/internal/agent/slots"
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
	// Now is the clock for days such as "tomorrow", in customers' answers to
	// actions. Default time.Now.
	Now func() time.Time
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
	reader  slots.Reader
}

func (f *Finder) newTurn(m schemas.Material) turn {
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
	now := time.Now
	if f.options.Now != nil {
		now = f.options.Now
	}
	zone, err := time.LoadLocation(m.Settings.Channels[m.Channel].Hours.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	t.reader = slots.Reader{Lang: t.lang, Region: m.Region, Now: now().In(zone)}
	return t
}

// propose goes through what a message can be, in a fixed order: an action's
// result, a value that was asked for, small talk, the wish for an action, a
// question that a short answer or a page answers.
func (f *Finder) propose(m schemas.Material) schemas.Decision {
	t := f.newTurn(m)
	text := t.chosen(strings.Join(m.Questions, "\n"))
	if f.options.Strict {
		return f.strict(t, text)
	}
	answers, asked, text := t.goalAnswers(text)
	if round, ok := lastRound(m); ok {
		return t.qualified(f.afterCalls(t, round, text), answers)
	}
	if language.Intent(text, t.lang) == language.IntentHuman {
		return t.say(schemas.DecisionHandoff, "")
	}
	if d, ok := f.openFrame(t, text); ok {
		return t.qualified(d, answers)
	}
	if asked && len(answers) > 0 && !asks(text) {
		return t.answersAlone(answers)
	}
	if d, ok := t.smallTalk(text); ok {
		return d
	}
	if tool, ok := f.wanted(t, text); ok {
		return t.qualified(f.begin(t, tool, text), answers)
	}
	if d, ok := f.details(t, text); ok {
		return t.qualified(d, answers)
	}
	if d, ok := f.content(t, text, false); ok {
		return t.qualified(d, answers)
	}
	if next := t.nextQuestion(answers); asked && next != "" && !asks(text) {
		// What was said did not answer our question, so it is put once more.
		d := t.say(schemas.DecisionSmalltalk, "")
		d.Text, d.Answers = next, answers
		return d
	}
	d := t.notFound()
	d.Answers = answers
	return d
}

// strict answers what is nearly certain, without actions and goals.
func (f *Finder) strict(t turn, text string) schemas.Decision {
	if d, ok := t.smallTalk(text); ok {
		return d
	}
	if d, ok := f.content(t, text, true); ok {
		return d
	}
	return t.say(schemas.DecisionHandoff, "")
}

func (t turn) notFound() schemas.Decision {
	key := agent.NoticeRephrase
	if t.NotFoundStreak > 0 {
		key = agent.NoticeNotFound
	}
	d := t.say(schemas.DecisionAnswer, key)
	d.NotFound = true
	return d
}

// content answers from short answers and pages. With sure it does not ask back
// and does not name a page in place of an answer.
func (f *Finder) content(t turn, text string, sure bool) (schemas.Decision, bool) {
	if d, ok := f.shortAnswer(t, text, sure); ok {
		return d, true
	}
	var best []finding
	var missing []string
	for _, q := range questions(text) {
		found, ok := f.find(t, q)
		switch {
		case !ok:
			missing = append(missing, q)
		case !repeats(best, found):
			best = append(best, found)
		}
	}
	return f.answer(t, best, missing, sure)
}

// chosen is the question that a customer picks by its number from the list in
// the agent's last message; else the text as it is.
func (t turn) chosen(text string) string {
	words := language.Words(text)
	if len(words) != 1 || len(words[0]) != 1 || t.Frame != nil || len(t.History) == 0 {
		return text
	}
	last := t.History[len(t.History)-1]
	if last.Speaker != schemas.SpeakerAgent || !strings.Contains(last.Text, t.wording.Notice(agent.NoticeDidYouMean, t.lang, agent.WordingData{})) {
		return text
	}
	for line := range strings.SplitSeq(last.Text, "\n") {
		if choice, ok := strings.CutPrefix(line, words[0]+". "); ok {
			return choice
		}
	}
	return text
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
func (f *Finder) shortAnswer(t turn, text string, sure bool) (schemas.Decision, bool) {
	matches := f.Similar(text, t.Passages)
	if len(matches) == 0 || matches[0].Similarity < askSimilarity {
		return schemas.Decision{}, false
	}
	if best := matches[0]; certain(matches) {
		return schemas.Decision{
			Kind: schemas.DecisionAnswer, Text: best.Passage.Text, Citations: []int{best.Passage.Number},
			Verbatim: true, Language: best.Passage.Language, Engine: schemas.EngineFinder,
		}, true
	}
	if sure {
		return schemas.Decision{}, false
	}
	// A page that answers is better than a question back.
	if found, ok := f.find(t, text); ok && found.coverage >= answerCoverage {
		return schemas.Decision{}, false
	}
	d := t.say(schemas.DecisionClarify, agent.NoticeDidYouMean)
	seen := map[schemas.DocumentID]bool{}
	count := 0
	for _, m := range matches {
		if count == maxChoices || m.Similarity < askSimilarity {
			break
		}
		if seen[m.Passage.Document] && m.Passage.Document != "" {
			continue
		}
		seen[m.Passage.Document] = true
		count++
		d.Text += fmt.Sprintf("\n%d. %s", count, strings.Join(strings.Fields(m.Passage.Question), " "))
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
