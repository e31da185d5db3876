package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"steward/schemas"
)

// unanswered is a turn that found no answer, grouped.
func (s *site) unanswered(question string) schemas.ConversationID {
	s.t.Helper()
	id := s.customer(question)
	rules := schemas.Rules{
		Next: func(f schemas.Facts) schemas.Verdict {
			if f.Head.Owner == schemas.OwnerNone {
				return schemas.Verdict{Do: schemas.DoAdmit}
			}
			return schemas.Verdict{Do: schemas.DoTurn, Until: f.Now.Add(1 << 36)}
		},
	}
	next, err := s.store.NextStep(s.t.Context(), id, rules)
	if err != nil {
		s.t.Fatal(err)
	}
	ref := schemas.TurnRef{Conversation: id, Turn: next.Head.Turn, Step: 1}
	if err := s.store.SaveDecision(s.t.Context(), ref, schemas.Decision{Kind: schemas.DecisionAnswer, NotFound: true}, schemas.StepNote{Query: "abcd"}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.store.Compose(s.t.Context(), schemas.ComposeInput{TurnRef: ref, Epoch: next.Head.Epoch}, schemas.ComposeRules{
		Rules: rules, Reply: func(schemas.ComposeFacts) schemas.Reply {
			return schemas.Reply{Verdict: schemas.ComposedReply, Text: "I do not know.", NotFound: true, Kind: schemas.DecisionAnswer, Gap: schemas.GapNotFound}
		},
	}); err != nil {
		s.t.Fatal(err)
	}
	asks, err := s.store.UngroupedAsks(s.t.Context(), 10)
	if err != nil || len(asks) != 1 {
		s.t.Fatalf("asks %+v, %v", asks, err)
	}
	if _, err := s.store.GroupAsk(s.t.Context(), asks[0], ""); err != nil {
		s.t.Fatal(err)
	}
	return id
}

// TestAGapIsClosedByAShortAnswer: the gap shows who asked, closing it makes the
// answer, and it can be opened again. Spec: S57, D22.
func TestAGapIsClosedByAShortAnswer(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	conversation := s.unanswered("Do you ship to Norway?")
	var open schemas.List[schemas.Gap]
	s.want(200, request{method: "GET", path: "/knowledge-gaps"}).into(t, &open)
	if len(open.Items) != 1 || open.Items[0].Question != "Do you ship to Norway?" || open.Items[0].Count != 1 || open.Items[0].State != schemas.GapOpen {
		t.Fatalf("gaps %+v", open.Items)
	}
	path := "/knowledge-gaps/" + string(open.Items[0].ID)
	var shown schemas.GapShown
	s.want(200, request{method: "GET", path: path}).into(t, &shown)
	if len(shown.Asks) != 1 || shown.Asks[0].Conversation != conversation || shown.Asks[0].Message == "" || shown.Asks[0].MayTell() {
		t.Errorf("asks %+v", shown.Asks)
	}
	s.want(http.StatusConflict, request{method: "POST", path: path + "/reopen"})
	s.want(http.StatusUnprocessableEntity, request{method: "POST", path: path + "/close", body: `{"answer":"Yes.","source_id":"src_00000000000000000000000000000001"}`})
	s.want(http.StatusNotFound, request{method: "POST", path: path + "/close", body: `{"source_id":"src_00000000000000000000000000000001"}`})
	s.want(200, request{method: "POST", path: path + "/close", body: `{"answer":"Yes, in five days."}`}).into(t, &shown)
	if shown.State != schemas.GapClosed || shown.Source == "" {
		t.Fatalf("closed gap %+v", shown.Gap)
	}
	var source schemas.Source
	s.want(200, request{method: "GET", path: "/sources/" + string(shown.Source)}).into(t, &source)
	if source.Type != schemas.SourceShortAnswer || source.Question != "Do you ship to Norway?" || source.Answer != "Yes, in five days." {
		t.Errorf("source %+v", source)
	}
	if !s.workflows.saw("sync " + string(shown.Source)) {
		t.Errorf("the short answer is not read: %v", s.workflows.all())
	}
	s.want(http.StatusConflict, request{method: "POST", path: path + "/close", body: `{}`})
	s.want(200, request{method: "GET", path: "/knowledge-gaps"}).into(t, &open)
	if len(open.Items) != 0 {
		t.Errorf("open gaps after the close: %+v", open.Items)
	}
	var again schemas.GapShown
	s.want(200, request{method: "POST", path: path + "/reopen"}).into(t, &again)
	if again.State != schemas.GapOpen || again.Source != "" {
		t.Errorf("gap after reopening %+v", again.Gap)
	}
	s.want(http.StatusNotFound, request{method: "GET", path: "/knowledge-gaps/gap_00000000000000000000000000000001"})
	s.want(http.StatusUnprocessableEntity, request{method: "GET", path: "/knowledge-gaps?state=lost"})
}

// TestTraceShowsOneTurn: by number, and nothing of another conversation.
func TestTraceShowsOneTurn(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	id := s.unanswered("Do you ship to Norway?")
	path := fmt.Sprintf("/conversations/%s/trace", id)
	var trace schemas.ConversationTrace
	s.want(200, request{method: "GET", path: path + "?turn=1"}).into(t, &trace)
	if len(trace.Turns) != 1 || len(trace.Turns[0].Steps) != 1 {
		t.Fatalf("trace %+v", trace)
	}
	turn := trace.Turns[0]
	if turn.Version != 1 || turn.Steps[0].Prompt != "abcd" || strings.Join(turn.Questions, "") != "Do you ship to Norway?" || turn.Replies[0].Text != "I do not know." {
		t.Errorf("turn %+v", turn)
	}
	s.want(http.StatusNotFound, request{method: "GET", path: path + "?turn=2"})
	s.want(http.StatusNotFound, request{method: "GET", path: "/conversations/conv_00000000000000000000000000000001/trace"})
	s.want(http.StatusUnauthorized, request{method: "GET", path: path, anonymous: true})
	s.want(http.StatusUnprocessableEntity, request{method: "GET", path: path + "?turn=-1"})
}
