package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"steward/schemas"
)

// lookUp asks the CRM about the customer. The turn goes on without it: what is
// locked stays locked.
func (t *answer) lookUp(ctx workflow.Context) {
	err := workflow.ExecuteActivity(lookUpCall(ctx, fmt.Sprintf("look up customer for turn %d", t.plan.Head.Turn)),
		t.c.acts.LookUp, schemas.LookUpInput{TurnRef: t.next()}).Get(ctx, nil)
	if err != nil && ctx.Err() == nil {
		workflow.GetLogger(ctx).Warn("the customer was not looked up", "turn", t.plan.Head.Turn)
	}
}

// verify sends the customer a code about a run and ends the turn with it. A mail
// cannot be taken back, so nothing interrupts it. Settled: rules 7, 8.
func (t *answer) verify(in schemas.CheckActionInput, checked schemas.CheckActionResult) error {
	t.c.turn.bound = true
	send := schemas.SendCodeInput{
		TurnRef: in.TurnRef, Epoch: in.Epoch, Run: checked.Run, Resumed: in.Resume != nil, Decision: in.Decision, Place: in.Place,
	}
	var out schemas.SendCodeResult
	err := workflow.ExecuteActivity(quick(t.base, fmt.Sprintf("send code for turn %d", in.Turn)), t.c.acts.SendCode, send).Get(t.base, &out)
	if err != nil {
		return err
	}
	t.c.adopt(t.base, out.Head)
	t.ended = true
	return nil
}
