package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"steward/schemas"
)

// send is the conversation's one sender: it works through the outbound parts in
// order, on its own timer, while messages are answered, until nothing is left.
// Settled: rule 8.
func (c *conversation) send(ctx workflow.Context) {
	defer func() { c.sender = false }()
	var retry time.Time
	failures := 0
	for c.head.Unsent > 0 && !c.rolling {
		if c.waitToSend(ctx, retry) != nil {
			return
		}
		if c.rolling || c.head.Unsent == 0 {
			return
		}
		c.sending = true
		out, err := c.sendOne(ctx)
		c.sending = false
		if err != nil {
			return
		}
		retry = out.retry
		if failures++; !out.lost {
			failures = 0
		} else if pause := workflow.Now(ctx).Add(backoff(failures - 1)); pause.After(retry) {
			retry = pause
		}
		// What came while a part was on its way is looked at now; a look that
		// sent nothing has no news.
		c.state.Wake = c.state.Wake || (out.moved && c.head.Pending)
	}
}

// waitToSend waits until the next part is due, or until there is more to send
// or somebody else speaks, which may make another part due. It never returns at
// once for a time that has passed: the clocks of the database and of Temporal
// differ, and a loop without a pause would fill the history.
func (c *conversation) waitToSend(ctx workflow.Context, until time.Time) error {
	if until.IsZero() {
		return nil
	}
	unsent, epoch := c.head.Unsent, c.head.Epoch
	timed, cancel := workflow.WithCancel(ctx)
	defer cancel()
	left := max(until.Sub(workflow.Now(ctx)), clockSlack)
	timer := workflow.NewTimerWithOptions(timed, left, workflow.TimerOptions{Summary: "send again"})
	return workflow.Await(ctx, func() bool {
		return timer.IsReady() || c.rolling || c.head.Unsent > unsent || c.head.Epoch != epoch
	})
}

// sent is what became of one go of the sender.
type sent struct {
	// retry is when the next part is due, zero for at once.
	retry time.Time
	// moved: something was sent, cancelled or settled. lost: the activity had no
	// result.
	moved, lost bool
}

// sendOne makes one network step and settles what became of it.
func (c *conversation) sendOne(ctx workflow.Context) (sent, error) {
	var out schemas.SendResult
	failed := workflow.ExecuteActivity(networkStep(ctx, "send next part"), c.acts.Send,
		schemas.SendInput{Conversation: c.in.Conversation}).Get(ctx, &out)
	if ctx.Err() != nil {
		return sent{}, ctx.Err()
	}
	did := sent{retry: out.Retry, moved: failed != nil || out.Result != schemas.SentNothing, lost: failed != nil}
	// A pause that the provider asked for runs by the workflow's clock; a
	// worker's may be wrong.
	if out.RetryAfter > 0 {
		did.retry = workflow.Now(ctx).Add(out.RetryAfter)
	}
	if failed == nil && out.Stored {
		c.adopt(ctx, out.Head)
		return did, nil
	}
	in := schemas.SettleSendInput{Conversation: c.in.Conversation}
	if failed == nil {
		in.Result = &out
	}
	for n := 0; ; n++ {
		var settled schemas.SettleSendResult
		err := workflow.ExecuteLocalActivity(local(ctx, "settle send"), c.acts.SettleSend, in).Get(ctx, &settled)
		if err == nil {
			c.adopt(ctx, settled.Head)
			return did, nil
		}
		if err := workflow.Sleep(ctx, backoff(n)); err != nil {
			return did, err
		}
	}
}
