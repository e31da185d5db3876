// Package dispatch is the typed client of our workflows: it starts, signals,
// updates and asks them, by the names in schemas.
//
// It owns how each workflow is started (id, queue, what happens when it runs
// already) and how Temporal's errors are sorted. It decides nothing about a
// conversation, stores nothing and retries nothing: its callers do.
package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"steward/schemas"
)

// receiveTimeout is how long a delivery may take until its conversation has
// accepted it. Settled: rule 11.
const receiveTimeout = 5 * time.Second

// callTimeout bounds every other call.
const callTimeout = 10 * time.Second

// Client talks to our workflows.
type Client struct {
	temporal client.Client
}

// New makes a Client on a connection, which stays the caller's.
func New(c client.Client) *Client { return &Client{temporal: c} }

// Receive delivers an inbox row to its conversation and starts the workflow
// when it does not run. It returns once the conversation has accepted the row.
// A *RefusedError means that it never will; after any other error the same call
// may be made again. Settled: rules 11, 12.
func (c *Client) Receive(ctx context.Context, id schemas.ConversationID, d schemas.Delivery, dedupeKey string) (schemas.Ack, error) {
	ctx, cancel := context.WithTimeout(ctx, receiveTimeout)
	defer cancel()
	options := startOptions(schemas.ConversationWorkflowID(id), "Customer conversation")
	if d.Preview {
		options.TaskQueue, options.StaticSummary = schemas.QueuePreview, "Preview conversation"
	}
	start := c.temporal.NewWithStartWorkflowOperation(
		options, schemas.WorkflowConversation, schemas.ConversationInput{Conversation: id})
	handle, err := c.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID:     schemas.UpdateIDFor(dedupeKey),
			UpdateName:   schemas.UpdateReceive,
			Args:         []any{d},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	var ack schemas.Ack
	if err == nil {
		err = handle.Get(ctx, &ack)
	}
	if err != nil {
		return schemas.Ack{}, fmt.Errorf("deliver row %d to %s: %w", d.Row, id, sortError(err))
	}
	return ack, nil
}

// State asks a conversation's workflow where it stands.
func (c *Client) State(ctx context.Context, id schemas.ConversationID) (schemas.ConversationView, error) {
	var view schemas.ConversationView
	err := c.query(ctx, schemas.ConversationWorkflowID(id), schemas.QueryState, &view)
	return view, err
}

// StartHandoff starts the workflow of a handoff, which outlives whoever asked
// for it. One that runs already is left alone. Settled: rule 20.
func (c *Client) StartHandoff(ctx context.Context, id schemas.HandoffID) error {
	return c.start(ctx, startOptions(schemas.HandoffWorkflowID(id), "Handoff to people"),
		schemas.WorkflowHandoff, schemas.HandoffInput{Handoff: id})
}

// StartGoal starts the workflow that writes the outcome of a goal's run to the
// CRM, which outlives the conversation. One that runs already is left alone.
// Settled: rule 20.
func (c *Client) StartGoal(ctx context.Context, key string) error {
	return c.start(ctx, startOptions(schemas.GoalWorkflowID(key), "Outcome of a goal, for the CRM"),
		schemas.WorkflowGoalOutcome, schemas.GoalOutcomeInput{Key: key})
}

// WakeHandoff tells a handoff to read its row again. One that has ended, or
// was not started yet, has nothing to read.
func (c *Client) WakeHandoff(ctx context.Context, id schemas.HandoffID) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := c.temporal.SignalWorkflow(ctx, schemas.HandoffWorkflowID(id), "", schemas.SignalWake, nil)
	var gone *serviceerror.NotFound
	if err != nil && !errors.As(err, &gone) {
		return fmt.Errorf("wake handoff %s: %w", id, sortError(err))
	}
	return nil
}

func (c *Client) start(ctx context.Context, o client.StartWorkflowOptions, workflow string, in any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if _, err := c.temporal.ExecuteWorkflow(ctx, o, workflow, in); err != nil {
		return fmt.Errorf("start workflow %s: %w", o.ID, sortError(err))
	}
	return nil
}

func (c *Client) query(ctx context.Context, workflowID, query string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	value, err := c.temporal.QueryWorkflow(ctx, workflowID, "", query)
	if err == nil {
		err = value.Get(into)
	}
	if err != nil {
		return fmt.Errorf("ask %s of workflow %s: %w", query, workflowID, sortError(err))
	}
	return nil
}

// startOptions are those of every workflow here: one run per id, joined when it
// runs, started anew after it has ended, with no limit on how long it lives.
func startOptions(id, summary string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                schemas.QueueConversations,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:            summary,
	}
}
