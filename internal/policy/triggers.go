package policy

import "steward/schemas"

// triggered is the handoff that the customer's messages call for before an
// engine is asked, the most urgent first. While people have been asked already
// and the agent goes on, only what is new to them counts. Spec: S50, D6.
func triggered(f schemas.Facts, guard schemas.Guard) (schemas.Verdict, bool) {
	t := f.Settings.Handoff.Triggers
	hand := func(reason schemas.Reason) (schemas.Verdict, bool) { return handOffBy(reason), true }
	switch {
	case f.Signals.Safety != schemas.SafetyNone:
		v := handOffBy(schemas.ReasonKeyword)
		v.Priority = f.Signals.Safety.Priority()
		return v, true
	case guard == schemas.GuardHuman:
		return hand(schemas.ReasonCustomerRequest)
	case f.Deferred:
		return schemas.Verdict{}, false
	case guard == schemas.GuardKeyword:
		return hand(schemas.ReasonKeyword)
	case f.Signals.Topic != "":
		return hand(schemas.ReasonTopic)
	case guard == schemas.GuardYes && f.Offered && !asking(f):
		return hand(schemas.ReasonCannotAnswer)
	case f.Signals.VIP && f.Replies == 0:
		return hand(schemas.ReasonVIP)
	case t.Sentiment && f.Signals.Upset && f.UpsetStreak > 0 && f.OpenTurn == 0:
		return hand(schemas.ReasonSentiment)
	case t.TurnCap > 0 && f.Replies >= t.TurnCap && f.OpenTurn == 0:
		return hand(schemas.ReasonRepeatedFailure)
	}
	return schemas.Verdict{}, false
}

// asking reports whether a confirmation is open, which a yes answers first.
func asking(f schemas.Facts) bool {
	for _, p := range f.Pending {
		if p.Kind == schemas.PendingConfirmation && p.State == schemas.PendingOpen {
			return true
		}
	}
	return false
}

// Unresolved reports whether a decision leaves the customer's question open.
func Unresolved(d schemas.Decision) bool {
	return d.NotFound || d.Kind == schemas.DecisionClarify || d.Kind == schemas.DecisionHandoff
}

// OffersPerson reports whether a decision that finds no answer is told with the
// offer of a person instead of handing over: once in an engagement. Spec: D6.
func OffersPerson(f schemas.ComposeFacts, verdict schemas.Composed, reason schemas.Reason) bool {
	d := f.Decision
	if d == nil || !f.Settings.Handoff.Triggers.OfferFirst || f.OfferedBefore || f.Deferred || f.Uncertain {
		return false
	}
	open := d.NotFound || d.Kind == schemas.DecisionHandoff
	return open && (verdict == schemas.ComposedReply || verdict == schemas.ComposedHandOff && reason == schemas.ReasonCannotAnswer)
}

// FailedAgain is why people take over a turn that would leave the question open
// once too often, or repeat an answer that did not help; none when they do not.
func FailedAgain(f schemas.ComposeFacts, repeated bool) schemas.Reason {
	t := f.Settings.Handoff.Triggers
	d := f.Decision
	switch {
	case d == nil || f.Settings.Checks.ReportOnly:
	case f.OfferedBefore && t.OfferFirst && d.NotFound:
		return schemas.ReasonCannotAnswer
	case Unresolved(*d) && f.UnresolvedStreak+1 >= t.UnresolvedLimit(), repeated && !t.AllowRepeats:
		return schemas.ReasonRepeatedFailure
	}
	return schemas.ReasonNone
}
