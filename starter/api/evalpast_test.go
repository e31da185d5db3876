package api_test

import (
	"net/http"
	"testing"

	"steward/schemas"
)

// TestPast: conversations that the agent has answered are played again, a run
// that nobody can play is over at once, and differences are counted. Spec: D23.
func TestPast(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	for _, wrong := range []string{`{"days":91}`, `{"limit":1001}`, `{"days":-1}`, `{"suite":"returns"}`} {
		s.want(http.StatusUnprocessableEntity, request{method: "POST", path: "/eval/past", body: wrong})
	}
	s.customer("Nobody has answered this")
	s.want(http.StatusConflict, request{method: "POST", path: "/eval/past", body: `{}`})
	conversation := s.unanswered("Do you ship to Norway?")
	s.send(conversation)
	s.want(http.StatusUnprocessableEntity, request{method: "POST", path: "/eval/past", body: `{"version":9}`})
	var run schemas.EvalRunSummary
	s.want(http.StatusCreated, request{method: "POST", path: "/eval/past", body: `{}`}).into(t, &run)
	if run.Tries != 1 || run.Draft != 1 || run.Past == nil || run.Past.Until.Sub(run.Past.From).Hours() != 7*24 || !s.workflows.saw("evaluate "+string(run.ID)) {
		t.Errorf("run %+v", run)
	}
	target, err := s.store.EvalTarget(t.Context(), run.ID, 0)
	if err != nil || target.Past == nil || target.Past.Conversation != conversation {
		t.Fatalf("target %+v, %v", target, err)
	}
	try := schemas.EvalTry{EvalResult: schemas.EvalResult{
		Case: string(conversation), Repeat: 1, Was: &target.Past.Was,
		Failures: []schemas.EvalFailure{{Turn: 1, Field: "text", Want: "I do not know.", Got: "Yes."}},
	}}
	if err := s.store.SaveTry(t.Context(), schemas.PlayCaseInput{Run: run.ID}, try, ""); err != nil {
		t.Fatal(err)
	}
	var shown schemas.EvalRunShown
	s.want(200, request{method: "GET", path: "/eval/runs/" + string(run.ID)}).into(t, &shown)
	counted := map[schemas.PastDifference]int{}
	for _, c := range shown.Totals {
		counted[c.Difference] = c.Turns
	}
	if shown.Done != 1 || shown.Passed != 0 || len(counted) != 9 || counted[schemas.PastText] != 1 || counted[schemas.PastSame] != 0 {
		t.Errorf("run %+v counts %v", shown.EvalRunSummary, counted)
	}
	if was := shown.Results[0].Was; was == nil || was.Turns[0].Question != "Do you ship to Norway?" || was.Turns[0].Reply != "I do not know." {
		t.Errorf("it was %+v", was)
	}
	s.workflows.set(false, true)
	s.want(http.StatusServiceUnavailable, request{method: "POST", path: "/eval/past", body: `{"version":1,"limit":5,"days":30}`})
	var runs schemas.List[schemas.EvalRunSummary]
	s.want(200, request{method: "GET", path: "/eval/runs"}).into(t, &runs)
	if len(runs.Items) != 2 || runs.Items[0].State != schemas.EvalCancelled || runs.Items[0].Version != 1 {
		t.Errorf("runs %+v", runs.Items)
	}
}

// send lets what the agent has said reach the customer.
func (s *site) send(id schemas.ConversationID) {
	s.t.Helper()
	claim, err := s.store.ClaimPart(s.t.Context(), id)
	if err == nil && claim.Part != nil {
		_, err = s.store.FinishPart(s.t.Context(), id, claim.Part.Attempt, schemas.Delivered{Result: schemas.SentDone})
	}
	if err != nil || claim.Part == nil {
		s.t.Fatalf("nothing was sent: %+v, %v", claim, err)
	}
}
