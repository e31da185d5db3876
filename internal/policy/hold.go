package policy

import (
	"slices"

	"steward/schemas"
)

// Holds decides whether a person is asked before a reply is sent, and for how
// long. The channel's settings say which replies: all, or those that are more
// likely to be wrong or to do harm. Spec: D21.
func Holds(f schemas.ComposeFacts) *schemas.Hold {
	ask := f.Settings.For(f.Head.Channel).ReplyApproval
	if ask == nil || f.Preview || ask.When == schemas.HoldRisky && !risky(f) {
		return nil
	}
	h := schemas.Hold{Team: ask.Team}
	h.Wait, h.Escalate = ask.Times()
	return &h
}

// risky: the first version broke a rule, the text only points at content, an
// action of the turn changed something, or the customer is upset.
func risky(f schemas.ComposeFacts) bool {
	if f.Repaired || f.UpsetStreak > 0 || f.Decision != nil && f.Decision.Hint {
		return true
	}
	changes := func(r schemas.CallResult) bool { return r.Changes }
	if f.Material.Resumed && slices.ContainsFunc(f.Material.Past[len(f.Material.Past)-1:], changes) {
		return true
	}
	return slices.ContainsFunc(f.Material.Rounds, func(r schemas.Round) bool { return slices.ContainsFunc(r.Results, changes) })
}

// AfterHold decides what becomes of a reply that a person was asked about: a yes
// sends it as it was approved, as long as what it rests on is still there; else
// people answer.
func AfterHold(h schemas.HeldReply) (schemas.Composed, schemas.Reason) {
	switch {
	case h.Answer == schemas.PendingExpired:
		return schemas.ComposedHandOff, schemas.ReasonUnanswered
	case h.Answer != schemas.PendingYes, h.Stale:
		return schemas.ComposedHandOff, schemas.ReasonCannotAnswer
	}
	return schemas.ComposedReply, schemas.ReasonNone
}
