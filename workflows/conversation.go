package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/schemas"
)

// A run continues as new after this many turns or updates, or when the server
// suggests it. Settled: rule 10.
const (
	rollTurns   = 100
	rollUpdates = 1000
)

// Conversation is one customer conversation from its first message to its
// outcome. Messages arrive as Receive updates, which only wake it: what to do
// next is decided by NextStep, from the row, each time. It never ends with an
// error. Spec: D11, D18. Settled: rules 1, 6, 11.
func Conversation(ctx workflow.Context, in schemas.ConversationInput) (schemas.ConversationResult, error) {
	c := newConversation(in)
	if err := c.register(ctx); err != nil {
		return c.result(), err
	}
	if err := c.awaitDelivery(ctx); err != nil {
		return c.result(), err
	}
	return c.run(ctx)
}

// conversation is the state of one run.
type conversation struct {
	in    schemas.ConversationInput
	state schemas.ConversationState
	seen  map[string]int64
	head  schemas.Head

	doing string
	// urgent: something other than a message has come, which does not wait for a
	// quiet moment.
	urgent bool
	alarm  alarm
	// sender: the sender works. sending: a network step is under way. rolling: no new one may begin.
	sender, sending, rolling bool
	// tries counts failures of the database in a row.
	tries int
	// turns and updates count what this run has done.
	turns, updates int
	// signalled is the last inbound seq that the handoff was told about.
	signalled int64

	turn turnState
	acts *activities.Conversations
}

func newConversation(in schemas.ConversationInput) *conversation {
	c := &conversation{in: in, seen: map[string]int64{}, doing: "restoring"}
	if in.State != nil {
		c.state = *in.State
	}
	for _, s := range c.state.Seen {
		c.seen[s.Hash] = s.Number
	}
	// A run that was continued begins by reading its row.
	c.state.Wake = c.state.Wake || in.State != nil
	return c
}

// firstDelivery is how long a fresh run waits for the update that it was
// started with, before it reads its row without it.
const firstDelivery = 5 * time.Second

// awaitDelivery lets the update of an Update-with-Start come in first, so that
// the quiet window also holds for the first message. A run started by other
// means reads its row after a moment.
func (c *conversation) awaitDelivery(ctx workflow.Context) error {
	timed, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimerWithOptions(timed, firstDelivery, workflow.TimerOptions{Summary: "first delivery"})
	err := workflow.Await(ctx, func() bool { return c.state.Wake || timer.IsReady() })
	c.state.Wake = true
	return err
}

// run waits for something to do and does it. Continue-as-new happens only
// here, between steps.
func (c *conversation) run(ctx workflow.Context) (schemas.ConversationResult, error) {
	for {
		if err := workflow.Await(ctx, func() bool { return c.state.Wake || c.alarm.rang() || c.mustRoll(ctx) }); err != nil {
			return c.result(), err
		}
		if c.mustRoll(ctx) {
			return schemas.ConversationResult{}, c.roll(ctx)
		}
		if err := c.waitQuiet(ctx); err != nil {
			return c.result(), err
		}
		ended, err := c.step(ctx)
		if err != nil {
			return c.result(), err
		}
		if !ended {
			continue
		}
		if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
			return c.result(), err
		}
		// A delivery that was accepted at the last moment is a reason to go on.
		if !c.state.Wake {
			return c.result(), nil
		}
	}
}

// step asks what to do next and does it. ended is true when the conversation is
// over. The error is only that of a cancelled run.
func (c *conversation) step(ctx workflow.Context) (ended bool, err error) {
	c.state.Wake, c.urgent = false, false
	c.alarm.stop()
	c.state.FirstAt, c.state.LastAt = time.Time{}, time.Time{}
	c.doing = "deciding"
	var next schemas.NextStepResult
	err = workflow.ExecuteLocalActivity(local(ctx, "what next"), c.acts.NextStep,
		schemas.NextStepInput{Conversation: c.in.Conversation}).Get(ctx, &next)
	if err != nil {
		return false, c.pauseForDatabase(ctx)
	}
	if next.Do == schemas.DoWait || next.Do == schemas.DoEnd {
		c.tries = 0
	}
	c.adopt(ctx, next.Head)
	if next.Do != schemas.DoStartHandoff {
		c.tellHandoff(ctx)
	}
	switch next.Do {
	case schemas.DoTurn:
		if err := c.takeTurn(ctx, next); err != nil {
			return false, err
		}
	case schemas.DoStartHandoff:
		if err := c.startHandoff(ctx); err != nil {
			return false, err
		}
	case schemas.DoApplyGoal:
		if err := c.applyGoal(ctx); err != nil {
			return false, err
		}
	case schemas.DoEnd:
		// A delivery that has come meanwhile may be a reason to go on.
		if !c.state.Wake && !c.alarm.rang() {
			return true, c.show(ctx)
		}
	}
	c.doing = "waiting"
	return false, c.show(ctx)
}

