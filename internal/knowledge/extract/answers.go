package extract

import (
	"encoding/json"
	"html"
	"slices"
	"strings"

	"steward/internal/knowledge"
	"steward/internal/language"
)

const (
	// maxAnswers is the largest number of questions taken from one page.
	maxAnswers = 500
	// maxData is the largest JSON-LD script read, in bytes.
	maxData = 1 << 20
	// maxDataDepth bounds how deep things in it may be nested.
	maxDataDepth = 20
)

// marked is what a page says in data for search engines.
type marked struct {
	headline string
	answers  []knowledge.Answer
}

// readData reads JSON-LD scripts. What is broken says nothing.
func readData(scripts []string) marked {
	var m marked
	for _, script := range scripts {
		var value any
		if len(script) > maxData || json.Unmarshal([]byte(script), &value) != nil {
			continue
		}
		m.collect(value, 0)
	}
	return m
}

// collect looks for things it knows in a value, which may be a thing, a list of
// them, or a thing with a @graph of others.
func (m *marked) collect(value any, depth int) {
	if depth > maxDataDepth {
		return
	}
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			m.collect(item, depth+1)
		}
	case map[string]any:
		m.thing(v)
		for _, key := range []string{"@graph", "mainEntity", "mainEntityOfPage", "hasPart"} {
			m.collect(v[key], depth+1)
		}
	}
}

func (m *marked) thing(v map[string]any) {
	switch {
	case typed(v, "FAQPage"):
		m.questions(v["mainEntity"])
	case typed(v, "HowTo"), typed(v, "Article"), typed(v, "TechArticle"), typed(v, "NewsArticle"), typed(v, "BlogPosting"):
		if m.headline == "" {
			m.headline = first(v["headline"], v["name"])
		}
	}
}

func (m *marked) questions(value any) {
	for _, item := range list(value) {
		question, ok := item.(map[string]any)
		if !ok || !typed(question, "Question") {
			continue
		}
		for _, key := range []string{"acceptedAnswer", "suggestedAnswer"} {
			for _, answer := range list(question[key]) {
				if a, ok := answer.(map[string]any); ok {
					m.add(shown(first(question["name"], question["text"])), shown(first(a["text"], a["name"])))
				}
			}
		}
	}
}

// add takes a question with its answer. The first answer to a question counts.
func (m *marked) add(question, answer string) {
	question = strings.Join(strings.Fields(question), " ")
	known := slices.ContainsFunc(m.answers, func(a knowledge.Answer) bool { return a.Question == question })
	if question == "" || answer == "" || known || len(m.answers) >= maxAnswers {
		return
	}
	m.answers = append(m.answers, knowledge.Answer{Question: question, Answer: answer})
}

// shown is what a reader sees of a text in JSON-LD. It may be HTML, and some
// sites escape that once more.
func shown(s string) string {
	if !strings.Contains(s, "<") && strings.Contains(s, "&lt;") {
		s = html.UnescapeString(s)
	}
	if strings.ContainsAny(s, "<&") {
		if markdown, err := Fragment(s, ""); err == nil {
			return markdown
		}
	}
	return language.Clean(s)
}

// typed reports whether a thing is of a type of schema.org, which is written
// alone, as an address, or in a list.
func typed(v map[string]any, name string) bool {
	for _, item := range list(v["@type"]) {
		s, _ := item.(string)
		if s[strings.LastIndexAny(s, "/:#")+1:] == name {
			return true
		}
	}
	return false
}

func list(value any) []any {
	if l, ok := value.([]any); ok {
		return l
	}
	if value == nil {
		return nil
	}
	return []any{value}
}

func first(values ...any) string {
	for _, value := range values {
		for _, item := range list(value) {
			if s, ok := item.(string); ok && strings.TrimSpace(s) != "" {
				return strings.TrimSpace(s)
			}
		}
	}
	return ""
}
