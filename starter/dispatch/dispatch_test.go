package dispatch_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"steward/internal/testkit"
	"steward/schemas"
	"steward/starter/dispatch"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// seen is what the stand-in workflows have been told.
type seen struct {
	mu   sync.Mutex
	told []string
	news chan struct{}
}

func (s *seen) Tell(_ context.Context, what string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, what)
	s.news <- struct{}{}
	return nil
}

func (s *seen) wait(t *testing.T, n int) []string {
	t.Helper()
	for deadline := time.After(30 * time.Second); ; {
		s.mu.Lock()
		told := append([]string(nil), s.told...)
		s.mu.Unlock()
		if len(told) >= n {
			return told
		}
		select {
		case <-s.news:
		case <-deadline:
			t.Fatalf("told %v, want %d", told, n)
		}
	}
}

// conversation stands in for the real workflow: it accepts deliveries and
// refuses those without a row.
func conversation(ctx workflow.Context, in schemas.ConversationInput) error {
	var number int64
	err := workflow.SetUpdateHandlerWithOptions(ctx, schemas.UpdateReceive,
		func(_ workflow.Context, _ schemas.Delivery) (schemas.Ack, error) {
			number++
			return schemas.Ack{Number: number}, nil
		}, workflow.UpdateHandlerOptions{Validator: func(d schemas.Delivery) error {
			if d.Row == 0 {
				return temporal.NewNonRetryableApplicationError("no row named", string(schemas.KindInvalid), nil)
			}
			if d.Row < 0 {
				return errors.New("some other trouble")
			}
			return nil
		}})
	if err != nil {
		return err
	}
	err = workflow.SetQueryHandler(ctx, schemas.QueryState, func() (schemas.ConversationView, error) {
		return schemas.ConversationView{Doing: "waiting", Updates: int(number)}, nil
	})
	if err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return false })
}

// agent stands in for the real workflow: it tells each signal it gets.
func agent(ctx workflow.Context, in schemas.AgentInput) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	for {
		var told string
		sel := workflow.NewSelector(ctx)
		for _, name := range []string{schemas.SignalPause, schemas.SignalResume} {
			sel.AddReceive(workflow.GetSignalChannel(ctx, name), func(c workflow.ReceiveChannel, _ bool) {
				var p schemas.PauseInput
				c.Receive(ctx, &p)
				told = name + " " + p.Reason
			})
		}
		for _, name := range []string{schemas.SignalSwitchOn, schemas.SignalSwitchOff} {
			sel.AddReceive(workflow.GetSignalChannel(ctx, name), func(c workflow.ReceiveChannel, _ bool) {
				var p schemas.SwitchInput
				c.Receive(ctx, &p)
				told = name + " " + p.Reason
			})
		}
		sel.Select(ctx)
		if err := workflow.ExecuteActivity(ctx, "Tell", told).Get(ctx, nil); err != nil {
			return err
		}
	}
}

func handoff(ctx workflow.Context, _ schemas.HandoffInput) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	if err := workflow.ExecuteActivity(ctx, "Tell", "handoff started").Get(ctx, nil); err != nil {
		return err
	}
	workflow.GetSignalChannel(ctx, schemas.SignalWake).Receive(ctx, nil)
	return workflow.ExecuteActivity(ctx, "Tell", "handoff woken").Get(ctx, nil)
}

