package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"steward/schemas"
)

// Pause stops the agent, in whole or in part. Spec: D2. Settled: rule 18.
func (c *Client) Pause(ctx context.Context, id schemas.AgentID, in schemas.PauseInput) error {
	return c.command(ctx, id, schemas.SignalPause, in)
}

// Resume ends a pause.
func (c *Client) Resume(ctx context.Context, id schemas.AgentID, in schemas.PauseInput) error {
	return c.command(ctx, id, schemas.SignalResume, in)
}

// SwitchOn lets the agent take conversations. Spec: S46.
func (c *Client) SwitchOn(ctx context.Context, id schemas.AgentID, in schemas.SwitchInput) error {
	return c.command(ctx, id, schemas.SignalSwitchOn, in)
}

// SwitchOff lets the agent take no new conversations. Spec: S46, S47.
func (c *Client) SwitchOff(ctx context.Context, id schemas.AgentID, in schemas.SwitchInput) error {
	return c.command(ctx, id, schemas.SignalSwitchOff, in)
}

// EnsureAgent starts the agent's workflow, so that operators can signal it from
// the Temporal UI.
func (c *Client) EnsureAgent(ctx context.Context, id schemas.AgentID) error {
	return c.start(ctx, agentOptions(id), schemas.WorkflowAgent, schemas.AgentInput{Agent: id})
}

// command signals the agent's workflow and starts it when it does not run. It
// needs no worker: the signal waits for one.
func (c *Client) command(ctx context.Context, id schemas.AgentID, signal string, in any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	o := agentOptions(id)
	_, err := c.temporal.SignalWithStartWorkflow(ctx, o.ID, signal, in, o, schemas.WorkflowAgent, schemas.AgentInput{Agent: id})
	if err != nil {
		return fmt.Errorf("signal %s to %s: %w", signal, o.ID, sortError(err))
	}
	return nil
}

func agentOptions(id schemas.AgentID) client.StartWorkflowOptions {
	return startOptions(schemas.AgentWorkflowID(id), "Agent: on, off and pauses")
}

// How often the sweep looks for overdue rows, and how late a missed run may
// still be made up for: the next run does the same work.
const (
	sweepEvery   = time.Minute
	sweepCatchUp = time.Minute
)

// EnsureSweep makes the schedules that wake overdue rows and look after content,
// unless they are there. Settled: rule 1.
func (c *Client) EnsureSweep(ctx context.Context) error {
	err := c.ensureEveryMinute(ctx, schemas.SweepScheduleID, "Wakes conversations and handoffs whose deadline has passed.",
		client.ScheduleWorkflowAction{Workflow: schemas.WorkflowSweep, Args: []any{schemas.SweepInput{}}})
	if err != nil {
		return err
	}
	return c.ensureEveryMinute(ctx, schemas.UpkeepScheduleID, "Ends lost synchronisations, starts those that wait, mends the index.",
		client.ScheduleWorkflowAction{Workflow: schemas.WorkflowUpkeep})
}

func (c *Client) ensureEveryMinute(ctx context.Context, id, note string, action client.ScheduleWorkflowAction) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	action.ID, action.TaskQueue, action.StaticSummary = id, schemas.QueueConversations, note
	_, err := c.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:            id,
		Spec:          client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: sweepEvery}}},
		Action:        &action,
		Overlap:       enums.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: sweepCatchUp,
		Note:          note,
	})
	if err != nil && !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("make schedule %s: %w", id, sortError(err))
	}
	return nil
}
