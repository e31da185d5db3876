package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"steward/schemas"
)

// TestSuites: a broken row is reported and the others are imported; a run
// that nobody can play is over at once.
func TestSuites(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.want(http.StatusUnprocessableEntity, request{method: "POST", path: "/eval/suites", body: `{"name":" "}`})
	var suite schemas.EvalSuiteShown
	s.want(http.StatusCreated, request{method: "POST", path: "/eval/suites", body: `{"name":"returns"}`}).into(t, &suite)
	s.want(http.StatusConflict, request{method: "POST", path: "/eval/suites", body: `{"name":"returns"}`})
	path := "/eval/suites/" + string(suite.ID)
	s.want(http.StatusConflict, request{method: "POST", path: path + "/runs", body: `{}`})
	var got schemas.EvalImport
	csv := `name,question,kind\none,How long?,answer\ntwo,How long?,pigeon\nthree,Why?,answer\n`
	for range 2 {
		s.want(200, request{method: "POST", path: path + "/cases", body: `{"csv":"` + csv + `"}`}).into(t, &got)
		if got.Imported != 2 || got.Suite.Cases != 2 || len(got.Errors) != 1 || got.Errors[0].Line != 3 {
			t.Errorf("import %+v", got)
		}
	}
	s.want(http.StatusUnprocessableEntity, request{method: "POST", path: path + "/runs", body: `{"version":9}`})
	s.want(http.StatusUnprocessableEntity, request{method: "POST", path: path + "/runs", body: `{"repeats":21}`})
	var run schemas.EvalRunSummary
	s.want(http.StatusCreated, request{method: "POST", path: path + "/runs", body: `{"repeats":3}`}).into(t, &run)
	if run.Tries != 6 || run.Draft != 1 || run.Version != 0 || run.State != schemas.EvalRunning || !s.workflows.saw("evaluate "+string(run.ID)) {
		t.Errorf("run %+v", run)
	}
	s.workflows.set(false, true)
	s.want(http.StatusServiceUnavailable, request{method: "POST", path: path + "/runs", body: `{"version":1}`})
	var runs schemas.List[schemas.EvalRunSummary]
	s.want(200, request{method: "GET", path: "/eval/runs?suite=" + string(suite.ID)}).into(t, &runs)
	if len(runs.Items) != 2 || runs.Items[0].State != schemas.EvalCancelled || runs.Items[0].Version != 1 {
		t.Errorf("runs %+v", runs.Items)
	}
	s.want(200, request{method: "GET", path: fmt.Sprintf("/eval/runs/%s/comparison?with=%s", run.ID, runs.Items[0].ID)})
	s.want(http.StatusNotFound, request{method: "GET", path: "/eval/runs/run_00000000000000000000000000000001"})
	s.want(http.StatusUnprocessableEntity, request{method: "GET", path: fmt.Sprintf("/eval/runs/%s/comparison", run.ID)})
}
