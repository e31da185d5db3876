package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"steward/schemas"
)

// rounds asks for decisions and makes the calls they ask for, until a decision
// calls nothing, the turn is over, or its budget is used up.
func (t *answer) rounds(ctx workflow.Context) error {
	for round := 1; ; round++ {
		if err := t.decide(ctx, false); err != nil || !t.ready {
			return err
		}
		if t.latest.Budget || round > max(t.plan.Rounds, 1) {
			t.stop, t.ready = schemas.ReasonBudget, false
			return nil
		}
		if t.latest.Kind != schemas.DecisionCallAction || t.latest.Calls == 0 {
			return nil
		}
		decision, calls := t.c.turn.step, t.latest.Calls
		for place := range calls {
			over, err := t.call(ctx, schemas.CheckActionInput{Decision: decision, Place: place})
			if over || err != nil {
				return err
			}
		}
	}
}

// call takes one call past its gates and makes it. over is true when the turn
// takes no more decisions. Spec: D17. Settled: rule 7.
func (t *answer) call(ctx workflow.Context, in schemas.CheckActionInput) (over bool, err error) {
	in.TurnRef, in.Epoch = t.next(), t.plan.Head.Epoch
	out, err := t.check(ctx, in)
	if err != nil {
		return false, err
	}
	t.c.turn.bound = t.c.turn.bound || out.Said
	switch out.Verdict {
	case schemas.CheckedTold:
		return false, nil
	case schemas.CheckedEnded, schemas.CheckedStale:
		t.c.adopt(t.base, out.Head)
		t.ended = true
		return true, nil
	case schemas.CheckedVerify:
		return true, t.verify(in, out)
	case schemas.CheckedRun:
	}
	if out.Said {
		// The text beside the call goes out while the call is made.
		t.c.adopt(t.base, out.Head)
	}
	return t.run(ctx, in.TurnRef, out)
}

// check asks the gates. A database that fails is waited for here once something
// has been said, because the turn cannot start anew then. Settled: rule 3.
func (t *answer) check(ctx workflow.Context, in schemas.CheckActionInput) (schemas.CheckActionResult, error) {
	for n := 0; ; n++ {
		var out schemas.CheckActionResult
		err := workflow.ExecuteLocalActivity(local(ctx, fmt.Sprintf("check action of turn %d", in.Turn)), t.c.acts.CheckAction, in).Get(ctx, &out)
		if err == nil || ctx.Err() != nil || !t.c.turn.bound {
			return out, err
		}
		if err := workflow.Sleep(ctx, backoff(n)); err != nil {
			return out, err
		}
	}
}

// run makes the call of a run. What changes something is never interrupted: its
// end is waited for, whatever comes meanwhile.
func (t *answer) run(ctx workflow.Context, ref schemas.TurnRef, checked schemas.CheckActionResult) (over bool, err error) {
	if checked.Changes {
		t.c.turn.bound = true
		ctx = t.base
	}
	in := schemas.RunActionInput{TurnRef: ref, Epoch: t.plan.Head.Epoch, Run: checked.Run}
	var out schemas.RunActionResult
	for n := 0; ; n++ {
		err = workflow.ExecuteActivity(outsideCall(ctx, fmt.Sprintf("run action %d/%d", in.Run.Turn, in.Run.Step), checked.Within),
			t.c.acts.RunAction, in).Get(ctx, &out)
		if err == nil || ctx.Err() != nil {
			break
		}
		if err := workflow.Sleep(ctx, backoff(n)); err != nil {
			return false, err
		}
	}
	switch {
	case err != nil:
		return false, err
	case out.Stale:
		t.ended = true
		return true, nil
	case out.State == schemas.RunUnknown && checked.Changes:
		t.uncertain, t.stop, t.ready = true, schemas.ReasonSystemError, false
		return true, nil
	case out.HandOff:
		t.stop, t.ready = schemas.ReasonSensitiveAction, false
		return true, nil
	}
	return false, nil
}
