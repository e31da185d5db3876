package dispatch_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"steward/internal/testkit"
	"steward/schemas"
	"steward/starter/dispatch"
)

// plan is a schedule as the server has it.
type plan struct {
	Every, Offset, Jitter, Catchup time.Duration
	Overlap                        enums.ScheduleOverlapPolicy
	Workflow, ID, Queue, Summary   string
	Paused                         bool
}

// described reads a schedule and the input of its workflow from the server; ok
// is false when there is none.
func described[In any](t *testing.T, c client.Client, id string) (p plan, in In, ok bool) {
	t.Helper()
	desc, err := c.ScheduleClient().GetHandle(t.Context(), id).Describe(t.Context())
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return p, in, false
	}
	if err != nil {
		t.Fatal(err)
	}
	spec, action := desc.Schedule.Spec, desc.Schedule.Action.(*client.ScheduleWorkflowAction)
	if len(spec.Intervals) != 1 || len(spec.Calendars)+len(spec.CronExpressions) > 0 || len(action.Args) != 1 {
		t.Fatalf("schedule %s: %+v, arguments %v", id, spec, action.Args)
	}
	if err := converter.GetDefaultDataConverter().FromPayload(action.Args[0].(*common.Payload), &in); err != nil {
		t.Fatal(err)
	}
	return plan{
		Every: spec.Intervals[0].Every, Offset: spec.Intervals[0].Offset, Jitter: spec.Jitter, Catchup: desc.Schedule.Policy.CatchupWindow,
		Overlap: desc.Schedule.Policy.Overlap, Workflow: action.Workflow.(string), ID: action.ID, Queue: action.TaskQueue,
		Summary: action.StaticSummary, Paused: desc.Schedule.State.Paused,
	}, in, true
}

func TestScheduleOfASourceIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	place := testkit.Temporal(t)
	d := dispatch.New(place.Client)
	const source, id = schemas.SourceID("src_1"), "resync/src_1"
	input := schemas.SyncSourceInput{Source: source, Agent: "agent_1", Trigger: schemas.TriggerSchedule}
	for _, step := range []struct {
		schedule schemas.ResyncSchedule
		every    time.Duration
	}{
		{schemas.ResyncNever, 0},
		{schemas.ResyncWeekly, 7 * 24 * time.Hour},
		{schemas.ResyncWeekly, 7 * 24 * time.Hour},
		{schemas.ResyncDaily, 24 * time.Hour},
		{schemas.ResyncOnChange, 0},
		{schemas.ResyncNever, 0},
		{schemas.ResyncDaily, 24 * time.Hour},
	} {
		if err := d.SetResync(t.Context(), source, "agent_1", step.schedule); err != nil {
			t.Fatalf("%s: %v", step.schedule, err)
		}
		got, in, there := described[schemas.SyncSourceInput](t, place.Client, id)
		if there != (step.every > 0) {
			t.Fatalf("%s: a schedule is there: %v", step.schedule, there)
		}
		if !there {
			continue
		}
		want := plan{
			Every: step.every, Offset: schemas.ResyncOffset(source, step.every), Jitter: 6 * time.Hour, Catchup: 24 * time.Hour,
			Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, Workflow: schemas.WorkflowSyncSource, ID: "source-sync/src_1",
			Queue: schemas.QueueConversations, Summary: "Content synchronisation",
		}
		if diff := cmp.Diff(want, got) + cmp.Diff(input, in); diff != "" {
			t.Errorf("%s:\n%s", step.schedule, diff)
		}
		if got.Offset <= 0 || got.Offset >= step.every {
			t.Errorf("%s: the offset %v is not inside the period", step.schedule, got.Offset)
		}
	}
}

func TestAPausedScheduleStaysPausedWhenItChanges(t *testing.T) {
	t.Parallel()
	place := testkit.Temporal(t)
	d := dispatch.New(place.Client)
	if err := d.SetResync(t.Context(), "src_1", "agent_1", schemas.ResyncWeekly); err != nil {
		t.Fatal(err)
	}
	handle := place.Client.ScheduleClient().GetHandle(t.Context(), "resync/src_1")
	if err := handle.Pause(t.Context(), client.SchedulePauseOptions{Note: "site is being rebuilt"}); err != nil {
		t.Fatal(err)
	}
	if err := d.SetResync(t.Context(), "src_1", "agent_1", schemas.ResyncDaily); err != nil {
		t.Fatal(err)
	}
	if got, _, _ := described[schemas.SyncSourceInput](t, place.Client, "resync/src_1"); !got.Paused || got.Every != 24*time.Hour {
		t.Errorf("schedule %+v", got)
	}
}

func TestAScheduleStartsTheRunItSays(t *testing.T) {
	t.Parallel()
	place := testkit.Temporal(t)
	d := dispatch.New(place.Client)
	s := startWorker(t, place.Client)
	if err := d.SetResync(t.Context(), "src_1", "agent_1", schemas.ResyncWeekly); err != nil {
		t.Fatal(err)
	}
	handle := place.Client.ScheduleClient().GetHandle(t.Context(), "resync/src_1")
	if err := handle.Trigger(t.Context(), client.ScheduleTriggerOptions{}); err != nil {
		t.Fatal(err)
	}
	// Its id has a time at its end, so commands go by the id that the run tells.
	told := s.wait(t, 2)
	id, ok := strings.CutPrefix(told[1], "as ")
	if told[0] != "round 1 of src_1 for agent_1: schedule" || !ok || !strings.HasPrefix(id, "source-sync/src_1-") {
		t.Fatalf("told %q", told)
	}
	if !runs(t, d, id) || runs(t, d, schemas.SyncWorkflowID("src_1")) {
		t.Errorf("%s does not run alone", id)
	}
	if err := d.CommandSync(t.Context(), id, schemas.SignalStop); err != nil {
		t.Fatal(err)
	}
	ended(t, place.Client, id)
}

func TestScheduleOfAConnectorIsMadeAndDeleted(t *testing.T) {
	t.Parallel()
	place := testkit.Temporal(t)
	d := dispatch.New(place.Client)
	input := schemas.PullInput{Connector: "con_1", Agent: "agent_1"}
	for _, on := range []bool{false, true, true, false, false} {
		if err := d.SetPull(t.Context(), input, on); err != nil {
			t.Fatal(err)
		}
		got, in, there := described[schemas.PullInput](t, place.Client, "pull/con_1")
		if there != on {
			t.Fatalf("a schedule is there: %v, want %v", there, on)
		}
		if !on {
			continue
		}
		want := plan{
			Every: time.Hour, Jitter: 15 * time.Minute, Catchup: 24 * time.Hour, Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP,
			Workflow: schemas.WorkflowPull, ID: "pull/con_1", Queue: schemas.QueueConversations, Summary: "Articles of a connector",
		}
		if diff := cmp.Diff(want, got) + cmp.Diff(input, in); diff != "" {
			t.Error(diff)
		}
	}
}
