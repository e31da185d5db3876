package llm_test

import (
	"encoding/json"
	"strings"
	"testing"

	"steward/internal/agent/llm"
	"steward/schemas"
)

func TestParseDecision(t *testing.T) {
	t.Parallel()
	good := `{"kind":"answer","text":" 30 days [S1] ","citations":[1],"not_found":false,"language":"EN"}`
	for _, text := range []string{good, "```json\n" + good + "\n```", "Here you are: " + good} {
		d, err := llm.ParseDecision(text)
		if err != nil || d.Kind != schemas.DecisionAnswer || d.Text != "30 days [S1]" || d.Language != "en" || len(d.Citations) != 1 {
			t.Errorf("%q: %+v, %v", text, d, err)
		}
	}
	for text, kind := range map[string]llm.Kind{
		"":      llm.KindEmpty,
		" \n":   llm.KindEmpty,
		"hello": llm.KindMalformed, "}{": llm.KindMalformed, "null": llm.KindMalformed, "[]": llm.KindMalformed,
		`{"kind":"answer"}`:                                              llm.KindMalformed,
		`{"text":"x"}`:                                                   llm.KindMalformed,
		`{"kind":"delete","text":"x"}`:                                   llm.KindMalformed,
		`{"kind":"answer","text":["x"]}`:                                 llm.KindMalformed,
		`{"kind":"answer","text":"x","citations":"1"}`:                   llm.KindMalformed,
		"{\"kind\":\"answer\",\"text\":\"\xff\"}":                        llm.KindMalformed,
		`{"kind":"answer","text":"` + strings.Repeat("x", 70_000) + `"}`: llm.KindMalformed,
	} {
		if _, err := llm.ParseDecision(text); llm.KindOf(err) != kind {
			t.Errorf("%.40q: got %v, want %s", text, err, kind)
		}
	}
}

// The schema keeps to what every provider takes, and names only commands that
// exist.
func TestDecisionSchema(t *testing.T) {
	t.Parallel()
	var s struct {
		Type                 string
		AdditionalProperties *bool
		Required             []string
		Properties           map[string]map[string]any
	}
	if err := json.Unmarshal(llm.DecisionSchema(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Type != "object" || s.AdditionalProperties == nil || *s.AdditionalProperties || len(s.Required) != len(s.Properties) {
		t.Errorf("not strict: %+v", s)
	}
	kinds, ok := s.Properties["kind"]["enum"].([]any)
	if !ok || len(kinds) == 0 {
		t.Fatal("kind has no list of commands")
	}
	for _, k := range kinds {
		if name, _ := k.(string); !schemas.DecisionKind(name).Valid() {
			t.Errorf("unknown command %v", k)
		}
	}
	for name, p := range s.Properties {
		for _, word := range []string{"minLength", "maxLength", "minimum", "maximum", "pattern", "anyOf"} {
			if _, has := p[word]; has {
				t.Errorf("%s uses %s", name, word)
			}
		}
	}
}
