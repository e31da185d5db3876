package schemas_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"steward/schemas"
)

func guideline(change func(g *schemas.Guideline)) schemas.Guideline {
	g := schemas.Guideline{
		Title: "No competitors", Kind: schemas.GuidelineAvoid, When: "a competitor is named", Instruction: "Do not compare.",
		Enforcement: schemas.EnforceBefore, Handling: schemas.HandleRefuse,
		Match: schemas.GuidelineMatch{Keywords: []string{"acme"}, Patterns: []string{`\bacme\d+\b`}, Examples: []string{"are you better than acme"}},
	}
	change(&g)
	return g
}

func TestGuidelineValidate(t *testing.T) {
	t.Parallel()
	script := map[string]string{"en": "We do not compare.", "it": "Non facciamo confronti."}
	for name, c := range map[string]struct {
		change func(g *schemas.Guideline)
		want   string
	}{
		"as it is":    {func(*schemas.Guideline) {}, ""},
		"title":       {func(g *schemas.Guideline) { g.Title = "" }, "guidelines.title"},
		"kind":        {func(g *schemas.Guideline) { g.Kind = "mood" }, ".kind"},
		"enforcement": {func(g *schemas.Guideline) { g.Enforcement = "" }, ".enforcement"},
		"instruction": {func(g *schemas.Guideline) { g.Instruction = " " }, ".instruction"},
		"2,000": {func(g *schemas.Guideline) {
			g.When, g.Instruction = strings.Repeat("å", 1000), strings.Repeat("x", 1000)
		}, ""},
		"2,001": {func(g *schemas.Guideline) {
			g.When, g.Instruction = strings.Repeat("å", 1000), strings.Repeat("x", 1001)
		}, "has 2001 characters"},
		"placeholder":  {func(g *schemas.Guideline) { g.Instruction = "Offer {{ plan }} users more." }, ""},
		"half open":    {func(g *schemas.Guideline) { g.Instruction = "Offer {{plan users" }, "a placeholder is {{name}}"},
		"bad name":     {func(g *schemas.Guideline) { g.When = "{{1 plan}}" }, "a placeholder is {{name}}"},
		"channel":      {func(g *schemas.Guideline) { g.Channels = []schemas.ChannelKind{"fax"} }, ".channels"},
		"priority":     {func(g *schemas.Guideline) { g.Priority = 1001 }, ".priority"},
		"look-ahead":   {func(g *schemas.Guideline) { g.Match.Patterns = []string{"(?=a)"} }, "no RE2 expression"},
		"matches all":  {func(g *schemas.Guideline) { g.Match.Patterns = []string{"a*"} }, "matches every text"},
		"empty word":   {func(g *schemas.Guideline) { g.Match.Keywords = []string{""} }, ".match.keywords"},
		"many words":   {func(g *schemas.Guideline) { g.Match.Keywords = slices.Repeat([]string{"x"}, 101) }, ".match.keywords"},
		"long pattern": {func(g *schemas.Guideline) { g.Match.Patterns = []string{strings.Repeat("x", 501)} }, ".match.patterns"},
		"many samples": {func(g *schemas.Guideline) { g.Match.Examples = slices.Repeat([]string{"x"}, 51) }, ".match.examples"},
		"threshold":    {func(g *schemas.Guideline) { g.Match.Threshold = 0.1 }, ".match.threshold"},
		"over one":     {func(g *schemas.Guideline) { g.Match.Threshold = 1.1 }, ".match.threshold"},
		"handling":     {func(g *schemas.Guideline) { g.Handling = "ignore" }, ".handling"},
		"no handling":  {func(g *schemas.Guideline) { g.Handling = "" }, ".handling: is needed"},
		"no match":     {func(g *schemas.Guideline) { g.Match = schemas.GuidelineMatch{} }, ".match: needs"},
		"match of prompt": {func(g *schemas.Guideline) {
			g.Enforcement = schemas.EnforcePrompt
		}, ".match: is for before and after"},
		"avoid in the prompt": {func(g *schemas.Guideline) {
			g.Enforcement, g.Match, g.Handling = schemas.EnforcePrompt, schemas.GuidelineMatch{}, ""
		}, "says how it is handled"},
		"avoid and continue": {func(g *schemas.Guideline) { g.Handling = schemas.HandleContinue }, "cannot be continued"},
		"continue after": {func(g *schemas.Guideline) {
			g.Kind, g.Enforcement, g.Handling = schemas.GuidelinePolicy, schemas.EnforceAfter, schemas.HandleContinue
		}, "would change nothing"},
		"continue before":   {func(g *schemas.Guideline) { g.Kind, g.Handling = schemas.GuidelinePolicy, schemas.HandleContinue }, ""},
		"script needs text": {func(g *schemas.Guideline) { g.Handling = schemas.HandleScript }, ".script: is needed"},
		"script":            {func(g *schemas.Guideline) { g.Handling, g.Script = schemas.HandleScript, script }, ""},
		"script kind": {func(g *schemas.Guideline) {
			g.Kind, g.Enforcement, g.Match, g.Handling = schemas.GuidelineScript, schemas.EnforcePrompt, schemas.GuidelineMatch{}, ""
		}, ".script: is needed"},
		"clarify needs a question": {func(g *schemas.Guideline) { g.Handling = schemas.HandleClarify }, "the question that is asked"},
		"handoff hands over":       {func(g *schemas.Guideline) { g.Kind = schemas.GuidelineHandoff }, "use hand_off"},
		"handoff":                  {func(g *schemas.Guideline) { g.Kind, g.Handling = schemas.GuidelineHandoff, schemas.HandleHandOff }, ""},
		"script language": {func(g *schemas.Guideline) {
			g.Handling, g.Script = schemas.HandleScript, map[string]string{"swedish": "Hej"}
		}, `"swedish" is no language`},
		"long script": {func(g *schemas.Guideline) {
			g.Handling, g.Script = schemas.HandleScript, map[string]string{"en": strings.Repeat("x", 1001)}
		}, ".script.en"},
		"script with placeholder": {func(g *schemas.Guideline) {
			g.Handling, g.Script = schemas.HandleScript, map[string]string{"en": "Hi {{name}}"}
		}, "sent unchanged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantError(t, guideline(c.change).Validate(), c.want)
		})
	}
}

