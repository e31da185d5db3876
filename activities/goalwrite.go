package activities

import (
	"context"
	"errors"

	"steward/internal/policy"
	"steward/schemas"
)

// GoalWriteStore keeps what outcomes of goals write to the CRM.
type GoalWriteStore interface {
	ClaimGoalWrite(ctx context.Context, key string) (schemas.GoalClaim, error)
	SettleGoalWrite(ctx context.Context, key string, attempt int, w schemas.GoalWritten, next schemas.GoalNext) (schemas.GoalClaim, error)
}

// GoalDesk writes an outcome to the company's CRM. It never fails: what went
// wrong is in the result.
type GoalDesk interface {
	WriteGoal(ctx context.Context, r schemas.GoalWriteRequest) schemas.GoalWritten
}

// GoalStarter starts the workflow that writes an outcome to the CRM; starting it
// again is harmless.
type GoalStarter interface {
	StartGoal(ctx context.Context, key string) error
}

// Goals are the activities of the GoalOutcome workflow.
type Goals struct {
	Store GoalWriteStore
	CRM   GoalDesk
	// Fault kills the process at named points in tests; nil in the product.
	Fault Fault
}

// WriteGoal makes one try to write the outcome of a run to the CRM and stores
// what came of it. A try whose worker died is made again: each of its writes has
// a key. Spec: S52, S54. Settled: rules 2, 8.
func (a *Goals) WriteGoal(ctx context.Context, in schemas.WriteGoalInput) (schemas.WriteGoalResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	reach(a.Fault, "write_goal.before")
	claim, err := a.Store.ClaimGoalWrite(ctx, in.Key)
	if err != nil || claim.Request == nil {
		return schemas.WriteGoalResult{State: claim.State, Wait: claim.Wait}, failure(ctx, err)
	}
	reach(a.Fault, "write_goal.after_claim")
	r := *claim.Request
	r.Plan = policy.PlanGoal(r.Goal, r.Run)
	written := a.CRM.WriteGoal(ctx, r)
	reach(a.Fault, "write_goal.after_call")
	// The calls were made, whatever becomes of this activity.
	claim, err = a.Store.SettleGoalWrite(context.WithoutCancel(ctx), in.Key, r.Attempt, written, policy.NextGoalWrite)
	reach(a.Fault, "write_goal.after_commit")
	return schemas.WriteGoalResult{State: claim.State, Wait: claim.Wait}, failure(ctx, err)
}

// startWrites has the outcomes of a conversation written to the CRM, beside it:
// what the CRM does is never waited for by a customer. Settled: rules 7, 20.
func (a *Conversations) startWrites(ctx context.Context, id schemas.ConversationID) error {
	keys, err := a.Goals.GoalWritesDue(ctx, id)
	for _, key := range keys {
		err = errors.Join(err, a.Outcomes.StartGoal(ctx, key))
	}
	return err
}
