package agent_test

import (
	"slices"
	"testing"

	"steward/internal/agent"
	"steward/schemas"
)

func TestDirect(t *testing.T) {
	t.Parallel()
	answered := []schemas.Line{{Speaker: schemas.SpeakerCustomer, Text: "Hi"}, {Speaker: schemas.SpeakerAgent, Text: "You have 30 days."}}
	asked := []schemas.Line{{Speaker: schemas.SpeakerAgent, Text: "Shall I look it up?"}}
	voucher := shop().Passages[3]
	other := voucher
	other.Number, other.Text = 5, "No."
	for name, c := range map[string]struct {
		questions []string
		change    func(m *schemas.Material)
		want      schemas.DecisionKind
	}{
		"its question":               {[]string{"do you sell VOUCHERS"}, nil, schemas.DecisionAnswer},
		"nearly its question":        {[]string{"Do you sell any vouchers?"}, nil, ""},
		"its question and more":      {[]string{"Do you sell vouchers?", "And cards?"}, nil, ""},
		"two words":                  {[]string{"Vouchers, then?"}, func(m *schemas.Material) { m.Passages[3].Question = "Vouchers, then?" }, ""},
		"two answers to it":          {[]string{"Do you sell vouchers?"}, func(m *schemas.Material) { m.Passages = append(m.Passages, other) }, ""},
		"the same answer twice":      {[]string{"Do you sell vouchers?"}, func(m *schemas.Material) { m.Passages = append(m.Passages, voucher) }, schemas.DecisionAnswer},
		"while inputs are asked":     {[]string{"Do you sell vouchers?"}, func(m *schemas.Material) { m.Frame = &schemas.Frame{} }, ""},
		"the engine decides all":     {[]string{"Do you sell vouchers?"}, func(m *schemas.Material) { m.Settings.Checks.EngineFirst = true }, ""},
		"after a call":               {[]string{"Do you sell vouchers?"}, func(m *schemas.Material) { m.Rounds = []schemas.Round{{}} }, ""},
		"thanks":                     {[]string{"Thanks, that helped!"}, func(m *schemas.Material) { m.History = answered }, schemas.DecisionResolved},
		"thanks and a question":      {[]string{"Thanks! Where is it?"}, func(m *schemas.Material) { m.History = answered }, ""},
		"thanks to a question":       {[]string{"Thanks!"}, func(m *schemas.Material) { m.History = asked }, ""},
		"thanks at the start":        {[]string{"Thanks!"}, nil, ""},
		"thanks while we wait":       {[]string{"Thanks!"}, func(m *schemas.Material) { m.History, m.Waiting = answered, []string{"a yes"} }, ""},
		"thanks, and the call's end": {[]string{"Thanks!"}, func(m *schemas.Material) { m.History, m.Resumed = answered, true }, ""},
	} {
		m := shop()
		m.Questions = c.questions
		if c.change != nil {
			c.change(&m)
		}
		d, ok := agent.Direct(m)
		if d.Kind != c.want || ok != (c.want != "") {
			t.Errorf("%s: %+v, %v, want %q", name, d, ok, c.want)
		}
		if !ok {
			continue
		}
		if broken := agent.Check(d, m); len(broken) > 0 {
			t.Errorf("%s: %q breaks %v", name, d.Text, broken)
		}
		if c.want == schemas.DecisionAnswer && (d.Text != voucher.Text || !d.Verbatim || !slices.Equal(d.Citations, []int{4})) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// TestPersonalityChangesNoFacts: whatever the personality, the same replies are
// let out, with the same figures and sources. Spec: S8.
func TestPersonalityChangesNoFacts(t *testing.T) {
	t.Parallel()
	plain := shop()
	for _, p := range []schemas.Personality{
		schemas.PersonalityWitty, schemas.PersonalityFriendly, schemas.PersonalityCasual, schemas.PersonalityEmpathetic, schemas.PersonalityBrandVoice,
	} {
		m := shop()
		m.Settings.Profile.Personality, m.Settings.Profile.BrandVoice = p, "We joke a lot."
		for _, c := range append(allowedReplies(), forbiddenReplies()...) {
			if want, got := agent.Check(c.d, plain), agent.Check(c.d, m); !slices.Equal(want, got) {
				t.Errorf("%s, %s: breaks %v, and %v without the personality", p, c.name, got, want)
			}
			wantText, wantSources := agent.Render(c.d, plain)
			if text, sources := agent.Render(c.d, m); text != wantText || !slices.Equal(sources, wantSources) {
				t.Errorf("%s, %s: %q %v, want %q %v", p, c.name, text, sources, wantText, wantSources)
			}
		}
	}
}

// TestPromiseAfterACall: a promise is one that nothing keeps, unless a call of
// this turn was made that keeps it.
func TestPromiseAfterACall(t *testing.T) {
	t.Parallel()
	d := kind(schemas.DecisionSmalltalk, "I have opened a ticket, and we will email you.")
	m := shop()
	for status, want := range map[schemas.CallStatus]bool{schemas.CallOK: true, schemas.CallFailed: false, schemas.CallDenied: false, schemas.CallUnknown: false} {
		m.Rounds = []schemas.Round{{Results: []schemas.CallResult{{Status: status}}}}
		if got := !slices.Contains(agent.Check(d, m), agent.ViolationPromise); got != want {
			t.Errorf("after a call that is %s: may be said %v, want %v", status, got, want)
		}
	}
}