// adopt takes over a reading of the row, unless a later one is known already,
// sets the alarm for its deadline and lets the sender send what is there to
// send. An idle conversation has neither a sender nor a watcher of its own.
func (c *conversation) adopt(ctx workflow.Context, h schemas.Head) {
	if h.Conversation == "" || h.Version < c.head.Version {
		return
	}
	c.head = h
	c.alarm.set(ctx, h.Deadline, string(h.DeadlineKind))
	if h.Unsent > 0 && !c.sender && !c.rolling {
		c.sender = true
		workflow.GoNamed(ctx, "sender", c.send)
	}
}

// pauseForDatabase waits before the row is read again, at a point where the
// run can continue as new. Settled: rule 3.
func (c *conversation) pauseForDatabase(ctx workflow.Context) error {
	c.doing = "waiting for the database"
	c.state.Wake = true
	err := workflow.Sleep(ctx, backoff(c.tries))
	c.tries++
	return err
}

// startHandoff starts the handoff's workflow, which is one of its own: it goes
// on when this run continues as new or ends. Settled: rule 20.
func (c *conversation) startHandoff(ctx workflow.Context) error {
	c.doing = "handing off"
	var out schemas.StartHandoffResult
	err := workflow.ExecuteActivity(quick(ctx, "start handoff: "+string(c.head.HandoffReason)), c.acts.StartHandoff,
		schemas.StartHandoffInput{Conversation: c.in.Conversation, Handoff: c.head.Handoff}).Get(ctx, &out)
	if err != nil {
		return c.pauseForDatabase(ctx)
	}
	c.tries = 0
	c.adopt(ctx, out.Head)
	c.state.Wake = true
	return nil
}

// applyGoal applies the outcome of a goal, which writes to the CRM.
func (c *conversation) applyGoal(ctx workflow.Context) error {
	c.doing = "applying a goal"
	var out schemas.ApplyGoalResult
	err := workflow.ExecuteActivity(quick(ctx, "apply goal"), c.acts.ApplyGoal,
		schemas.ApplyGoalInput{Conversation: c.in.Conversation}).Get(ctx, &out)
	if err != nil {
		return c.pauseForDatabase(ctx)
	}
	c.tries = 0
	c.adopt(ctx, out.Head)
	c.state.Wake = true
	return nil
}

// tellHandoff wakes the handoff when the customer has written to a person, so
// that the clock for an idle person starts. Losing the signal is harmless.
func (c *conversation) tellHandoff(ctx workflow.Context) {
	if c.head.Owner != schemas.OwnerHuman || c.head.LastInbound <= c.signalled || c.head.Handoff == "" {
		return
	}
	c.signalled = c.head.LastInbound
	workflow.SignalExternalWorkflow(ctx, schemas.HandoffWorkflowID(c.head.Handoff), "", schemas.SignalWake, nil)
}

// waitQuiet waits until the customer has been silent for the quiet window, or
// the burst has reached its cap, so that a burst becomes one turn.
func (c *conversation) waitQuiet(ctx workflow.Context) error {
	for {
		left := c.quietLeft(workflow.Now(ctx))
		if left <= 0 || c.urgent || c.alarm.rang() {
			return nil
		}
		c.doing = "listening"
		timer, cancel := workflow.WithCancel(ctx)
		quiet := workflow.NewTimerWithOptions(timer, left, workflow.TimerOptions{Summary: "quiet window"})
		err := workflow.Await(ctx, func() bool { return quiet.IsReady() || c.urgent || c.alarm.rang() })
		cancel()
		if err != nil {
			return err
		}
	}
}

func (c *conversation) quietLeft(now time.Time) time.Duration {
	if c.state.LastAt.IsZero() {
		return 0
	}
	until := c.state.LastAt.Add(c.state.Quiet)
	if last := c.state.FirstAt.Add(c.state.Cap); last.Before(until) {
		until = last
	}
	return until.Sub(now)
}

func (c *conversation) result() schemas.ConversationResult {
	return schemas.ConversationResult{
		Conversation: c.in.Conversation, Lifecycle: c.head.Lifecycle, Outcome: c.head.Outcome, Turns: c.head.Turn,
	}
}
