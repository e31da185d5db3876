package script

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	enumspb "go.temporal.io/api/enums/v1"

	"steward/schemas"
	"steward/workflows"
)

// start is a workflow that the host starts as a child, so that several
// workflows share one virtual clock.
type start struct {
	Type         string
	ID           string
	Conversation schemas.ConversationInput
	Handoff      schemas.HandoffInput
	Agent        schemas.AgentInput
	Goal         schemas.GoalOutcomeInput
	Stop         bool
}

const hostSignal = "start"

// host runs the workflows of a script side by side until it is stopped.
func host(ctx workflow.Context) error {
	starts := workflow.GetSignalChannel(ctx, hostSignal)
	for {
		var s start
		starts.Receive(ctx, &s)
		if s.Stop {
			return nil
		}
		child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID: s.ID, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		})
		switch s.Type {
		case schemas.WorkflowConversation:
			workflow.ExecuteChildWorkflow(child, workflows.Conversation, s.Conversation)
		case schemas.WorkflowHandoff:
			workflow.ExecuteChildWorkflow(child, workflows.Handoff, s.Handoff)
		case schemas.WorkflowAgent:
			workflow.ExecuteChildWorkflow(child, workflows.Agent, s.Agent)
		case schemas.WorkflowGoalOutcome:
			workflow.ExecuteChildWorkflow(child, workflows.GoalOutcome, s.Goal)
		}
	}
}

// startBeside starts a workflow unless it runs. It may be called from an
// activity.
func (w *world) startBeside(s start) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running[s.ID] {
		return
	}
	w.running[s.ID] = true
	w.env.RegisterDelayedCallback(func() { w.env.SignalWorkflow(hostSignal, s) }, 0)
}

// listen keeps track of what runs.
func (w *world) listen() {
	w.env.SetOnChildWorkflowStartedListener(func(info *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
		if _, ok := schemas.ConversationIDFromWorkflowID(info.WorkflowExecution.ID); ok {
			w.runs++
		}
	})
	w.env.SetOnChildWorkflowCompletedListener(func(info *workflow.Info, _ converter.EncodedValue, err error) {
		if err != nil && workflow.IsContinueAsNewError(err) {
			return
		}
		if err != nil {
			w.t.Errorf("%s: workflow %s ended with an error: %v", w.script.path, info.WorkflowExecution.ID, err)
		}
		w.mu.Lock()
		delete(w.running, info.WorkflowExecution.ID)
		w.mu.Unlock()
	})
}

// relaySoon delivers what is in the inbox, like the relay that a notification
// wakes. It may be called from an activity.
func (w *world) relaySoon() {
	w.env.RegisterDelayedCallback(func() {
		w.relay(nil)
		w.wakeLooking()
	}, 0)
}

// relayTo stops and starts the relay, or has it deliver its latest row again,
// as one does that died before it could note the delivery.
func (w *world) relayTo(l line) error {
	switch l.rest {
	case "stops", "starts":
		w.mu.Lock()
		w.stopped = l.rest == "stops"
		w.mu.Unlock()
		return nil
	case "repeats":
		_, err := w.db.Exec(w.ctx, `update inbox_events set state = 'pending' where id = (select max(id) from inbox_events)`)
		return err
	}
	return fmt.Errorf("the relay stops, starts or repeats, not %q", l.rest)
}

func (w *world) relayStopped() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopped
}

// relay claims the inbox rows and delivers them; done is called when all of
// them have been accepted.
func (w *world) relay(done func()) {
	if w.relayStopped() {
		return
	}
	rows, err := w.store.ClaimInbox(w.ctx, "script", 100, time.Minute)
	if err != nil {
		w.t.Errorf("claim inbox: %v", err)
		return
	}
	left := len(rows)
	accepted := func() {
		if left--; left == 0 && done != nil {
			done()
		}
	}
	if left == 0 && done != nil {
		done()
	}
	for _, r := range rows {
		id := schemas.ConversationWorkflowID(r.Conversation)
		w.startBeside(start{
			Type: schemas.WorkflowConversation, ID: id,
			Conversation: schemas.ConversationInput{Conversation: r.Conversation, RollAt: w.rollAt()},
		})
		w.deliver(delivering{id: id, row: r.ID, dedupe: r.DedupeKey, delivery: r.Delivery, accepted: accepted, tries: r.Attempts - 1})
	}
}

// delivering is one row on its way.
type delivering struct {
	id       string
	row      int64
	dedupe   string
	delivery schemas.Delivery
	accepted func()
	tries    int
}

// deliver sends the update, again after five virtual seconds while the
// workflow does not answer.
func (w *world) deliver(d delivering) {
	d.tries++
	settled := false
	retry := func() {
		if settled || w.env.IsWorkflowCompleted() {
			return
		}
		settled = true
		w.deliver(d)
	}
	// The real server deduplicates per run; the test environment for ever. A
	// later try therefore has a longer id with the same beginning, which is what
	// the workflow's own list goes by.
	id := schemas.UpdateIDFor(d.dedupe)
	if d.tries > 1 {
		id += fmt.Sprintf("#%d", d.tries)
	}
	callback := &updateCallback{
		reject: func(err error) {
			settled = true
			w.t.Errorf("%s: inbox row %d was refused: %v", w.script.path, d.row, err)
		},
		complete: func(err error) {
			if settled {
				return
			}
			if err != nil {
				w.env.RegisterDelayedCallback(retry, 5*time.Second)
				return
			}
			settled = true
			if err := w.store.MarkRelayed(w.ctx, d.row); err != nil {
				w.t.Errorf("mark row relayed: %v", err)
			}
			d.accepted()
			w.relay(nil)
		},
	}
	var send func()
	send = func() {
		if w.isStarting(d.id) {
			w.env.RegisterDelayedCallback(send, time.Millisecond)
			return
		}
		_ = w.env.UpdateWorkflowByID(d.id, schemas.UpdateReceive, id, callback, d.delivery)
		w.env.RegisterDelayedCallback(retry, 5*time.Second)
	}
	w.env.RegisterDelayedCallback(send, time.Millisecond)
}

type updateCallback struct {
	reject   func(error)
	complete func(error)
}

func (c *updateCallback) Accept()          {}
func (c *updateCallback) Reject(err error) { c.reject(err) }
func (c *updateCallback) Complete(_ any, err error) {
	c.complete(err)
}
