package policy_test

import (
	"testing"

	"steward/internal/language"
	"steward/internal/policy"
	"steward/schemas"
)

// TestGroupGap: paraphrases join a group, questions that need another answer
// do not. Spec: S57.
func TestGroupGap(t *testing.T) {
	t.Parallel()
	groups := []schemas.GapQuestion{
		{Text: "Do you ship to Norway?", Language: "en"},
		{Text: "How do I cancel my subscription?", Language: "en"},
		{Text: "Can I order a gift card online?", Language: "en"},
		{Text: "Quanto costa la spedizione?", Language: "it"},
		{Text: "Kan jag byta storlek?", Language: "sv"},
	}
	const alone = -1
	for _, c := range []struct {
		text, lang string
		want       int
	}{
		{"do you ship to norway", "en", 0},
		{"Is shipping to Norway possible?", "en", 0},
		{"Do you ship to Sweden?", "en", alone},
		{"How can I cancel a subscription", "en", 1},
		{"Can I order gift cards online", "en", 2},
		{"How do I return a subscription box?", "en", alone},
		{"quanto costano le spedizioni", "it", 3},
		{"quanto costano le spedizioni", "en", alone},
		{"Går det att byta storlek?", "sv", 4},
		{"", "en", alone},
		{"👍", "en", alone},
	} {
		got, ok := policy.GroupGap(schemas.GapQuestion{Text: c.text, Language: c.lang}, groups, language.Similarity)
		if !ok {
			got = alone
		}
		if got != c.want {
			t.Errorf("%q in %s: group %d, want %d", c.text, c.lang, got, c.want)
		}
	}
}

func TestGroupGapTakesTheNearest(t *testing.T) {
	t.Parallel()
	values := map[string]float64{"a": 0.54, "b": 0.6, "c": 0.9, "d": 0.9}
	near := func(_, b, _ string) float64 { return values[b] }
	groups := []schemas.GapQuestion{{Text: "a"}, {Text: "b"}, {Text: "c"}, {Text: "d"}}
	if got, ok := policy.GroupGap(schemas.GapQuestion{Text: "q"}, groups, near); !ok || got != 2 {
		t.Errorf("group %d, %v; want 2", got, ok)
	}
	if got, ok := policy.GroupGap(schemas.GapQuestion{Text: "q"}, groups[:1], near); ok {
		t.Errorf("group %d below the limit", got)
	}
	at := func(string, string, string) float64 { return 0.55 }
	if got, ok := policy.GroupGap(schemas.GapQuestion{Text: "q"}, groups, at); !ok || got != 0 {
		t.Errorf("at the limit: group %d, %v; want the first", got, ok)
	}
}

