package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"steward/schemas"
)

// StartSync starts the synchronisation of a source. While one of the same
// source runs, no second one is started.
func (c *Client) StartSync(ctx context.Context, in schemas.SyncSourceInput) error {
	return c.start(ctx, syncOptions(in.Source), schemas.WorkflowSyncSource, in)
}

func syncOptions(id schemas.SourceID) client.StartWorkflowOptions {
	return startOptions(schemas.SyncWorkflowID(id), "Content synchronisation")
}

// Resync has a source read because what it holds has changed, or because it
// goes. One that is being read gets another round after this one, so that no
// change is missed. Spec: S19.
func (c *Client) Resync(ctx context.Context, in schemas.SyncSourceInput) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	o := syncOptions(in.Source)
	_, err := c.temporal.SignalWithStartWorkflow(ctx, o.ID, schemas.SignalResync, in.Trigger, o, schemas.WorkflowSyncSource, in)
	if err != nil {
		return fmt.Errorf("resync %s: %w", o.ID, sortError(err))
	}
	return nil
}

// CommandSync sends Stop, Pause or Resume to a run of a synchronisation, by its
// workflow id. One that is over is KindConflict.
func (c *Client) CommandSync(ctx context.Context, workflow, signal string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := c.temporal.SignalWorkflow(ctx, workflow, "", signal, nil)
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return schemas.NewError(schemas.KindConflict, "the source is not being read now")
	}
	if err != nil {
		return fmt.Errorf("signal workflow %s: %w", workflow, sortError(err))
	}
	return nil
}

// StartReindex makes an agent's index anew. One that runs is left alone.
func (c *Client) StartReindex(ctx context.Context, in schemas.ReindexInput) error {
	return c.start(ctx, startOptions(schemas.ReindexWorkflowID(in.Agent), "Search index made anew"), schemas.WorkflowReindex, in)
}

// StartPull reads everything that a connector has. One that runs is left alone.
func (c *Client) StartPull(ctx context.Context, in schemas.PullInput) error {
	return c.start(ctx, startOptions(schemas.PullWorkflowID(in.Connector), "Articles of a connector"), schemas.WorkflowPull, in)
}

// Running reports whether a workflow of that id runs.
func (c *Client) Running(ctx context.Context, workflow string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	found, err := c.temporal.DescribeWorkflowExecution(ctx, workflow, "")
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at workflow %s: %w", workflow, sortError(err))
	}
	return found.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

const (
	// resyncJitter keeps sources from being read at the same minute.
	resyncJitter = 6 * time.Hour
	// resyncCatchup is how long after its time a run that was missed is made up.
	resyncCatchup = 24 * time.Hour
	// pullEvery is how often connectors are read.
	pullEvery = time.Hour
)

// SetResync makes, changes or deletes the schedule by which a source is read
// again. Its hour follows from the source's id, so that sources are spread over
// the period. Spec: S20.
func (c *Client) SetResync(ctx context.Context, source schemas.SourceID, agent schemas.AgentID, schedule schemas.ResyncSchedule) error {
	period := schemas.ResyncPeriod(schedule)
	if period == 0 {
		return c.deleteSchedule(ctx, schemas.ResyncScheduleID(source))
	}
	o := syncOptions(source)
	return c.setSchedule(ctx, client.ScheduleOptions{
		ID: schemas.ResyncScheduleID(source),
		Spec: client.ScheduleSpec{
			Intervals: []client.ScheduleIntervalSpec{{Every: period, Offset: schemas.ResyncOffset(source, period)}},
			Jitter:    resyncJitter,
		},
		Action: &client.ScheduleWorkflowAction{
			ID: o.ID, TaskQueue: o.TaskQueue, Workflow: schemas.WorkflowSyncSource, StaticSummary: o.StaticSummary,
			Args: []any{schemas.SyncSourceInput{Source: source, Agent: agent, Trigger: schemas.TriggerSchedule}},
		},
	})
}

// SetPull makes or deletes the schedule by which a connector is read.
func (c *Client) SetPull(ctx context.Context, in schemas.PullInput, on bool) error {
	id := schemas.PullWorkflowID(in.Connector)
	if !on {
		return c.deleteSchedule(ctx, id)
	}
	o := startOptions(id, "Articles of a connector")
	return c.setSchedule(ctx, client.ScheduleOptions{
		ID:   id,
		Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: pullEvery}}, Jitter: pullEvery / 4},
		Action: &client.ScheduleWorkflowAction{
			ID: o.ID, TaskQueue: o.TaskQueue, Workflow: schemas.WorkflowPull, StaticSummary: o.StaticSummary, Args: []any{in},
		},
	})
}

// setSchedule makes a schedule, or changes the one that is there.
func (c *Client) setSchedule(ctx context.Context, o client.ScheduleOptions) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	o.Overlap, o.CatchupWindow = enums.SCHEDULE_OVERLAP_POLICY_SKIP, resyncCatchup
	_, err := c.temporal.ScheduleClient().Create(ctx, o)
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return scheduled(o.ID, err)
	}
	return scheduled(o.ID, c.temporal.ScheduleClient().GetHandle(ctx, o.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			// Its state stays: an operator may have paused it.
			was := &in.Description.Schedule
			was.Spec, was.Action = &o.Spec, o.Action
			was.Policy = &client.SchedulePolicies{Overlap: o.Overlap, CatchupWindow: o.CatchupWindow}
			return &client.ScheduleUpdate{Schedule: was}, nil
		},
	}))
}

func (c *Client) deleteSchedule(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := c.temporal.ScheduleClient().GetHandle(ctx, id).Delete(ctx)
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil
	}
	return scheduled(id, err)
}

func scheduled(id string, err error) error {
	if err != nil {
		return fmt.Errorf("set schedule %s: %w", id, sortError(err))
	}
	return nil
}
