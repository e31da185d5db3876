package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"steward/schemas"
)

// send is the conversation's one sender: it works through the outbound parts in
// order, on its own timer, while messages are answered. Settled: rule 8.
func (c *conversation) send(ctx workflow.Context) {
	var retry time.Time
	for {
		if workflow.Await(ctx, func() bool { return c.head.Unsent > 0 && !c.rolling }) != nil {
			return
		}
		if c.waitToSend(ctx, retry) != nil {
			return
		}
		if c.rolling || c.head.Unsent == 0 {
			continue
		}
		c.sending = true
		again, err := c.sendOne(ctx)
		c.sending = false
		if err != nil {
			return
		}
		retry = again
		c.state.Wake = c.state.Wake || c.head.Pending
	}
}

// waitToSend waits until the next part is due. Something new in the row may
// make another part due, so it only bounds the wait.
func (c *conversation) waitToSend(ctx workflow.Context, until time.Time) error {
	left := until.Sub(workflow.Now(ctx))
	if until.IsZero() || left <= 0 {
		return nil
	}
	version := c.head.Version
	timed, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimerWithOptions(timed, max(left, clockSlack), workflow.TimerOptions{Summary: "send again"})
	return workflow.Await(ctx, func() bool { return timer.IsReady() || c.rolling || c.head.Version != version })
}

// sendOne makes one network step and settles what became of it. retry is when
// the next one is due, zero for at once.
func (c *conversation) sendOne(ctx workflow.Context) (retry time.Time, err error) {
	var out schemas.SendResult
	failed := workflow.ExecuteActivity(networkStep(ctx, "send next part"), c.acts.Send,
		schemas.SendInput{Conversation: c.in.Conversation}).Get(ctx, &out)
	if ctx.Err() != nil {
		return retry, ctx.Err()
	}
	// A pause that the provider asked for runs by the workflow's clock; a
	// worker's may be wrong.
	if retry = out.Retry; out.RetryAfter > 0 {
		retry = workflow.Now(ctx).Add(out.RetryAfter)
	}
	if failed == nil && out.Stored {
		c.adopt(out.Head)
		return retry, nil
	}
	in := schemas.SettleSendInput{Conversation: c.in.Conversation}
	if failed == nil {
		in.Result = &out
	}
	for n := 0; ; n++ {
		var settled schemas.SettleSendResult
		err := workflow.ExecuteLocalActivity(local(ctx, "settle send"), c.acts.SettleSend, in).Get(ctx, &settled)
		if err == nil {
			c.adopt(settled.Head)
			return retry, nil
		}
		if err := workflow.Sleep(ctx, backoff(n)); err != nil {
			return retry, err
		}
	}
}
