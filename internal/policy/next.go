package policy

import (
	"time"

	"steward/schemas"
)

// LateAfter is how long a customer's message may wait for us before the reply
// begins with an apology.
const LateAfter = 10 * time.Minute

// Next decides the next step of a conversation from its facts and what the
// guard read from the customer's messages. The store applies the step and asks
// again until a step returns to the workflow, so each step is small and the
// order of the cases is the order of precedence.
func Next(f schemas.Facts, guard schemas.Guard) schemas.Verdict {
	if !f.Exists || f.Head.CloseReason == schemas.CloseErased {
		return schemas.Verdict{Do: schemas.DoEnd}
	}
	if f.Preview {
		return nextPreview(f, guard)
	}
	if f.Head.Handoff != "" && !f.HandoffStarted {
		return schemas.Verdict{Do: schemas.DoStartHandoff}
	}
	if f.Head.Lifecycle == schemas.LifecycleClosed {
		return nextClosed(f, guard)
	}
	switch f.Head.Owner {
	case schemas.OwnerNone:
		return nextUnowned(f)
	case schemas.OwnerAgent:
		return nextAgent(f, guard)
	case schemas.OwnerQueue:
		return nextQueue(f, guard)
	case schemas.OwnerHuman:
		return nextHuman(f)
	}
	return schemas.Verdict{Do: schemas.DoEnd}
}

// nextClosed: a customer who only says thanks is thanked; any other message
// opens a new engagement. Spec: D12. Settled: rule 13.
func nextClosed(f schemas.Facts, guard schemas.Guard) schemas.Verdict {
	switch {
	case f.Untaken > 0 && guard == schemas.GuardCourtesy && (f.Paused || !f.AgentOn):
		return schemas.Verdict{Do: schemas.DoLeave}
	case f.Untaken > 0 && guard == schemas.GuardCourtesy:
		return schemas.Verdict{Do: schemas.DoThank}
	case f.Untaken > 0:
		return schemas.Verdict{Do: schemas.DoReopen}
	case f.GoalOpen || f.GoalDue:
		return endGoals(f)
	case len(f.Controls) > 0:
		return schemas.Verdict{Do: schemas.DoSettle}
	case f.Head.Unsent > 0:
		return schemas.Verdict{Do: schemas.DoWait}
	case f.Head.Deadline.IsZero():
		return schemas.Verdict{Do: schemas.DoEnd}
	case !f.Now.Before(f.Head.Deadline):
		return schemas.Verdict{Do: schemas.DoOutcome, Outcome: OutcomeOf(f)}
	}
	return schemas.Verdict{Do: schemas.DoWait}
}

// OutcomeOf is what came of a closed engagement. Nothing is written when the
// customer came back in a later conversation. Spec: D11. Settled: rule 24.
func OutcomeOf(f schemas.Facts) schemas.Outcome {
	switch {
	case f.Returned:
		return schemas.OutcomeNone
	case f.ByHuman || f.Head.Handoff != "" && !f.Deferred:
		return schemas.OutcomeHandedOff
	case f.Unanswered:
		return schemas.OutcomeUnanswered
	case f.Replies == 0:
		return schemas.OutcomeAbandoned
	case f.Resolved:
		return schemas.OutcomeResolvedConfirmed
	}
	return schemas.OutcomeResolvedAssumed
}

// Admit says whether the agent would take a new conversation now: none when it
// would, else why not. Spec: D1, S38, S44, S46, S47.
func Admit(f schemas.Facts) schemas.Reason {
	switch {
	case !f.Published:
		return schemas.ReasonNotPublished
	case !f.Deployed:
		return schemas.ReasonNotDeployed
	case f.Paused:
		return schemas.ReasonAgentPaused
	case !f.AgentOn:
		return schemas.ReasonAgentOff
	case f.OutOfCredits:
		return schemas.ReasonOutOfCredits
	case !OpenAt(f.Settings.For(f.Head.Channel).Hours, f.Now):
		return schemas.ReasonOutsideHours
	}
	return schemas.ReasonNone
}

func nextUnowned(f schemas.Facts) schemas.Verdict {
	reason := Admit(f)
	if reason == schemas.ReasonNone {
		return schemas.Verdict{Do: schemas.DoAdmit}
	}
	if v, ok := waitForHours(f, reason); ok {
		return v
	}
	return handOffBy(reason)
}

// handOffBy gives a conversation to people. What the customer has asked stays
// open during a pause, so that its end answers it. Settled: rule 17.
func handOffBy(reason schemas.Reason) schemas.Verdict {
	return schemas.Verdict{Do: schemas.DoHandOff, Reason: reason, Release: reason == schemas.ReasonAgentPaused}
}

// waitForHours is the wait for the next opening, when the channel waits at all
// and ever opens. Spec: D3.
func waitForHours(f schemas.Facts, reason schemas.Reason) (schemas.Verdict, bool) {
	c := f.Settings.For(f.Head.Channel)
	if reason != schemas.ReasonOutsideHours || c.OutsideHours != schemas.OutsideWait {
		return schemas.Verdict{}, false
	}
	open, ok := NextOpen(c.Hours, f.Now)
	if !ok {
		return schemas.Verdict{}, false
	}
	return schemas.Verdict{Do: schemas.DoWaitHours, Reason: reason, Until: open}, true
}

