package rig

import (
	"context"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// bareQueue is the bare workflow's own task queue.
const bareQueue = "bench-bare"

// Steps are the activities of one bare turn, which do nothing: regular ones and
// local ones.
type Steps struct {
	Regular int
	Local   int
}

// StartBare runs a worker for bare turns with the product's pollers.
func StartBare(c client.Client) (worker.Worker, error) {
	w := worker.New(c, bareQueue, worker.Options{MaxConcurrentWorkflowTaskPollers: 8, MaxConcurrentActivityTaskPollers: 8})
	w.RegisterWorkflow(bareConversation)
	w.RegisterActivity(nothing)
	return w, w.Start()
}

// nothing is an activity that does nothing.
func nothing(context.Context) error { return nil }

// bareConversation answers each update after its activities, one after the
// other; local ones stand between the regular ones.
func bareConversation(ctx workflow.Context) error {
	err := workflow.SetUpdateHandler(ctx, "Turn", func(ctx workflow.Context, s Steps) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
		ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{ScheduleToCloseTimeout: 5 * time.Second})
		for i := range max(s.Regular, s.Local) {
			if i < s.Local {
				if err := workflow.ExecuteLocalActivity(ctx, nothing).Get(ctx, nil); err != nil {
					return err
				}
			}
			if i < s.Regular {
				if err := workflow.ExecuteActivity(ctx, nothing).Get(ctx, nil); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return workflow.Sleep(ctx, time.Hour)
}

// Bare is one bare conversation.
type Bare struct {
	c     client.Client
	id    string
	steps Steps
}

// NewBare is a conversation whose turns have these steps. It starts with its
// first turn.
func NewBare(c client.Client, s Steps) *Bare {
	return &Bare{c: c, id: "bench-bare/" + uuid.NewString(), steps: s}
}

// Ask takes one turn.
func (b *Bare) Ask(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	start := b.c.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: b.id, TaskQueue: bareQueue, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, bareConversation)
	h, err := b.c.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: uuid.NewString(), UpdateName: "Turn", Args: []any{b.steps}, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = h.Get(ctx, nil)
	}
	return time.Since(began), err
}

// Close ends the conversation.
func (b *Bare) Close() { _ = b.c.TerminateWorkflow(context.Background(), b.id, "", "measured") }
