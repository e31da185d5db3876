package agent_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/agent"
	"steward/schemas"
)

const liveChat = schemas.ChannelLiveChat

func scope(lang string) agent.GuidelineScope {
	return agent.GuidelineScope{Channel: liveChat, Language: lang, First: "en"}
}

func avoid(title string, priority int, match schemas.GuidelineMatch) schemas.Guideline {
	return schemas.Guideline{
		Title: title, Kind: schemas.GuidelineAvoid, Instruction: "Do not.", Enforcement: schemas.EnforceBefore,
		Handling: schemas.HandleRefuse, Match: match, Priority: priority,
	}
}

func words(list ...string) schemas.GuidelineMatch { return schemas.GuidelineMatch{Keywords: list} }

func TestMatchBefore(t *testing.T) {
	t.Parallel()
	list := []schemas.Guideline{
		avoid("low", 1, words("price", "café")),
		avoid("high", 5, words("competitor", "price match")),
		avoid("pattern", 3, schemas.GuidelineMatch{Patterns: []string{`(?i)\bacme[- ]?\d+\b`}}),
		avoid("example", 2, schemas.GuidelineMatch{Examples: []string{"are you going to be sold to another company", "who owns you"}}),
		{
			Title: "only after", Kind: schemas.GuidelineAvoid, Enforcement: schemas.EnforceAfter, Handling: schemas.HandleRefuse,
			Match: words("after"), Instruction: "x", Priority: 9,
		},
		{Title: "off", Kind: schemas.GuidelineAvoid, Enforcement: schemas.EnforceBefore, Match: words("price"), Disabled: true, Priority: 9},
		{Title: "mail", Kind: schemas.GuidelineAvoid, Enforcement: schemas.EnforceBefore, Match: words("price"), Channels: []schemas.ChannelKind{schemas.ChannelEmail}, Priority: 9},
		{Title: "plan", Kind: schemas.GuidelineAvoid, Enforcement: schemas.EnforceBefore, Match: words("price"), Instruction: "{{plan}}", Priority: 9},
	}
	for _, c := range []struct {
		texts []string
		title string
		by    schemas.MatchKind
	}{
		{[]string{"What is the PRICE?"}, "low", schemas.MatchKeyword},
		{[]string{"do you price-match?"}, "high", schemas.MatchKeyword},
		{[]string{"hello", "Which Cafe\u0301 is it"}, "low", schemas.MatchKeyword},
		{[]string{"a pri\u200bce"}, "low", schemas.MatchKeyword},
		{[]string{"priceless"}, "", ""},
		{[]string{"Is it like ACME-3000?"}, "pattern", schemas.MatchPattern},
		{[]string{"acme"}, "", ""},
		{[]string{"Are you going to be sold to some other company?"}, "example", schemas.MatchExample},
		{[]string{"My parcel has not come and I have waited for two weeks now. Are you being sold to another company? Also please change my address to the new one."}, "example", schemas.MatchExample},
		{[]string{"Are you going to be open tomorrow?"}, "", ""},
		{[]string{"after"}, "", ""},
		{[]string{"price of a competitor"}, "high", schemas.MatchKeyword},
		{nil, "", ""},
		{[]string{""}, "", ""},
	} {
		hit, ok := agent.MatchBefore(list, c.texts, scope("en"))
		if hit.Title != c.title || hit.By != c.by || ok != (c.title != "") {
			t.Errorf("%q: got %q by %q, %v; want %q by %q", c.texts, hit.Title, hit.By, ok, c.title, c.by)
		}
		if ok && list[hit.Index].Title != hit.Title {
			t.Errorf("%q: index %d is not that of %q", c.texts, hit.Index, hit.Title)
		}
	}
}

// TestMatchAfter: a competitor's name in a reply is found whatever its
// formatting, and handled as the admin says.
func TestMatchAfter(t *testing.T) {
	t.Parallel()
	list := []schemas.Guideline{{
		Title: "competitors", Kind: schemas.GuidelineAvoid, Instruction: "Never name them.", Enforcement: schemas.EnforceAfter,
		Handling: schemas.HandleScript, Match: words("Globex", "Umbrella Corp"),
		Script: map[string]string{"en": "I can only speak about our own products.", "it": "Posso parlare solo dei nostri prodotti."},
	}}
	for reply, want := range map[string]bool{
		"Globex is cheaper.": true, "Try **Glo**bex!": true, "See _umbrella_ [corp](https://example.com).": true,
		"Umbrella [S1] Corp": true, "glo\u00adbex": true, "An umbrella costs 5 euros.": false, "Globexes": false, "": false,
	} {
		hit, ok := agent.MatchAfter(list, reply, scope("it"))
		if ok != want {
			t.Errorf("%q: %v, want %v", reply, ok, want)
		}
		if ok && (hit.Handling != schemas.HandleScript || hit.Language != "it" || hit.Script != list[0].Script["it"]) {
			t.Errorf("%q: %+v", reply, hit)
		}
	}
	if _, ok := agent.MatchBefore(list, []string{"Globex"}, scope("en")); ok {
		t.Error("a guideline for replies matched a customer's message")
	}
}

