package dispatch_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"steward/internal/testkit"
	"steward/schemas"
	"steward/starter/dispatch"
)

func tells(ctx workflow.Context, format string, args ...any) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	return workflow.ExecuteActivity(ctx, "Tell", fmt.Sprintf(format, args...)).Get(ctx, nil)
}

// syncSource stands in for the real workflow: a round lasts until it is let go,
// a Resync that came meanwhile adds another one, Stop ends it.
func syncSource(ctx workflow.Context, in schemas.SyncSourceInput) error {
	resync, stop := workflow.GetSignalChannel(ctx, schemas.SignalResync), workflow.GetSignalChannel(ctx, schemas.SignalStop)
	other := map[string]workflow.ReceiveChannel{}
	for _, name := range []string{schemas.SignalPause, schemas.SignalResume} {
		other[name] = workflow.GetSignalChannel(ctx, name)
	}
	for round := 1; ; round++ {
		for resync.ReceiveAsync(nil) {
		}
		if err := tells(ctx, "round %d of %s for %s: %s", round, in.Source, in.Agent, in.Trigger); err != nil {
			return err
		}
		if in.Trigger == schemas.TriggerSchedule {
			if err := tells(ctx, "as %s", workflow.GetInfo(ctx).WorkflowExecution.ID); err != nil {
				return err
			}
		}
		for ended := false; !ended; {
			told := ""
			sel := workflow.NewSelector(ctx).AddReceive(workflow.GetSignalChannel(ctx, "let go"), func(c workflow.ReceiveChannel, _ bool) {
				c.Receive(ctx, nil)
				ended = true
			})
			for name, channel := range other {
				sel.AddReceive(channel, func(c workflow.ReceiveChannel, _ bool) {
					c.Receive(ctx, nil)
					told = name
				})
			}
			sel.AddReceive(stop, func(c workflow.ReceiveChannel, _ bool) {
				c.Receive(ctx, nil)
				ended, told = true, "stopped"
			})
			sel.Select(ctx)
			if told != "" {
				if err := tells(ctx, "%s", told); err != nil {
					return err
				}
			}
		}
		if resync.Len() == 0 {
			return nil
		}
	}
}

func reindex(ctx workflow.Context, in schemas.ReindexInput) error {
	if err := tells(ctx, "reindex %s rebuild %v", in.Agent, in.Rebuild); err != nil {
		return err
	}
	workflow.GetSignalChannel(ctx, "let go").Receive(ctx, nil)
	return nil
}

func pull(ctx workflow.Context, in schemas.PullInput) error {
	if err := tells(ctx, "pull %s for %s", in.Connector, in.Agent); err != nil {
		return err
	}
	workflow.GetSignalChannel(ctx, "let go").Receive(ctx, nil)
	return nil
}

func letGo(t *testing.T, c client.Client, id string) {
	t.Helper()
	if err := c.SignalWorkflow(t.Context(), id, "", "let go", nil); err != nil {
		t.Fatal(err)
	}
}

// ended waits until a workflow has ended.
func ended(t *testing.T, c client.Client, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := c.GetWorkflow(ctx, id, "").Get(ctx, nil); err != nil {
		t.Fatalf("workflow %s: %v", id, err)
	}
}

