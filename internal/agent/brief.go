package agent

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"steward/internal/agent/llm"
	"steward/internal/language"
	"steward/schemas"
)

// Bounds of a summary that a model writes.
const (
	briefTokens = 600
	briefLine   = 2000
	briefLists  = 3
	briefData   = 12
)

// Summarise asks the primary engine for the summary of a conversation that
// people take over. Its parts are cut to the length of the contract. An answer
// without a problem or a next step is an llm.Error of KindMalformed, so that the
// summary of the template stays. Spec: S50.
func (e *Engine) Summarise(ctx context.Context, m schemas.Material, reason schemas.Reason) (schemas.HandoffSummary, schemas.Usage, error) {
	if e.Primary == nil || e.Primary.Name() == schemas.EngineFinder {
		return schemas.HandoffSummary{}, schemas.Usage{}, ErrNoModel
	}
	request, err := e.briefRequest(m, reason)
	if err != nil {
		return schemas.HandoffSummary{}, schemas.Usage{}, err
	}
	out, err := e.Primary.Generate(ctx, request)
	if err != nil {
		return schemas.HandoffSummary{}, out.Usage, err
	}
	s := ParseBrief(out.Decision.Text)
	if s.Problem == "" && s.SuggestedNext == "" {
		return s, out.Usage, llm.NewError(llm.KindMalformed, 0)
	}
	return s, out.Usage, nil
}

func (e *Engine) briefRequest(m schemas.Material, reason schemas.Reason) (llm.Request, error) {
	random := e.Random
	if random == nil {
		random = rand.Reader
	}
	mark, err := newQuoter(random)
	if err != nil {
		return llm.Request{}, err
	}
	lang := "en"
	if len(m.Settings.Profile.Languages) > 0 {
		lang = m.Settings.Profile.Languages[0]
	}
	stable, err := execute("brief.tmpl", map[string]string{"Company": m.Settings.Profile.Company, "Language": lang})
	if err != nil {
		return llm.Request{}, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "The mark of quoted material is %s. Why people take over: %s\n", mark.key, reasonText(reason))
	for _, l := range m.History {
		fmt.Fprintf(&b, "⟦%s %s⟧ %s ⟦/%s⟧\n", mark.key, strings.ToUpper(string(l.Speaker)), mark.quote(l.Text, briefLine), mark.key)
	}
	request := llm.Request{
		Stable: stable, Messages: []llm.Message{{Role: llm.RoleUser, Text: b.String()}}, Schema: llm.DecisionSchema(),
		MaxTokens: briefTokens, Material: m,
	}
	if e.Primary.Capabilities().Tools {
		for _, t := range llm.CommandTools() {
			if t.Name == string(schemas.DecisionAnswer) {
				request.Tools = append(request.Tools, t)
			}
		}
	}
	return request, nil
}

// ParseBrief reads a summary from lines that begin with PROBLEM, TRIED, ASKED,
// DATA or NEXT and a colon. Other lines are left out, and so is what is more than
// the contract holds.
func ParseBrief(text string) schemas.HandoffSummary {
	var s schemas.HandoffSummary
	for line := range strings.Lines(marker.ReplaceAllString(language.Clean(text), "")) {
		word, rest, ok := strings.Cut(strings.TrimLeft(strings.TrimSpace(line), "-*• "), ":")
		if rest = shorten(strings.TrimLeft(rest, "* "), schemas.SummaryLength); !ok || rest == "" {
			continue
		}
		switch strings.ToUpper(strings.Trim(word, "* ")) {
		case "PROBLEM":
			if s.Problem == "" {
				s.Problem = rest
			}
		case "TRIED":
			if len(s.Tried) < briefLists {
				s.Tried = append(s.Tried, rest)
			}
		case "ASKED":
			if len(s.Asked) < briefLists {
				s.Asked = append(s.Asked, rest)
			}
		case "DATA":
			name, value, both := strings.Cut(rest, "=")
			if both && len(s.DataCollected) < briefData {
				s.DataCollected = append(s.DataCollected, schemas.Datum{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
			}
		case "NEXT":
			if s.SuggestedNext == "" {
				s.SuggestedNext = rest
			}
		}
	}
	return s
}
