package cli_test

import (
	"strings"
	"testing"
	"time"

	"steward/schemas"
)

// TestPreviewShowsTheReplyAndHowItCameAbout: what is said is data, the trace is
// beside it, and what a customer wrote cannot steer the terminal.
func TestPreviewShowsTheReplyAndHowItCameAbout(t *testing.T) {
	t.Parallel()
	const conv = schemas.ConversationID("conv_00000000000000000000000000000001")
	now := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)
	shown := func(lifecycle schemas.Lifecycle) reply {
		return reply{body: schemas.ConversationShown{ConversationSummary: schemas.ConversationSummary{ID: conv, Lifecycle: lifecycle, Turns: 1}}}
	}
	base := "/conversations/" + string(conv)
	_, url := serve(t, map[string][]reply{
		"POST /preview/conversations":                               {{status: 201, body: schemas.PreviewStarted{Conversation: conv}}},
		"POST /preview/conversations/" + string(conv) + "/messages": {{status: 201, body: schemas.PreviewReceived{Seq: 1}}},
		"GET " + base: {shown(schemas.LifecycleOpen), shown(schemas.LifecycleWaitingCustomer)},
		"GET " + base + "/messages?limit=200": {{body: schemas.List[schemas.MessageShown]{Items: []schemas.MessageShown{
			{Seq: 1, Speaker: schemas.SpeakerCustomer, Text: "How long?"},
			{Seq: 2, Speaker: schemas.SpeakerAgent, Name: "Nova", Text: "30 days\x1b[2J", Citations: []schemas.Citation{{Number: 1, Title: "Returns"}}},
		}}}},
		"GET " + base + "/trace?turn=1": {{body: schemas.ConversationTrace{Turns: []schemas.TurnTrace{{
			TurnShown: schemas.TurnShown{Turn: 1, State: "composed", Kind: "answer", Began: now, Ended: now.Add(time.Second)}, Draft: 7,
			Steps: []schemas.TraceStep{
				{Step: 1, Kind: schemas.TraceSearch, Query: "How long?", Passages: []schemas.TracePassage{{Number: 1, Title: "Returns", Score: 0.8, Cited: true}}},
				{Step: 2, Kind: schemas.TraceDecision, Prompt: "abcd", Decision: &schemas.TraceProposal{Kind: schemas.DecisionAnswer, Engine: "model"}},
			},
		}}}}},
	})
	code, out, beside := command(t.Context(), "--url", url, "--token", "t", "preview", "--once", "How long?")
	if code != 0 || out != "Nova: 30 days[2J\n[1] Returns\n" {
		t.Errorf("code %d, out %q", code, out)
	}
	for _, want := range []string{"draft 7", "1000 ms", "S1 0.800 Returns", "cited", "prompt abcd"} {
		if !strings.Contains(beside, want) {
			t.Errorf("%q is not in the trace:\n%s", want, beside)
		}
	}
}
