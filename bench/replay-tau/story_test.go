package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"steward/internal/actions"
	"steward/schemas"
)

const (
	airlineData = "testdata/tau-airline-replay"
	retailData  = "testdata/tau-retail"
)

func TestReadAirline(t *testing.T) {
	t.Parallel()
	all, err := readAirline(os.DirFS(airlineData))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		turns, calls, texts, beside int
		goodbye, handsOff           bool
	}{
		{turns: 5, texts: 5, goodbye: true},
		{turns: 9, calls: 1, texts: 8, handsOff: true},
		{turns: 6, calls: 6, texts: 7, beside: 1, goodbye: true},
	} {
		s := all[i]
		texts, beside := s.texts()
		if len(s.turns) != want.turns || len(s.calls()) != want.calls || len(texts) != want.texts || beside != want.beside ||
			s.goodbye != want.goodbye || s.handsOff() != want.handsOff {
			t.Errorf("%s: %d turns, %d calls, %d texts, %d beside, goodbye %t, handed over %t, want %+v",
				s.id, len(s.turns), len(s.calls()), len(texts), beside, s.goodbye, s.handsOff(), want)
		}
	}
	for _, c := range all[2].calls() {
		if c.result == "" && c.Name != "think" {
			t.Errorf("the call of %s has no result", c.Name)
		}
	}
}

