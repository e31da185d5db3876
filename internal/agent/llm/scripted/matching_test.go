package scripted_test

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"steward/internal/agent/llm"
	"steward/internal/agent/llm/scripted"
	"steward/schemas"
)

func post(t *testing.T, s *scripted.Server, path, body string) (int, string) {
	t.Helper()
	res, err := http.Post(s.BaseURL()+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(out)
}

// The question stays the customer's while results arrive, and results of
// earlier turns do not count.
func TestServerMatchesResults(t *testing.T) {
	t.Parallel()
	const (
		before   = `{"role":"user","content":"⟦ab CUSTOMER⟧\nold\n⟦/ab⟧"},{"role":"assistant","tool_calls":[{"id":"0"}]},{"role":"tool","tool_call_id":"0","content":"old"},`
		question = `{"role":"user","content":"⟦ab CUSTOMER⟧\nWhere is order A-17?\n⟦/ab⟧"}`
		called   = `,{"role":"assistant","tool_calls":[{"id":"1"},{"id":"2"}]},{"role":"tool","tool_call_id":"2","content":"two"},{"role":"tool","tool_call_id":"1","content":"Not Found"}`
		asText   = `,{"role":"assistant","content":"{}"},{"role":"user","content":"⟦ab RESULT stock⟧\n7 left\n⟦/ab⟧ Go on."}`
	)
	s := start(t, nil,
		scripted.Step{AfterResults: 2, MatchResult: "not found", Content: "after two"},
		scripted.Step{AfterResults: 1, MatchResult: "7 left", Content: "after one"},
		scripted.Step{MatchResult: "old", Content: "never"},
		scripted.Step{Pattern: regexp.MustCompile(`[A-Z]-\d+`), AfterResults: scripted.NoResults, Content: "first"},
	)
	for messages, want := range map[string]string{question: "first", question + called: "after two", question + asText: "after one"} {
		_, body := post(t, s, "chat/completions", `{"messages":[`+before+messages+`]}`)
		if !strings.Contains(body, want) {
			t.Errorf("want %s, got %s", want, body)
		}
	}
	for _, r := range s.Requests() {
		if r.Question != "Where is order A-17?" {
			t.Errorf("question %q", r.Question)
		}
	}
	if s.Remaining() != 1 {
		t.Errorf("%d steps left", s.Remaining())
	}
}

// The server refuses what real servers refuse, so that a wrong prompt is found
// in a test.
func TestServerRefusesWrongRequests(t *testing.T) {
	t.Parallel()
	user := `{"role":"user","content":"q"}`
	for path, bodies := range map[string][]string{
		"chat/completions": {
			`{"messages":[` + user + `,{"role":"assistant","tool_calls":[{"id":"1"}]}]}`,
			`{"messages":[` + user + `,{"role":"assistant","tool_calls":[{"id":"1"}]},` + user + `]}`,
			`{"messages":[` + user + `,{"role":"tool","tool_call_id":"1","content":"x"}]}`,
			`{"messages":[` + user + `,{"role":"assistant","tool_calls":[{"id":"1"},{"id":"1"}]}]}`,
			`{"messages":[` + user + `],"stream":true}`,
		},
		"messages": {
			`{"max_tokens":5,"messages":[{"role":"assistant","content":"x"}]}`,
			`{"messages":[` + user + `]}`,
			`{"max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":""}]}]}`,
			`{"max_tokens":5,"messages":[{"role":"user","content":7}]}`,
			`{"max_tokens":5,"messages":[{"role":"user","content":[{"type":"tool_use","id":"1","input":{}}]}]}`,
			`{"max_tokens":5,"messages":[` + user + `,{"role":"assistant","content":[{"type":"tool_use","id":"1","input":"x"}]}]}`,
			`{"max_tokens":5,"messages":[` + user + `,{"role":"assistant","content":[{"type":"tool_use","id":"1","input":{}}]},{"role":"user","content":"x"}]}`,
		},
	} {
		s := start(t, scripted.QuoteFirst)
		for _, body := range bodies {
			if status, answer := post(t, s, path, body); status != http.StatusBadRequest || !strings.Contains(answer, "invalid_request_error") {
				t.Errorf("%s: %d %s", body, status, answer)
			}
		}
		if len(s.Refused()) != len(bodies) || len(s.Requests()) != 0 {
			t.Errorf("%s: %d refused, %d accepted", path, len(s.Refused()), len(s.Requests()))
		}
	}
}

func TestQuoteFirstWithTools(t *testing.T) {
	t.Parallel()
	s := start(t, scripted.QuoteFirst)
	user := `{"role":"user","content":"⟦ab S1 title: V⟧\nKeep the box. Or not.\n⟦/ab⟧⟦ab CUSTOMER⟧\nq\n⟦/ab⟧"}`
	body := `{"model":"m","max_tokens":9,"tools":[{"name":"answer"}],"messages":[` + user +
		`,{"role":"assistant","content":[{"type":"tool_use","id":"1","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"x"}]}]}`
	_, answer := post(t, s, "messages", body)
	var got struct {
		Stop    string `json:"stop_reason"`
		Content []struct {
			Type, Name, ID string
			Input          json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil || len(got.Content) != 1 || got.Stop != "tool_use" || got.Content[0].ID == "" {
		t.Fatalf("%v: %s", err, answer)
	}
	// The arguments are those of the command, all of them and no more.
	if want := `{"answers":[],"citations":[1],"language":"en","not_found":false,"text":"Keep the box. [S1]"}`; got.Content[0].Name != "answer" || string(got.Content[0].Input) != want {
		t.Errorf("got %s %s", got.Content[0].Name, got.Content[0].Input)
	}
}

func TestToolModel(t *testing.T) {
	t.Parallel()
	calls := []schemas.Call{{Action: "order_status", Arguments: json.RawMessage(`{"id":"A-17"}`)}}
	m := scripted.NewToolModel("script",
		scripted.Step{AfterResults: 1, MatchResult: "shipped", Content: "Shipped."},
		scripted.Step{AfterResults: scripted.NoResults, Content: "Let me look.", Calls: calls, Usage: &schemas.Usage{Input: 9, Cached: 3}},
	)
	if !m.Capabilities().Tools || scripted.NewModel("json").Capabilities().Tools {
		t.Error("capabilities")
	}
	r := llm.Request{Tools: llm.CommandTools(), Material: schemas.Material{Questions: []string{"where?"}}}
	out, err := m.Generate(t.Context(), r)
	if err != nil || out.Decision.Kind != schemas.DecisionCallAction || out.Decision.Text != "Let me look." || out.Usage.Cached != 3 {
		t.Fatalf("%+v, %v", out, err)
	}
	r.Material.Rounds = []schemas.Round{{Decision: out.Decision, Results: []schemas.CallResult{{Status: schemas.CallOK, Detail: "shipped"}}}}
	if out, err = m.Generate(t.Context(), r); err != nil || out.Decision.Text != "Shipped." || out.Decision.Kind != schemas.DecisionAnswer {
		t.Errorf("%+v, %v", out, err)
	}
}
