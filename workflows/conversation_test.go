package workflows

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"steward/activities"
	"steward/schemas"
)

// TestSeenLimit: the last 500 deliveries are known, older ones are forgotten,
// and numbers go on. Settled: rule 10.
func TestSeenLimit(t *testing.T) {
	t.Parallel()
	c := newConversation(schemas.ConversationInput{Conversation: "conv_1"})
	const all = 620
	hash := func(i int) string { return shortHash(schemas.UpdateIDFor(fmt.Sprint("row/", i))) }
	for i := range all {
		c.remember(hash(i))
	}
	if len(c.state.Seen) != seenLimit || len(c.seen) != seenLimit || c.state.Accepted != all {
		t.Fatalf("%d carried, %d known, %d accepted", len(c.state.Seen), len(c.seen), c.state.Accepted)
	}
	next := newConversation(schemas.ConversationInput{Conversation: "conv_1", State: &c.state})
	for i := range all {
		number, known := next.seen[hash(i)]
		if known != (i >= all-seenLimit) || (known && number != int64(i+1)) {
			t.Fatalf("delivery %d: known %v with number %d", i, known, number)
		}
	}
}

func TestTakenLimit(t *testing.T) {
	t.Parallel()
	c := newConversation(schemas.ConversationInput{})
	for i := range takenLimit + 50 {
		id := schemas.MessageID(fmt.Sprint("msg_", i))
		c.took([]schemas.MessageID{id, id})
	}
	if got := c.state.Taken; len(got) != takenLimit || got[0] != "msg_50" {
		t.Errorf("%d ids from %s", len(got), got[0])
	}
}

func TestTurnRestarts(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		turn   turnState
		after  time.Duration
		expect bool
	}{
		"first":            {turnState{}, time.Second, true},
		"second":           {turnState{restarts: 1}, time.Second, true},
		"third":            {turnState{restarts: maxRestarts}, time.Second, false},
		"after a while":    {turnState{}, maxRestart, false},
		"interrupted once": {turnState{interrupted: true}, time.Second, false},
	} {
		cancelled := false
		c.turn.began, c.turn.cancel = began, func() { cancelled = true }
		c.turn.message(began.Add(c.after))
		if cancelled != c.expect {
			t.Errorf("%s: interrupted %v, want %v", name, cancelled, c.expect)
		}
	}
	var over turnState
	over.message(began) // nothing to stop must not panic
	over.control(schemas.ControlTakeOver)
}

// quietStore is a row whose deadline is a day after the latest message.
type quietStore struct {
	now     func() time.Time
	latest  time.Time
	version int64
}

func (s *quietStore) NextStep(context.Context, schemas.ConversationID, schemas.Rules) (schemas.NextStepResult, error) {
	s.version++
	out := schemas.NextStepResult{Do: schemas.DoWait, Head: schemas.Head{
		Version: s.version, Conversation: "conv_1", Lifecycle: schemas.LifecycleWaitingCustomer, Owner: schemas.OwnerAgent,
		Deadline: s.latest.Add(24 * time.Hour), DeadlineKind: schemas.DeadlineInactivity,
	}}
	if !s.now().Before(out.Head.Deadline) {
		out.Do, out.Head.Deadline = schemas.DoEnd, time.Time{}
	}
	return out, nil
}

func (*quietStore) Compose(context.Context, schemas.ComposeInput, schemas.ComposeRules) (schemas.ComposeResult, error) {
	return schemas.ComposeResult{}, nil
}

func (*quietStore) HandoffStarted(context.Context, schemas.StartHandoffInput) (schemas.Head, error) {
	return schemas.Head{}, nil
}

type ignore struct{ t *testing.T }

func (ignore) Accept()                 {}
func (i ignore) Reject(err error)      { i.t.Errorf("update refused: %v", err) }
func (ignore) Complete(_ any, _ error) {}

// TestDeadlineTimers: a message that moves the deadline later starts no timer,
// and every timer that was started is fired or cancelled.
func TestDeadlineTimers(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	store := &quietStore{now: env.Now, latest: env.Now()}
	env.RegisterWorkflow(Conversation)
	env.RegisterActivity(&activities.Conversations{Store: store})
	started, open := 0, map[string]bool{}
	env.SetOnTimerScheduledListener(func(id string, _ time.Duration) { started++; open[id] = true })
	env.SetOnTimerFiredListener(func(id string) { delete(open, id) })
	env.SetOnTimerCanceledListener(func(id string) { delete(open, id) })
	for i, at := range []time.Duration{0, 11 * time.Hour, 23 * time.Hour} {
		env.RegisterDelayedCallback(func() {
			store.latest = env.Now()
			env.UpdateWorkflow(schemas.UpdateReceive, schemas.UpdateIDFor(fmt.Sprint(i)), ignore{t}, schemas.Delivery{
				Row: int64(i + 1), Kind: schemas.DeliveryMessage, Message: "msg_1", Quiet: 1500 * time.Millisecond, Cap: 8 * time.Second,
			})
		}, at+time.Millisecond)
	}
	env.ExecuteWorkflow(Conversation, schemas.ConversationInput{Conversation: "conv_1"})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	// One for the first delivery, three quiet windows, and one deadline timer
	// for each twelve hours of the 47 that it was open.
	if started > 10 {
		t.Errorf("%d timers were started", started)
	}
	if len(open) > 0 {
		t.Errorf("%d timers of %d are left over", len(open), started)
	}
}

func TestValidateDelivery(t *testing.T) {
	t.Parallel()
	good := schemas.Delivery{Row: 1, Kind: schemas.DeliveryControl, Control: schemas.ControlWake}
	for name, c := range map[string]struct {
		change func(*schemas.Delivery)
		ok     bool
	}{
		"good":         {func(*schemas.Delivery) {}, true},
		"no row":       {func(d *schemas.Delivery) { d.Row = 0 }, false},
		"unknown kind": {func(d *schemas.Delivery) { d.Kind = "?" }, false},
		"bad quiet":    {func(d *schemas.Delivery) { d.Quiet = -1 }, false},
		"bad cap":      {func(d *schemas.Delivery) { d.Cap = -1 }, false},
	} {
		d := good
		c.change(&d)
		if err := new(conversation).validate(nil, d); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
