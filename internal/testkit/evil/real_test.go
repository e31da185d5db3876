package evil

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"go.temporal.io/api/enums/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"steward/internal/actions"
	"steward/internal/agent/llm/scripted"
	"steward/internal/testkit/stack"
	"steward/schemas"
)

// TestRealStack tries some of the attacks over HTTP on the products as they
// run: gateway, worker, Temporal and Postgres. The shop must not be called, the
// customer always hears something, and histories and logs hold no word of it.
func TestRealStack(t *testing.T) {
	t.Parallel()
	shop := openShop(t, nil)
	s := stack.Start(t, stack.Options{
		Settings: func(settings *schemas.Settings) { settings.Actions = shopActions(t) },
		Env:      []string{"SHOP_KEY=" + shopKey, "STEWARD_MODEL_API_KEY=" + modelKey, "STEWARD_LOG_LEVEL=debug"},
	})
	if _, err := s.Store.PutConnection(t.Context(), shop.connection()); err != nil {
		t.Fatal(err)
	}
	var talks []schemas.ConversationID
	for name, step := range map[string]scripted.Step{
		"refund":   {Calls: []schemas.Call{{Action: "refund", Arguments: json.RawMessage(`{"order_id":"A-17","amount":500}`)}}},
		"link":     {Decision: &schemas.Decision{Kind: schemas.DecisionAnswer, Text: "Pay at https://pay-evil.com/?d=1 [S1]", Citations: []int{1}, Language: "en"}},
		"nonsense": {Content: `{"kind":"answer","text":`},
		"key":      {Status: http.StatusBadRequest, Body: `{"error":{"message":"evil ` + modelKey + `"}}`},
		"flood":    {Content: strings.Repeat("evil ", 400_000)},
	} {
		step.Match = name + "-question"
		s.Model.Push(step, step, step, step)
		v := s.Visit()
		v.Say("This is the " + name + "-question of a curious customer")
		stack.Until(t, "hear something about "+name, func() bool { return strings.Trim(v.Speakers(), "c") != "" })
		talks = append(talks, v.Conversation)
		for _, shown := range v.Transcript() {
			if shown.Speaker != "customer" && strings.Contains(shown.Text, "evil") {
				t.Errorf("%s: %q was said", name, shown.Text)
			}
		}
	}
	if calls := shop.all(); len(calls) > 0 {
		t.Errorf("the shop was called: %q", calls)
	}
	s.KillWorkers()
	for where, text := range map[string]string{"logs": s.Logs(), "histories": histories(t, s, talks)} {
		for _, never := range []string{shopKey, modelKey, "curious customer", "pay-evil", "A-17"} {
			if strings.Contains(text, never) {
				t.Errorf("%q is in the %s", never, where)
			}
		}
	}
}

// histories are the events of all conversations. Payloads stand in them as they
// are, in base64.
func histories(t *testing.T, s *stack.Stack, talks []schemas.ConversationID) string {
	t.Helper()
	var b strings.Builder
	for _, id := range talks {
		events := s.Temporal.GetWorkflowHistory(t.Context(), schemas.ConversationWorkflowID(id), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			e, err := events.Next()
			if err != nil {
				t.Fatal(err)
			}
			raw, err := protojson.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(readable(raw))
		}
	}
	// A quoted id stands in decoded payloads only.
	if !strings.Contains(b.String(), `"`+string(talks[0])+`"`) {
		t.Fatal("the histories cannot be read")
	}
	return b.String()
}

// shopActions are the actions of the shop as settings.
func shopActions(t *testing.T) []schemas.Action {
	t.Helper()
	var out []schemas.Action
	for _, line := range shopLines() {
		a := schemas.Action{Kind: schemas.ActionHTTP, Effect: schemas.EffectRead, Protection: schemas.ProtectNone}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "action ")), &a); err != nil {
			t.Fatal(err)
		}
		if a.Name == "mail_label" {
			// Its channel does not exist, which is what the gate is for.
			continue
		}
		out = append(out, actions.Normalise(a))
	}
	return out
}

// readable is an event with its payloads decoded.
func readable(raw []byte) []byte {
	var event any
	if json.Unmarshal(raw, &event) != nil {
		return raw
	}
	out := raw
	var walk func(any)
	walk = func(node any) {
		switch n := node.(type) {
		case map[string]any:
			if data, ok := n["data"].(string); ok {
				var bytes []byte
				if json.Unmarshal([]byte(`"`+data+`"`), &bytes) == nil {
					out = append(out, bytes...)
				}
			}
			for _, child := range n {
				walk(child)
			}
		case []any:
			for _, child := range n {
				walk(child)
			}
		}
	}
	walk(event)
	return out
}
