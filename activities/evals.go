package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"steward/internal/eval"
	"steward/schemas"
)

// EvalStore keeps suites, runs and the previews in which cases are played.
type EvalStore interface {
	EvalPlan(ctx context.Context, run schemas.EvalRunID) (schemas.EvalPlanResult, error)
	EvalTarget(ctx context.Context, run schemas.EvalRunID, place int) (schemas.EvalTarget, error)
	StartTry(ctx context.Context, t schemas.EvalTarget, key string) (schemas.ConversationID, error)
	WriteTry(ctx context.Context, id schemas.ConversationID, turn int, text string) error
	TryState(ctx context.Context, id schemas.ConversationID) (schemas.Lifecycle, schemas.Owner, error)
	TryTranscript(ctx context.Context, id schemas.ConversationID) (schemas.EvalTranscript, string, error)
	StartPast(ctx context.Context, t schemas.EvalTarget, level schemas.IdentityLevel, key string) (schemas.ConversationID, error)
	PastTranscript(ctx context.Context, id schemas.ConversationID) (schemas.EvalTranscript, string, error)
	SaveTry(ctx context.Context, in schemas.PlayCaseInput, try schemas.EvalTry, prompt string) error
	EndEvalRun(ctx context.Context, run schemas.EvalRunID, state schemas.EvalState) error
}

// Evals are the activities of the Evaluation workflow. Spec: S55.
type Evals struct {
	Store EvalStore
	// Poll is the pause between two looks at a try. Default 100 ms. Patience is
	// how long one message may wait for its reply. Default 3 minutes.
	Poll, Patience time.Duration
}

// EvalPlan says how many cases a run has.
func (a *Evals) EvalPlan(ctx context.Context, in schemas.EvalPlanInput) (schemas.EvalPlanResult, error) {
	out, err := a.Store.EvalPlan(ctx, in.Run)
	return out, failure(ctx, err)
}

// PlayCase plays every try of one case that has no result yet, each as a
// preview with a key of its own, so that a repeat goes on where it broke off.
func (a *Evals) PlayCase(ctx context.Context, in schemas.PlayCaseInput) (schemas.PlayCaseResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	var out schemas.PlayCaseResult
	target, err := a.Store.EvalTarget(ctx, in.Run, in.Place)
	if err != nil {
		return out, failure(ctx, err)
	}
	for repeat := 1; repeat <= target.Repeats; repeat++ {
		if slices.Contains(target.Done, repeat) {
			continue
		}
		passed, err := a.try(ctx, in, target, repeat)
		if err != nil {
			return out, failure(ctx, err)
		}
		out.Tries++
		if passed {
			out.Passed++
		}
	}
	return out, nil
}

func (a *Evals) try(ctx context.Context, in schemas.PlayCaseInput, target schemas.EvalTarget, repeat int) (bool, error) {
	if target.Past != nil {
		return a.past(ctx, in, target)
	}
	result := schemas.EvalTry{EvalResult: schemas.EvalResult{Case: target.Case.Name, Must: target.Case.Must, Repeat: repeat}}
	prompt := ""
	id, err := a.Store.StartTry(ctx, target, tryKey(in, repeat))
	switch {
	case schemas.KindOf(err) == schemas.KindInvalid:
		// There is no such channel, for one: this case cannot be played here.
		result.Transcript.Error = eval.ErrorPlayer
	case err != nil:
		return false, err
	default:
		result.Conversation = id
		answered, err := a.play(ctx, id, target.Case.Turns)
		if err != nil {
			return false, err
		}
		if result.Transcript, prompt, err = a.Store.TryTranscript(ctx, id); err != nil {
			return false, err
		}
		if !answered {
			result.Transcript.Error = eval.ErrorPlayer
		}
	}
	result.Failures = eval.Check(target.Case, result.Transcript)
	return result.Passed(), a.Store.SaveTry(ctx, in, result, prompt)
}

// tryKey makes the preview of a try once.
func tryKey(in schemas.PlayCaseInput, repeat int) string {
	return fmt.Sprintf("%s/%d/%d", in.Run, in.Place, repeat)
}

// play writes the customer's messages, each after the reply to the one before,
// until people would have the conversation. answered is false when a reply did
// not come in time.
func (a *Evals) play(ctx context.Context, id schemas.ConversationID, turns []string) (answered bool, err error) {
	for i, text := range turns {
		if err := a.Store.WriteTry(ctx, id, i, text); err != nil {
			if schemas.KindOf(err) == schemas.KindConflict {
				// The preview was closed on the way.
				return true, nil
			}
			return false, err
		}
		owner, ok, err := a.await(ctx, id)
		if err != nil || !ok {
			return false, err
		}
		if owner == schemas.OwnerQueue {
			return true, nil
		}
	}
	return true, nil
}

// tryPatience is how long one message may wait for its reply.
const tryPatience = 3 * time.Minute

// await waits until the agent has answered or handed over.
func (a *Evals) await(ctx context.Context, id schemas.ConversationID) (schemas.Owner, bool, error) {
	poll, patience := a.Poll, a.Patience
	if poll == 0 {
		poll = 100 * time.Millisecond
	}
	if patience == 0 {
		patience = tryPatience
	}
	tick, over := time.NewTicker(poll), time.NewTimer(patience)
	defer tick.Stop()
	defer over.Stop()
	for {
		lifecycle, owner, err := a.Store.TryState(ctx, id)
		if err != nil || lifecycle != schemas.LifecycleOpen {
			return owner, err == nil, err
		}
		select {
		case <-ctx.Done():
			return owner, false, ctx.Err()
		case <-over.C:
			return owner, false, nil
		case <-tick.C:
		}
	}
}

// EndEvaluation ends a run.
func (a *Evals) EndEvaluation(ctx context.Context, in schemas.EndEvaluationInput) error {
	state := schemas.EvalDone
	if in.Cancelled {
		state = schemas.EvalCancelled
	}
	return failure(ctx, a.Store.EndEvalRun(ctx, in.Run, state))
}
