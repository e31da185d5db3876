package eval_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/agent"
	"steward/internal/agent/llm/scripted"
	"steward/internal/eval"
	"steward/schemas"
)

// scriptedPlayer answers each message by a scripted model, through the engine.
type scriptedPlayer struct{ engine *agent.Engine }

func (p scriptedPlayer) Play(ctx context.Context, c schemas.EvalCase, _ int) (schemas.EvalTranscript, error) {
	var t schemas.EvalTranscript
	for _, text := range c.Turns {
		d, _, err := p.engine.Propose(ctx, schemas.UsePrimary, schemas.Material{
			Questions: []string{text}, Settings: schemas.DefaultSettings(), Language: "en",
		})
		if err != nil {
			return t, err
		}
		t.Turns = append(t.Turns, schemas.EvalTurn{Kind: d.Kind, Reply: d.Text, Language: d.Language})
	}
	return t, nil
}

func hundred() (schemas.EvalSuite, []scripted.Step) {
	suite := schemas.EvalSuite{Name: "hundred"}
	var steps []scripted.Step
	for i := range 100 {
		question := fmt.Sprintf("question %03d", i)
		suite.Cases = append(suite.Cases, schemas.EvalCase{
			Name: question, Turns: []string{question}, Channel: schemas.ChannelLiveChat, Identity: schemas.IdentityAnonymous,
			Must: i%2 == 0, Expect: schemas.EvalExpect{Kind: schemas.DecisionAnswer, MustInclude: []string{fmt.Sprintf("answer %03d", i)}},
		})
		answer := i
		if i == 7 {
			answer = 8
		}
		if i == 9 {
			// No step for this one: the model refuses to be asked.
			continue
		}
		steps = append(steps, scripted.Step{Match: question, Decision: &schemas.Decision{
			Kind: schemas.DecisionAnswer, Text: fmt.Sprintf("answer %03d", answer), Language: "en",
		}})
	}
	return suite, steps
}

// TestSuiteTwice: a suite of 100 questions with a scripted engine gives the
// same results twice.
func TestSuiteTwice(t *testing.T) {
	t.Parallel()
	suite, steps := hundred()
	var runs []schemas.EvalRun
	for range 2 {
		results, err := eval.Measure(t.Context(), suite, 1, scriptedPlayer{&agent.Engine{Primary: scripted.NewModel("script", steps...)}})
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, schemas.EvalRun{Suite: suite.Name, Results: results})
	}
	if diff := cmp.Diff(runs[0], runs[1]); diff != "" {
		t.Error(diff)
	}
	failed := map[string]string{}
	for _, r := range runs[0].Results {
		if !r.Passed() {
			failed[r.Case] = r.Failures[0].Field
		}
	}
	if diff := cmp.Diff(map[string]string{"question 007": "must_include", "question 009": "error"}, failed); diff != "" {
		t.Error(diff)
	}
	got := eval.Compare(runs[0], runs[1])
	if len(got.Kept) != 98 || len(got.Failing) != 2 || len(got.Changed) != 0 || !got.MayPublish() {
		t.Errorf("a run against itself: %d kept, failing %v, changed %v, blocks %v", len(got.Kept), got.Failing, got.Changed, got.Blocks)
	}
}

type playerFunc func(ctx context.Context, c schemas.EvalCase, repeat int) (schemas.EvalTranscript, error)

func (f playerFunc) Play(ctx context.Context, c schemas.EvalCase, repeat int) (schemas.EvalTranscript, error) {
	return f(ctx, c, repeat)
}

func TestMeasureStops(t *testing.T) {
	t.Parallel()
	suite, _ := hundred()
	ctx, cancel := context.WithCancel(t.Context())
	played := 0
	player := playerFunc(func(context.Context, schemas.EvalCase, int) (schemas.EvalTranscript, error) {
		if played++; played == 3 {
			cancel()
		}
		return schemas.EvalTranscript{}, nil
	})
	results, err := eval.Measure(ctx, suite, 2, player)
	if !errors.Is(err, context.Canceled) || len(results) != 2 || results[1].Repeat != 2 || results[1].Case != results[0].Case {
		t.Errorf("%d results, %v", len(results), err)
	}
	for name, c := range map[string]struct {
		suite   schemas.EvalSuite
		repeats int
	}{
		"no repeat":    {suite, 0},
		"many repeats": {suite, 21},
		"no name":      {schemas.EvalSuite{Cases: suite.Cases}, 1},
		"case twice":   {schemas.EvalSuite{Name: "x", Cases: append(suite.Cases[:1:1], suite.Cases[0])}, 1},
	} {
		if _, err := eval.Measure(t.Context(), c.suite, c.repeats, player); schemas.KindOf(err) != schemas.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// try is one result of a case that says reply.
func try(name, reply string, passed, must bool) schemas.EvalResult {
	r := schemas.EvalResult{Case: name, Must: must, Transcript: schemas.EvalTranscript{Turns: []schemas.EvalTurn{{Reply: reply}}}}
	if !passed {
		r.Failures = []schemas.EvalFailure{{Field: "kind"}}
	}
	return r
}

func TestCompare(t *testing.T) {
	t.Parallel()
	older := schemas.EvalRun{Results: []schemas.EvalResult{
		try("kept", "a", true, true), try("kept", "a", true, true),
		try("broken", "a", true, false), try("must", "a", true, true), try("fixed", "a", false, true),
		try("failing", "a", false, true), try("gone", "a", true, true),
		try("flaky", "a", true, true), try("flaky", "a", false, true),
	}}
	newer := schemas.EvalRun{Results: []schemas.EvalResult{
		try("new must", "a", false, true), try("new", "a", false, false),
		try("kept", "a", true, true), try("kept", "b", true, true),
		try("broken", "b", false, false), try("must", "a", true, true), try("must", "a", false, true), try("fixed", "a", true, true),
		try("failing", "b", false, true), try("flaky", "a", false, true), try("flaky", "a", true, true),
	}}
	want := schemas.EvalComparison{
		Fixed: []string{"fixed"}, Broken: []string{"broken", "must"}, Kept: []string{"kept"}, Failing: []string{"failing", "flaky"},
		Added: []string{"new", "new must"}, Removed: []string{"gone"}, Changed: []string{"broken", "failing", "kept", "must"},
		Blocks: []string{"must", "new must"},
	}
	got := eval.Compare(older, newer)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.MayPublish() || !eval.Compare(newer, newer).MayPublish() {
		t.Error("publishing is allowed after a must case broke, or refused when nothing changed")
	}
}

func TestPassK(t *testing.T) {
	t.Parallel()
	var results []schemas.EvalResult
	add := func(name string, passed, failed int) {
		for range passed {
			results = append(results, try(name, "", true, false))
		}
		for range failed {
			results = append(results, try(name, "", false, false))
		}
	}
	add("always", 4, 0)
	add("mostly", 3, 1)
	add("never", 0, 4)
	add("once", 1, 0)
	for _, c := range []struct {
		k     int
		want  float64
		cases int
	}{
		{1, (1 + 0.75 + 0 + 1) / 4, 4},
		{2, (1 + 0.5 + 0) / 3, 3},
		{3, (1 + 0.25 + 0) / 3, 3},
		{4, 1.0 / 3, 3},
		{5, 0, 0},
		{0, 0, 0},
	} {
		got, cases, ok := eval.PassK(results, c.k)
		if math.Abs(got-c.want) > 1e-12 || cases != c.cases || ok != (c.cases > 0) {
			t.Errorf("k = %d: %v of %d, %v; want %v of %d", c.k, got, cases, ok, c.want, c.cases)
		}
	}
}
