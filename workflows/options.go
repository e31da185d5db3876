package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/schemas"
)

// The types of failures that no retry mends; activities give errors these
// names. Settled: rule 5 keeps workflows branching on recorded results only.
const (
	failInvalid  = "invalid"
	failNotFound = "not_found"
)

// local is for short steps in memory and Postgres: 5 s in all, three attempts.
// Settled: rule 3.
func local(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: 5 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumAttempts: 3,
			NonRetryableErrorTypes: []string{failInvalid, failNotFound},
		},
		Summary: summary,
	})
}

// retrieval is for a search in the content.
func retrieval(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: 30 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3, NonRetryableErrorTypes: []string{failInvalid, failNotFound}},
		Summary:     summary,
	})
}

// modelQueue is the queue of model calls; a preview keeps them on its own.
func modelQueue(ctx workflow.Context) string {
	if workflow.GetInfo(ctx).TaskQueueName == schemas.QueuePreview {
		return schemas.QueuePreview
	}
	return schemas.QueueModels
}

// modelCall is for one call of an engine. within bounds all its attempts, so
// that the customer hears something before the turn's deadline. The heartbeat
// is how a cancellation reaches it and how a dead worker is noticed.
func modelCall(ctx workflow.Context, summary string, within time.Duration) workflow.Context {
	within = max(within, 5*time.Second)
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           modelQueue(ctx),
		StartToCloseTimeout: min(60*time.Second, within), ScheduleToCloseTimeout: within,
		HeartbeatTimeout: 5 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 15 * time.Second, MaximumAttempts: 3,
		},
		Summary: summary,
	})
}

// networkStep is for one send: never repeated by Temporal, because an attempt
// whose worker died may have reached the customer. Settled: rule 8.
func networkStep(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: 2 * time.Minute,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:     summary,
	})
}

// deskStep is for one step at a destination of a handoff: never repeated by
// Temporal, because an attempt whose worker died may have been taken there. The
// heartbeat is how a dead worker is noticed. Settled: rule 8.
func deskStep(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute, HeartbeatTimeout: 5 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:     summary,
	})
}

// outsideCall is for one call of an action. It is repeated until its row says
// how it ended: the row knows whether a call may be made again. The heartbeat is
// how a dead worker is noticed.
func outsideCall(ctx workflow.Context, summary string, within time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: max(within, 10*time.Second), ScheduleToCloseTimeout: 3 * time.Minute, HeartbeatTimeout: 5 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 15 * time.Second,
			NonRetryableErrorTypes: []string{failInvalid, failNotFound},
		},
		Summary: summary,
	})
}

// quick is for short regular activities that repeat until they work.
func quick(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute,
			NonRetryableErrorTypes: []string{failInvalid, failNotFound},
		},
		Summary: summary,
	})
}

// batch is for work over many rows, which heartbeats where it stands.
func batch(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Minute, HeartbeatTimeout: 30 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute,
			NonRetryableErrorTypes: []string{failInvalid, failNotFound},
		},
		Summary: summary,
	})
}

// sweeping is for a look at everything that is overdue. It is not repeated: the
// schedule looks again within a minute.
func sweeping(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 5 * time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:             summary,
	})
}

// content is for reading and indexing content: a limited number of tries, after
// which the source is shown as failed.
func content(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           schemas.QueueKnowledge,
		StartToCloseTimeout: 10 * time.Minute, HeartbeatTimeout: 30 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second, MaximumAttempts: 5,
			NonRetryableErrorTypes: []string{failInvalid, failNotFound},
		},
		Summary: summary,
	})
}

// reading is for a batch of pages. It is repeated until the run's deadline: what
// it has done is in the frontier.
func reading(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           schemas.QueueKnowledge,
		StartToCloseTimeout: 10 * time.Minute, HeartbeatTimeout: 30 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute,
			NonRetryableErrorTypes: []string{failInvalid, failNotFound},
		},
		Summary: summary, WaitForCancellation: true,
	})
}

// indexing is for work over a source's passages: repeated for about an hour, so
// that an index that starts again is waited for.
func indexing(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           schemas.QueueKnowledge,
		StartToCloseTimeout: 30 * time.Minute, ScheduleToCloseTimeout: 90 * time.Minute, HeartbeatTimeout: 30 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute, MaximumAttempts: 60,
			NonRetryableErrorTypes: []string{failInvalid, failNotFound},
		},
		Summary: summary,
	})
}

// lookUpCall is for one question to the CRM, which a turn does without when it
// is not answered.
func lookUpCall(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: 20 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 2, NonRetryableErrorTypes: []string{failInvalid, failNotFound}},
		Summary:     summary,
	})
}

// backoff is the pause before try n of something that waits for a database.
// It doubles from 2 s to 60 s. Settled: rule 3.
func backoff(n int) time.Duration {
	return min(2*time.Second<<min(n, 5), time.Minute)
}

// maxSleep is the longest wait that does not read its row again.
// Settled: rule 22.
const maxSleep = 12 * time.Hour
