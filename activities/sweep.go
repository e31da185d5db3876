package activities

import (
	"context"
	"errors"
	"time"

	"steward/schemas"
)

// SweepStore finds what is overdue.
type SweepStore interface {
	WakeOverdue(ctx context.Context, overdue time.Duration) (int, error)
	ReapSends(ctx context.Context, repeatable func(schemas.ChannelKind) bool) (int, error)
	OverdueHandoffs(ctx context.Context, overdue time.Duration) ([]schemas.HandoffID, error)
	OverdueGoalWrites(ctx context.Context, overdue time.Duration) ([]string, error)
}

// overdueAfter is how long a row may be overdue before its conversation is
// woken from outside. Settled: rule 1.
const overdueAfter = 5 * time.Minute

// Sweeps are the activities of the Sweep workflow.
type Sweeps struct {
	Store    SweepStore
	Channels map[schemas.ChannelKind]Channel
	Handoffs HandoffStarter
	// Outcomes has the outcomes of goals written to the CRM.
	Outcomes GoalStarter
	// Gaps are looked at with each sweep; nil looks at none.
	Gaps *Gaps
}

// SweepOverdue wakes overdue conversations, starts the runs of handoffs again
// that were lost, settles lost network steps, and looks at the gaps.
func (a *Sweeps) SweepOverdue(ctx context.Context, _ schemas.SweepInput) (schemas.SweepResult, error) {
	lost, err := a.Store.ReapSends(ctx, repeatable(a.Channels))
	if err != nil {
		return schemas.SweepResult{}, failure(ctx, err)
	}
	woken, err := a.Store.WakeOverdue(ctx, overdueAfter)
	if err != nil {
		return schemas.SweepResult{}, failure(ctx, err)
	}
	handoffs, err := a.Store.OverdueHandoffs(ctx, overdueAfter)
	if err != nil {
		return schemas.SweepResult{}, failure(ctx, err)
	}
	// One that runs is left alone; one that cannot be started must not keep the
	// others from it.
	var failed error
	for _, id := range handoffs {
		failed = errors.Join(failed, a.Handoffs.StartHandoff(ctx, id))
		if waker, ok := a.Handoffs.(HandoffWaker); ok {
			failed = errors.Join(failed, waker.WakeHandoff(ctx, id))
		}
	}
	writes, err := a.Store.OverdueGoalWrites(ctx, overdueAfter)
	failed = errors.Join(failed, err)
	for _, key := range writes {
		failed = errors.Join(failed, a.Outcomes.StartGoal(ctx, key))
	}
	failed = errors.Join(failed, a.Gaps.look(ctx))
	return schemas.SweepResult{Woken: woken, Unknown: lost}, failure(ctx, failed)
}
