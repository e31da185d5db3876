package workflows_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/internal/agent"
	"steward/internal/agent/llm"
	"steward/internal/agent/llm/extractive"
	"steward/internal/agent/llm/scripted"
	"steward/internal/testkit/script"
	"steward/schemas"
)

// shelf is a search that always finds the same passages.
type shelf []schemas.Passage

// Find implements activities.Searcher.
func (s shelf) Find(context.Context, schemas.AgentID, string) ([]schemas.Passage, bool, error) {
	return slices.Clone(s), false, nil
}

// onShelf is a passage of the scripts' source.
func onShelf(n int, text string) schemas.Passage {
	return schemas.Passage{
		Number: n, Chunk: schemas.ChunkID(fmt.Sprintf("chunk_%032d", n)), Document: schemas.DocumentID(fmt.Sprintf("doc_%032d", n)),
		Source: "src_00000000000000000000000000000001", Title: "Help", URL: "https://shop.example/help", Text: text, Language: "en", Score: 1, Citable: true,
	}
}

// rows are the texts that a query gives.
func rows(t *testing.T, p script.Played, query string) []string {
	t.Helper()
	var out []string
	if err := p.DB.QueryRow(t.Context(), "select coalesce(array_agg(x), '{}') from ("+query+") q (x)").Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

const hoursText = "Our shop opens at 9."

// TestModelChain: what a provider's failure leads to, and what each call cost,
// the failed ones too. Whatever fails, the customer hears one thing. Spec: D20.
func TestModelChain(t *testing.T) {
	t.Parallel()
	fails := func(kind llm.Kind) scripted.Step { return scripted.Step{Err: llm.NewError(kind, 0)} }
	wait := llm.NewError(llm.KindRateLimited, 429)
	wait.RetryAfter = 7 * time.Second
	answer := scripted.Answer(hoursText+" [S1]", 1)
	for name, c := range map[string]struct {
		primary, fallback []scripted.Step
		passage           string
		attempts          []string
		says              string
	}{
		"a wait within the deadline": {
			[]scripted.Step{{Err: wait}, answer}, nil, hoursText, []string{"big rate_limited", "big "}, hoursText,
		},
		"a wait beyond the deadline": {
			[]scripted.Step{fails(llm.KindRateLimitedBeyondDeadline)},
			[]scripted.Step{answer},
			hoursText,
			[]string{"big rate_limited_beyond_deadline", "small "},
			hoursText,
		},
		"a request that is refused": {
			[]scripted.Step{fails(llm.KindBadRequest)}, []scripted.Step{answer}, hoursText, []string{"big bad_request", "small "}, hoursText,
		},
		"both down, and a page that answers": {
			[]scripted.Step{fails(llm.KindAuth)},
			[]scripted.Step{fails(llm.KindBadRequest)},
			hoursText,
			[]string{"big auth", "small bad_request"},
			hoursText,
		},
		"both down, and no page that answers": {
			[]scripted.Step{fails(llm.KindAuth)},
			[]scripted.Step{fails(llm.KindBadRequest)},
			"We sell gift cards.",
			[]string{"big auth", "small bad_request"},
			"colleague",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := script.Play(t, name, "user Dana online\ncustomer: When does the shop open, at 9?\nwait 30s\nopen", script.Wiring{
				Search: shelf{onShelf(1, c.passage)},
				Engine: &agent.Engine{
					Primary: scripted.NewModel("big", c.primary...), Fallback: scripted.NewModel("small", c.fallback...),
					Quotes: extractive.New(extractive.Options{Strict: true}),
				},
			})
			if diff := cmp.Diff(c.attempts, rows(t, p, "select engine || ' ' || failed from usage_attempts where engine <> 'extractive' order by created_at, step")); diff != "" {
				t.Error(diff)
			}
			if said := rows(t, p, "select text from messages where direction = 'out'"); len(said) != 1 || !strings.Contains(said[0], c.says) {
				t.Errorf("said %q, want one message with %q", said, c.says)
			}
			if c.attempts[0] == "big rate_limited" {
				if waited := rows(t, p, "select extract(epoch from max(created_at) - min(created_at))::int::text from usage_attempts"); waited[0] != "7" {
					t.Errorf("asked again after %s s, want 7", waited[0])
				}
			}
		})
	}
}

