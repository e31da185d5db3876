package llm

import (
	_ "embed"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"steward/schemas"
)

//go:embed decision.schema.json
var decisionSchema string

// DecisionSchema is the JSON Schema that models without tools answer with. It
// keeps to the subset that all providers take: an object at the root, every
// field required, null for a missing value, no other fields, no lengths or
// ranges.
func DecisionSchema() json.RawMessage { return json.RawMessage(decisionSchema) }

const (
	// maxAnswers bounds what one decision says about a goal, which has at most
	// five criteria.
	maxAnswers = 32
	// maxAnswer bounds the value of one answer and maxReason a reason, in runes.
	maxAnswer = 1000
	maxReason = 300
)

// commandFields are the fields that a model may set.
type commandFields struct {
	Text      *string       `json:"text"`
	Citations []int         `json:"citations"`
	NotFound  bool          `json:"not_found"`
	Language  string        `json:"language"`
	Reason    string        `json:"reason"`
	Answers   []answerField `json:"answers"`
}

// answerField is what the customer said about a criterion. Null is a refusal to
// say; a number or a boolean counts as its text.
type answerField struct {
	Criterion string          `json:"criterion"`
	Value     json.RawMessage `json:"value"`
}

// decision is the decision of a kind with these fields; false when an answer
// cannot be read.
func (f commandFields) decision(kind schemas.DecisionKind) (schemas.Decision, bool) {
	answers, ok := goalAnswers(f.Answers)
	if !ok {
		return schemas.Decision{}, false
	}
	d := schemas.Decision{
		Kind: kind, Citations: f.Citations, NotFound: f.NotFound,
		Language: languageCode(f.Language), Reason: clip(cleanText(f.Reason), maxReason), Answers: answers,
	}
	if f.Text != nil {
		d.Text = cleanText(*f.Text)
	}
	return d, true
}

func goalAnswers(fields []answerField) ([]schemas.GoalAnswer, bool) {
	if len(fields) > maxAnswers {
		return nil, false
	}
	var out []schemas.GoalAnswer
	for _, f := range fields {
		a := schemas.GoalAnswer{Criterion: clip(cleanText(f.Criterion), maxAnswer)}
		var value any
		if len(f.Value) > 0 && json.Unmarshal(f.Value, &value) != nil {
			return nil, false
		}
		switch v := value.(type) {
		case nil:
			a.Refused = true
		case string:
			a.Value = clip(cleanText(v), maxAnswer)
		case float64, bool:
			a.Value = clip(string(f.Value), maxAnswer)
		default:
			return nil, false
		}
		if a.Criterion != "" {
			out = append(out, a)
		}
	}
	return out, true
}

// allAnswers are those of several commands, the first for each criterion.
func allAnswers(spoken []schemas.Decision) []schemas.GoalAnswer {
	var out []schemas.GoalAnswer
	seen := map[string]bool{}
	for _, d := range spoken {
		for _, a := range d.Answers {
			if !seen[a.Criterion] {
				seen[a.Criterion] = true
				out = append(out, a)
			}
		}
	}
	return out
}

// ParseDecision reads a model's JSON. A code fence or words around the object
// are dropped, because servers without a JSON mode add them. Fields that are
// missing or of another type are an Error of KindMalformed. Fields that only
// this program may set, such as verbatim and engine, are never read. Calls are
// taken as by DecisionOfCalls, with arguments as a string or an object; only
// call_action runs none when the list is empty, and that is KindMalformed too.
func ParseDecision(text string) (schemas.Decision, error) {
	if strings.TrimSpace(text) == "" {
		return schemas.Decision{}, NewError(KindEmpty, 0)
	}
	malformed := NewError(KindMalformed, 0)
	if len(text) > maxDecisionBytes || !utf8.ValidString(text) {
		return schemas.Decision{}, malformed
	}
	from, to := strings.IndexByte(text, '{'), strings.LastIndexByte(text, '}')
	if from < 0 || to < from {
		return schemas.Decision{}, malformed
	}
	var raw struct {
		commandFields
		Kind  *schemas.DecisionKind `json:"kind"`
		Calls []callField           `json:"calls"`
	}
	if err := json.Unmarshal([]byte(text[from:to+1]), &raw); err != nil {
		return schemas.Decision{}, malformed
	}
	if raw.Kind == nil || raw.Text == nil || !raw.Kind.Valid() || len(*raw.Text) > maxText {
		return schemas.Decision{}, malformed
	}
	d, ok := raw.decision(*raw.Kind)
	if !ok {
		return schemas.Decision{}, malformed
	}
	if len(raw.Calls) > 0 {
		return withCalls(d, raw.Calls)
	}
	if d.Kind == schemas.DecisionCallAction {
		return schemas.Decision{}, malformed
	}
	return d, nil
}

// callField is one call in a model's JSON.
type callField struct {
	Action    string          `json:"action"`
	Arguments json.RawMessage `json:"arguments"`
}

// withCalls is the decision of an object that also calls. Models also name a
// command among the calls.
func withCalls(d schemas.Decision, fields []callField) (schemas.Decision, error) {
	var calls []schemas.Call
	for _, f := range fields {
		call := schemas.Call{Action: f.Action, Arguments: f.Arguments}
		var text string
		if json.Unmarshal(f.Arguments, &text) == nil {
			call.Arguments = json.RawMessage(text)
		}
		calls = append(calls, call)
	}
	out, err := DecisionOfCalls(d.Text, calls)
	if err != nil {
		return out, err
	}
	out.Answers = allAnswers([]schemas.Decision{d, out})
	if out.Language == "" {
		out.Language = d.Language
	}
	if out.Text == d.Text && out.Citations == nil {
		out.Citations = d.Citations
	}
	return out, nil
}

// clip cuts s after n runes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

// languageCode is an ISO 639-1 code in lower case, empty for anything else.
func languageCode(s string) string {
	s = strings.ToLower(s)
	if len(s) != 2 || s[0] < 'a' || s[0] > 'z' || s[1] < 'a' || s[1] > 'z' {
		return ""
	}
	return s
}
