package main

import (
	"context"
	"errors"
	"os"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"steward/internal/temporalclient"
	"steward/schemas"
)

// namespace is the Temporal namespace that everything is in.
func (m *Main) namespace() string {
	if m.o.Temporal.Namespace != "" {
		return m.o.Temporal.Namespace
	}
	if n := os.Getenv("TEMPORAL_NAMESPACE"); n != "" {
		return n
	}
	return client.DefaultNamespace
}

// attributes are the search attributes of our workflows.
func attributes() map[string]enums.IndexedValueType {
	wanted := map[string]enums.IndexedValueType{schemas.AttributeTurns: enums.INDEXED_VALUE_TYPE_INT}
	for _, name := range schemas.KeywordAttributes() {
		wanted[name] = enums.INDEXED_VALUE_TYPE_KEYWORD
	}
	return wanted
}

// prepareTemporal makes what our workflows need in Temporal: search attributes,
// the agent's workflow and the sweep. It tries until that is done.
func (m *Main) prepareTemporal(ctx context.Context) {
	for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
		err := m.ensureTemporal(ctx)
		if err == nil {
			close(m.prepared)
			m.keepAgent(ctx)
			return
		}
		if ctx.Err() != nil {
			return
		}
		m.o.Log.Warn("Temporal is not ready; trying again", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// agentLook is how often the agent's workflow is looked after.
const agentLook = time.Minute

// keepAgent starts the agent's workflow again when somebody has terminated it,
// so that its signals can be sent from the Temporal UI at any time.
func (m *Main) keepAgent(ctx context.Context) {
	tick := time.NewTicker(agentLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := m.dispatch.EnsureAgent(ctx, m.deployment.Agent); err != nil && ctx.Err() == nil {
			m.o.Log.Warn("the agent's workflow cannot be looked after", "error", err)
		}
	}
}

func (m *Main) ensureTemporal(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := temporalclient.EnsureSearchAttributes(ctx, m.temporal, m.namespace(), attributes()); err != nil {
		return err
	}
	if err := m.dispatch.EnsureAgent(ctx, m.deployment.Agent); err != nil {
		return err
	}
	return m.dispatch.EnsureSweep(ctx)
}

// workersPoll reports whether a worker waits for work of every queue.
func workersPoll(ctx context.Context, c client.Client, namespace string) error {
	for queue, kind := range map[string]enums.TaskQueueType{
		schemas.QueueConversations: enums.TASK_QUEUE_TYPE_WORKFLOW,
		schemas.QueueModels:        enums.TASK_QUEUE_TYPE_ACTIVITY,
		schemas.QueueKnowledge:     enums.TASK_QUEUE_TYPE_ACTIVITY,
	} {
		answer, err := c.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace: namespace, TaskQueue: &taskqueue.TaskQueue{Name: queue}, TaskQueueType: kind,
		})
		if err != nil {
			return err
		}
		if len(answer.GetPollers()) == 0 {
			return errors.New("no worker takes work of queue " + queue)
		}
	}
	return nil
}
