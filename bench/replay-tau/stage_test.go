package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"steward/internal/agent/llm/scripted"
	"steward/schemas"
)

func request(before, say string, results ...string) scripted.Request {
	turn := "⟦ab EARLIER agent⟧\nold\n⟦/ab⟧\n⟦ab EARLIER customer⟧\nhm\n⟦/ab⟧\n⟦ab EARLIER agent⟧\n" + before +
		"\n⟦/ab⟧\n⟦ab CUSTOMER⟧\n" + say + "\n⟦/ab⟧"
	if before == "" {
		turn = "⟦ab CUSTOMER⟧\n" + say + "\n⟦/ab⟧"
	}
	return scripted.Request{Messages: append([]string{turn}, results...), Question: say, Results: results}
}

const ok = "⟦ab A1 think: ok⟧\n{}\n⟦/ab⟧"

func directed() *director { return newDirector(func() {}) }

// TestDirector: a request finds its step by what it shows, so the same request
// gets the same step again.
func TestDirector(t *testing.T) {
	t.Parallel()
	d := directed()
	one := &scene{steps: []step{{text: "beside", call: &call{Name: "think", Arguments: json.RawMessage(`{}`)}}, {text: "one"}}}
	two := &scene{steps: []step{{text: "two"}}}
	for c, s := range map[cue]*scene{newCue("a long  text", "Hi"): one, newCue("", "Hi"): two} {
		if err := d.begin(t.Context(), c, s); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		got, _ := d.answer(request("a long text", "Hi"))
		if got.Content != "beside" || len(got.Calls) != 1 {
			t.Fatalf("first step %+v", got)
		}
		if got, _ = d.answer(request("a long text", "Hi", ok)); got.Decision == nil || got.Decision.Text != "one" {
			t.Fatalf("second step %+v", got)
		}
		if got, _ = d.answer(request("", "Hi")); got.Decision == nil || got.Decision.Text != "two" {
			t.Fatalf("the other conversation %+v", got)
		}
	}
	if len(d.problems) != 0 {
		t.Errorf("problems %q", d.problems)
	}
	if begun := d.end(newCue("a long text", "Hi")); begun != 2 {
		t.Errorf("%d steps have begun", begun)
	}
	if _, known := d.answer(request("a long text", "Hi")); known {
		t.Error("a scene that has ended goes on")
	}
}

func TestDirectorFindsFault(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		s      scene
		ask    scripted.Request
		answer bool
	}{
		"more than recorded":  {scene{steps: []step{{text: "one"}}}, request("", "Hi", ok), false},
		"result not ok":       {scene{steps: []step{{text: "one"}, {text: "two"}}}, request("", "Hi", strings.Replace(ok, "ok", "denied", 1)), true},
		"nobody wrote this":   {scene{steps: []step{{text: "one"}}}, request("", "Ho"), false},
		"another text before": {scene{steps: []step{{text: "one"}}}, request("x", "Hi"), false},
	} {
		d := directed()
		if err := d.begin(t.Context(), newCue("", "Hi"), &c.s); err != nil {
			t.Fatal(err)
		}
		if _, got := d.answer(c.ask); got != c.answer || len(d.problems) != 1 {
			t.Errorf("%s: answered %t, problems %q", name, got, d.problems)
		}
	}
	d := directed()
	if err := d.begin(t.Context(), newCue("", "Hi"), &scene{steps: []step{{call: &call{Name: "think"}}}, open: true}); err != nil {
		t.Fatal(err)
	}
	if got, known := d.answer(request("", "Hi", ok)); !known || got.Decision.Text != closing {
		t.Errorf("an open recording ends with %+v", got)
	}
}

