package workflows_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"steward/internal/testkit"
	"steward/schemas"
	"steward/workflows"
)

// bench is an Evaluation in virtual time.
type bench struct {
	*testsuite.TestWorkflowEnvironment
	plan schemas.EvalPlanResult
	fail func(place int) error

	mu           sync.Mutex
	played       []int
	beside, most int
	ended        []schemas.EndEvaluationInput
}

func newBench(cases int) *bench {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(testkit.Quiet()))
	b := &bench{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), plan: schemas.EvalPlanResult{Cases: cases}}
	b.SetTestTimeout(time.Minute)
	workflows.Register(b)
	on := func(name string, f any) { b.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	on("EvalPlan", func(context.Context, schemas.EvalPlanInput) (schemas.EvalPlanResult, error) { return b.plan, nil })
	on("EndEvaluation", func(_ context.Context, in schemas.EndEvaluationInput) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.ended = append(b.ended, in)
		return nil
	})
	on("PlayCase", func(_ context.Context, in schemas.PlayCaseInput) (schemas.PlayCaseResult, error) {
		b.mu.Lock()
		b.beside++
		b.most = max(b.most, b.beside)
		b.played = append(b.played, in.Place)
		b.mu.Unlock()
		defer func() { b.mu.Lock(); b.beside--; b.mu.Unlock() }()
		if b.fail != nil {
			return schemas.PlayCaseResult{}, b.fail(in.Place)
		}
		return schemas.PlayCaseResult{Tries: 1}, nil
	})
	return b
}

// TestEvaluationPlaysEveryCaseOnce: at most four side by side; a case that
// cannot be played does not keep the others from it.
func TestEvaluationPlaysEveryCaseOnce(t *testing.T) {
	t.Parallel()
	b := newBench(23)
	b.fail = func(place int) error {
		if place == 7 {
			return temporal.NewNonRetryableApplicationError("no such case", "not_found", nil)
		}
		return nil
	}
	b.ExecuteWorkflow(workflows.Evaluation, schemas.EvaluationInput{Run: "run_1"})
	var out schemas.EvaluationResult
	if err := b.GetWorkflowResult(&out); err != nil || out != (schemas.EvaluationResult{Cases: 23, Failed: 1}) {
		t.Fatalf("result %+v, %v", out, err)
	}
	slices.Sort(b.played)
	if len(b.played) != 23 || len(slices.Compact(b.played)) != 23 || b.most > 4 {
		t.Errorf("played %v, %d side by side", b.played, b.most)
	}
	if !slices.Equal(b.ended, []schemas.EndEvaluationInput{{Run: "run_1"}}) {
		t.Errorf("ended %+v", b.ended)
	}
	value, err := b.QueryWorkflow(schemas.QueryProgress)
	var progress schemas.EvalProgress
	if err == nil {
		err = value.Get(&progress)
	}
	if err != nil || progress != (schemas.EvalProgress{Cases: 23, Done: 23, Failed: 1}) {
		t.Errorf("progress %+v, %v", progress, err)
	}
}

// TestEvaluationContinuesAsNew after two hundred cases, from where it was.
func TestEvaluationContinuesAsNew(t *testing.T) {
	t.Parallel()
	b := newBench(450)
	b.ExecuteWorkflow(workflows.Evaluation, schemas.EvaluationInput{Run: "run_1", From: 200, Failed: 2})
	var again *workflow.ContinueAsNewError
	if err := b.GetWorkflowError(); !errors.As(err, &again) {
		t.Fatalf("ended with %v", err)
	}
	if len(b.played) != 200 || slices.Min(b.played) != 200 || slices.Max(b.played) != 399 || len(b.ended) != 0 {
		t.Errorf("played %d from %d to %d, ended %v", len(b.played), slices.Min(b.played), slices.Max(b.played), b.ended)
	}
}

// TestEvaluationEndsTheRunWhenCancelled, and one that is over does nothing.
func TestEvaluationEndsTheRunWhenCancelled(t *testing.T) {
	t.Parallel()
	b := newBench(40)
	b.fail = func(place int) error {
		if place == 5 {
			b.CancelWorkflow()
		}
		return nil
	}
	b.ExecuteWorkflow(workflows.Evaluation, schemas.EvaluationInput{Run: "run_1"})
	if !temporal.IsCanceledError(b.GetWorkflowError()) || !slices.Equal(b.ended, []schemas.EndEvaluationInput{{Run: "run_1", Cancelled: true}}) {
		t.Errorf("ended %+v, %v", b.ended, b.GetWorkflowError())
	}
	if len(b.played) > 20 {
		t.Errorf("%d cases were played after the end", len(b.played))
	}
	over := newBench(3)
	over.plan.Over = true
	over.ExecuteWorkflow(workflows.Evaluation, schemas.EvaluationInput{Run: "run_1"})
	if len(over.played) > 0 || len(over.ended) > 0 || over.GetWorkflowError() != nil {
		t.Errorf("a run that is over: played %v, ended %v, %v", over.played, over.ended, over.GetWorkflowError())
	}
}
