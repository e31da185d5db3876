package eval_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/eval"
	"steward/schemas"
)

// transcript is a conversation of two turns: an order is looked up, then the
// customer is handed over.
func transcript(change func(t *schemas.EvalTranscript)) schemas.EvalTranscript {
	t := schemas.EvalTranscript{
		Handoff: schemas.ReasonCustomerRequest,
		Turns: []schemas.EvalTurn{
			{
				Kind: schemas.DecisionAnswer, Reply: "Your order is on its way. Returns take 30 days.", Language: "en",
				Cited:   []schemas.EvalSource{{Source: "src_1", URL: "https://example.com/returns/", Title: "Our Returns"}},
				Actions: []schemas.EvalAction{{Name: "order_status", Args: json.RawMessage(`{"order":"A-17","lines":[1,2],"deep":{"n":20.0,"id":12345678901234567890}}`)}},
			},
			{Kind: schemas.DecisionHandoff, Reply: "Certo: un collega del CAFFÈ vi risponde presto, con tutte le informazioni.", Language: "it"},
		},
	}
	change(&t)
	return t
}

func TestCheck(t *testing.T) {
	t.Parallel()
	same := func(*schemas.EvalTranscript) {}
	call := func(name, args string) *schemas.EvalAction {
		return &schemas.EvalAction{Name: name, Args: json.RawMessage(args)}
	}
	for name, c := range map[string]struct {
		expect schemas.EvalExpect
		change func(t *schemas.EvalTranscript)
		want   []string
	}{
		"all met": {schemas.EvalExpect{
			Kind: schemas.DecisionHandoff, MustCite: []string{"src_1", "https://example.com/returns", "our returns"},
			MustInclude: []string{"Caffe", "un  collega"}, MustNotInclude: []string{"refund"},
			Action: call("order_status", `{"order":"A-17"}`), HandoffReason: schemas.ReasonCustomerRequest, MaxChars: 74, Language: "it",
		}, same, nil},
		"kind of the last turn":   {schemas.EvalExpect{Kind: schemas.DecisionAnswer}, same, []string{"kind"}},
		"another source":          {schemas.EvalExpect{MustCite: []string{"src_2", "src_1"}}, same, []string{"must_cite"}},
		"part of a title":         {schemas.EvalExpect{MustCite: []string{"returns"}}, same, []string{"must_cite"}},
		"in the last reply":       {schemas.EvalExpect{MustInclude: []string{"30 days"}}, same, []string{"must_include"}},
		"in no reply":             {schemas.EvalExpect{MustNotInclude: []string{"30 DAYS"}}, same, []string{"must_not_include"}},
		"another action":          {schemas.EvalExpect{Action: call("refund", "")}, same, []string{"action"}},
		"any arguments":           {schemas.EvalExpect{Action: call("order_status", "")}, same, nil},
		"another argument":        {schemas.EvalExpect{Action: call("order_status", `{"order":"A-18"}`)}, same, []string{"action"}},
		"missing argument":        {schemas.EvalExpect{Action: call("order_status", `{"email":"a"}`)}, same, []string{"action"}},
		"the same number":         {schemas.EvalExpect{Action: call("order_status", `{"deep":{"n":20}}`)}, same, nil},
		"a long id":               {schemas.EvalExpect{Action: call("order_status", `{"deep":{"id":12345678901234567890}}`)}, same, nil},
		"a long id, nearly":       {schemas.EvalExpect{Action: call("order_status", `{"deep":{"id":12345678901234567891}}`)}, same, []string{"action"}},
		"a list":                  {schemas.EvalExpect{Action: call("order_status", `{"lines":[1,2]}`)}, same, nil},
		"a shorter list":          {schemas.EvalExpect{Action: call("order_status", `{"lines":[1]}`)}, same, []string{"action"}},
		"a text for a number":     {schemas.EvalExpect{Action: call("order_status", `{"lines":"1"}`)}, same, []string{"action"}},
		"no action":               {schemas.EvalExpect{NoAction: true}, same, []string{"no_action"}},
		"another reason":          {schemas.EvalExpect{HandoffReason: schemas.ReasonKeyword}, same, []string{"handoff_reason"}},
		"longer than":             {schemas.EvalExpect{MaxChars: 73}, same, []string{"max_chars"}},
		"the words' language":     {schemas.EvalExpect{Language: "en"}, same, []string{"language"}},
		"several, in order":       {schemas.EvalExpect{Language: "sv", Kind: schemas.DecisionRefuse, MaxChars: 3}, same, []string{"kind", "max_chars", "language"}},
		"no turn":                 {schemas.EvalExpect{NoAction: true}, func(t *schemas.EvalTranscript) { t.Turns = nil }, []string{"turns"}},
		"broken off":              {schemas.EvalExpect{NoAction: true}, func(t *schemas.EvalTranscript) { t.Error = "timeout" }, []string{"error"}},
		"the engine's language":   {schemas.EvalExpect{Language: "sv"}, func(t *schemas.EvalTranscript) { t.Turns[1].Reply, t.Turns[1].Language = "42", "sv-SE" }, nil},
		"arguments that are none": {schemas.EvalExpect{Action: call("order_status", `{"a":1}`)}, func(t *schemas.EvalTranscript) { t.Turns[0].Actions[0].Args = []byte(`{`) }, []string{"action"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range eval.Check(schemas.EvalCase{Name: name, Turns: []string{"a", "b"}, Expect: c.expect}, transcript(c.change)) {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFailuresAreShort(t *testing.T) {
	t.Parallel()
	long := transcript(func(t *schemas.EvalTranscript) { t.Turns[1].Reply = strings.Repeat("é", 5000) })
	got := eval.Check(schemas.EvalCase{Turns: []string{"a"}, Expect: schemas.EvalExpect{MustInclude: []string{"x"}}}, long)
	want := []schemas.EvalFailure{{Field: "must_include", Want: "x", Got: strings.Repeat("é", 200) + "…"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
