package policy

import (
	"time"

	"steward/schemas"
)

// clarifyLimit is how many questions back there are in a row at most.
const clarifyLimit = 2

// AfterDecision decides what becomes of an engine's decision: a reply, one
// repair, or people. broken is true when the decision breaks a rule that
// rendering does not mend. Spec: D6, D20. Settled: rule 7.
func AfterDecision(f schemas.ComposeFacts, broken bool) (schemas.Composed, schemas.Reason) {
	d := f.Decision
	switch {
	case d == nil && f.Stop != schemas.ReasonNone:
		return schemas.ComposedHandOff, f.Stop
	case d == nil:
		return schemas.ComposedHandOff, schemas.ReasonSystemError
	case broken && !f.Repaired:
		return schemas.ComposedRepair, schemas.ReasonNone
	case broken:
		return schemas.ComposedHandOff, schemas.ReasonCannotAnswer
	case d.Kind == schemas.DecisionHandoff && d.Engine == schemas.EngineGuideline:
		return schemas.ComposedHandOff, schemas.ReasonTopic
	case d.Kind == schemas.DecisionHandoff:
		return schemas.ComposedHandOff, schemas.ReasonCannotAnswer
	case d.Kind == schemas.DecisionClarify && f.Material.ClarifyStreak >= clarifyLimit:
		return schemas.ComposedHandOff, schemas.ReasonRepeatedFailure
	case d.NotFound && f.Material.NotFoundStreak+1 >= f.Settings.Handoff.NotFoundLimit:
		return schemas.ComposedHandOff, schemas.ReasonCannotAnswer
	}
	return schemas.ComposedReply, schemas.ReasonNone
}

// AskInReply reports whether a reply asks for the customer's email address.
// Spec: S25, S26, D4.
func AskInReply(f schemas.ComposeFacts) bool {
	if f.EmailKnown || f.EmailAsked {
		return false
	}
	switch f.Settings.For(f.Head.Channel).AskEmail {
	case schemas.AskAtStart:
		return f.Material.First
	case schemas.AskWhenNeeded:
		return f.Decision != nil && f.Decision.NotFound
	case schemas.AskBeforeHandoff, schemas.AskNever:
	}
	return false
}

// AskInTransfer reports whether the transfer message asks for an email address:
// before a handoff when that is the setting, and when it is needed because
// nobody can come now. Spec: S25, S26, D4.
func AskInTransfer(f schemas.Facts, a schemas.Availability) bool {
	if f.EmailKnown || f.EmailAsked {
		return false
	}
	switch f.Settings.For(f.Head.Channel).AskEmail {
	case schemas.AskBeforeHandoff, schemas.AskAtStart:
		return true
	case schemas.AskWhenNeeded:
		return a != schemas.AvailableNow
	case schemas.AskNever:
	}
	return false
}

// handlingTime is what one conversation takes a person, for the estimate that
// a waiting customer is given.
const handlingTime = 4 * time.Minute

// AvailabilityOf says what the customer is told about people: somebody is free,
// somebody is at work but busy, or nobody is until an opening. wait is the
// estimate while queued; open is zero when no opening is known.
func AvailabilityOf(p schemas.PeopleFacts) (a schemas.Availability, wait time.Duration, open time.Time) {
	online := 0
	for _, m := range p.Members {
		if !OpenAt(m.Hours, p.Now) {
			if next, ok := NextOpen(m.Hours, p.Now); ok && (open.IsZero() || next.Before(open)) {
				open = next
			}
			continue
		}
		if m.Presence != schemas.PresenceOnline {
			continue
		}
		online++
		if m.Load < m.Capacity {
			return schemas.AvailableNow, 0, time.Time{}
		}
	}
	if online > 0 {
		return schemas.AvailableQueued, handlingTime * time.Duration(p.Queued+1) / time.Duration(online), time.Time{}
	}
	return schemas.AvailableClosed, 0, open
}