// TestDirectorTellsApart: two conversations that look the same are played one
// after the other.
func TestDirectorTellsApart(t *testing.T) {
	t.Parallel()
	d := directed()
	c := newCue("", "Hi")
	if err := d.begin(t.Context(), c, &scene{}); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.begin(gone, c, &scene{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a second scene with the same cue: %v", err)
	}
	began := make(chan error, 1)
	go func() { began <- d.begin(t.Context(), c, &scene{}) }()
	d.end(c)
	if err := <-began; err != nil {
		t.Error(err)
	}
}

func answersOf(t *testing.T, l *ledger, keys ...string) []string {
	t.Helper()
	var out []string
	for _, k := range keys {
		key, arguments, _ := strings.Cut(k, " ")
		text, err := l.take(key, call{Name: "think", Arguments: json.RawMessage(arguments)}, true)
		if err != nil {
			text = "refused"
		}
		out = append(out, text)
	}
	return out
}

// TestLedger: a key has one effect and one answer; what is not the next expected
// call is found.
func TestLedger(t *testing.T) {
	t.Parallel()
	s := story{turns: []turn{{say: "x", steps: []step{
		{call: &call{Name: "think", Arguments: json.RawMessage(`{"n":1}`), result: "one"}},
		{call: &call{Name: "think", Arguments: json.RawMessage(`{"n":2}`), result: "two"}},
	}}}}
	for name, c := range map[string]struct {
		keys, want    []string
		made, repeats int
		problems      int
	}{
		"in order":              {[]string{`a {"n":1}`, `b {"n":2}`}, []string{"one", "two"}, 2, 0, 0},
		"repeated":              {[]string{`a {"n":1}`, `a {"n":1}`, `b {"n":2}`, `a {"n":1}`}, []string{"one", "one", "two", "one"}, 2, 2, 0},
		"out of order":          {[]string{`a {"n":2}`, `b {"n":1}`}, []string{"refused", "one"}, 1, 0, 1},
		"twice under two keys":  {[]string{`a {"n":1}`, `b {"n":1}`}, []string{"one", "refused"}, 1, 0, 1},
		"another under a key":   {[]string{`a {"n":1}`, `a {"n":2}`}, []string{"one", "refused"}, 1, 0, 1},
		"without a key":         {[]string{` {"n":1}`}, []string{"refused"}, 0, 0, 1},
		"more than is expected": {[]string{`a {"n":1}`, `b {"n":2}`, `c {"n":3}`}, []string{"one", "two", "refused"}, 2, 0, 1},
	} {
		l := newLedger(s, nil)
		got := answersOf(t, l, c.keys...)
		made, repeats, _, problems := l.count()
		if !slices.Equal(got, c.want) || made != c.made || repeats != c.repeats || len(problems) != c.problems {
			t.Errorf("%s: %q, %d made, %d repeated, problems %q", name, got, made, repeats, problems)
		}
	}
}

// TestAPI calls over HTTP: a write is counted as unconfirmed unless the store
// says that the customer's yes was used for this very run.
func TestAPI(t *testing.T) {
	t.Parallel()
	yes := map[schemas.RunRef]bool{{Turn: 2, Step: 3}: true}
	a := &api{
		tick: func() {}, changes: func(name string) bool { return name == "cancel" },
		confirmed: func(_ context.Context, _ schemas.ConversationID, run schemas.RunRef) (bool, error) {
			return yes[run], nil
		},
	}
	if err := serve(a); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.server.Close() })
	made := func(name, result string) step {
		return step{call: &call{Name: name, Arguments: json.RawMessage(`{}`), result: result}}
	}
	l := newLedger(story{turns: []turn{{say: "x", steps: []step{made("think", ""), made("cancel", `{"a":1}`), made("cancel", "Error: no")}}}}, nil)
	a.bind("conv_1", l)
	for _, c := range []struct {
		name, key, conversation, body, kind string
		status, unconfirmed                 int
	}{
		{"think", "u/1/1", "conv_1", "", "text/plain; charset=utf-8", http.StatusOK, 0},
		{"cancel", "u/2/3", "conv_1", `{"a":1}`, "application/json", http.StatusOK, 0},
		{"cancel", "u/2/4", "conv_1", "Error: no", "text/plain; charset=utf-8", http.StatusOK, 1},
		{"cancel", "u/2/3", "conv_1", `{"a":1}`, "application/json", http.StatusOK, 1},
		{"cancel", "u/2/5", "conv_1", "unexpected call\n", "text/plain; charset=utf-8", http.StatusConflict, 1},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.url().String()+"/tools/"+c.name, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(headerConversation, c.conversation)
		req.Header.Set(headerKey, c.key)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		_, _, unconfirmed, _ := l.count()
		if err != nil || res.StatusCode != c.status || string(body) != c.body || res.Header.Get("Content-Type") != c.kind || unconfirmed != c.unconfirmed {
			t.Errorf("%s: %d %q %s, %d unconfirmed", c.key, res.StatusCode, body, res.Header.Get("Content-Type"), unconfirmed)
		}
	}
}

func TestRunOf(t *testing.T) {
	t.Parallel()
	if got, err := runOf("uuid/12/3"); err != nil || got != (schemas.RunRef{Turn: 12, Step: 3}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, key := range []string{"", "a/b", "a/b/c", "a/1/c", "a/1/2/3"} {
		if _, err := runOf(key); err == nil {
			t.Errorf("%q is a run", key)
		}
	}
}

func TestSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		message, text string
		first, same   bool
	}{
		{"Hello.\n\nA  b\n", "A b ", true, true},
		{"Hello.\n\nA b", "A b", false, false},
		{"A b", "A b", false, true},
		{"A b c", "A b", true, false},
		{"A", "A b", false, false},
	} {
		if got := says(c.message, c.text, c.first); got != c.same {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

func TestSpoken(t *testing.T) {
	t.Parallel()
	said := func(seq int64, who schemas.Speaker, text string) schemas.MessageShown {
		return schemas.MessageShown{Seq: seq, Speaker: who, Text: text}
	}
	const customer, agent = schemas.SpeakerCustomer, schemas.SpeakerAgent
	all := []schemas.MessageShown{
		said(1, customer, "hi"), said(2, agent, "Cancel it?"), said(3, customer, yes), said(4, agent, "beside"),
		said(5, agent, "Change it?"), said(6, customer, yes), said(7, customer, yes), said(8, agent, "done"), said(0, agent, "not sent"),
	}
	if got := spoken(all, true); !slices.Equal(got, []string{"beside", "done"}) {
		t.Errorf("with confirmations: %q", got)
	}
	if got := spoken(all, false); len(got) != 4 {
		t.Errorf("without: %q", got)
	}
}

func TestKillerAims(t *testing.T) {
	t.Parallel()
	a, b, other := newKiller(5, 100, 1), newKiller(5, 100, 1), newKiller(5, 100, 2)
	if !slices.Equal(a.at, b.at) || !slices.Equal(a.delays, b.delays) || slices.Equal(a.at, other.at) {
		t.Errorf("aims %v, %v and %v", a.at, b.at, other.at)
	}
	for range 100 {
		a.tick()
	}
	if len(a.due) != 5 {
		t.Errorf("%d kills are due after all events", len(a.due))
	}
}
