package main

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

// startBare runs a worker for the bare turn with the product's pollers.
func startBare(c client.Client) worker.Worker {
	w := worker.New(c, bareQueue, worker.Options{MaxConcurrentWorkflowTaskPollers: 8, MaxConcurrentActivityTaskPollers: 8})
	w.RegisterWorkflow(bareConversation)
	w.RegisterActivity(nothing)
	if err := w.Start(); err != nil {
		panic(err)
	}
	return w
}

// nothing is an activity that does nothing.
func nothing(context.Context) error { return nil }

// bareConversation answers each update after three activities in a row.
func bareConversation(ctx workflow.Context) error {
	err := workflow.SetUpdateHandler(ctx, "Turn", func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
		for range 3 {
			if err := workflow.ExecuteActivity(ctx, nothing).Get(ctx, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return workflow.Sleep(ctx, time.Hour)
}

// bare is one bare conversation.
type bare struct {
	c  client.Client
	id string
}

func newBare(c client.Client) *bare { return &bare{c: c, id: "bench-bare/" + uuid.NewString()} }

func (b *bare) ask(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	start := b.c.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: b.id, TaskQueue: bareQueue, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, bareConversation)
	h, err := b.c.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: uuid.NewString(), UpdateName: "Turn", WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = h.Get(ctx, nil)
	}
	return time.Since(began), err
}

func (b *bare) close() { _ = b.c.TerminateWorkflow(context.Background(), b.id, "", "measured") }
