package llm

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"steward/schemas"
)

// Bounds of one decision. More than that is no decision but a fault.
const (
	// maxCalls is how many calls one answer may hold.
	maxCalls = 128
	// maxArguments bounds the arguments of one call, maxText what is said, both
	// in bytes.
	maxArguments = 64 << 10
	maxText      = 64 << 10
	// maxDecisionBytes bounds all parts of one decision together.
	maxDecisionBytes = 256 << 10
)

var (
	// portableID is an id of a call that every provider takes back.
	portableID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// toolName is a name that a tool can have.
	toolName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// DecisionOfCalls is the decision of an answer with tool calls. text is what the
// model said beside them.
//
//   - Calls of actions, known or not, become call_action: the gate denies what
//     it does not know. Text is what is said beside them. A command called in
//     the same answer only lends its text, because actions run first.
//   - Without actions the first command that speaks is the decision, and a
//     handoff goes before every other command. A command without a text of its
//     own says text.
//   - A text without any call is an answer with that text, because servers that
//     cannot be told to call a tool answer so. When the text is a decision in
//     JSON, it is read as that.
//
// What the customer said about a goal is taken from every command.
//
// Ids are unique in the decision and of a form that every provider takes back;
// missing and other ids are made up. Arguments that are no JSON object are kept
// as a JSON string of what was given. A name that no tool can have becomes
// invalid_name. Arguments of a command that cannot be read, and answers beyond
// 128 calls, 64 KiB of text or of one call's arguments, or 256 KiB in all, are
// an Error of KindMalformed; nothing at all is KindEmpty.
func DecisionOfCalls(text string, calls []schemas.Call) (schemas.Decision, error) {
	if !withinBounds(text, calls) {
		return schemas.Decision{}, NewError(KindMalformed, 0)
	}
	text = cleanText(text)
	if len(calls) == 0 {
		return plain(text)
	}
	var actions []schemas.Call
	var spoken []schemas.Decision
	for _, c := range calls {
		if !isCommand(c.Action) {
			actions = append(actions, c)
			continue
		}
		d, err := commandDecision(schemas.DecisionKind(c.Action), c.Arguments, text)
		if err != nil {
			return schemas.Decision{}, err
		}
		spoken = append(spoken, d)
	}
	out := choose(spoken)
	if len(actions) > 0 {
		out = callAction(text, out, actions)
	}
	out.Answers = allAnswers(spoken)
	return out, nil
}

// withinBounds reports whether an answer is within the bounds and valid text.
func withinBounds(text string, calls []schemas.Call) bool {
	total := len(text)
	if len(calls) > maxCalls || len(text) > maxText || !utf8.ValidString(text) {
		return false
	}
	for _, c := range calls {
		if len(c.Arguments) > maxArguments || !utf8.Valid(c.Arguments) {
			return false
		}
		total += len(c.Arguments) + len(c.ID) + len(c.Action)
	}
	return total <= maxDecisionBytes
}

func cleanText(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\x00", "")) }

// plain is the decision of an answer without calls.
func plain(text string) (schemas.Decision, error) {
	if text == "" {
		return schemas.Decision{}, NewError(KindEmpty, 0)
	}
	if strings.HasPrefix(text, "{") {
		return ParseDecision(text)
	}
	if strings.HasPrefix(text, "```") {
		if d, err := ParseDecision(text); err == nil {
			return d, nil
		}
	}
	return schemas.Decision{Kind: schemas.DecisionAnswer, Text: text}, nil
}

// choose is the command that counts: a handoff, else the first that speaks, else
// the first. Without commands it is empty.
func choose(spoken []schemas.Decision) schemas.Decision {
	var out schemas.Decision
	for _, d := range spoken {
		if d.Kind == schemas.DecisionHandoff {
			return d
		}
		if out.Kind == "" || (out.Text == "" && d.Text != "") {
			out = d
		}
	}
	return out
}

// callAction is the decision that runs actions; beside is a command of the same
// answer, empty for none.
func callAction(text string, beside schemas.Decision, calls []schemas.Call) schemas.Decision {
	out := schemas.Decision{Kind: schemas.DecisionCallAction, Text: text, Language: beside.Language, Calls: normalise(calls)}
	if text == "" {
		out.Text = beside.Text
	}
	if out.Text == beside.Text {
		out.Citations = beside.Citations
	}
	return out
}

// normalise gives every call a unique id, a name that a tool can have, and
// arguments in one form.
func normalise(calls []schemas.Call) []schemas.Call {
	out := make([]schemas.Call, 0, len(calls))
	ids := uniqueIDs{}
	for i, c := range calls {
		if !toolName.MatchString(c.Action) {
			c.Action = invalidName
		}
		c.ID = ids.add(c.ID, i)
		c.Arguments = arguments(c.Arguments)
		out = append(out, c)
	}
	return out
}

// uniqueIDs are the ids given so far.
type uniqueIDs map[string]bool

// add returns the id under which a call goes on: the given one, a made-up one
// when it is missing or not portable, with a suffix when it is taken. place
// counts from 0.
func (u uniqueIDs) add(id string, place int) string {
	if !portableID.MatchString(id) {
		id = "call_" + strconv.Itoa(place+1)
	}
	out := id
	for n := 2; u[out]; n++ {
		suffix := "_" + strconv.Itoa(n)
		out = id[:min(len(id), 64-len(suffix))] + suffix
	}
	u[out] = true
	return out
}

// commandDecision reads the arguments of a command. beside is said when it has
// no text of its own.
func commandDecision(kind schemas.DecisionKind, raw json.RawMessage, beside string) (schemas.Decision, error) {
	var fields commandFields
	clean := arguments(raw)
	if clean[0] != '{' || json.Unmarshal(clean, &fields) != nil {
		return schemas.Decision{}, NewError(KindMalformed, 0)
	}
	d, ok := fields.decision(kind)
	if !ok {
		return schemas.Decision{}, NewError(KindMalformed, 0)
	}
	if d.Text == "" {
		d.Text = beside
	}
	// Only a handoff may leave the words to the program.
	if fields.Text == nil && d.Text == "" && kind != schemas.DecisionHandoff {
		return schemas.Decision{}, NewError(KindMalformed, 0)
	}
	return d, nil
}