func nextAgent(f schemas.Facts, guard schemas.Guard) schemas.Verdict {
	question := f.Untaken > 0 || f.OpenTurn > 0
	handOff, triggered := triggered(f, guard)
	switch {
	case question && f.Paused:
		return handOffBy(schemas.ReasonAgentPaused)
	case question && triggered:
		return handOff
	case consentOf(f, guard) != schemas.ConsentNone:
		return schemas.Verdict{Do: schemas.DoConsent, Consent: consentOf(f, guard)}
	case question, answered(f) != nil:
		return turn(f, guard)
	case f.GoalDue:
		return schemas.Verdict{Do: schemas.DoApplyGoal}
	case overdue(f) != "":
		return schemas.Verdict{Do: schemas.DoEscalate}
	case f.Head.Unsent == 0 && ended(f):
		return schemas.Verdict{Do: schemas.DoClose, CloseReason: schemas.CloseByCustomer}
	case due(f, schemas.DeadlineReminder):
		return schemas.Verdict{Do: schemas.DoRemind}
	case due(f, schemas.DeadlineInactivity) && f.Unanswered:
		// A question without an answer is not closed. Spec: D5.
		return handOffBy(schemas.ReasonUnanswered)
	case due(f, schemas.DeadlineInactivity):
		return schemas.Verdict{Do: schemas.DoClose, CloseReason: schemas.CloseInactivity}
	case len(f.Controls) > 0 && !ended(f):
		return schemas.Verdict{Do: schemas.DoSettle}
	}
	return schemas.Verdict{Do: schemas.DoWait}
}

func nextQueue(f schemas.Facts, guard schemas.Guard) schemas.Verdict {
	if ended(f) {
		return schemas.Verdict{Do: schemas.DoClose, CloseReason: schemas.CloseByCustomer}
	}
	if f.Head.Handoff == "" {
		return nextWaiting(f, guard)
	}
	untouched := f.HandoffState == schemas.HandoffWaiting || f.HandoffState == schemas.HandoffOffered
	if f.Head.HandoffReason == schemas.ReasonAgentPaused && untouched {
		if mayResume(f) {
			return schemas.Verdict{Do: schemas.DoResume}
		}
		// The pause has ended outside the hours, before the agent ever had it.
		if v, ok := waitForHours(f, Admit(f)); ok {
			return v
		}
	} else if f.GoalOpen || f.GoalDue {
		return endGoals(f)
	}
	if len(f.Controls) > 0 {
		return schemas.Verdict{Do: schemas.DoSettle}
	}
	return schemas.Verdict{Do: schemas.DoWait}
}

// endGoals: nobody asks on behalf of a goal any more once people have the
// conversation or it is closed, so what is known is its end. A pause that the
// agent comes back from ends none. Spec: S54.
func endGoals(f schemas.Facts) schemas.Verdict {
	if f.GoalOpen {
		return schemas.Verdict{Do: schemas.DoEndGoals}
	}
	return schemas.Verdict{Do: schemas.DoApplyGoal}
}

// mayResume: an engagement that the agent had goes on when the pause ends; one
// that came during the pause is admitted like any other. Spec: D2.
func mayResume(f schemas.Facts) bool {
	if f.Admitted {
		return !f.Paused
	}
	return Admit(f) == schemas.ReasonNone
}

// nextWaiting: the conversation waits for the agent's hours, in the queue and
// without an offer. Each look decides admission anew. Settled: rules 17, 21.
func nextWaiting(f schemas.Facts, guard schemas.Guard) schemas.Verdict {
	if f.Untaken > 0 && guard == schemas.GuardHuman {
		return handOffBy(schemas.ReasonCustomerRequest)
	}
	reason := Admit(f)
	if reason == schemas.ReasonNone {
		return schemas.Verdict{Do: schemas.DoAdmit}
	}
	v, ok := waitForHours(f, reason)
	switch {
	case !ok:
		return handOffBy(reason)
	case !v.Until.Equal(f.OpensAt):
		return v
	case len(f.Controls) > 0:
		return schemas.Verdict{Do: schemas.DoSettle}
	}
	return schemas.Verdict{Do: schemas.DoWait}
}

func nextHuman(f schemas.Facts) schemas.Verdict {
	switch {
	case ended(f):
		return schemas.Verdict{Do: schemas.DoClose, CloseReason: schemas.CloseByCustomer}
	case f.Untaken > 0:
		return schemas.Verdict{Do: schemas.DoLeave}
	case f.GoalOpen || f.GoalDue:
		return endGoals(f)
	case len(f.Controls) > 0:
		return schemas.Verdict{Do: schemas.DoSettle}
	}
	return schemas.Verdict{Do: schemas.DoWait}
}

// turn opens a turn, or goes on with the open one. Answering late begins with
// an apology instead of N late answers: the turn takes everything that waits.
func turn(f schemas.Facts, guard schemas.Guard) schemas.Verdict {
	v := schemas.Verdict{
		Do: schemas.DoTurn, Until: f.Now.Add(f.Settings.Limits.Defaults().TurnSeconds.Duration()),
		Late: f.Untaken > 0 && f.Now.Sub(f.OldestUntaken) > LateAfter, Upset: f.Signals.Upset,
	}
	if !f.Resumed {
		v.Resume = resume(f, guard)
	}
	return v
}

// ended reports whether the customer has ended the chat.
func ended(f schemas.Facts) bool {
	for _, c := range f.Controls {
		if c == schemas.ControlEnd {
			return true
		}
	}
	return false
}

func due(f schemas.Facts, kind schemas.DeadlineKind) bool {
	return f.Head.DeadlineKind == kind && !f.Head.Deadline.IsZero() && !f.Now.Before(f.Head.Deadline)
}
