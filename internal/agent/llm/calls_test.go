package llm_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/agent/llm"
	"steward/schemas"
)

func call(id, action, args string) schemas.Call {
	return schemas.Call{ID: id, Action: action, Arguments: json.RawMessage(args)}
}

func TestDecisionOfCalls(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		text  string
		calls []schemas.Call
		want  schemas.Decision
	}{
		{
			"a command", "",
			[]schemas.Call{call("c1", "answer", `{"text":" 30 days [S1] ","citations":[1],"not_found":false,"language":"EN","answers":[]}`)},
			schemas.Decision{Kind: schemas.DecisionAnswer, Text: "30 days [S1]", Citations: []int{1}, Language: "en"},
		},
		{
			"a command without words takes those beside it", "One moment.",
			[]schemas.Call{call("c1", "smalltalk", `{"text":"","language":"en"}`)},
			schemas.Decision{Kind: schemas.DecisionSmalltalk, Text: "One moment.", Language: "en"},
		},
		{
			"a handoff may have no words", "",
			[]schemas.Call{call("c1", "handoff", `{"reason":"asks for a person"}`)},
			schemas.Decision{Kind: schemas.DecisionHandoff, Reason: "asks for a person"},
		},
		{
			"actions with a text beside them", "Let me look.",
			[]schemas.Call{call("a", "order_status", `{ "id" : "A-17" }`), call("b", "stock", ``)},
			schemas.Decision{Kind: schemas.DecisionCallAction, Text: "Let me look.", Calls: []schemas.Call{
				call("a", "order_status", `{"id":"A-17"}`), call("b", "stock", `{}`),
			}},
		},
		{
			"a command beside actions lends its words", "",
			[]schemas.Call{
				call("a", "order_status", `{}`),
				call("b", "answer", `{"text":"I look it up. [S1]","citations":[1],"language":"en","answers":[{"criterion":"size","value":"50"}]}`),
			},
			schemas.Decision{
				Kind: schemas.DecisionCallAction, Text: "I look it up. [S1]", Citations: []int{1}, Language: "en",
				Calls: []schemas.Call{call("a", "order_status", `{}`)}, Answers: []schemas.GoalAnswer{{Criterion: "size", Value: "50"}},
			},
		},
		{
			"the first command that speaks", "",
			[]schemas.Call{
				call("a", "smalltalk", `{"text":""}`), call("b", "answer", `{"text":"yes"}`), call("c", "clarify", `{"text":"which?"}`),
			},
			schemas.Decision{Kind: schemas.DecisionAnswer, Text: "yes"},
		},
		{
			"a handoff goes first", "",
			[]schemas.Call{call("a", "answer", `{"text":"yes"}`), call("b", "handoff", `{"text":"A colleague helps."}`)},
			schemas.Decision{Kind: schemas.DecisionHandoff, Text: "A colleague helps."},
		},
		{
			"answers about a goal", "",
			[]schemas.Call{
				call("a", "answer", `{"text":"x","answers":[{"criterion":"size","value":50},{"criterion":"budget","value":null},{"criterion":"","value":"y"},{"criterion":"trial","value":true}]}`),
				call("b", "clarify", `{"text":"y","answers":[{"criterion":"size","value":"60"},{"criterion":"city","value":"Bern"}]}`),
			},
			schemas.Decision{Kind: schemas.DecisionAnswer, Text: "x", Answers: []schemas.GoalAnswer{
				{Criterion: "size", Value: "50"},
				{Criterion: "budget", Refused: true},
				{Criterion: "trial", Value: "true"},
				{Criterion: "city", Value: "Bern"},
			}},
		},
		{"a plain text", " hello\x00 ", nil, schemas.Decision{Kind: schemas.DecisionAnswer, Text: "hello"}},
		{
			"a decision as text", `{"kind":"clarify","text":"Which?"}`, nil,
			schemas.Decision{Kind: schemas.DecisionClarify, Text: "Which?"},
		},
		{"a text in a fence", "```sh\nls\n```", nil, schemas.Decision{Kind: schemas.DecisionAnswer, Text: "```sh\nls\n```"}},
		{
			"an unknown name stays", "",
			[]schemas.Call{call("a", "call_action", `{}`), call("b", "rm -rf", `{}`)},
			schemas.Decision{Kind: schemas.DecisionCallAction, Calls: []schemas.Call{call("a", "call_action", `{}`), call("b", "invalid_name", `{}`)}},
		},
		{
			"ids", "",
			[]schemas.Call{
				call("", "x", `{}`), call("call_1", "x", `{}`), call("é", "x", `{}`), call("k", "x", `{}`), call("k", "x", `{}`), call("k", "x", `{}`),
				call(strings.Repeat("i", 64), "x", `{}`), call(strings.Repeat("i", 64), "x", `{}`),
			},
			schemas.Decision{Kind: schemas.DecisionCallAction, Calls: []schemas.Call{
				call("call_1", "x", `{}`), call("call_1_2", "x", `{}`), call("call_3", "x", `{}`), call("k", "x", `{}`), call("k_2", "x", `{}`), call("k_3", "x", `{}`),
				call(strings.Repeat("i", 64), "x", `{}`), call(strings.Repeat("i", 62)+"_2", "x", `{}`),
			}},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := llm.DecisionOfCalls(c.text, c.calls)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// Arguments that are no object stay as a JSON string, which no schema of
// arguments takes, and which Postgres stores.
func TestMalformedArguments(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for _, raw := range []string{
		`text`, `[1]`, `7`, `true`, `{`, `{"a":1}{"b":2}`, `{"a":1} x`, `{"a":"\u0000"}`, "{\"a\":\"\x00\"}", `{"a":1e400}`, `{"a":1e-999999}`,
		`{"a":` + strings.Repeat("9", 80) + `}`, `{'a':1}`, deep,
	} {
		d, err := llm.DecisionOfCalls("", []schemas.Call{call("c", "refund", raw)})
		if err != nil {
			t.Errorf("%.40q: %v", raw, err)
			continue
		}
		got := d.Calls[0].Arguments
		var text string
		if json.Unmarshal(got, &text) != nil || text != strings.ReplaceAll(raw, "\x00", `\u0000`) {
			t.Errorf("%.40q: kept as %.60s", raw, got)
		}
		// A provider gets an object again.
		var object map[string]string
		if json.Unmarshal(llm.ArgumentsObject(got), &object) != nil || object["malformed_arguments"] != text {
			t.Errorf("%.40q: told as %.60s", raw, llm.ArgumentsObject(got))
		}
	}
	// What is kept stays as it is; an object as a string is an object.
	for raw, want := range map[string]string{`"text"`: `"text"`, `"{\"a\": 1}"`: `{"a":1}`, `null`: `{}`} {
		d, err := llm.DecisionOfCalls("", []schemas.Call{call("c", "refund", raw)})
		if err != nil || string(d.Calls[0].Arguments) != want {
			t.Errorf("%s: %s, %v", raw, d.Calls[0].Arguments, err)
		}
	}
	d, err := llm.DecisionOfCalls("", []schemas.Call{call("c", "refund", " {\"b\":\"<a>\\ud800\",\"a\":12345678901234567890} ")})
	if want := `{"a":12345678901234567890,"b":"<a>` + "\ufffd" + `"}`; err != nil || string(d.Calls[0].Arguments) != want {
		t.Errorf("got %s, %v, want %s", d.Calls[0].Arguments, err, want)
	}
	if got := llm.ArgumentsObject(d.Calls[0].Arguments); string(got) != string(d.Calls[0].Arguments) {
		t.Errorf("an object changes to %s", got)
	}
}

func TestDecisionOfCallsRefuses(t *testing.T) {
	t.Parallel()
	many := func(n, size int) []schemas.Call {
		var out []schemas.Call
		for i := range n {
			out = append(out, call(fmt.Sprint(i), "x", `{"a":"`+strings.Repeat("y", size)+`"}`))
		}
		return out
	}
	if _, err := llm.DecisionOfCalls("", many(128, 1)); err != nil {
		t.Errorf("128 calls: %v", err)
	}
	cases := []struct {
		name  string
		text  string
		calls []schemas.Call
		kind  llm.Kind
	}{
		{"nothing", " ", nil, llm.KindEmpty},
		{"too many calls", "", many(129, 1), llm.KindMalformed},
		{"too long arguments", "", many(1, 64<<10), llm.KindMalformed},
		{"too much in all", "", many(5, 60<<10), llm.KindMalformed},
		{"too long a text", strings.Repeat("x", 64<<10+1), nil, llm.KindMalformed},
		{"no text", "\xff", nil, llm.KindMalformed},
		{"a command that is no object", "", []schemas.Call{call("a", "answer", `"30 days"`)}, llm.KindMalformed},
		{"a command of wrong types", "", []schemas.Call{call("a", "answer", `{"text":7}`)}, llm.KindMalformed},
		{"a command without a text", "", []schemas.Call{call("a", "answer", `{}`)}, llm.KindMalformed},
		{"an answer of a wrong type", "", []schemas.Call{call("a", "answer", `{"text":"x","answers":[{"criterion":"a","value":{}}]}`)}, llm.KindMalformed},
		{"a command that is cut", "", []schemas.Call{call("a", "answer", `{"text":"30`)}, llm.KindMalformed},
		{"other JSON as text", `{"name":"x"}`, nil, llm.KindMalformed},
	}
	for _, c := range cases {
		if _, err := llm.DecisionOfCalls(c.text, c.calls); llm.KindOf(err) != c.kind {
			t.Errorf("%s: got %v, want %s", c.name, err, c.kind)
		}
	}
}

func TestParseDecisionWithCalls(t *testing.T) {
	t.Parallel()
	text := `{"kind":"call_action","text":"Let me look.","citations":[],"not_found":false,"language":"en","reason":null,
		"calls":[{"action":"order_status","arguments":"{\"id\":\"A-17\"}"},{"action":"stock","arguments":{"sku":1}},{"action":"stock","arguments":"nonsense"}],
		"answers":[{"criterion":"size","value":"50"}]}`
	want := schemas.Decision{
		Kind: schemas.DecisionCallAction, Text: "Let me look.", Citations: []int{}, Language: "en",
		Calls:   []schemas.Call{call("call_1", "order_status", `{"id":"A-17"}`), call("call_2", "stock", `{"sku":1}`), call("call_3", "stock", `"nonsense"`)},
		Answers: []schemas.GoalAnswer{{Criterion: "size", Value: "50"}},
	}
	got, err := llm.ParseDecision(text)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	// A command among the calls is that command.
	got, err = llm.ParseDecision(`{"kind":"call_action","text":"","calls":[{"action":"handoff","arguments":"{\"text\":\"A colleague helps.\",\"reason\":\"wish\"}"}]}`)
	if err != nil || got.Kind != schemas.DecisionHandoff || got.Text != "A colleague helps." || got.Reason != "wish" || got.Calls != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	// An answer with calls runs them first.
	got, err = llm.ParseDecision(`{"kind":"answer","text":"Shipped.","citations":[2],"calls":[{"action":"order_status","arguments":"{}"}]}`)
	if err != nil || got.Kind != schemas.DecisionCallAction || len(got.Calls) != 1 || got.Text != "Shipped." {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []string{
		`{"kind":"call_action","text":"x","calls":[]}`,
		`{"kind":"call_action","text":"x"}`,
		`{"kind":"call_action","text":"x","calls":"order_status"}`,
		`{"kind":"answer","text":"x","answers":[{"criterion":"a","value":[1]}]}`,
	} {
		if _, err := llm.ParseDecision(bad); llm.KindOf(err) != llm.KindMalformed {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// Whatever a model answers, a decision can be stored and told to a provider
// again.
func FuzzDecisionOfCalls(f *testing.F) {
	f.Add("text", "id", "answer", `{"text":"x","citations":[1]}`, `{"a":1}`)
	f.Add(`{"kind":"answer","text":"x"}`, "", "x", `"`, `[]`)
	f.Add("```json\n{}\n```", "call_1", "handoff", `{"answers":[{"criterion":"c","value":1e5}]}`, `{"a":"\ud800"}`)
	portable := regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	f.Fuzz(func(t *testing.T, text, id, name, first, second string) {
		for _, calls := range [][]schemas.Call{nil, {call(id, name, first)}, {call(id, name, first), call(id, "refund", second)}} {
			d, err := llm.DecisionOfCalls(text, calls)
			if err != nil {
				if k := llm.KindOf(err); k != llm.KindMalformed && k != llm.KindEmpty {
					t.Fatalf("error %v", err)
				}
				continue
			}
			if !d.Kind.Valid() || strings.Contains(d.Text, "\x00") || (d.Kind == schemas.DecisionCallAction) != (len(d.Calls) > 0) {
				t.Fatalf("decision %+v", d)
			}
			seen := map[string]bool{}
			for _, c := range d.Calls {
				if !portable.MatchString(c.ID) || seen[c.ID] || !portable.MatchString(c.Action) || !json.Valid(c.Arguments) {
					t.Fatalf("call %+v", c)
				}
				seen[c.ID] = true
				var object map[string]any
				if json.Unmarshal(llm.ArgumentsObject(c.Arguments), &object) != nil || object == nil {
					t.Fatalf("arguments %s", c.Arguments)
				}
			}
			if len(d.Calls) > 0 {
				again, err := llm.DecisionOfCalls(d.Text, d.Calls)
				if diff := cmp.Diff(d.Calls, again.Calls); err != nil || diff != "" {
					t.Fatalf("read again: %v\n%s", err, diff)
				}
			}
			raw, err := json.Marshal(d)
			if err != nil || strings.Contains(strings.ReplaceAll(string(raw), `\\`, ""), `\u0000`) {
				t.Fatalf("stored as %s, %v", raw, err)
			}
		}
	})
}

func FuzzParseDecision(f *testing.F) {
	f.Add(`{"kind":"call_action","text":"","calls":[{"action":"a","arguments":"{}"}],"answers":[{"criterion":"c","value":null}]}`)
	f.Add("```json\n{\"kind\":\"answer\",\"text\":\"x\"}\n```")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := llm.ParseDecision(text)
		if err != nil {
			if k := llm.KindOf(err); k != llm.KindMalformed && k != llm.KindEmpty {
				t.Fatalf("error %v", err)
			}
			return
		}
		if !d.Kind.Valid() || d.Verbatim || d.Engine != "" || d.Violations != nil || d.Frame != nil {
			t.Fatalf("decision %+v", d)
		}
		if _, err := json.Marshal(d); err != nil {
			t.Fatal(err)
		}
	})
}
