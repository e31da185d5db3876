package api

import (
	"context"
	"net/http"
	"strings"

	"steward/internal/eval"
	"steward/internal/store"
	"steward/schemas"
)

// EvalWorkflows measure suites and play past conversations again.
type EvalWorkflows interface {
	StartEvaluation(ctx context.Context, in schemas.EvaluationInput) error
}

// SuitePath names a suite in an address.
type SuitePath struct {
	ID schemas.EvalSuiteID `path:"id" maxLength:"64"`
}

// RunPath names a run of a suite in an address.
type RunPath struct {
	ID schemas.EvalRunID `path:"id" maxLength:"64"`
}

func (a *API) evals() {
	serve(a, route{method: http.MethodGet, path: "/eval/suites", id: "list-suites", summary: "Suites of cases that the agent is measured with"}, a.getSuites)
	serve(a, route{
		method: http.MethodPost, path: "/eval/suites", id: "add-suite", summary: "Add an empty suite", status: http.StatusCreated, errors: []int{409},
	}, a.addSuite)
	serve(a, route{
		method: http.MethodPost, path: "/eval/suites/{id}/cases", id: "import-cases",
		summary: "Import cases from CSV; a broken row is reported and the others are imported", errors: []int{404},
	}, a.importCases)
	serve(a, route{
		method: http.MethodPost, path: "/eval/suites/{id}/runs", id: "run-suite",
		summary: "Play every case of a suite with the draft, or a published version", status: http.StatusCreated, errors: []int{404, 409, 503},
	}, a.runSuite)
	serve(a, route{method: http.MethodGet, path: "/eval/runs", id: "list-runs", summary: "Runs of suites and of past conversations, newest first"}, a.getRuns)
	serve(a, route{method: http.MethodGet, path: "/eval/runs/{id}", id: "get-run", summary: "One run with its results", errors: []int{404}}, a.getRun)
	serve(a, route{
		method: http.MethodGet, path: "/eval/runs/{id}/comparison", id: "compare-runs",
		summary: "A run against an older one, case by case", errors: []int{404},
	}, a.compareRuns)
}

func (a *API) getSuites(ctx context.Context, _ *struct{}) (*body[schemas.List[schemas.EvalSuiteShown]], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	return list(a.o.Store.Suites(ctx, d.Agent))
}

func (a *API) addSuite(ctx context.Context, in *struct{ Body schemas.NewEvalSuite }) (*body[schemas.EvalSuiteShown], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(in.Body.Name)
	if name == "" {
		return nil, schemas.NewError(schemas.KindInvalid, "name is empty")
	}
	return answer(a.o.Store.AddSuite(ctx, d.Agent, name))
}

func (a *API) importCases(ctx context.Context, in *struct {
	SuitePath
	Body struct {
		CSV string `json:"csv" maxLength:"1048576" doc:"Comma, semicolon or tab separated, with a line of headers."`
	}
},
) (*body[schemas.EvalImport], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := a.o.Store.Suite(ctx, d.Agent, in.ID); err != nil {
		return nil, err
	}
	cases, broken := eval.ParseCSV(strings.NewReader(in.Body.CSV))
	if err := a.o.Store.PutCases(ctx, in.ID, cases); err != nil {
		return nil, err
	}
	out := schemas.EvalImport{Imported: len(cases), Errors: []schemas.EvalRowProblem{}}
	for _, b := range broken {
		out.Errors = append(out.Errors, schemas.EvalRowProblem{Line: b.Line, Field: b.Field, Reason: b.Reason})
	}
	out.Suite, err = a.o.Store.Suite(ctx, d.Agent, in.ID)
	return answer(out, err)
}

func (a *API) runSuite(ctx context.Context, in *struct {
	SuitePath
	Body schemas.NewEvalRun
},
) (*body[schemas.EvalRunSummary], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	n := store.NewEvalRun{Agent: d.Agent, Suite: in.ID, Engine: a.o.Info.Engine, NewEvalRun: in.Body}
	if n.Repeats == 0 {
		n.Repeats = 1
	}
	run, err := a.o.Store.StartEvalRun(ctx, n)
	if err != nil {
		return nil, err
	}
	return a.evaluate(ctx, run)
}

// evaluate starts the workflow of a run that is stored.
func (a *API) evaluate(ctx context.Context, run schemas.EvalRunID) (*body[schemas.EvalRunSummary], error) {
	err := a.inTime(ctx, func(ctx context.Context) error {
		return a.o.Workflows.StartEvaluation(ctx, schemas.EvaluationInput{Run: run})
	})
	if err != nil {
		// Nobody would play it.
		if e := a.o.Store.EndEvalRun(ctx, run, schemas.EvalCancelled); e != nil {
			a.o.Log.WarnContext(ctx, "a run that was not started stays open", "run", run, "error", e)
		}
		return nil, err
	}
	shown, err := a.run(ctx, run)
	return answer(shown.EvalRunSummary, err)
}

func (a *API) getRuns(ctx context.Context, in *struct {
	Suite schemas.EvalSuiteID `query:"suite" maxLength:"64"`
},
) (*body[schemas.List[schemas.EvalRunSummary]], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	return list(a.o.Store.EvalRuns(ctx, d.Agent, in.Suite))
}

func (a *API) getRun(ctx context.Context, in *RunPath) (*body[schemas.EvalRunShown], error) {
	return answer(a.run(ctx, in.ID))
}

// run is a run with the share of its cases that pass all their tries, or with
// the totals of its differences to the past.
func (a *API) run(ctx context.Context, id schemas.EvalRunID) (schemas.EvalRunShown, error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return schemas.EvalRunShown{}, err
	}
	out, err := a.o.Store.EvalRun(ctx, d.Agent, id)
	if err != nil {
		return out, err
	}
	results := measured(out).Results
	out.PassAll, out.CasesDone, _ = eval.PassK(results, out.Repeats)
	if out.Past != nil {
		out.Totals = eval.Totals(results)
	}
	return out, nil
}

// measured is a run as runs are compared.
func measured(r schemas.EvalRunShown) schemas.EvalRun {
	out := schemas.EvalRun{
		Suite: r.Name, Version: r.Version, Engine: r.Engine, Prompt: r.Prompt, Content: r.Content, Started: r.CreatedAt,
	}
	for _, try := range r.Results {
		out.Results = append(out.Results, try.EvalResult)
	}
	return out
}

func (a *API) compareRuns(ctx context.Context, in *struct {
	RunPath
	With schemas.EvalRunID `query:"with" required:"true" maxLength:"64" doc:"The older run."`
},
) (*body[schemas.EvalComparison], error) {
	newer, err := a.run(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	older, err := a.run(ctx, in.With)
	if err != nil {
		return nil, err
	}
	return answer(eval.Compare(measured(older), measured(newer)), nil)
}
