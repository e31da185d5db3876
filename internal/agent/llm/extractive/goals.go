package extractive

import (
	"encoding/json"
	"slices"
	"strings"

	"steward/internal/agent"
	"steward/internal/agent/slots"
	"steward/internal/language"
	"steward/schemas"
)

// goalAnswers are what the customer's message says about the open criteria: the
// one that was asked last in any form, the others where nothing else can be
// meant. asked is whether the last question of ours was for one of them, rest
// what the message says beside the answer to it.
func (t turn) goalAnswers(text string) (answers []schemas.GoalAnswer, asked bool, rest string) {
	rest = text
	if t.Goal == nil {
		return nil, false, rest
	}
	var others []schemas.Criterion
	for _, c := range t.Goal.Open {
		if !t.askedLast(c) {
			others = append(others, c)
			continue
		}
		asked = true
		in := t.input(c)
		value, ok := t.choose(c, in, text)
		if _, left, took := t.reader.Take(in, text); took && asks(left) {
			rest = left
		}
		switch {
		case t.reader.Refuses(text):
			answers = append(answers, schemas.GoalAnswer{Criterion: c.Name, Refused: true})
		case ok && !(slots.Open(in) && (asks(text) || language.Intent(text, t.lang) != language.IntentNone)):
			answers = append(answers, schemas.GoalAnswer{Criterion: c.Name, Value: value})
		}
	}
	inputs := make([]schemas.Input, 0, len(others))
	for _, c := range others {
		inputs = append(inputs, t.input(c))
	}
	found := t.reader.Find(inputs, text).Values
	for _, c := range others {
		if value, ok := found[c.Name]; ok {
			answers = append(answers, schemas.GoalAnswer{Criterion: c.Name, Value: plain(value)})
		}
	}
	return answers, asked, rest
}

// askedLast reports whether the agent's last message asked for a criterion.
func (t turn) askedLast(c schemas.Criterion) bool {
	for i := len(t.History) - 1; i >= 0; i-- {
		if t.History[i].Speaker != schemas.SpeakerAgent {
			continue
		}
		for _, question := range c.Question {
			if language.ContainsPhrase(t.History[i].Text, []string{question}) {
				return true
			}
		}
		return false
	}
	return false
}

// input is a criterion as an input to fill.
func (t turn) input(c schemas.Criterion) schemas.Input {
	type choice struct {
		Const string `json:"const"`
		Title string `json:"title,omitempty"`
	}
	schema := map[string]any{"type": "string"}
	switch c.Type {
	case schemas.PropertyNumber:
		schema["type"] = "number"
	case schemas.PropertyBoolean:
		schema["type"] = "boolean"
	case schemas.PropertyDate:
		schema["format"] = "date"
	case schemas.PropertyDateTime:
		schema["format"] = "date-time"
	case schemas.PropertyEnum:
		var choices []choice
		for _, o := range c.Options {
			choices = append(choices, choice{o.Value, t.local(o.Label)})
		}
		schema["oneOf"] = choices
	case schemas.PropertyText:
		schema["maxLength"] = 200
	}
	raw, err := json.Marshal(schema)
	if err != nil {
		return schemas.Input{Name: c.Name}
	}
	return schemas.Input{Name: c.Name, Title: t.local(c.Question), Schema: raw}
}

// choose is the value of a criterion that was asked for, in its form. A number
// chooses the option whose bounds hold it; several numbers have to agree.
func (t turn) choose(c schemas.Criterion, in schemas.Input, text string) (string, bool) {
	if value, ok := t.reader.Fill(in, text); ok && c.Type != schemas.PropertyEnum {
		return plain(value), true
	} else if ok && !bounded(c) {
		return plain(value), true
	}
	if !bounded(c) {
		return "", false
	}
	// The options are told apart by numbers, and a label in full is one too.
	for _, o := range c.Options {
		if language.Fold(strings.TrimSpace(text)) == language.Fold(o.Value) || language.Fold(strings.TrimSpace(text)) == language.Fold(t.local(o.Label)) {
			return o.Value, true
		}
	}
	chosen := ""
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" -–/\n\t", r) }) {
		n, ok := t.number(word)
		if !ok {
			continue
		}
		i := slices.IndexFunc(c.Options, func(o schemas.CriterionOption) bool {
			return (o.From != 0 || o.To != 0) && n >= o.From && (o.To == 0 || n <= o.To)
		})
		if i < 0 || chosen != "" && chosen != c.Options[i].Value {
			return "", false
		}
		chosen = c.Options[i].Value
	}
	return chosen, chosen != ""
}

func bounded(c schemas.Criterion) bool {
	return slices.ContainsFunc(c.Options, func(o schemas.CriterionOption) bool { return o.From != 0 || o.To != 0 })
}

func (t turn) number(word string) (float64, bool) {
	raw, ok := t.reader.Fill(schemas.Input{Schema: json.RawMessage(`{"type":"number"}`)}, word)
	var n float64
	return n, ok && json.Unmarshal(raw, &n) == nil
}

// local is a text in the conversation's language, else in the agent's first.
func (t turn) local(texts map[string]string) string {
	for _, lang := range append([]string{t.lang}, t.Settings.Profile.Languages...) {
		if text := texts[lang]; text != "" {
			return text
		}
	}
	return ""
}

// plain is a JSON value in the form of a criterion.
func plain(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	return string(value)
}

// nextQuestion is the question of the goal for this turn, empty for none. A
// criterion that this message answers is not asked again.
func (t turn) nextQuestion(answers []schemas.GoalAnswer) string {
	if t.Goal == nil || t.Goal.Next == nil {
		return ""
	}
	for _, c := range append([]schemas.Criterion{*t.Goal.Next}, t.Goal.Open...) {
		known := slices.ContainsFunc(answers, func(a schemas.GoalAnswer) bool { return a.Criterion == c.Name })
		if !known {
			return t.local(c.Question)
		}
	}
	return ""
}

// answersAlone replies to a message that says nothing but what a goal asked.
func (t turn) answersAlone(answers []schemas.GoalAnswer) schemas.Decision {
	d := t.say(schemas.DecisionSmalltalk, agent.NoticeNoted)
	if next := t.nextQuestion(answers); next != "" {
		d.Text += "\n\n" + next
	}
	d.Answers = answers
	return d
}

// qualified adds what belongs to a goal to a decision: the answers found, and
// after an answer to the customer's own question one question of ours.
func (t turn) qualified(d schemas.Decision, answers []schemas.GoalAnswer) schemas.Decision {
	if d.Kind == schemas.DecisionAnswer && !d.NotFound && (d.Frame == nil || d.Frame.Asking == "") {
		if next := t.nextQuestion(answers); next != "" {
			d = t.followedBy(d, next)
		}
	}
	d.Answers = answers
	return d
}
