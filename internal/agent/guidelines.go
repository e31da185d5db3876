package agent

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// Limits of what guidelines read and show, as characters and as counts.
const (
	// attributeLimit bounds the value of a contact's attribute in a prompt: the
	// contact may have chosen it.
	attributeLimit = 200
	// exampleSentences is how many sentences of a text are compared with
	// examples, beside the text as a whole.
	exampleSentences = 40
)

// GuidelineScope is what decides which guidelines hold in a conversation.
type GuidelineScope struct {
	Channel schemas.ChannelKind
	// Language is the conversation's, empty while unknown; First is the agent's
	// first, in which every script exists.
	Language string
	First    string
	// Attributes are what is known of the contact at the level reached.
	Attributes map[string]string
}

// Applicable are the guidelines that hold in a scope, the highest priority
// first, with the contact's attributes in place. One that needs an unknown
// attribute is left out. Spec: S10, D8.
func Applicable(guidelines []schemas.Guideline, scope GuidelineScope) []schemas.Guideline {
	var out []schemas.Guideline
	for _, p := range inOrder(guidelines, scope) {
		out = append(out, p.Guideline)
	}
	return out
}

// placed is a guideline with its place in the settings.
type placed struct {
	schemas.Guideline
	index int
}

func inOrder(guidelines []schemas.Guideline, scope GuidelineScope) []placed {
	var out []placed
	for i, g := range guidelines {
		if !g.On(scope.Channel) {
			continue
		}
		filled, ok := g.Fill(func(name string) string { return attribute(scope.Attributes[name]) })
		if ok {
			out = append(out, placed{filled, i})
		}
	}
	slices.SortStableFunc(out, func(a, b placed) int { return cmp.Compare(b.Priority, a.Priority) })
	return out
}

// attribute makes a value of a contact fit for a line of the prompt: one short
// line, without the brackets that mark quoted material.
func attribute(value string) string {
	value = strings.NewReplacer("⟦", "[", "⟧", "]", "{{", "{", "}}", "}").Replace(oneLine(language.Clean(value)))
	if runes := []rune(value); len(runes) > attributeLimit {
		value = string(runes[:attributeLimit]) + "…"
	}
	return value
}

// SplitGuidelines parts the guidelines that are the same for every contact,
// which belong to the part of a prompt that providers cache, from those with
// attributes, which do not.
func SplitGuidelines(guidelines []schemas.Guideline) (stable, personal []schemas.Guideline) {
	for _, g := range guidelines {
		if len(g.Attributes()) > 0 {
			personal = append(personal, g)
		} else {
			stable = append(stable, g)
		}
	}
	return stable, personal
}

// GuidelineLines are applicable guidelines as text for a prompt: grouped by
// kind, in their order inside a group. Empty for none. They only shape words;
// what matters is also matched in code. Spec: D8.
func GuidelineLines(guidelines []schemas.Guideline) string {
	var b strings.Builder
	for _, group := range guidelineGroups() {
		first := true
		for _, g := range guidelines {
			if g.Kind != group.kind {
				continue
			}
			if first {
				fmt.Fprintf(&b, "%s:\n", group.title)
				first = false
			}
			fmt.Fprintf(&b, "- %s\n", guidelineLine(g))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

type guidelineGroup struct {
	kind  schemas.GuidelineKind
	title string
}

// guidelineGroups is the order of the kinds in a prompt: limits before style.
func guidelineGroups() []guidelineGroup {
	return []guidelineGroup{
		{schemas.GuidelineAvoid, "Topics to avoid"},
		{schemas.GuidelinePolicy, "Policies"},
		{schemas.GuidelineHandoff, "When to hand over"},
		{schemas.GuidelineScript, "Fixed texts"},
		{schemas.GuidelineClarify, "What to clarify"},
		{schemas.GuidelineTone, "Tone"},
		{schemas.GuidelineStyle, "Style of answers"},
	}
}

func guidelineLine(g schemas.Guideline) string {
	line := oneLine(g.Instruction)
	if when := oneLine(g.When); when != "" {
		line = "When " + strings.TrimSuffix(when, ".") + ": " + line
	}
	switch g.Handling {
	case schemas.HandleRefuse:
		line += " Command: refuse."
	case schemas.HandleHandOff:
		line += " Command: handoff."
	case schemas.HandleClarify:
		line += " Command: clarify."
	case schemas.HandleScript, schemas.HandleContinue:
	}
	return line
}

// MatchBefore finds the guideline of highest priority that one of the
// customer's messages matches, before an engine is asked. Spec: S10, D8.
func MatchBefore(guidelines []schemas.Guideline, texts []string, scope GuidelineScope) (schemas.GuidelineHit, bool) {
	return firstMatch(guidelines, schemas.EnforceBefore, texts, scope)
}

// MatchAfter finds the guideline of highest priority that a reply matches,
// before it is sent. Formatting cannot hide a word. Spec: S10, D8.
func MatchAfter(guidelines []schemas.Guideline, reply string, scope GuidelineScope) (schemas.GuidelineHit, bool) {
	reply = marker.ReplaceAllString(reply, "")
	return firstMatch(guidelines, schemas.EnforceAfter, []string{reply, StripMarkdown(reply)}, scope)
}

func firstMatch(guidelines []schemas.Guideline, where schemas.Enforcement, texts []string, scope GuidelineScope) (schemas.GuidelineHit, bool) {
	cleaned := make([]string, len(texts))
	for i, text := range texts {
		cleaned[i] = language.Clean(text)
	}
	for _, g := range inOrder(guidelines, scope) {
		if g.Enforcement != where {
			continue
		}
		for _, text := range cleaned {
			by, ok := matchText(g.Match, text, cmp.Or(scope.Language, scope.First))
			if !ok {
				continue
			}
			hit := schemas.GuidelineHit{
				Index: g.index, Title: g.Title, Kind: g.Kind, Enforcement: where, Handling: g.Handling, By: by,
			}
			hit.Script, hit.Language = Script(g.Script, scope)
			return hit, true
		}
	}
	return schemas.GuidelineHit{}, false
}

// Script is a text by language as it is sent in a scope: in the conversation's
// language, else in the agent's first, else in the first by code.
func Script(texts map[string]string, scope GuidelineScope) (text, lang string) {
	base, _, _ := strings.Cut(strings.ToLower(scope.Language), "-")
	for _, code := range []string{base, scope.First} {
		if text := texts[code]; text != "" {
			return text, code
		}
	}
	for code, t := range texts {
		if t != "" && (lang == "" || code < lang) {
			text, lang = t, code
		}
	}
	return text, lang
}

// matchText reports whether a text matches, cheapest way first.
func matchText(m schemas.GuidelineMatch, text, lang string) (schemas.MatchKind, bool) {
	if language.ContainsPhrase(text, m.Keywords) {
		return schemas.MatchKeyword, true
	}
	for _, pattern := range m.Patterns {
		// What cannot be compiled is refused when it is saved.
		if re, err := regexp.Compile(pattern); err == nil && re.MatchString(text) {
			return schemas.MatchPattern, true
		}
	}
	if len(m.Examples) == 0 {
		return "", false
	}
	threshold := cmp.Or(m.Threshold, schemas.DefaultThreshold)
	// A long message about several things is like no example as a whole.
	parts := append([]string{text}, language.Sentences(text)...)
	for _, part := range parts[:min(len(parts), exampleSentences+1)] {
		for _, s := range language.Similarities(part, m.Examples, lang) {
			if s >= threshold {
				return schemas.MatchExample, true
			}
		}
	}
	return "", false
}
