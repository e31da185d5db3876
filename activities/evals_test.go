package activities

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"steward/schemas"
)

// stage answers what cases say: a reply at once, people, a preview that is
// closed, or nothing.
type stage struct {
	EvalStore
	target schemas.EvalTarget
	refuse error
	silent bool
	// closedAt is the message at which the preview is over, -1 for none.
	closedAt int
	people   bool
	written  map[schemas.ConversationID][]string
	saved    []schemas.EvalTry
	// level is how well the customer of a past conversation counts as known.
	level schemas.IdentityLevel
}

func (s *stage) EvalTarget(context.Context, schemas.EvalRunID, int) (schemas.EvalTarget, error) {
	return s.target, nil
}

func (s *stage) StartTry(_ context.Context, _ schemas.EvalTarget, key string) (schemas.ConversationID, error) {
	return schemas.ConversationID(key), s.refuse
}

func (s *stage) StartPast(_ context.Context, _ schemas.EvalTarget, level schemas.IdentityLevel, key string) (schemas.ConversationID, error) {
	s.level = level
	return schemas.ConversationID(key), s.refuse
}

func (s *stage) PastTranscript(ctx context.Context, id schemas.ConversationID) (schemas.EvalTranscript, string, error) {
	return s.TryTranscript(ctx, id)
}

func (s *stage) WriteTry(_ context.Context, id schemas.ConversationID, turn int, text string) error {
	if turn == s.closedAt {
		return schemas.NewError(schemas.KindConflict, "the preview is over")
	}
	s.written[id] = append(s.written[id], text)
	return nil
}

func (s *stage) TryState(context.Context, schemas.ConversationID) (schemas.Lifecycle, schemas.Owner, error) {
	switch {
	case s.silent:
		return schemas.LifecycleOpen, schemas.OwnerAgent, nil
	case s.people:
		return schemas.LifecycleWaitingHuman, schemas.OwnerQueue, nil
	}
	return schemas.LifecycleWaitingCustomer, schemas.OwnerAgent, nil
}

func (s *stage) TryTranscript(_ context.Context, id schemas.ConversationID) (schemas.EvalTranscript, string, error) {
	var out schemas.EvalTranscript
	for range s.written[id] {
		out.Turns = append(out.Turns, schemas.EvalTurn{Kind: schemas.DecisionAnswer, Reply: "30 days"})
	}
	return out, "abcd", nil
}

func (s *stage) SaveTry(_ context.Context, _ schemas.PlayCaseInput, try schemas.EvalTry, _ string) error {
	s.saved = append(s.saved, try)
	return nil
}

func TestPlayCase(t *testing.T) {
	t.Parallel()
	two := []string{"How long?", "And shoes?"}
	for _, c := range []struct {
		name   string
		change func(*stage)
		want   schemas.PlayCaseResult
		// written are the messages of the first try, broken the error of its
		// transcript.
		written []string
		broken  string
	}{
		{"each try", nil, schemas.PlayCaseResult{Tries: 3, Passed: 3}, two, ""},
		{"goes on where it broke off", func(s *stage) { s.target.Done = []int{2, 3} }, schemas.PlayCaseResult{Tries: 1, Passed: 1}, two, ""},
		{"people would have it", func(s *stage) { s.people = true }, schemas.PlayCaseResult{Tries: 3, Passed: 3}, two[:1], ""},
		{"closed on the way", func(s *stage) { s.closedAt = 1 }, schemas.PlayCaseResult{Tries: 3, Passed: 3}, two[:1], ""},
		{"no reply", func(s *stage) { s.silent = true }, schemas.PlayCaseResult{Tries: 3}, two[:1], "player_failed"},
		{"cannot be played", func(s *stage) { s.refuse = schemas.NewError(schemas.KindInvalid, "no such channel") }, schemas.PlayCaseResult{Tries: 3}, nil, "player_failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &stage{closedAt: -1, written: map[schemas.ConversationID][]string{}, target: schemas.EvalTarget{
				Repeats: 3, Case: schemas.EvalCase{Name: "returns", Turns: two, Expect: schemas.EvalExpect{MustInclude: []string{"30 days"}}},
			}}
			if c.change != nil {
				c.change(s)
			}
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			evals := &Evals{Store: s, Poll: time.Microsecond, Patience: time.Millisecond}
			env.RegisterActivity(evals)
			value, err := env.ExecuteActivity(evals.PlayCase, schemas.PlayCaseInput{Run: "run_1", Place: 4})
			var got schemas.PlayCaseResult
			if err == nil {
				err = value.Get(&got)
			}
			if err != nil || got != c.want || len(s.saved) != c.want.Tries {
				t.Fatalf("%+v, %d saved, %v; want %+v", got, len(s.saved), err, c.want)
			}
			if s.saved[0].Transcript.Error != c.broken || s.saved[0].Passed() != (c.want.Passed > 0) {
				t.Errorf("first try %+v", s.saved[0])
			}
			if diff := cmp.Diff(c.written, s.written["run_1/4/1"]); diff != "" {
				t.Errorf("written:\n%s", diff)
			}
		})
	}
}