// TestGapOf: what counts as a gap, and why.
func TestGapOf(t *testing.T) {
	t.Parallel()
	asked := schemas.Material{Questions: []string{"Do you ship to Norway?"}}
	answer := func(change func(*schemas.Decision)) *schemas.Decision {
		d := &schemas.Decision{Kind: schemas.DecisionAnswer, Engine: "model"}
		if change != nil {
			change(d)
		}
		return d
	}
	clarify := func(engine string) *schemas.Decision {
		return answer(func(d *schemas.Decision) { d.Kind, d.Engine = schemas.DecisionClarify, engine })
	}
	notFound := answer(func(d *schemas.Decision) { d.NotFound = true })
	for _, c := range []struct {
		name    string
		facts   schemas.ComposeFacts
		verdict schemas.Composed
		broken  bool
		want    schemas.GapReason
	}{
		{"good answer", schemas.ComposeFacts{Material: asked, Decision: answer(nil)}, schemas.ComposedReply, false, ""},
		{"not found", schemas.ComposeFacts{Material: asked, Decision: notFound}, schemas.ComposedReply, false, schemas.GapNotFound},
		{"not found again", schemas.ComposeFacts{Material: asked, Decision: notFound}, schemas.ComposedHandOff, false, schemas.GapNotFound},
		{"hint", schemas.ComposeFacts{Material: asked, Decision: answer(func(d *schemas.Decision) { d.Hint = true })}, schemas.ComposedReply, false, schemas.GapLowConfidence},
		{"finder asks back", schemas.ComposeFacts{Material: asked, Decision: clarify(schemas.EngineFinder)}, schemas.ComposedReply, false, schemas.GapLowConfidence},
		{"model asks back", schemas.ComposeFacts{Material: asked, Decision: clarify("model")}, schemas.ComposedReply, false, ""},
		{"model asks back in vain", schemas.ComposeFacts{Material: asked, Decision: clarify("model")}, schemas.ComposedHandOff, false, schemas.GapLowConfidence},
		{"refused by the checks", schemas.ComposeFacts{Material: asked, Decision: answer(nil)}, schemas.ComposedHandOff, true, schemas.GapFailed},
		{"to be repaired", schemas.ComposeFacts{Material: asked, Decision: answer(nil)}, schemas.ComposedRepair, true, ""},
		{"reported only", schemas.ComposeFacts{Material: asked, Decision: answer(nil)}, schemas.ComposedReply, true, ""},
		{"no engine", schemas.ComposeFacts{Material: asked}, schemas.ComposedHandOff, false, schemas.GapFailed},
		{"over its budget", schemas.ComposeFacts{Material: asked, Stop: schemas.ReasonBudget}, schemas.ComposedHandOff, false, ""},
		{"uncertain action", schemas.ComposeFacts{Material: asked, Stop: schemas.ReasonSystemError, Uncertain: true}, schemas.ComposedHandOff, false, ""},
		{"no question", schemas.ComposeFacts{Decision: notFound}, schemas.ComposedReply, false, ""},
	} {
		if got := policy.GapOf(c.facts, c.verdict, c.broken); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestTellConsent: a customer is asked once, only by a reply, only when the
// setting is on. Spec: D22.
func TestTellConsent(t *testing.T) {
	t.Parallel()
	on := schemas.Facts{Settings: schemas.Settings{Gaps: schemas.GapSettings{Tell: true}}}
	with := func(change func(*schemas.Facts)) schemas.ComposeFacts {
		f := on
		change(&f)
		return schemas.ComposeFacts{Facts: f}
	}
	for _, c := range []struct {
		name    string
		facts   schemas.ComposeFacts
		gap     schemas.GapReason
		verdict schemas.Composed
		want    schemas.Consent
	}{
		{"asked", schemas.ComposeFacts{Facts: on}, schemas.GapNotFound, schemas.ComposedReply, schemas.ConsentAsked},
		{"off", schemas.ComposeFacts{}, schemas.GapNotFound, schemas.ComposedReply, schemas.ConsentNone},
		{"no gap", schemas.ComposeFacts{Facts: on}, "", schemas.ComposedReply, schemas.ConsentNone},
		{"a hint", schemas.ComposeFacts{Facts: on}, schemas.GapLowConfidence, schemas.ComposedReply, schemas.ConsentNone},
		{"to people", schemas.ComposeFacts{Facts: on}, schemas.GapNotFound, schemas.ComposedHandOff, schemas.ConsentNone},
		{"agreed before", with(func(f *schemas.Facts) { f.Consent = schemas.ConsentYes }), schemas.GapFailed, schemas.ComposedHandOff, schemas.ConsentYes},
		{"refused before", with(func(f *schemas.Facts) { f.Consent = schemas.ConsentNo }), schemas.GapNotFound, schemas.ComposedReply, schemas.ConsentNo},
		{"writes meanwhile", with(func(f *schemas.Facts) { f.Untaken = 1 }), schemas.GapNotFound, schemas.ComposedReply, schemas.ConsentNone},
	} {
		if got := policy.TellConsent(c.facts, c.gap, c.verdict); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
