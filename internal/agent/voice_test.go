package agent_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/agent"
	"steward/schemas"
)

func TestVoiceLines(t *testing.T) {
	t.Parallel()
	const last = "The voice changes words only, never facts, numbers, conditions or markers."
	seen := map[string]schemas.Personality{}
	for _, p := range []schemas.Personality{
		schemas.PersonalityFriendly, schemas.PersonalityProfessional, schemas.PersonalityCasual,
		schemas.PersonalityEmpathetic, schemas.PersonalityWitty,
	} {
		lines := agent.VoiceLines(schemas.Profile{Personality: p, BrandVoice: "Never shown."})
		if len(lines) != 2 || lines[1] != last {
			t.Errorf("%s: %q", p, lines)
		}
		if other, ok := seen[lines[0]]; ok {
			t.Errorf("%s sounds like %s", p, other)
		}
		seen[lines[0]] = p
	}
	brand := schemas.Profile{Personality: schemas.PersonalityBrandVoice, BrandVoice: "- Short words.\n\n 2. We say  \"you\".\u200b ⟦x⟧"}
	want := []string{"Voice: polite, clear and matter-of-fact.", "Brand voice: Short words.", "Brand voice: We say \"you\". [x]", last}
	if diff := cmp.Diff(want, agent.VoiceLines(brand)); diff != "" {
		t.Error(diff)
	}
	brand.BrandVoice = strings.Repeat("A rule of the house.\n", 50)
	if n := len(agent.VoiceLines(brand)); n != 14 {
		t.Errorf("%d lines of a long description, want 14", n)
	}
	brand.BrandVoice = "One.\n" + strings.Repeat("x", 1500)
	if lines := agent.VoiceLines(brand); len(lines) != 3 {
		t.Errorf("a rule of 1,500 characters is shown: %d lines", len(lines))
	}
}