func startWorker(t *testing.T, c client.Client) *seen {
	t.Helper()
	s := &seen{news: make(chan struct{}, 1000)}
	w := worker.New(c, schemas.QueueConversations, worker.Options{})
	for name, f := range map[string]any{
		schemas.WorkflowConversation: conversation, schemas.WorkflowAgent: agent,
		schemas.WorkflowHandoff: handoff, schemas.WorkflowSyncSource: syncSource, schemas.WorkflowReindex: reindex, schemas.WorkflowPull: pull,
	} {
		w.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: name})
	}
	w.RegisterActivityWithOptions(s.Tell, activity.RegisterOptions{Name: "Tell"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return s
}

func TestReceive(t *testing.T) {
	t.Parallel()
	place := testkit.Temporal(t)
	d := dispatch.New(place.Client)
	ctx := t.Context()

	// Without a worker the delivery fails in time and may be made again.
	began := time.Now()
	_, err := d.Receive(ctx, "conv_1", schemas.Delivery{Row: 1, Kind: schemas.DeliveryMessage}, "chat/1")
	if err == nil || schemas.KindOf(err) != schemas.KindUnavailable || time.Since(began) > 7*time.Second {
		t.Fatalf("without a worker: %v after %v", err, time.Since(began))
	}
	startWorker(t, place.Client)
	for range 2 {
		ack, err := d.Receive(ctx, "conv_1", schemas.Delivery{Row: 1, Kind: schemas.DeliveryMessage}, "chat/1")
		if err != nil || ack.Number != 1 {
			t.Fatalf("same delivery: %+v, %v", ack, err)
		}
	}
	if ack, err := d.Receive(ctx, "conv_1", schemas.Delivery{Row: 2, Kind: schemas.DeliveryMessage}, "chat/2"); err != nil || ack.Number != 2 {
		t.Fatalf("next delivery: %+v, %v", ack, err)
	}
	view, err := d.State(ctx, "conv_1")
	if err != nil || view.Updates != 2 {
		t.Errorf("state %+v, %v", view, err)
	}
	var refused *dispatch.RefusedError
	if _, err = d.Receive(ctx, "conv_1", schemas.Delivery{}, "chat/3"); !errors.As(err, &refused) || refused.Reason != "no row named" {
		t.Errorf("refused delivery: %v", err)
	}
	var again *dispatch.RefusedError
	if _, err = d.Receive(ctx, "conv_1", schemas.Delivery{Row: -1}, "chat/4"); err == nil || errors.As(err, &again) {
		t.Errorf("another failure counts as a refusal: %v", err)
	}
	if _, err := d.State(ctx, "conv_none"); schemas.KindOf(err) != schemas.KindNotFound {
		t.Errorf("state of nothing: %v", err)
	}
}

func TestAgentCommandsNeedNoWorker(t *testing.T) {
	t.Parallel()
	place := testkit.Temporal(t)
	d := dispatch.New(place.Client)
	ctx := t.Context()
	for _, err := range []error{
		d.EnsureAgent(ctx, "agent_1"), d.EnsureAgent(ctx, "agent_1"),
		d.Pause(ctx, "agent_1", schemas.PauseInput{Reason: "a"}), d.Resume(ctx, "agent_1", schemas.PauseInput{Reason: "b"}),
		d.SwitchOff(ctx, "agent_1", schemas.SwitchInput{Reason: "c"}), d.SwitchOn(ctx, "agent_2", schemas.SwitchInput{Reason: "d"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	told := map[string]bool{}
	for _, what := range startWorker(t, place.Client).wait(t, 4) {
		told[what] = true
	}
	for _, want := range []string{"Pause a", "Resume b", "SwitchOff c", "SwitchOn d"} {
		if !told[want] {
			t.Errorf("%q did not arrive: %v", want, told)
		}
	}
}

func TestHandoffAndSweep(t *testing.T) {
	t.Parallel()
	place := testkit.Temporal(t)
	d := dispatch.New(place.Client)
	ctx := t.Context()
	if err := d.WakeHandoff(ctx, "hand_1"); err != nil {
		t.Errorf("waking nothing: %v", err)
	}
	s := startWorker(t, place.Client)
	for range 2 {
		if err := d.StartHandoff(ctx, "hand_1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.WakeHandoff(ctx, "hand_1"); err != nil {
		t.Fatal(err)
	}
	if told := s.wait(t, 2); len(told) != 2 || told[1] != "handoff woken" {
		t.Errorf("told %v", told)
	}
	for range 2 {
		if err := d.EnsureSweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	desc, err := place.Client.ScheduleClient().GetHandle(ctx, schemas.SweepScheduleID).Describe(ctx)
	if err != nil || len(desc.Schedule.Spec.Intervals) != 1 || desc.Schedule.Spec.Intervals[0].Every != time.Minute {
		t.Errorf("schedule %+v, %v", desc, err)
	}
}
