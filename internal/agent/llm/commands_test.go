package llm_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"steward/internal/agent/llm"
	"steward/schemas"
)

// strict fails when a schema leaves the subset that every provider enforces.
func strict(t *testing.T, name string, raw json.RawMessage) {
	t.Helper()
	var s struct {
		Type                 any
		AdditionalProperties *bool
		Required             []string
		Properties           map[string]json.RawMessage
		Items                json.RawMessage
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var words map[string]any
	if err := json.Unmarshal(raw, &words); err != nil {
		t.Fatal(err)
	}
	for word := range words {
		if !slices.Contains([]string{"type", "description", "properties", "required", "additionalProperties", "items", "enum"}, word) {
			t.Errorf("%s uses %s", name, word)
		}
	}
	if s.Type == "object" {
		if s.AdditionalProperties == nil || *s.AdditionalProperties || len(s.Required) != len(s.Properties) {
			t.Errorf("%s is not strict: %s", name, raw)
		}
		for _, field := range s.Required {
			if s.Properties[field] == nil {
				t.Errorf("%s requires %s, which it does not have", name, field)
			}
		}
	}
	for field, property := range s.Properties {
		strict(t, name+"."+field, property)
	}
	if s.Items != nil {
		strict(t, name+"[]", s.Items)
	}
}

func TestCommandTools(t *testing.T) {
	t.Parallel()
	var names []string
	for _, tool := range llm.CommandTools() {
		names = append(names, tool.Name)
		if !tool.Strict || tool.Description == "" || !schemas.DecisionKind(tool.Name).Valid() || !llm.Reserved(tool.Name) {
			t.Errorf("%+v", tool)
		}
		strict(t, tool.Name, tool.Schema)
		var s struct{ Properties map[string]any }
		if err := json.Unmarshal(tool.Schema, &s); err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{"text", "language", "answers"} {
			if s.Properties[field] == nil {
				t.Errorf("%s has no %s", tool.Name, field)
			}
		}
	}
	if got := strings.Join(names, " "); got != "answer clarify collect handoff refuse resolved smalltalk" {
		t.Errorf("commands %q", got)
	}
	strict(t, "decision", llm.DecisionSchema())
}

func TestReserved(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"answer": true, "call_action": true, "invalid_name": true, "order_status": false, "": false, "Answer": false,
	} {
		if llm.Reserved(name) != want {
			t.Errorf("Reserved(%q) is %v", name, !want)
		}
	}
}

// Ids of rounds are unique in a request, and results follow their call.
func TestTranscript(t *testing.T) {
	t.Parallel()
	round := func(id string) []llm.Message {
		return []llm.Message{
			{Role: llm.RoleAssistant, Calls: []schemas.Call{
				{ID: id, Action: "order_status", Arguments: json.RawMessage(`{"id":1}`)},
				{ID: "x:" + id, Action: "bad name", Arguments: json.RawMessage(`"nonsense"`)},
			}},
			{Role: llm.RoleTool, CallID: "x:" + id, Text: "second"},
			{Role: llm.RoleTool, CallID: id, Text: "first"},
		}
	}
	given := append([]llm.Message{{Role: llm.RoleUser, Text: "q"}}, append(round("call_1"), round("call_1")...)...)
	got := llm.Transcript(given)
	ids := map[string]bool{}
	for i := 1; i < len(got); i += 3 {
		for _, c := range got[i].Calls {
			if ids[c.ID] || strings.Contains(c.ID, ":") {
				t.Errorf("id %q", c.ID)
			}
			ids[c.ID] = true
		}
		if got[i+1].CallID != got[i].Calls[1].ID || got[i+2].CallID != got[i].Calls[0].ID {
			t.Errorf("results %q and %q of calls %+v", got[i+1].CallID, got[i+2].CallID, got[i].Calls)
		}
		if c := got[i].Calls[1]; c.Action != "invalid_name" || string(c.Arguments) != `{"malformed_arguments":"nonsense"}` {
			t.Errorf("call %+v", c)
		}
	}
	if given[1].Calls[0].ID != "call_1" || given[4].Calls[0].ID != "call_1" {
		t.Error("the given messages were changed")
	}
}

func TestTooLong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"prompt is too long: 210000 tokens > 200000 maximum":                          true,
		"This model's maximum context length is 8192 tokens. However, you":            true,
		"the request exceeds the available context size, try increasing it":           true,
		"context_length_exceeded":                                                     true,
		"input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000": true,
		"exceed_context_size_error":                                                   true,
		"The input is too long":                                                       true,
		"max_tokens: 5000 > 4096, which is the maximum allowed number of tokens":      false,
		"tools.0.name: string is too long":                                            false,
		"":                                                                            false,
	} {
		if llm.TooLong(text) != want {
			t.Errorf("TooLong(%q) is %v", text, !want)
		}
	}
}
