package extractive

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"steward/internal/agent"
	"steward/internal/language"
	"steward/schemas"
)

const (
	// maxValues and maxValue bound what is shown of an action's answer: lines,
	// and characters of one.
	maxValues = 12
	maxValue  = 120
	// declined is the error of a call to which the customer said no.
	declined = "declined_by_customer"
)

// lastRound is the latest round of the turn, else the earlier call that the turn
// goes on with, such as one that the customer has confirmed.
func lastRound(m schemas.Material) (schemas.Round, bool) {
	switch {
	case len(m.Rounds) > 0:
		return m.Rounds[len(m.Rounds)-1], true
	case !m.Resumed || len(m.Past) == 0:
		return schemas.Round{}, false
	}
	last := m.Past[len(m.Past)-1]
	call := schemas.Call{ID: last.Call, Action: last.Action, Arguments: last.Arguments}
	return schemas.Round{Decision: schemas.Decision{Calls: []schemas.Call{call}}, Results: []schemas.CallResult{last}}, true
}

// afterCalls answers with what the calls of the last round have brought.
func (f *Finder) afterCalls(t turn, round schemas.Round, text string) schemas.Decision {
	d := t.say(schemas.DecisionAnswer, "")
	var parts []string
	settled := false
	for i, result := range round.Results {
		var call schemas.Call
		if i < len(round.Decision.Calls) {
			call = round.Decision.Calls[i]
		}
		switch result.Status {
		case schemas.CallMissing, schemas.CallInvalid:
			return t.repair(call, result)
		case schemas.CallOK, schemas.CallAsked:
			settled = true
		}
		parts = append(parts, t.result(result))
	}
	d.Text = strings.Join(parts, "\n\n")
	if d.Text == "" {
		d.Text = t.wording.Notice(agent.NoticeActionOpen, t.lang, agent.WordingData{})
	}
	if settled && len(round.Decision.Calls) > 0 {
		d.Frame = settledFrame(round.Decision.Calls[0])
	}
	return f.alsoAnswer(t, d, text)
}

// settledFrame is the frame of a call that has been made.
func settledFrame(call schemas.Call) *schemas.Frame {
	frame := schemas.Frame{Action: call.Action}
	if json.Unmarshal(call.Arguments, &frame.Filled) != nil {
		return nil
	}
	return &frame
}

// repair asks for what a call lacked, or for what was wrong with it.
func (t turn) repair(call schemas.Call, result schemas.CallResult) schemas.Decision {
	tool, offered := t.tool(call.Action)
	frame := schemas.Frame{Action: call.Action}
	if json.Unmarshal(call.Arguments, &frame.Filled) != nil || frame.Filled == nil {
		frame.Filled = make(map[string]json.RawMessage)
	}
	for _, in := range tool.Inputs {
		_, has := frame.Filled[in.Name]
		named := slices.Contains(language.Words(strings.ReplaceAll(result.Detail, "_", "x")), language.Fold(strings.ReplaceAll(in.Name, "_", "x")))
		if !named && (has || !in.Required || result.Status == schemas.CallInvalid) {
			continue
		}
		delete(frame.Filled, in.Name)
		if t.Frame != nil && t.Frame.Action == call.Action && t.Frame.Asking == in.Name {
			frame.Asks = t.Frame.Asks
		}
		return t.again(tool, frame, in)
	}
	// The arguments are refused and nothing says which one to ask for.
	d := t.say(schemas.DecisionHandoff, "")
	d.Reason = "the action " + call.Action + " does not take the inputs"
	if !offered {
		d.Reason = "the action " + call.Action + " is not offered"
	}
	return d
}

// result is what the customer reads of one call. Failures are told in fixed
// words: the other system's own are never repeated.
func (t turn) result(r schemas.CallResult) string {
	key := agent.NoticeActionFailed
	switch r.Status {
	case schemas.CallOK:
		if lines := t.values(r); len(lines) > 0 {
			return strings.Join(lines, "\n")
		}
		key = agent.NoticeActionDone
		if tool, ok := t.tool(r.Action); ok && !tool.Effect.Changes() {
			key = agent.NoticeActionEmpty
		}
	case schemas.CallUnknown:
		key = agent.NoticeActionUnknown
	case schemas.CallDenied, schemas.CallNotPossible:
		key = agent.NoticeActionDenied
		if r.Error == declined {
			key = agent.NoticeDropped
		}
	case schemas.CallAsked:
		key = agent.NoticeActionOpen
		if underWay(r.Detail) {
			key = agent.NoticeActionUnderWay
		}
	}
	return t.wording.Notice(key, t.lang, agent.WordingData{})
}

// underWay reports whether a detail says that a person or another system, not
// the customer, has the next move.
func underWay(detail string) bool {
	return language.ContainsPhrase(strings.ReplaceAll(detail, "_", " "), []string{
		"person", "people", "colleague", "staff", "approval", "callback", "system", "in progress", "under way",
	})
}

// values are the shown values of an answer, a line each, in the order in which
// they are named.
func (t turn) values(r schemas.CallResult) []string {
	var detail map[string]json.RawMessage
	if json.Unmarshal([]byte(r.Detail), &detail) != nil {
		return nil
	}
	var out []string
	for _, name := range r.Shown {
		text := t.value(detail[name])
		if text == "" || len(out) == maxValues {
			continue
		}
		out = append(out, t.wording.Notice(agent.NoticeValue, t.lang, agent.WordingData{Title: spoken(name), Value: text}))
	}
	return out
}

// value is a JSON value on one line; empty for nothing.
func (t turn) value(raw json.RawMessage) string {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	// Long numbers keep their digits.
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return ""
	}
	return shorten(t.spell(v))
}

func (t turn) spell(v any) string {
	switch v := v.(type) {
	case string:
		return strings.Join(strings.Fields(language.Clean(v)), " ")
	case json.Number:
		return v.String()
	case bool:
		key := agent.NoticeNo
		if v {
			key = agent.NoticeYes
		}
		return t.wording.Notice(key, t.lang, agent.WordingData{})
	case []any:
		var items []string
		for _, item := range v {
			if text := t.spell(item); text != "" {
				items = append(items, text)
			}
		}
		return strings.Join(items, "; ")
	case map[string]any:
		var members []string
		for name, member := range v {
			if text := t.spell(member); text != "" {
				members = append(members, spoken(name)+" "+text)
			}
		}
		slices.Sort(members)
		return strings.Join(members, ", ")
	}
	return ""
}

// shorten keeps a value on its line, at the end of a word where it can.
func shorten(text string) string {
	runes := []rune(text)
	if len(runes) <= maxValue {
		return text
	}
	cut := string(runes[:maxValue])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return cut + " …"
}

// alsoAnswer adds the answer to a second question of the same message, one that
// is not about the action.
func (f *Finder) alsoAnswer(t turn, d schemas.Decision, text string) schemas.Decision {
	parts := questions(text)
	if len(parts) < 2 {
		return d
	}
	for _, part := range parts {
		if _, about := f.wanted(t, part); about {
			continue
		}
		found, ok := f.find(t, part)
		if !ok || found.coverage < answerCoverage {
			continue
		}
		more := schemas.Decision{
			Kind: schemas.DecisionAnswer, Text: t.quote(found.sentence, quoteLimit/2),
			Citations: []int{found.sentence.passage.Number}, Language: found.sentence.passage.Language, Engine: schemas.EngineFinder,
		}
		if len(agent.Check(more, t.Material)) > 0 {
			continue
		}
		d.Text += "\n\n" + more.Text
		d.Citations = append(d.Citations, more.Citations...)
		return d
	}
	return d
}
