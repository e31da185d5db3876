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

// bareQueue is the bare workflow's own task queue, modelsQueue that of the
// activities which stand for model calls.
const (
	bareQueue   = "bench-bare"
	modelsQueue = "bench-bare-models"
)

// Steps are the activities of one bare turn, which do nothing: regular ones and
// local ones. Models of the regular ones, from the second on every other one,
// are on a queue of their own, as model calls are.
type Steps struct {
	Regular int
	Local   int
	Models  int
}

// StartBare runs a worker for bare turns with the product's pollers.
func StartBare(c client.Client) (worker.Worker, error) {
	w := worker.New(c, bareQueue, worker.Options{MaxConcurrentWorkflowTaskPollers: 8, MaxConcurrentActivityTaskPollers: 8})
	w.RegisterWorkflow(bareConversation)
	models := worker.New(c, modelsQueue, worker.Options{DisableWorkflowWorker: true, MaxConcurrentActivityTaskPollers: 8})
	for _, one := range []worker.Worker{w, models} {
		one.RegisterActivity(nothing)
		if err := one.Start(); err != nil {
			return nil, err
		}
	}
	return both{w, models}, nil
}

// both are the workers of bare turns as one.
type both struct {
	worker.Worker
	models worker.Worker
}

// Stop stops both.
func (b both) Stop() {
	b.models.Stop()
	b.Worker.Stop()
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
				place := ctx
				if i%2 == 1 && i < 2*s.Models {
					place = workflow.WithTaskQueue(ctx, modelsQueue)
				}
				if err := workflow.ExecuteActivity(place, nothing).Get(ctx, nil); err != nil {
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
