package extractive

import (
	"encoding/json"
	"slices"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// mine are the words by which people ask about themselves, by language.
func mine() map[string][]string {
	return map[string][]string{
		"en": {"my", "me", "mine", "i"},
		"it": {"mio", "mia", "miei", "mie", "mi"},
		"sv": {"min", "mitt", "mina", "mig", "jag"},
	}
}

// details looks up what the company's records have of the customer, when their
// question names properties by the words of their labels. Whether they may see
// them is not decided here. ok is false when the question is about none.
func (f *Finder) details(t turn, text string) (schemas.Decision, bool) {
	i := slices.IndexFunc(t.Tools, func(tool schemas.Tool) bool { return len(tool.Details) > 0 && len(tool.Inputs) == 1 })
	if i < 0 || !asks(text) {
		return schemas.Decision{}, false
	}
	tool := t.Tools[i]
	if !slices.ContainsFunc(language.Words(text), func(w string) bool { return slices.Contains(mine()[t.lang], w) }) {
		return schemas.Decision{}, false
	}
	said := terms(text, t.lang)
	var names []string
	for _, d := range tool.Details {
		if named(said, d.Label, t.lang) || named(said, strings.ReplaceAll(d.Name, "_", " "), t.lang) {
			names = append(names, d.Name)
		}
	}
	raw, err := json.Marshal(names)
	if len(names) == 0 || err != nil {
		return schemas.Decision{}, false
	}
	return t.call(tool, schemas.Frame{Action: tool.Name, Filled: map[string]json.RawMessage{tool.Inputs[0].Name: raw}}), true
}

// named reports whether all words of a label are among the terms of a question.
func named(said []string, label, lang string) bool {
	words := terms(label, lang)
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(said, w) })
}
