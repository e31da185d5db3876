package scripted

import (
	"encoding/json"
	"fmt"

	"steward/internal/agent/llm"
	"steward/schemas"
)

// said is what the model says in this step: a text and calls.
func (s Step) said(req Request) (string, []schemas.Call) {
	text, calls := s.Content, s.Calls
	switch {
	case s.Decision != nil && len(req.Tools) == 0:
		return encode(wireDecision(*s.Decision)), nil
	case s.Decision != nil && s.Decision.Kind == schemas.DecisionCallAction:
		text, calls = s.Decision.Text, s.Decision.Calls
	case s.Decision != nil:
		text, calls = "", []schemas.Call{commandCall(*s.Decision)}
	case len(s.Calls) > 0 && len(req.Tools) == 0:
		return encode(wireDecision(s.decision())), nil
	}
	out := make([]schemas.Call, 0, len(calls))
	for i, c := range calls {
		if c.ID == "" {
			c.ID = fmt.Sprintf("call_%d_%d", len(req.Results)+1, i+1)
		}
		out = append(out, c)
	}
	return text, out
}

// decision is that of the step's calls, with the arguments as scripted.
func (s Step) decision() schemas.Decision {
	d, err := llm.DecisionOfCalls(s.Content, s.Calls)
	if err != nil || d.Kind == schemas.DecisionCallAction {
		d.Kind, d.Calls = schemas.DecisionCallAction, nil
		for _, c := range s.Calls {
			if err != nil || !llm.Reserved(c.Action) {
				d.Calls = append(d.Calls, c)
			}
		}
	}
	return d
}

// wireDecision is a decision as the JSON that a model is asked for: the fields
// that a model may set.
func wireDecision(d schemas.Decision) map[string]any {
	citations, calls, answers := []int{}, []map[string]string{}, []map[string]any{}
	citations = append(citations, d.Citations...)
	for _, c := range d.Calls {
		calls = append(calls, map[string]string{"action": c.Action, "arguments": string(c.Arguments)})
	}
	for _, a := range d.Answers {
		answers = append(answers, map[string]any{"criterion": a.Criterion, "value": optional(a.Value, !a.Refused)})
	}
	return map[string]any{
		"kind": d.Kind, "text": d.Text, "citations": citations, "not_found": d.NotFound, "language": d.Language,
		"reason": optional(d.Reason, d.Reason != ""), "calls": calls, "answers": answers,
	}
}

// commandCall is a decision as the call of its command's tool.
func commandCall(d schemas.Decision) schemas.Call {
	fields := wireDecision(d)
	for _, tool := range llm.CommandTools() {
		var schema struct{ Properties map[string]any }
		if tool.Name != string(d.Kind) || json.Unmarshal(tool.Schema, &schema) != nil {
			continue
		}
		for name := range fields {
			if schema.Properties[name] == nil {
				delete(fields, name)
			}
		}
	}
	return schemas.Call{Action: string(d.Kind), Arguments: json.RawMessage(encode(fields))}
}

// optional is s, or null.
func optional(s string, set bool) any {
	if !set {
		return nil
	}
	return s
}

// encode is value as JSON. The values are made here and can be encoded.
func encode(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(raw)
}

// cost is what the call cost: as scripted, else an estimate.
func (s Step) cost(req Request, text string) schemas.Usage {
	if s.Usage != nil {
		return *s.Usage
	}
	return schemas.Usage{Input: len(req.Raw) / 4, Output: len(text) / 4}
}
