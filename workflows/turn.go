package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/schemas"
)

// A customer who goes on writing restarts the turn at most this often, and not
// beyond this long after it began; then the agent answers what it has.
const (
	maxRestarts = 2
	maxRestart  = 20 * time.Second
)

// turnState is what the current turn can be interrupted by.
type turnState struct {
	number, restarts int
	// step is the last step used. A call that was interrupted may still store
	// its result, so a restart never uses a step again.
	step  int
	began time.Time
	// cancel stops the turn; nil when nothing can be stopped any more.
	cancel workflow.CancelFunc
	// bound: the turn has had an effect outside, so that a new message is the next
	// turn.
	bound       bool
	interrupted bool
}

// message interrupts the turn, so that one reply answers it and what came
// before, as long as nothing has been said and the caps allow.
func (t *turnState) message(now time.Time) {
	if t.cancel == nil || t.bound || t.interrupted || t.restarts >= maxRestarts || now.Sub(t.began) >= maxRestart {
		return
	}
	t.restarts++
	t.interrupt()
}

// control interrupts the turn when someone else may have taken the word.
func (t *turnState) control(kind schemas.ControlKind) {
	switch kind {
	case schemas.ControlEmail, schemas.ControlSettings, schemas.ControlWake, schemas.ControlEnd:
		return
	}
	if t.cancel != nil && !t.interrupted {
		t.interrupt()
	}
}

func (t *turnState) interrupt() {
	t.interrupted = true
	t.cancel()
}

// takeTurn answers the messages of the claimed turn: it retrieves, asks for
// decisions, makes the calls they ask for and composes the reply, which the
// sender then sends. An interrupted turn is claimed again under the same number.
// The error is only that of a cancelled run. Spec: D18. Settled: rules 4, 8, 9.
func (c *conversation) takeTurn(ctx workflow.Context, plan schemas.NextStepResult) error {
	c.doing = "answering"
	c.took(plan.Taken)
	if c.turn.number != c.head.Turn {
		c.turn = turnState{number: c.head.Turn, began: workflow.Now(ctx)}
		c.turns++
	}
	answering, cancel := workflow.WithCancel(ctx)
	defer cancel()
	c.turn.cancel, c.turn.interrupted = cancel, false
	c.turn.step = max(c.turn.step, c.head.Step)
	t := &answer{c: c, plan: plan, base: ctx}
	err := t.prepare(answering)
	c.turn.cancel = nil
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case c.turn.interrupted:
		c.state.Wake = true
		return nil
	case err != nil:
		return c.pauseForDatabase(ctx)
	case t.ended:
		c.tries = 0
		c.state.Wake = true
		return nil
	}
	return t.compose(ctx)
}

// answer is one go at a turn.
type answer struct {
	c    *conversation
	plan schemas.NextStepResult
	// base is the context that an interruption of the turn does not cancel.
	base workflow.Context
	// latest is the latest decision; ready is false when no engine gave one.
	latest schemas.GenerateResult
	ready  bool
	// ended: somebody was asked or somebody else has it, so nothing is composed.
	ended bool
	// stop is why people take over without a decision.
	stop schemas.Reason
	// uncertain: a call may have had its effect.
	uncertain bool
}

func (t *answer) next() schemas.TurnRef {
	t.c.turn.step++
	return t.now()
}

func (t *answer) now() schemas.TurnRef {
	return schemas.TurnRef{Conversation: t.c.in.Conversation, Turn: t.plan.Head.Turn, Step: t.c.turn.step}
}

// prepare goes on with an earlier run, finds passages and takes decisions until
// one needs no more calls. The error is that of a step or of an interruption.
func (t *answer) prepare(ctx workflow.Context) error {
	if t.plan.Held {
		t.next()
		return nil
	}
	if t.plan.LookUp {
		t.lookUp(ctx)
	}
	if t.plan.Resume != nil {
		if over, err := t.call(ctx, schemas.CheckActionInput{Resume: t.plan.Resume}); over || err != nil {
			return err
		}
	}
	if len(t.plan.Taken) > 0 {
		late, err := t.retrieve(ctx)
		if late || err != nil {
			return err
		}
	}
	return t.rounds(ctx)
}

// retrieve searches the content; late is true when there is no time left for an
// answer.
func (t *answer) retrieve(ctx workflow.Context) (late bool, err error) {
	var found schemas.RetrieveResult
	err = workflow.ExecuteActivity(retrieval(ctx, fmt.Sprintf("search content for turn %d", t.plan.Head.Turn)),
		t.c.acts.Retrieve, schemas.RetrieveInput{TurnRef: t.next()}).Get(ctx, &found)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil && t.late(ctx):
		return true, nil
	}
	return false, err
}

// decide asks the engines in the order of the fallback chain for a decision.
// Spec: D20.
func (t *answer) decide(ctx workflow.Context, repair bool) error {
	t.ready = false
	for _, use := range []schemas.ModelUse{schemas.UsePrimary, schemas.UseFallback, schemas.UseQuotes} {
		within := t.plan.Deadline.Sub(workflow.Now(ctx))
		summary := fmt.Sprintf("answer turn %d (%s)", t.plan.Head.Turn, use)
		var out schemas.GenerateResult
		err := workflow.ExecuteActivity(modelCall(ctx, summary, within), t.c.acts.Generate,
			schemas.GenerateInput{TurnRef: t.next(), Use: use, Repair: repair}).Get(ctx, &out)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && !out.Skipped:
			t.latest, t.ready = out, true
			return nil
		case err != nil && isOurs(err) && !t.late(ctx):
			return err
		}
	}
	return nil
}

// late reports whether the turn's deadline has passed: then people get the
// conversation instead of another try, so that the customer hears something.
func (t *answer) late(ctx workflow.Context) bool { return !workflow.Now(ctx).Before(t.plan.Deadline) }

// isOurs reports whether a step failed on our side, such as for the database,
// and not for what it asked an engine. Settled: rule 3.
func isOurs(err error) bool {
	var app *temporal.ApplicationError
	if !errors.As(err, &app) {
		return false
	}
	return app.Type() == string(schemas.KindUnavailable) || app.Type() == string(schemas.KindInternal)
}

// compose stores the reply, or hands over, after at most one repair of a
// decision that broke a rule.
func (t *answer) compose(ctx workflow.Context) error {
	out, err := t.composeOnce(ctx, schemas.ComposeInput{Failed: !t.ready})
	if err == nil && out.Verdict == schemas.ComposedRepair {
		if err = t.decide(ctx, true); err != nil {
			return t.c.pauseForDatabase(ctx)
		}
		out, err = t.composeOnce(ctx, schemas.ComposeInput{Failed: !t.ready, Repaired: true})
	}
	if err != nil {
		return t.c.pauseForDatabase(ctx)
	}
	t.c.tries = 0
	t.c.adopt(ctx, out.Head)
	// A handoff has to be started, a stale turn to be looked at again.
	t.c.state.Wake = t.c.state.Wake || out.Verdict != schemas.ComposedReply || out.Head.Pending
	return nil
}

func (t *answer) composeOnce(ctx workflow.Context, in schemas.ComposeInput) (schemas.ComposeResult, error) {
	in.TurnRef, in.Epoch = t.now(), t.plan.Head.Epoch
	in.Stop, in.Uncertain = t.stop, t.uncertain
	var out schemas.ComposeResult
	err := workflow.ExecuteLocalActivity(local(ctx, fmt.Sprintf("compose reply %d", in.Turn)), t.c.acts.Compose, in).Get(ctx, &out)
	return out, err
}
