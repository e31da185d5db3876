package killtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/internal/testkit/stack"
	"steward/schemas"
)

// hundred is a file of a hundred cases, and a broken row.
func hundred() string {
	var b strings.Builder
	b.WriteString("name;question;turns;kind;must_include;handoff_reason;must\n")
	for i := range 98 {
		fmt.Fprintf(&b, "case %03d;%s Number %d.;;answer;30 days;;true\n", i, question, i)
	}
	b.WriteString("person;I want to talk to a person;;handoff;;customer_request;\n")
	b.WriteString("two turns;;" + question + "|" + another + ";answer;;;\n")
	b.WriteString("broken;No expectation\n")
	return b.String()
}

// TestEvaluationTwice plays a hundred cases twice as previews, the first time
// with the worker killed in the middle: the results are the same, and nothing
// was sent, offered or counted. Settled: rule 26.
func TestEvaluationTwice(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	ctx := t.Context()
	suite, err := s.API.AddSuite(ctx, schemas.NewEvalSuite{Name: "hundred"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.API.ImportCases(ctx, suite.ID, hundred())
	if err != nil || got.Imported != 100 || len(got.Errors) != 1 || got.Errors[0].Line != 102 {
		t.Fatalf("import %+v, %v", got, err)
	}
	var runs []schemas.EvalRunShown
	for n, version := range []int{1, 0} {
		run, err := s.API.RunSuite(ctx, suite.ID, schemas.NewEvalRun{Version: version})
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			awaitRun(t, s, run.ID, "twenty tries", func(r schemas.EvalRunShown) bool { return r.Done >= 20 })
			s.KillWorkers()
			s.StartWorker()
		}
		shown := awaitRun(t, s, run.ID, "the end of the run", func(r schemas.EvalRunShown) bool { return r.State == schemas.EvalDone })
		if shown.Done != 100 || shown.Passed != 100 || shown.PassAll != 1 || shown.CasesDone != 100 || shown.Prompt == "" || shown.Content == "" {
			t.Errorf("run %+v", shown.EvalRunSummary)
			for _, r := range shown.Results {
				if !r.Passed() {
					t.Errorf("%s: %+v", r.Case, r.Failures)
				}
			}
		}
		runs = append(runs, shown)
	}
	for i := range runs[0].Results {
		if diff := cmp.Diff(runs[0].Results[i].EvalResult, runs[1].Results[i].EvalResult); diff != "" {
			t.Errorf("the second run differs:\n%s", diff)
		}
	}
	compared, err := s.API.CompareRuns(ctx, runs[0].ID, runs[1].ID)
	if err != nil || len(compared.Kept) != 100 || len(compared.Changed) > 0 || !compared.MayPublish() {
		t.Errorf("comparison %+v, %v", compared, err)
	}
	for what, sql := range map[string]string{
		"parts": "select count(*) from outbound_parts", "handoffs": "select count(*) from handoffs", "gaps": "select count(*) from gap_asks",
		"conversations that are no previews": "select count(*) from conversations where not preview",
		"messages beside the expected":       "select abs(count(*)::int - 202) from messages where direction = 'in'",
	} {
		if n := s.Count(sql); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}

func awaitRun(t *testing.T, s *stack.Stack, id schemas.EvalRunID, what string, f func(schemas.EvalRunShown) bool) schemas.EvalRunShown {
	t.Helper()
	var run schemas.EvalRunShown
	stack.Within(t, 4*time.Minute, what, func() bool {
		shown, err := s.API.EvalRun(t.Context(), id)
		run = shown
		return err == nil && f(shown)
	})
	return run
}
