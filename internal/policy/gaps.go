package policy

import "steward/schemas"

// gapSimilarity is how alike two questions are that ask the same, on the scale
// of the measure given to GroupGap: 1 for the same words. Two questions of one
// form that differ in the word that matters ("ship to Norway", "ship to
// Sweden") come to about a half and have to stay apart, since one answer would
// serve only one of them; the price is a second group for some paraphrases.
const gapSimilarity = 0.55

// GroupGap finds the group that a question without an answer belongs to: the
// most similar one in its language, the first of equals. ok is false when it
// opens a group of its own. near measures two texts of one language, from 0 to
// 1; reading text is not for this package. Spec: S57.
func GroupGap(question schemas.GapQuestion, groups []schemas.GapQuestion, near func(a, b, lang string) float64) (index int, ok bool) {
	best := gapSimilarity
	for i, g := range groups {
		if g.Language != question.Language {
			continue
		}
		if s := near(question.Text, g.Text, g.Language); s > best || s == best && !ok {
			index, best, ok = i, s, true
		}
	}
	return index, ok
}

// GapOf says why the questions of a turn count as a gap in the content; empty
// when they do not. broken is that of AfterDecision. A turn that people were
// asked for, or that goes on with an action, has no gap. Spec: S57.
func GapOf(f schemas.ComposeFacts, verdict schemas.Composed, broken bool) schemas.GapReason {
	d := f.Decision
	handedOff := verdict == schemas.ComposedHandOff
	switch {
	case len(f.Material.Questions) == 0 || (!handedOff && verdict != schemas.ComposedReply):
		return ""
	case d == nil:
		if f.Uncertain || (f.Stop != schemas.ReasonNone && f.Stop != schemas.ReasonSystemError) {
			return ""
		}
		return schemas.GapFailed
	case broken && handedOff:
		return schemas.GapFailed
	case d.NotFound:
		return schemas.GapNotFound
	case d.Hint:
		return schemas.GapLowConfidence
	case d.Kind == schemas.DecisionClarify && (handedOff || d.Engine == schemas.EngineFinder):
		// The finder asks back when it is not sure enough to answer; a model's
		// question is one only when it has led nowhere.
		return schemas.GapLowConfidence
	}
	return ""
}

// TellConsent is what is known of whether a customer without an answer wants to
// hear of one: asked when the reply has to ask. Spec: D22.
func TellConsent(f schemas.ComposeFacts, gap schemas.GapReason, verdict schemas.Composed) schemas.Consent {
	switch {
	case gap == "":
		return schemas.ConsentNone
	case f.Consent == schemas.ConsentYes || f.Consent == schemas.ConsentNo:
		// Who has said it is not asked again in the same conversation.
		return f.Consent
	case f.Settings.Gaps.Tell && verdict == schemas.ComposedReply && gap == schemas.GapNotFound && f.Untaken == 0:
		return schemas.ConsentAsked
	}
	return schemas.ConsentNone
}

// consentOf is the customer's answer to the question whether they want to hear
// of an answer, when their messages are nothing else.
func consentOf(f schemas.Facts, guard schemas.Guard) schemas.Consent {
	if !f.TellAsked || f.OpenTurn > 0 || f.Untaken == 0 || resume(f, guard) != nil {
		return schemas.ConsentNone
	}
	switch guard {
	case schemas.GuardYes:
		return schemas.ConsentYes
	case schemas.GuardNo:
		return schemas.ConsentNo
	}
	return schemas.ConsentNone
}
