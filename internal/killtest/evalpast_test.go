package killtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/enums/v1"

	"steward/internal/actions"
	"steward/internal/agent/llm/scripted"
	"steward/internal/testkit/stack"
	"steward/schemas"
)

// orders is another system with orders, which counts its requests.
type orders struct {
	*httptest.Server
	asked atomic.Int32
}

func openOrders(t *testing.T) *orders {
	t.Helper()
	o := &orders{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		status := "shipped"
		if r.Method == http.MethodPost {
			status = "cancelled"
		}
		_, _ = io.WriteString(w, `{"status":"`+status+`"}`)
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *orders) connection() schemas.Connection {
	host := strings.TrimPrefix(o.URL, "http://")
	return schemas.Connection{Name: "shop", BaseURL: o.URL, Auth: schemas.AuthNone, PrivateHosts: []string{host}}
}

func orderActions() []schemas.Action {
	order := []schemas.Input{{Name: "order", Title: "Order", Source: schemas.InputCustomer, Required: true}}
	return []schemas.Action{
		actions.Normalise(schemas.Action{
			Name: "order_status", Title: "Order status", Description: "Says where an order is.", Kind: schemas.ActionHTTP,
			Effect: schemas.EffectRead, Protection: schemas.ProtectNone, Inputs: order,
			HTTP: &schemas.HTTPCall{Connection: "shop", Method: http.MethodGet, Path: "/orders/{order}"},
		}),
		actions.Normalise(schemas.Action{
			Name: "cancel_order", Title: "Cancel order", Description: "Cancels an order.", Kind: schemas.ActionHTTP,
			Effect: schemas.EffectWrite, Protection: schemas.ProtectNone, Inputs: order,
			HTTP: &schemas.HTTPCall{Connection: "shop", Method: http.MethodPost, Path: "/orders/{order}/cancel"},
		}),
	}
}

// about is what the model does when a question holds match.
func about(match string, step scripted.Step) scripted.Step {
	step.Match = match
	return step
}

func called(names ...string) scripted.Step {
	var step scripted.Step
	for _, n := range names {
		name, order, _ := strings.Cut(n, " ")
		// A text marshals.
		args, _ := json.Marshal(map[string]string{"order": order})
		step.Calls = append(step.Calls, schemas.Call{Action: name, Arguments: args})
	}
	return step
}

// TestPastWithADraft plays two past conversations again with a changed draft:
// the one differs where the draft does, its calls get the results of then and
// the other system is never asked; the other one is the same. Nothing is sent,
// offered or written, and no history holds a word of it. Spec: D23. Settled:
// rule 26.
func TestPastWithADraft(t *testing.T) {
	t.Parallel()
	shop := openOrders(t)
	s := stack.Start(t, stack.Options{Settings: func(o *schemas.Settings) { o.Actions = orderActions() }})
	if _, err := s.Store.PutConnection(t.Context(), shop.connection()); err != nil {
		t.Fatal(err)
	}
	yes := []scripted.Step{about("cancel order", called("cancel_order A-17")), about("yes", chat("It is cancelled."))}
	s.Model.Push(about("where is", called("order_status A-17")), about("where is", chat("Order A-17 has shipped.")))
	s.Model.Push(yes...)
	v := s.Visit()
	for i, text := range []string{"Where is order A-17?", "Then cancel order A-17", "yes", question} {
		v.Say(text)
		v.AwaitReplies(i + 1)
	}
	s.Check(v.Conversation)
	other := s.Visit()
	other.Say(another)
	other.AwaitReplies(1)
	s.Check(other.Conversation)
	if n := shop.asked.Load(); n != 2 {
		t.Fatalf("the shop was asked %d times, want 2", n)
	}
	parts := s.Count("select count(*) from outbound_parts")

	changeDraft(t, s, func(o *schemas.Settings) { o.Handoff.Phrases = []string{"return an order"} })
	s.Model.Push(about("where is", called("order_status A-17", "order_status A-18")), about("where is", chat("It is on its way.")))
	s.Model.Push(yes...)
	run, err := s.API.RunPast(t.Context(), schemas.NewEvalPast{})
	if err != nil || run.Tries != 2 || run.Past == nil || run.Draft == 0 {
		t.Fatalf("run %+v, %v", run, err)
	}
	shown := awaitRun(t, s, run.ID, "the end of the run", func(r schemas.EvalRunShown) bool { return r.State == schemas.EvalDone })
	if shown.Done != 2 || shown.Passed != 1 || len(shown.Results) != 2 || shown.Results[0].Case != string(other.Conversation) || !shown.Results[0].Passed() {
		t.Fatalf("run %+v: %+v", shown.EvalRunSummary, shown.Results)
	}
	wantDifferences(t, shown, v.Conversation)
	if n := shop.asked.Load(); n != 2 {
		t.Errorf("the shop was asked %d times more", n-2)
	}
	if n := s.Count("select count(*) from outbound_parts"); n != parts {
		t.Errorf("%d parts were sent", n-parts)
	}
	for what, sql := range map[string]string{
		"handoffs": "select count(*) from handoffs", "gaps": "select count(*) from gap_asks",
		"conversations with customers": "select count(*) - 2 from conversations where not preview",
		"copies of what they wrote":    "select count(*) from eval_runs where cases::text like '%order%'",
	} {
		if n := s.Count(sql); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	wantNoText(t, s, append(previews(shown), schemas.EvalWorkflowID(run.ID)), "A-17", "A-18", "on its way", "shipped", "delivery take")
}

// wantDifferences checks the run's second conversation, turn by turn, and the
// totals.
func wantDifferences(t *testing.T, shown schemas.EvalRunShown, past schemas.ConversationID) {
	t.Helper()
	second := shown.Results[1]
	var got []string
	for _, f := range second.Failures {
		got = append(got, second.Was.Turns[f.Turn-1].Question+": "+f.Field)
	}
	want := []string{
		"Where is order A-17?: text", "Where is order A-17?: actions", "Where is order A-17?: not_recorded", question + ": handed_over",
	}
	if diff := cmp.Diff(want, got); diff != "" || second.Case != string(past) {
		t.Errorf("%s:\n%s\n%+v", second.Case, diff, second)
	}
	if calls := second.Transcript.Turns[0].Actions; len(calls) != 2 || calls[0].NotRecorded || !calls[1].NotRecorded {
		t.Errorf("calls %+v", calls)
	}
	if second.Transcript.Handoff != schemas.ReasonKeyword {
		t.Errorf("handed over for %q", second.Transcript.Handoff)
	}
	totals := map[schemas.PastDifference]int{}
	for _, c := range shown.Totals {
		if c.Turns > 0 {
			totals[c.Difference] = c.Turns
		}
	}
	if diff := cmp.Diff(map[schemas.PastDifference]int{
		schemas.PastSame: 3, schemas.PastText: 1, schemas.PastActions: 1, schemas.PastNotRecorded: 1, schemas.PastHandedOver: 1,
	}, totals); diff != "" {
		t.Errorf("totals:\n%s", diff)
	}
}

// changeDraft changes the draft and publishes nothing.
func changeDraft(t *testing.T, s *stack.Stack, change func(*schemas.Settings)) {
	t.Helper()
	settings, revision, err := s.Store.Draft(t.Context(), s.Agent.Agent)
	if err != nil {
		t.Fatal(err)
	}
	change(&settings)
	if err := s.Store.SaveDraft(t.Context(), s.Agent.Agent, settings, revision); err != nil {
		t.Fatal(err)
	}
}

// previews are the workflows in which a run was played.
func previews(r schemas.EvalRunShown) []string {
	var out []string
	for _, t := range r.Results {
		out = append(out, schemas.ConversationWorkflowID(t.Conversation))
	}
	return out
}

func wantNoText(t *testing.T, s *stack.Stack, workflows []string, texts ...string) {
	t.Helper()
	for _, id := range workflows {
		seen := 0
		events := s.Temporal.GetWorkflowHistory(ctxFor(t), id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			if err != nil {
				t.Fatal(err)
			}
			seen++
			all := strings.Join(payloads(event), "\n")
			for _, text := range texts {
				if strings.Contains(all, text) {
					t.Errorf("%s: %s holds %q", id, event.GetEventType(), text)
				}
			}
		}
		if seen == 0 {
			t.Errorf("%s has no history", id)
		}
	}
}