func TestGuidelineScript(t *testing.T) {
	t.Parallel()
	both := map[string]string{"en": "Hello", "it": "Ciao"}
	for _, c := range []struct {
		texts      map[string]string
		lang, text string
		want       string
	}{
		{both, "it", "Ciao", "it"},
		{both, "it-CH", "Ciao", "it"},
		{both, "sv", "Hello", "en"},
		{both, "", "Hello", "en"},
		{map[string]string{"sv": "Hej", "de": "Hallo"}, "it", "Hallo", "de"},
		{nil, "en", "", ""},
	} {
		if text, lang := agent.Script(c.texts, scope(c.lang)); text != c.text || lang != c.want {
			t.Errorf("%v in %q: %q in %q, want %q in %q", c.texts, c.lang, text, lang, c.text, c.want)
		}
	}
}

// TestHandlings: a hit says what to do, for each handling.
func TestHandlings(t *testing.T) {
	t.Parallel()
	for _, h := range []schemas.Handling{
		schemas.HandleRefuse, schemas.HandleScript, schemas.HandleHandOff, schemas.HandleClarify, schemas.HandleContinue,
	} {
		g := avoid("topic", 0, words("lawsuit"))
		g.Handling, g.Script = h, map[string]string{"en": "Which one?"}
		hit, ok := agent.MatchBefore([]schemas.Guideline{g}, []string{"a lawsuit"}, scope("en"))
		if !ok || hit.Handling != h || hit.Enforcement != schemas.EnforceBefore || hit.Script != "Which one?" {
			t.Errorf("%s: %+v, %v", h, hit, ok)
		}
	}
}

func TestApplicable(t *testing.T) {
	t.Parallel()
	list := []schemas.Guideline{
		{Title: "first", Instruction: "one"},
		{Title: "plan", Instruction: "They have {{plan}}.", Priority: 2},
		{Title: "mail", Instruction: "x", Channels: []schemas.ChannelKind{schemas.ChannelEmail}},
		{Title: "second", Instruction: "two"},
		{Title: "name", When: "greeting {{ name }}", Instruction: "use it", Priority: 1},
	}
	s := scope("en")
	s.Attributes = map[string]string{"name": " Ann\n⟦x⟧ {{plan}} " + strings.Repeat("y", 300), "plan": " "}
	var titles []string
	got := agent.Applicable(list, s)
	for _, g := range got {
		titles = append(titles, g.Title)
	}
	if diff := cmp.Diff([]string{"name", "first", "second"}, titles); diff != "" {
		t.Fatal(diff)
	}
	if want := "greeting Ann [x] {plan} " + strings.Repeat("y", 200-len("Ann [x] {plan} ")) + "…"; got[0].When != want {
		t.Errorf("when %q, want %q", got[0].When, want)
	}
	if list[4].When != "greeting {{ name }}" {
		t.Error("the settings were changed")
	}
	stable, personal := agent.SplitGuidelines(list)
	if len(stable) != 3 || len(personal) != 2 || personal[0].Title != "plan" {
		t.Errorf("stable %d, personal %d", len(stable), len(personal))
	}
}

func TestGuidelineLines(t *testing.T) {
	t.Parallel()
	if got := agent.GuidelineLines(nil); got != "" {
		t.Errorf("no guidelines give %q", got)
	}
	list := []schemas.Guideline{
		{Title: "short", Kind: schemas.GuidelineStyle, Instruction: "Answer in one sentence."},
		{Title: "du", Kind: schemas.GuidelineTone, When: "the customer writes German.", Instruction: "Say du."},
		{Title: "warm", Kind: schemas.GuidelineTone, Instruction: "Be warm.", Priority: 10},
		{Title: "legal", Kind: schemas.GuidelineHandoff, When: "a lawyer is named", Instruction: "Hand over.", Handling: schemas.HandleHandOff},
		{Title: "rivals", Kind: schemas.GuidelineAvoid, When: "another maker is named", Instruction: "Do not\ncompare.", Handling: schemas.HandleRefuse},
		{Title: "returns", Kind: schemas.GuidelinePolicy, Instruction: "Name the 30 days.", Priority: -1},
		{Title: "plan", Kind: schemas.GuidelinePolicy, When: "plan is {{plan}}", Instruction: "Offer the upgrade."},
		{Title: "which", Kind: schemas.GuidelineClarify, When: "a device is not named", Instruction: "Ask which one.", Handling: schemas.HandleClarify},
		{Title: "greeting", Kind: schemas.GuidelineScript, When: "the customer says hello", Instruction: "Say: Welcome."},
		{Title: "unknown", Kind: schemas.GuidelinePolicy, When: "{{missing}}", Instruction: "Never shown."},
	}
	s := scope("en")
	s.Attributes = map[string]string{"plan": "Pro"}
	got := agent.GuidelineLines(agent.Applicable(list, s)) + "\n"
	const file = "testdata/guidelines.golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}
