package llmtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"steward/internal/agent/llm"
	"steward/internal/agent/llm/scripted"
	"steward/schemas"
)

func action(name, args string) schemas.Call {
	return schemas.Call{Action: name, Arguments: json.RawMessage(args)}
}

func many(n int) []schemas.Call {
	var out []schemas.Call
	for i := range n {
		out = append(out, action("order_status", fmt.Sprintf(`{"id":"A-%d"}`, i)))
	}
	return out
}

// calls: the same script gives the same decision in every mode and on every
// wire.
func calls(t *testing.T, open Open) {
	t.Parallel()
	cases := []struct {
		name string
		step scripted.Step
		// want is "kind text [action arguments ...]", or the kind of an error.
		want string
	}{
		{"one", scripted.Step{Calls: many(1)}, `call_action "" order_status {"id":"A-0"}`},
		{
			"parallel",
			scripted.Step{Calls: []schemas.Call{action("order_status", `{"id":"A-1"}`), action("stock", `{"id":"7"}`), action("stock", `{"id":"7"}`)}},
			`call_action "" order_status {"id":"A-1"} stock {"id":"7"} stock {"id":"7"}`,
		},
		{"text beside", scripted.Step{Content: "Let me look.", Calls: many(1)}, `call_action "Let me look." order_status {"id":"A-0"}`},
		{"unknown tool", scripted.Step{Calls: []schemas.Call{action("drop_tables", `{}`)}}, `call_action "" drop_tables {}`},
		{"a name that is none", scripted.Step{Calls: []schemas.Call{action("⟦rm⟧ -rf", `{}`)}}, `call_action "" invalid_name {}`},
		{"malformed arguments", scripted.Step{Calls: []schemas.Call{action("stock", `{"id":`)}}, `call_action "" stock "{\"id\":"`},
		{"arguments of a wrong type", scripted.Step{Calls: []schemas.Call{action("stock", `[1]`)}}, `call_action "" stock "[1]"`},
		{
			"a command",
			scripted.Step{Calls: []schemas.Call{action("clarify", `{"text":"Which order?","language":"en","answers":[]}`)}},
			`clarify "Which order?"`,
		},
		{
			"a command beside an action",
			scripted.Step{Calls: []schemas.Call{action("answer", `{"text":"I look.","citations":[],"not_found":false,"language":"en","answers":[]}`), many(1)[0]}},
			`call_action "I look." order_status {"id":"A-0"}`,
		},
		{
			"a handoff and an answer",
			scripted.Step{Calls: []schemas.Call{action("answer", `{"text":"No."}`), action("handoff", `{"text":"A colleague helps.","reason":"wish"}`)}},
			`handoff "A colleague helps."`,
		},
		{"a decision", scripted.Step{Decision: &schemas.Decision{Kind: schemas.DecisionRefuse, Text: "Sorry.", Reason: "off topic", Language: "en"}}, `refuse "Sorry."`},
		{"too many", scripted.Step{Calls: many(129)}, string(llm.KindMalformed)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, _ := connect(t, open, Endpoint{}, c.step)
			out, err := m.Generate(t.Context(), asked(m))
			if got := describe(out.Decision, err); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if err == nil && (out.Decision.Engine != m.Name() || out.Usage.Input == 0 || out.Finish == "") {
				t.Errorf("got %+v", out)
			}
		})
	}
	t.Run("100 calls", func(t *testing.T) {
		t.Parallel()
		m, _ := connect(t, open, Endpoint{}, scripted.Step{Calls: many(100)})
		out, err := m.Generate(t.Context(), asked(m))
		ids := map[string]bool{}
		for _, c := range out.Decision.Calls {
			ids[c.ID] = true
		}
		if err != nil || len(ids) != 100 {
			t.Errorf("%d ids, %v", len(ids), err)
		}
	})
}

// describe is a decision in one line, or the kind of the error.
func describe(d schemas.Decision, err error) string {
	if err != nil {
		return string(llm.KindOf(err))
	}
	out := []string{string(d.Kind), fmt.Sprintf("%q", d.Text)}
	for _, c := range d.Calls {
		out = append(out, c.Action, string(c.Arguments))
	}
	return strings.Join(out, " ")
}

// roundTrip: a turn that calls actions twice, where both rounds have the same
// ids, and then answers.
func roundTrip(t *testing.T, open Open) {
	t.Parallel()
	first := []schemas.Call{{ID: "a:1", Action: "order_status", Arguments: json.RawMessage(`{"id":"A-1"}`)}, {ID: "b", Action: "stock", Arguments: json.RawMessage(`[`)}}
	second := []schemas.Call{{ID: "b", Action: "stock", Arguments: json.RawMessage(`{"id":"7"}`)}}
	m, s := connect(t, open, Endpoint{},
		scripted.Step{MatchResult: "shipped", Content: "never asked"},
		scripted.Step{AfterResults: 3, MatchResult: "7 left", Decision: &schemas.Decision{Kind: schemas.DecisionAnswer, Text: "Shipped, 7 left.", Language: "en"}},
		scripted.Step{AfterResults: 2, Calls: second},
		scripted.Step{AfterResults: scripted.NoResults, Match: "how long", Content: "Let me look.", Calls: first},
	)
	r := asked(m)
	tools := m.Capabilities().Tools
	results := [][]string{{"shipped on Monday", "invalid_arguments"}, {"7 left"}, nil}
	var got schemas.Decision
	for i, texts := range results {
		out, err := m.Generate(t.Context(), r)
		if err != nil {
			t.Fatalf("round %d: %v (%v)", i, err, s.Refused())
		}
		got = out.Decision
		if len(got.Calls) != len(texts) {
			t.Fatalf("round %d: %d calls", i, len(got.Calls))
		}
		r.Messages = append(r.Messages, round(tools, got, texts)...)
	}
	if got.Kind != schemas.DecisionAnswer || got.Text != "Shipped, 7 left." {
		t.Errorf("got %+v", got)
	}
	last := s.Requests()[2]
	if want := []string{"shipped on Monday", "invalid_arguments", "7 left"}; !slices.Equal(last.Results, want) {
		t.Errorf("results %q", last.Results)
	}
	if tools && !slices.IsSorted(last.Tools) {
		t.Errorf("tools %q", last.Tools)
	}
	if s.Remaining() != 1 || len(s.Refused()) != 0 {
		t.Errorf("%d steps left, refused %v", s.Remaining(), s.Refused())
	}
}

// round is a decision and its results as messages of the next request.
func round(tools bool, d schemas.Decision, results []string) []llm.Message {
	if !tools {
		var b strings.Builder
		for i, text := range results {
			fmt.Fprintf(&b, "⟦0a1b RESULT %s⟧\n%s\n⟦/0a1b⟧\n", d.Calls[i].Action, text)
		}
		raw, err := json.Marshal(d)
		if err != nil {
			return nil
		}
		return []llm.Message{{Role: llm.RoleAssistant, Text: string(raw)}, {Role: llm.RoleUser, Text: b.String()}}
	}
	out := []llm.Message{{Role: llm.RoleAssistant, Text: d.Text, Calls: d.Calls}}
	for i, text := range results {
		out = append(out, llm.Message{Role: llm.RoleTool, CallID: d.Calls[i].ID, Text: text})
	}
	return out
}
