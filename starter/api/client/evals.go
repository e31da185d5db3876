package client

import (
	"context"
	"net/http"
	"net/url"

	"steward/schemas"
)

// Suites returns the suites of cases.
func (c *Client) Suites(ctx context.Context) ([]schemas.EvalSuiteShown, error) {
	page, err := get[schemas.List[schemas.EvalSuiteShown]](ctx, c, "/eval/suites")
	return page.Items, err
}

// AddSuite adds an empty suite.
func (c *Client) AddSuite(ctx context.Context, in schemas.NewEvalSuite) (schemas.EvalSuiteShown, error) {
	return send[schemas.EvalSuiteShown](ctx, c, http.MethodPost, "/eval/suites", in)
}

// ImportCases puts the cases of a CSV file into a suite.
func (c *Client) ImportCases(ctx context.Context, suite schemas.EvalSuiteID, csv string) (schemas.EvalImport, error) {
	return send[schemas.EvalImport](ctx, c, http.MethodPost, "/eval/suites/"+id(suite)+"/cases", map[string]string{"csv": csv})
}

// RunSuite plays every case of a suite.
func (c *Client) RunSuite(ctx context.Context, suite schemas.EvalSuiteID, in schemas.NewEvalRun) (schemas.EvalRunSummary, error) {
	return send[schemas.EvalRunSummary](ctx, c, http.MethodPost, "/eval/suites/"+id(suite)+"/runs", in)
}

// RunPast plays past conversations again.
func (c *Client) RunPast(ctx context.Context, in schemas.NewEvalPast) (schemas.EvalRunSummary, error) {
	return send[schemas.EvalRunSummary](ctx, c, http.MethodPost, "/eval/past", in)
}

// EvalRuns returns the latest runs, of one suite or of all.
func (c *Client) EvalRuns(ctx context.Context, suite schemas.EvalSuiteID) ([]schemas.EvalRunSummary, error) {
	page, err := get[schemas.List[schemas.EvalRunSummary]](ctx, c, "/eval/runs?suite="+url.QueryEscape(string(suite)))
	return page.Items, err
}

// EvalRun returns one run with its results.
func (c *Client) EvalRun(ctx context.Context, run schemas.EvalRunID) (schemas.EvalRunShown, error) {
	return get[schemas.EvalRunShown](ctx, c, "/eval/runs/"+id(run))
}

// CompareRuns sets a run beside an older one.
func (c *Client) CompareRuns(ctx context.Context, older, newer schemas.EvalRunID) (schemas.EvalComparison, error) {
	return get[schemas.EvalComparison](ctx, c, "/eval/runs/"+id(newer)+"/comparison?with="+url.QueryEscape(string(older)))
}
