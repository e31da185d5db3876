package workflows

import (
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/schemas"
)

// Sweep wakes conversations whose row is overdue, so that one whose run was
// reset, terminated or lost goes on, and settles network steps that never had
// a result. It also looks after content that nobody looks after. A schedule runs
// it every minute. Settled: rule 1.
func Sweep(ctx workflow.Context, in schemas.SweepInput) (schemas.SweepResult, error) {
	var acts *activities.Sweeps
	var content *activities.Upkeep
	var out schemas.SweepResult
	err := workflow.ExecuteActivity(sweeping(ctx, "wake what is overdue"), acts.SweepOverdue, in).Get(ctx, &out)
	if err != nil {
		return out, err
	}
	return out, workflow.ExecuteActivity(sweeping(ctx, "look after content"), content.UpkeepContent).Get(ctx, nil)
}
