package workflows

import (
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/schemas"
)

// Sweep wakes conversations whose row is overdue, so that one whose run was
// reset, terminated or lost goes on, and settles network steps that never had
// a result. A schedule runs it every minute. Settled: rule 1.
func Sweep(ctx workflow.Context, in schemas.SweepInput) (schemas.SweepResult, error) {
	var acts *activities.Sweeps
	var out schemas.SweepResult
	err := workflow.ExecuteActivity(sweeping(ctx, "wake what is overdue"), acts.SweepOverdue, in).Get(ctx, &out)
	return out, err
}

// Upkeep looks after content that nobody looks after: runs that were lost,
// sources that wait to be read, schedules, an index that lost its data. A
// schedule runs it every minute, apart from Sweep, which must not wait for it.
func Upkeep(ctx workflow.Context) error {
	var acts *activities.Upkeep
	return workflow.ExecuteActivity(sweeping(ctx, "look after content"), acts.UpkeepContent).Get(ctx, nil)
}
