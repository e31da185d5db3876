package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/schemas"
)

const (
	// evalWidth is how many cases are played side by side.
	evalWidth = 4
	// evalRoll is after how many cases a run continues as new.
	evalRoll = 200
)

// Evaluation plays every case of a run as previews, a few side by side, and
// ends the run. Results are stored case by case, so that what is done is kept
// whatever happens. Spec: S55.
func Evaluation(ctx workflow.Context, in schemas.EvaluationInput) (schemas.EvaluationResult, error) {
	e := &evaluation{in: in, failed: in.Failed, done: in.From}
	if err := workflow.SetQueryHandler(ctx, schemas.QueryProgress, e.progress); err != nil {
		return schemas.EvaluationResult{}, err
	}
	var plan schemas.EvalPlanResult
	if err := workflow.ExecuteActivity(quick(ctx, "read the run"), e.acts.EvalPlan, schemas.EvalPlanInput{Run: in.Run}).Get(ctx, &plan); err != nil {
		return schemas.EvaluationResult{}, err
	}
	e.cases = plan.Cases
	if plan.Over {
		return e.result(), nil
	}
	last := min(in.From+evalRoll, plan.Cases)
	e.play(ctx, last)
	if ctx.Err() == nil && last < plan.Cases {
		return schemas.EvaluationResult{}, workflow.NewContinueAsNewError(ctx, Evaluation,
			schemas.EvaluationInput{Run: in.Run, From: last, Failed: e.failed})
	}
	// A cancelled run is ended too.
	ending, stop := workflow.NewDisconnectedContext(ctx)
	defer stop()
	err := workflow.ExecuteActivity(quick(ending, "end the run"), e.acts.EndEvaluation,
		schemas.EndEvaluationInput{Run: in.Run, Cancelled: ctx.Err() != nil}).Get(ending, nil)
	if ctx.Err() != nil {
		return e.result(), ctx.Err()
	}
	return e.result(), err
}

type evaluation struct {
	in   schemas.EvaluationInput
	acts *activities.Evals
	// cases are all, next is the place of the one to be played next.
	cases, next, done, failed int
}

func (e *evaluation) result() schemas.EvaluationResult {
	return schemas.EvaluationResult{Cases: e.cases, Failed: e.failed}
}

func (e *evaluation) progress() (schemas.EvalProgress, error) {
	return schemas.EvalProgress{Cases: e.cases, Done: e.done, Failed: e.failed}, nil
}

// play plays the cases up to last. A case that cannot be played does not keep
// the others from it: it has no result.
func (e *evaluation) play(ctx workflow.Context, last int) {
	e.next = e.in.From
	players := workflow.NewWaitGroup(ctx)
	for range min(evalWidth, last-e.next) {
		players.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer players.Done()
			for e.next < last && ctx.Err() == nil {
				place := e.next
				e.next++
				err := workflow.ExecuteActivity(playing(ctx, fmt.Sprintf("play case %d of %d", place+1, e.cases)), e.acts.PlayCase,
					schemas.PlayCaseInput{Run: e.in.Run, Place: place}).Get(ctx, nil)
				if err != nil && ctx.Err() == nil {
					e.failed++
				}
				e.done++
			}
		})
	}
	// Only a cancellation ends the wait early, and then every player ends.
	waiting, stop := workflow.NewDisconnectedContext(ctx)
	defer stop()
	players.Wait(waiting)
}

// playing is for all tries of one case. A try that broke off is gone on with by
// the next attempt.
func playing(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           schemas.QueuePreview,
		StartToCloseTimeout: 2 * time.Hour, HeartbeatTimeout: 10 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second, MaximumAttempts: 20,
			NonRetryableErrorTypes: []string{failInvalid, failNotFound},
		},
		Summary: summary,
	})
}
