package policy

import (
	"time"

	"steward/schemas"
)

// How often an outcome that the CRM does not take is tried again: from half a
// minute doubling to an hour, for a month.
const (
	goalWriteFirst = 30 * time.Second
	goalWriteMost  = time.Hour
	goalWriteLimit = 30 * 24 * time.Hour
)

// EndGoal is a run that nobody asks about any more: its verdict follows from what
// is known, which is incomplete unless the answers are enough already.
// Spec: S54.
func EndGoal(goal schemas.Goal, run schemas.GoalRun, now time.Time) schemas.GoalRun {
	score := ScoreGoal(goal, run.Answers)
	run.Score, run.DecidedAt, run.Asking = &score, now, ""
	return run
}

// PlanGoal is what the outcome of a decided run writes to the CRM: the admin's
// values and what it creates, and the customer's own answers to questions that
// name a property. An answer that the CRM had is there already, and the admin's
// value wins over an answer. Spec: S54.
func PlanGoal(goal schemas.Goal, run schemas.GoalRun) schemas.GoalPlan {
	if run.Score == nil {
		return schemas.GoalPlan{}
	}
	outcome := goal.Outcomes[run.Score.Verdict]
	p := schemas.GoalPlan{Create: outcome.Create, Set: outcome.Set, Answers: map[string]string{}, Properties: map[string]string{}}
	if title := titleOf(outcome.Create); title != "" {
		p.Properties[title] = goal.Title
	}
	known := knownAnswers(goal, run.Answers)
	for _, c := range goal.Criteria {
		a, answered := known[c.Name]
		switch {
		case !answered || a.Message == "" || c.Property == "":
		case c.Object == schemas.ObjectContact:
			p.Answers[c.Property] = a.Value
		case c.Object == outcome.Create:
			p.Properties[c.Property] = a.Value
		default:
			p.Left = append(p.Left, schemas.GoalLeft{Object: c.Object, Property: c.Property, Reason: schemas.GoalLeftRecord})
		}
	}
	for name, value := range outcome.Properties {
		p.Properties[name] = value
	}
	return p
}

// titleOf is the property that people see of a record in a list.
func titleOf(object schemas.ObjectType) string {
	switch object {
	case schemas.ObjectDeal:
		return "dealname"
	case schemas.ObjectTicket:
		return "subject"
	case schemas.ObjectContact, schemas.ObjectCompany:
	}
	return ""
}

// NextGoalWrite is when an outcome that the CRM has not taken is tried again: when
// it says so, else after a pause that grows. After a month it has failed.
func NextGoalWrite(now, since time.Time, attempt int, w schemas.GoalWritten) (schemas.GoalWriteState, time.Time) {
	if now.Sub(since) >= goalWriteLimit {
		return schemas.GoalWriteFailed, now
	}
	pause := min(goalWriteFirst<<min(max(attempt-1, 0), 10), goalWriteMost)
	at := now.Add(max(pause, w.RetryAfter))
	if w.Until.After(at) {
		at = w.Until
	}
	return w.State, at
}
