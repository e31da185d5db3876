package agent_test

import (
	"slices"
	"testing"

	"steward/internal/agent"
)

// A host is found whatever parts or replaces its letters, since the customer
// sees the text without what is hidden and reads the rest as a host.
func TestCheckFindsDisguisedHosts(t *testing.T) {
	t.Parallel()
	for _, hidden := range []string{"\u200c", "\u200d", "\u00ad", "\u2060", "\ufeff", "\u061c", "\u2064", "\u180e"} {
		for _, text := range []string{"See pay-ev" + hidden + "il.com/x [S1]", "See pay-evil." + hidden + "com/x [S1]", "See https:" + hidden + "//pay-evil.com/x [S1]"} {
			if got := agent.Check(reply(text, 1), shop()); !slices.Contains(got, agent.ViolationLink) {
				t.Errorf("%+q may be sent: %v", text, got)
			}
		}
	}
	for _, text := range []string{
		"See pay-evil。com/x [S1]", "See pay-evil．com [S1]", "See pay-evil․com [S1]", "See ｐａｙ-evil.com [S1]", `See https:\\pay-evil.com\x [S1]`, `See pay-evil.com\x [S1]`,
	} {
		if got := agent.Check(reply(text, 1), shop()); !slices.Contains(got, agent.ViolationLink) {
			t.Errorf("%+q may be sent: %v", text, got)
		}
	}
	for _, text := range []string{"You have 30 days… [S1]", "You have 30 days。 [S1]", "You have 30 days, see https://shop.example/returns. [S1]", "👩‍👩‍👧 You have 30 days. [S1]"} {
		if got := agent.Check(reply(text, 1), shop()); len(got) > 0 {
			t.Errorf("%q may not be sent: %v", text, got)
		}
	}
}

// A comment without an end hides what follows it.
func TestCheckFindsOpenComment(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"You have 30 days. [S1] <!-- x", "You have 30 days. [S1] <! x", "You have 30 days. [S1] <?x"} {
		if got := agent.Check(reply(text, 1), shop()); !slices.Contains(got, agent.ViolationMarkup) {
			t.Errorf("%q may be sent: %v", text, got)
		}
	}
	if got := agent.Check(reply("Return it if it is < 30 days old! [S1]", 1), shop()); len(got) > 0 {
		t.Errorf("a comparison may not be sent: %v", got)
	}
}