// TestAnswerShowsItsSources: a source whose citations are off, or that is
// private, is answered from and never shown. Spec: S23, S24.
func TestAnswerShowsItsSources(t *testing.T) {
	t.Parallel()
	const link = `[{"url": "https://shop.example/help", "title": "Help", "number": 1}]`
	hidden, private := onShelf(1, hoursText), onShelf(1, hoursText)
	hidden.Citable = false
	private.Citable, private.URL = false, ""
	for name, c := range map[string]struct {
		passage schemas.Passage
		want    []string
	}{
		"cited":         {onShelf(1, hoursText), []string{hoursText + " [1] " + link}},
		"citations off": {hidden, []string{hoursText + " []"}},
		"private":       {private, []string{hoursText + " []"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := scripted.NewModel("big", scripted.Answer(hoursText+" [S1]", 1))
			p := script.Play(t, name, "customer: What are your opening hours?\nwait 20s\nopen", script.Wiring{
				Search: shelf{c.passage}, Engine: &agent.Engine{Primary: model},
			})
			got := rows(t, p, `select split_part(text, E'\n\n', 2) || ' ' || citations::text from messages where direction = 'out'`)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestShortAnswerIsSentUnchanged: the company's own answer to exactly the
// question is sent byte for byte, and no model is asked. Spec: S18.
func TestShortAnswerIsSentUnchanged(t *testing.T) {
	t.Parallel()
	first, second := onShelf(1, "Yes, from **10** EUR.\n"), onShelf(2, "<Only> our own:  two  spaces, [S9] and all.")
	first.Question, second.Question = "Do you sell vouchers?", "Which brands do you sell?"
	model := scripted.NewModel("big", scripted.Answer("Only our own. [S2]", 2))
	p := script.Play(t, t.Name(), `customer: do you sell VOUCHERS
wait 20s
customer: Which brands do you sell?
wait 20s
customer: Which other brands do you have?
wait 20s
open`, script.Wiring{Search: shelf{first, second}, Engine: &agent.Engine{Primary: model}})
	got := rows(t, p, "select text from messages where direction = 'out' order by seq")
	if len(got) != 3 || !strings.HasSuffix(got[0], "\n\n"+first.Text) || got[1] != second.Text {
		t.Errorf("said %q", got)
	}
	if asked := len(model.Requests()); asked != 1 {
		t.Errorf("the model was asked %d times, want for the last question only", asked)
	}
}

// TestTwoHundredFiftyTurns: a conversation that continues as new twice keeps its
// numbers and its owner, and loses no message. Settled: rule 10.
func TestTwoHundredFiftyTurns(t *testing.T) {
	t.Parallel()
	const turns = 250
	var b strings.Builder
	b.WriteString("settings handoff.triggers.allow_repeats=true channels.live_chat.ask_email=never\n")
	for n := range turns {
		fmt.Fprintf(&b, "model: You can return it within 30 days.\ncustomer: Question number %d about my order?\nagent ~ within 30 days\n", n+1)
	}
	fmt.Fprintf(&b, "state turn=%d owner=agent language=en replies=%d lifecycle=waiting_customer\nruns 3\nopen", turns, turns)
	p := script.Play(t, t.Name(), b.String(), script.Wiring{})
	want := []string{fmt.Sprintf("%d messages in %d turns, %d composed", turns, turns, turns)}
	got := rows(t, p, `select count(*) || ' messages in ' || count(distinct m.turn) || ' turns, ' ||
		(select count(*) from turns where state = 'composed') || ' composed' from messages m where m.direction = 'in'`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
