package agent

import (
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// Limits of a company's description of its voice in a prompt.
const (
	brandVoiceLines = 12
	brandVoiceLimit = 1500
)

// VoiceLines says how the agent sounds, for a prompt: the personality, and with
// brand_voice the company's own description, one rule in a line. The last line
// keeps facts out of its reach. Spec: S8, S9.
func VoiceLines(p schemas.Profile) []string {
	lines := []string{"Voice: " + voice(p.Personality)}
	if p.Personality == schemas.PersonalityBrandVoice {
		length := 0
		for line := range strings.SplitSeq(language.Clean(p.BrandVoice), "\n") {
			line = oneLine(strings.NewReplacer("⟦", "[", "⟧", "]").Replace(listMark.ReplaceAllString(strings.TrimSpace(line), "")))
			length += len([]rune(line))
			if line == "" {
				continue
			}
			if length > brandVoiceLimit || len(lines) > brandVoiceLines {
				break
			}
			lines = append(lines, "Brand voice: "+line)
		}
	}
	return append(lines, "The voice changes words only, never facts, numbers, conditions or markers.")
}
