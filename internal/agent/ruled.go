package agent

import (
	"slices"

	"steward/schemas"
)

// ScopeOf is where the guidelines of a turn hold.
func ScopeOf(m schemas.Material) GuidelineScope {
	s := GuidelineScope{Channel: m.Channel, Language: m.Language, Attributes: m.Facts}
	if len(m.Settings.Profile.Languages) > 0 {
		s.First = m.Settings.Profile.Languages[0]
	}
	return s
}

// Ruled is what a guideline that is matched in code decides about the customer's
// messages, before any engine is asked. ok is false when none does. Spec: S10, D8.
func Ruled(m schemas.Material) (d schemas.Decision, ok bool) {
	if m.Resumed || len(m.Rounds) > 0 {
		return d, false
	}
	hit, ok := MatchBefore(m.Settings.Guidelines, m.Questions, ScopeOf(m))
	if !ok || hit.Handling == schemas.HandleContinue {
		return d, false
	}
	return handled(hit, m), true
}

// Corrected is what a guideline that is matched in code makes of a reply that is
// ready to be sent; ok is false when the reply may go out as it is.
func Corrected(reply string, m schemas.Material) (d schemas.Decision, ok bool) {
	hit, ok := MatchAfter(m.Settings.Guidelines, reply, ScopeOf(m))
	if !ok || hit.Handling == schemas.HandleContinue {
		return d, false
	}
	return handled(hit, m), true
}

// handled turns a match into a decision with the admin's own words.
func handled(hit schemas.GuidelineHit, m schemas.Material) schemas.Decision {
	d := schemas.Decision{
		Text: hit.Script, Language: hit.Language, Verbatim: true, Engine: schemas.EngineGuideline, Reason: hit.Title,
	}
	switch hit.Handling {
	case schemas.HandleHandOff:
		d.Kind, d.Text, d.Verbatim = schemas.DecisionHandoff, "", false
		return d
	case schemas.HandleRefuse:
		d.Kind = schemas.DecisionRefuse
	case schemas.HandleClarify:
		d.Kind = schemas.DecisionClarify
	default:
		d.Kind = schemas.DecisionAnswer
	}
	if d.Text == "" {
		d.Text, d.Language = NewWording(m.Settings).Notice(fallbackNotice(d.Kind), m.Language, WordingData{}), m.Language
	}
	return d
}

func fallbackNotice(kind schemas.DecisionKind) NoticeKey {
	if kind == schemas.DecisionClarify {
		return NoticeAskQuestion
	}
	return NoticeRefuse
}

// scripted reports whether a text is one that the admin wrote for a guideline,
// or the built-in words for one without a script.
func scripted(d schemas.Decision, m schemas.Material) bool {
	if slices.ContainsFunc(m.Settings.Guidelines, func(g schemas.Guideline) bool {
		for _, text := range g.Script {
			if text == d.Text {
				return true
			}
		}
		return false
	}) {
		return true
	}
	return d.Text == NewWording(m.Settings).Notice(fallbackNotice(d.Kind), m.Language, WordingData{})
}