func TestValidateGuidelines(t *testing.T) {
	t.Parallel()
	var many []schemas.Guideline
	for i := range 101 {
		many = append(many, guideline(func(g *schemas.Guideline) { g.Title = fmt.Sprint("no ", i) }))
	}
	wantError(t, schemas.ValidateGuidelines(many[:100], []string{"en"}), "")
	wantError(t, schemas.ValidateGuidelines(many, []string{"en"}), "at most 100")
	twice := guideline(func(g *schemas.Guideline) { g.Title = "NO 0 " })
	wantError(t, schemas.ValidateGuidelines([]schemas.Guideline{many[0], twice}, []string{"en"}), "used twice")
	italian := guideline(func(g *schemas.Guideline) {
		g.Handling, g.Script = schemas.HandleScript, map[string]string{"it": "Ciao"}
	})
	wantError(t, schemas.ValidateGuidelines([]schemas.Guideline{italian}, []string{"it", "en"}), "")
	wantError(t, schemas.ValidateGuidelines([]schemas.Guideline{italian}, []string{"en", "it"}), "first language")
}

func TestGuidelineAttributes(t *testing.T) {
	t.Parallel()
	g := guideline(func(g *schemas.Guideline) { g.When, g.Instruction = "plan is {{plan}}", "Thank {{ crm.firstname }}." })
	if got := g.Attributes(); !slices.Equal(got, []string{"plan", "crm.firstname"}) {
		t.Errorf("attributes %v", got)
	}
	values := map[string]string{"plan": "Pro", "crm.firstname": "Ann"}
	filled, ok := g.Fill(func(name string) string { return values[name] })
	if !ok || filled.When != "plan is Pro" || filled.Instruction != "Thank Ann." {
		t.Errorf("filled %v %q %q", ok, filled.When, filled.Instruction)
	}
	delete(values, "plan")
	if _, ok := g.Fill(func(name string) string { return values[name] }); ok {
		t.Error("filled without a value for plan")
	}
}
