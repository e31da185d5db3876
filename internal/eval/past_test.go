package eval_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/eval"
	"steward/schemas"
)

func called(name, args string) schemas.EvalAction {
	// What is shown of a sensitive value is the same whatever it is.
	return schemas.EvalAction{Name: name, Args: json.RawMessage(`{"order":"•••"}`), Exact: json.RawMessage(args)}
}

// then is a past conversation: an order is looked up, then people get it.
func then() schemas.EvalTranscript {
	return schemas.EvalTranscript{Turns: []schemas.EvalTurn{
		{
			Turn: 1, Question: "Where is my order?", Kind: schemas.DecisionAnswer, Reply: "It has shipped.",
			Cited:   []schemas.EvalSource{{Source: "src_1", URL: "https://example.com/a"}, {Source: "src_2", Title: "Returns"}},
			Actions: []schemas.EvalAction{called("order_status", `{"order": "A-17", "lines": 2}`)},
		},
		{Turn: 3, Question: "A person, please", Kind: schemas.DecisionHandoff},
	}}
}

func TestPast(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(t *schemas.EvalTranscript)
		// want are the fields by turn.
		want map[int][]string
	}{
		"same": {func(*schemas.EvalTranscript) {}, map[int][]string{}},
		"the same in another form": {func(n *schemas.EvalTranscript) {
			n.Turns[0].Reply += "\n"
			n.Turns[0].Cited = append([]schemas.EvalSource{n.Turns[0].Cited[1]}, n.Turns[0].Cited...)
			n.Turns[0].Actions = []schemas.EvalAction{called("order_status", `{"lines":2.0,"order":"A-17"}`)}
		}, map[int][]string{}},
		"text":    {func(n *schemas.EvalTranscript) { n.Turns[0].Reply = "Shipped." }, map[int][]string{1: {"text"}}},
		"kind":    {func(n *schemas.EvalTranscript) { n.Turns[0].Kind = schemas.DecisionClarify }, map[int][]string{1: {"kind"}}},
		"sources": {func(n *schemas.EvalTranscript) { n.Turns[0].Cited = n.Turns[0].Cited[:1] }, map[int][]string{1: {"sources"}}},
		"no call": {func(n *schemas.EvalTranscript) { n.Turns[0].Actions = nil }, map[int][]string{1: {"actions"}}},
		"arguments": {func(n *schemas.EvalTranscript) {
			n.Turns[0].Actions = []schemas.EvalAction{called("order_status", `{"order":"A-18","lines":2}`)}
		}, map[int][]string{1: {"actions"}}},
		"one argument more": {func(n *schemas.EvalTranscript) {
			n.Turns[0].Actions = []schemas.EvalAction{called("order_status", `{"order":"A-17","lines":2,"all":true}`)}
		}, map[int][]string{1: {"actions"}}},
		"another action": {func(n *schemas.EvalTranscript) { n.Turns[0].Actions[0].Name = "orders" }, map[int][]string{1: {"actions"}}},
		"not recorded":   {func(n *schemas.EvalTranscript) { n.Turns[0].Actions[0].NotRecorded = true }, map[int][]string{1: {"not_recorded"}}},
		"handed over": {func(n *schemas.EvalTranscript) {
			n.Turns = []schemas.EvalTurn{{Kind: schemas.DecisionHandoff}}
			n.Handoff = schemas.ReasonKeyword
		}, map[int][]string{1: {"handed_over", "actions"}, 3: {"not_played"}}},
		"not handed over": {func(n *schemas.EvalTranscript) {
			n.Turns[1] = schemas.EvalTurn{Kind: schemas.DecisionAnswer, Reply: "Nobody is here.", Cited: n.Turns[0].Cited}
		}, map[int][]string{3: {"not_handed_over"}}},
		"no reply in time": {func(n *schemas.EvalTranscript) { n.Turns, n.Error = n.Turns[:1], eval.ErrorPlayer }, map[int][]string{3: {"not_played"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := then()
			c.change(&now)
			got := map[int][]string{}
			for _, f := range eval.Past(then(), now) {
				got[f.Turn] = append(got[f.Turn], f.Field)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	gone := eval.Past(schemas.EvalTranscript{}, schemas.EvalTranscript{Error: eval.ErrorGone})
	if diff := cmp.Diff([]schemas.EvalFailure{{Field: "not_played", Got: "gone"}}, gone); diff != "" {
		t.Error(diff)
	}
}

func TestTotals(t *testing.T) {
	t.Parallel()
	was := then()
	result := func(failures ...schemas.EvalFailure) schemas.EvalResult {
		return schemas.EvalResult{Was: &was, Failures: failures}
	}
	text := schemas.EvalFailure{Turn: 1, Field: "text"}
	got := eval.Totals([]schemas.EvalResult{
		result(), result(text, schemas.EvalFailure{Turn: 1, Field: "kind"}, schemas.EvalFailure{Turn: 3, Field: "text"}), result(text),
		// One of a suite has no past.
		{Failures: []schemas.EvalFailure{{Field: "kind"}}},
	})
	got = slices.DeleteFunc(got, func(c schemas.EvalTotal) bool { return c.Turns == 0 })
	want := []schemas.EvalTotal{
		{Difference: schemas.PastSame, Turns: 3, Conversations: 1},
		{Difference: schemas.PastKind, Turns: 1, Conversations: 1},
		{Difference: schemas.PastText, Turns: 3, Conversations: 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