func runs(t *testing.T, d *dispatch.Client, id string) bool {
	t.Helper()
	running, err := d.Running(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return running
}

func TestASourceIsReadOnceAtATime(t *testing.T) {
	t.Parallel()
	place := testkit.Temporal(t)
	d := dispatch.New(place.Client)
	s := startWorker(t, place.Client)
	id := schemas.SyncWorkflowID("src_1")
	if runs(t, d, id) {
		t.Error("a workflow that was never started runs")
	}
	for _, trigger := range []schemas.SyncTrigger{schemas.TriggerManual, schemas.TriggerChange} {
		if err := d.StartSync(t.Context(), schemas.SyncSourceInput{Source: "src_1", Agent: "agent_1", Trigger: trigger}); err != nil {
			t.Fatal(err)
		}
	}
	s.wait(t, 1)
	if !runs(t, d, id) {
		t.Error("it does not run")
	}
	letGo(t, place.Client, id)
	ended(t, place.Client, id)
	if runs(t, d, id) {
		t.Error("it runs after its end")
	}
	// After its end it is started anew.
	if err := d.StartSync(t.Context(), schemas.SyncSourceInput{Source: "src_1", Agent: "agent_1", Trigger: schemas.TriggerChange}); err != nil {
		t.Fatal(err)
	}
	want := []string{"round 1 of src_1 for agent_1: manual", "round 1 of src_1 for agent_1: change"}
	if diff := cmp.Diff(want, s.wait(t, 2)); diff != "" {
		t.Error(diff)
	}
}

func TestAChangeThatComesWhileASourceIsReadAddsARound(t *testing.T) {
	t.Parallel()
	place := testkit.Temporal(t)
	d := dispatch.New(place.Client)
	s := startWorker(t, place.Client)
	in, id := schemas.SyncSourceInput{Source: "src_1", Agent: "agent_1", Trigger: schemas.TriggerChange}, schemas.SyncWorkflowID("src_1")
	// The first one starts it, and is its first round.
	if err := d.Resync(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	s.wait(t, 1)
	for range 3 {
		if err := d.Resync(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	letGo(t, place.Client, id)
	s.wait(t, 2)
	letGo(t, place.Client, id)
	ended(t, place.Client, id)
	want := []string{"round 1 of src_1 for agent_1: change", "round 2 of src_1 for agent_1: change"}
	if diff := cmp.Diff(want, s.wait(t, 2)); diff != "" {
		t.Error(diff)
	}
}

func TestCommandsReachTheRunThatReads(t *testing.T) {
	t.Parallel()
	place := testkit.Temporal(t)
	d := dispatch.New(place.Client)
	s := startWorker(t, place.Client)
	id := schemas.SyncWorkflowID("src_1")
	if err := d.CommandSync(t.Context(), id, schemas.SignalStop); schemas.KindOf(err) != schemas.KindConflict {
		t.Errorf("a command to nothing: %v", err)
	}
	if err := d.StartSync(t.Context(), schemas.SyncSourceInput{Source: "src_1", Agent: "agent_1", Trigger: schemas.TriggerManual}); err != nil {
		t.Fatal(err)
	}
	s.wait(t, 1)
	for i, signal := range []string{schemas.SignalPause, schemas.SignalResume, schemas.SignalStop} {
		if err := d.CommandSync(t.Context(), id, signal); err != nil {
			t.Fatal(err)
		}
		s.wait(t, 2+i)
	}
	if diff := cmp.Diff([]string{"Pause", "Resume", "stopped"}, s.wait(t, 4)[1:]); diff != "" {
		t.Error(diff)
	}
	ended(t, place.Client, id)
	if err := d.CommandSync(t.Context(), id, schemas.SignalPause); schemas.KindOf(err) != schemas.KindConflict {
		t.Errorf("a command after the end: %v", err)
	}
}

func TestIndexAndConnectorAreWorkedOnOnceAtATime(t *testing.T) {
	t.Parallel()
	place := testkit.Temporal(t)
	d := dispatch.New(place.Client)
	s := startWorker(t, place.Client)
	for range 2 {
		if err := d.StartReindex(t.Context(), schemas.ReindexInput{Agent: "agent_1", Rebuild: true}); err != nil {
			t.Fatal(err)
		}
		if err := d.StartPull(t.Context(), schemas.PullInput{Connector: "con_1", Agent: "agent_1"}); err != nil {
			t.Fatal(err)
		}
	}
	s.wait(t, 2)
	for _, id := range []string{schemas.ReindexWorkflowID("agent_1"), schemas.PullWorkflowID("con_1")} {
		if !runs(t, d, id) {
			t.Errorf("%s does not run", id)
		}
		letGo(t, place.Client, id)
		ended(t, place.Client, id)
	}
	told := s.wait(t, 2)
	slices.Sort(told)
	if diff := cmp.Diff([]string{"pull con_1 for agent_1", "reindex agent_1 rebuild true"}, told); diff != "" {
		t.Error(diff)
	}
}

func TestCallsFailInTimeWhenTemporalIsDown(t *testing.T) {
	t.Parallel()
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: log.NewStructuredLogger(testkit.Logger(t))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	d := dispatch.New(c)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, running := d.Running(ctx, "source-sync/src_1")
	for name, err := range map[string]error{
		"StartSync": d.StartSync(ctx, schemas.SyncSourceInput{Source: "src_1"}), "Resync": d.Resync(ctx, schemas.SyncSourceInput{Source: "src_1"}),
		"CommandSync": d.CommandSync(ctx, "source-sync/src_1", schemas.SignalStop), "SetResync": d.SetResync(ctx, "src_1", "agent_1", schemas.ResyncWeekly),
		"SetResync never": d.SetResync(ctx, "src_1", "agent_1", schemas.ResyncNever), "SetPull": d.SetPull(ctx, schemas.PullInput{Connector: "con_1"}, true),
		"StartReindex": d.StartReindex(ctx, schemas.ReindexInput{Agent: "agent_1"}), "StartPull": d.StartPull(ctx, schemas.PullInput{Connector: "con_1"}),
		"Running": running,
	} {
		if schemas.KindOf(err) != schemas.KindUnavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
}
