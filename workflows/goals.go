package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/schemas"
)

// goalWriteWithin is how long one try to write an outcome may take: a handful of
// calls to the CRM.
const goalWriteWithin = time.Minute

// GoalOutcome writes the outcome of a goal to the CRM and tries again for as long
// as the CRM does not take it. It runs beside the conversation, which goes on,
// is handed over or is closed meanwhile. Its row is the truth: a run that was lost
// is started again by the sweep. Spec: S54. Settled: rules 1, 7, 20.
func GoalOutcome(ctx workflow.Context, in schemas.GoalOutcomeInput) (schemas.GoalOutcomeResult, error) {
	var acts *activities.Goals
	out := schemas.GoalOutcomeResult{State: schemas.GoalWriteDue, Tries: in.Tries}
	for failures := 0; ; out.Tries++ {
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return out, workflow.NewContinueAsNewError(ctx, GoalOutcome, schemas.GoalOutcomeInput{Key: in.Key, Tries: out.Tries})
		}
		var written schemas.WriteGoalResult
		err := workflow.ExecuteActivity(outsideCall(ctx, "write outcome to the CRM", goalWriteWithin), acts.WriteGoal,
			schemas.WriteGoalInput{Key: in.Key}).Get(ctx, &written)
		pause := min(max(written.Wait, time.Second), maxSleep)
		switch {
		case err != nil && isGone(err):
			return out, nil
		case err != nil:
			pause = backoff(failures)
			failures++
		case written.State.Over():
			out.State = written.State
			return out, nil
		default:
			out.State, failures = written.State, 0
		}
		if err := workflow.Sleep(ctx, pause); err != nil {
			return out, err
		}
	}
}

// isGone reports whether a step found no row of its own: there is nothing left
// to do. Settled: rule 1.
func isGone(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.Type() == failNotFound
}