// TestReadAirlineRefuses: a recording that is not what its list says, or not a
// conversation, is not replayed.
func TestReadAirlineRefuses(t *testing.T) {
	t.Parallel()
	const list = `{"user_messages":2,"agent_messages":1,"tool_calls":[{"name":"think","arguments":{"thought":"a"}}]}`
	const user, agent = `{"role":"user","content":"hi"}`, `{"role":"assistant","content":"hello"}`
	const bye = `{"role":"user","content":"bye ###STOP###"}`
	calls := func(arguments string) string {
		return `{"role":"assistant","content":null,"tool_calls":[{"id":"1","function":{"name":"think","arguments":"` + arguments + `"}}]}`
	}
	good, result := calls(`{\"thought\":\"a\"}`), `{"role":"tool","content":"","tool_call_id":"1"}`
	for name, c := range map[string]struct {
		messages []string
		list     string
		fine     bool
	}{
		"as listed":             {[]string{user, good, result, agent, bye}, list, true},
		"other arguments":       {[]string{user, calls(`{\"thought\":\"b\"}`), result, agent, bye}, list, false},
		"no call":               {[]string{user, agent, bye}, list, false},
		"a text more":           {[]string{user, good, result, agent, agent, bye}, list, false},
		"arguments no JSON":     {[]string{user, calls(`{`), result, agent, bye}, list, false},
		"agent speaks first":    {[]string{agent, user, good, result, bye}, list, false},
		"goes on after leaving": {[]string{bye, good, result, agent, user}, list, false},
		"nobody answers":        {[]string{user, user, good, result, agent}, list, false},
		"result of no call":     {[]string{user, result, good, agent, bye}, list, false},
		"says nothing":          {[]string{user, good, result, `{"role":"assistant","content":""}`, bye}, list, false},
		"unknown role":          {[]string{user, `{"role":"judge","content":"x"}`, good, result, agent, bye}, list, false},
		"no list":               {[]string{user, good, result, agent, bye}, "", false},
		"broken list":           {[]string{user, good, result, agent, bye}, "{", false},
	} {
		folder := fstest.MapFS{
			"trajectories.jsonl": {Data: []byte(`{"traj":[` + strings.Join(c.messages, ",") + `]}`)},
			"expected.jsonl":     {Data: []byte(c.list)},
		}
		if _, err := readAirline(folder); (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzReadStory(f *testing.F) {
	f.Add([]byte(`[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]`))
	f.Add([]byte(`[{"role":"assistant","tool_calls":[{"function":{"name":"x","arguments":"{}"}}]}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var messages []message
		if json.Unmarshal(raw, &messages) != nil {
			return
		}
		s, err := readStory(messages)
		if err != nil {
			return
		}
		for _, turn := range s.turns {
			if len(turn.steps) == 0 {
				t.Error("a turn in which the agent does nothing")
			}
		}
	})
}

// TestGoldStates: the same gold actions lead to the same state, one action less
// to another.
func TestGoldStates(t *testing.T) {
	t.Parallel()
	p, err := retailer(os.DirFS(retailData), schemas.ConfirmAlways)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.stories) != 6 {
		t.Fatalf("%d tasks", len(p.stories))
	}
	for _, s := range p.stories {
		hash, _, err := goldState(*p.files, s)
		if err != nil {
			t.Fatal(err)
		}
		again, refused, err := goldState(*p.files, s)
		if err != nil || hash != again {
			t.Errorf("%s: two gold replays differ: %v", s.id, err)
		}
		if s.id == "retail task 38" != (refused == 1) {
			t.Errorf("%s: %d gold actions are refused", s.id, refused)
		}
		if len(s.calls()) == 0 || !p.changes(s.calls()[len(s.calls())-1].Name) {
			continue
		}
		less := story{id: s.id, turns: []turn{{say: s.turns[0].say, steps: slices.DeleteFunc(slices.Clone(s.turns[0].steps), func(st step) bool {
			return st.call != nil && p.changes(st.call.Name)
		})}}}
		if got, _, err := goldState(*p.files, less); err != nil || got == hash {
			t.Errorf("%s: the state is the same without its writes: %v", s.id, err)
		}
	}
}

// TestActions: every tool becomes an action that an admin could save, with the
// gates that its run needs.
func TestActions(t *testing.T) {
	t.Parallel()
	connections := []schemas.Connection{{Name: connection, BaseURL: "http://127.0.0.1:9", Auth: schemas.AuthNone, PrivateHosts: []string{"127.0.0.1:9"}}}
	airline, err := airlines(os.DirFS(airlineData))
	if err != nil {
		t.Fatal(err)
	}
	retail, err := retailer(os.DirFS(retailData), schemas.ConfirmAlways)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		p              performance
		tools, changes int
		confirm        schemas.Confirm
	}{{airline, 14, 6, schemas.ConfirmNever}, {retail, 17, 7, schemas.ConfirmAlways}} {
		changes := 0
		for _, a := range c.p.actions {
			if err := actions.Validate(a, connections); err != nil {
				t.Errorf("%s: %v", a.Name, err)
			}
			if a.Effect.Changes() {
				changes++
				if a.Confirm != c.confirm {
					t.Errorf("%s: confirm %s", a.Name, a.Confirm)
				}
			}
			if a.HandOff != (a.Name == transferTool) {
				t.Errorf("%s: hands over %t", a.Name, a.HandOff)
			}
		}
		if len(c.p.actions) != c.tools || changes != c.changes {
			t.Errorf("%s: %d tools, %d change something, want %d and %d", c.p.name, len(c.p.actions), changes, c.tools, c.changes)
		}
		for _, s := range c.p.stories {
			for _, call := range s.calls() {
				fits(t, c.p.actions, call)
			}
		}
	}
}

// fits checks the recorded arguments against the action as the gates do.
func fits(t *testing.T, all []schemas.Action, c call) {
	t.Helper()
	at := slices.IndexFunc(all, func(a schemas.Action) bool { return a.Name == c.Name })
	if at < 0 {
		t.Errorf("there is no action %s", c.Name)
		return
	}
	if _, problems := actions.CheckArguments(all[at], c.Arguments); len(problems) > 0 {
		t.Errorf("%s: %+v", c.Name, problems)
	}
}

func TestSameArguments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{`{"a":1,"b":[{"c":2}]}`, `{"b":[{"c":2}],"a":1.0}`, true},
		{`{"a":"x","b":""}`, `{"a":"x"}`, true},
		{`{"a":1}`, `{"a":"1"}`, false},
		{`{"a":[1,2]}`, `{"a":[2,1]}`, false},
		{`{"a":false}`, `{}`, false},
		{`{"a":1}`, `{"a":1,"b":2}`, false},
		{`{`, `{`, false},
	} {
		if got := sameArguments(json.RawMessage(c.a), json.RawMessage(c.b)); got != c.same {
			t.Errorf("%s and %s: %t", c.a, c.b, got)
		}
	}
}

func TestMissingData(t *testing.T) {
	t.Parallel()
	var empty fs.FS = fstest.MapFS{}
	if _, err := airlines(empty); err == nil {
		t.Error("an empty folder has recordings")
	}
	if _, err := retailer(empty, schemas.ConfirmNever); err == nil {
		t.Error("an empty folder has tasks")
	}
}
