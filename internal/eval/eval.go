// Package eval measures an agent with suites of cases: it reads suites from
// CSV, plays them, checks each transcript against what the case expects, and
// compares runs. It also says in what a past conversation differs when it was
// played again. It owns the rules of what counts as met or the same, no more:
// the agent is reached through Player, and results are stored by the caller.
// Every check is deterministic, so that two runs over the same answers are
// equal; it must not ask a model for an opinion or read a clock.
package eval

import (
	"context"
	"errors"
	"fmt"

	"steward/schemas"
)

// maxRepeats bounds how often each case of a suite is played.
const maxRepeats = 20

// Fixed words for a try that broke off.
const (
	// ErrorPlayer: the player gave no transcript.
	ErrorPlayer = "player_failed"
)

// Player plays one try of a case from its first message: the whole turn as a
// customer would have it, without effects. An error ends the try, not the run.
type Player interface {
	Play(ctx context.Context, c schemas.EvalCase, repeat int) (schemas.EvalTranscript, error)
}

// Measure plays every case of a suite repeats times, in order, and checks what
// came of it. It ends early, with the results so far, only when ctx ends.
// Spec: S55.
func Measure(ctx context.Context, suite schemas.EvalSuite, repeats int, player Player) ([]schemas.EvalResult, error) {
	if err := suite.Validate(); err != nil {
		return nil, err
	}
	if repeats < 1 || repeats > maxRepeats {
		return nil, schemas.NewError(schemas.KindInvalid, fmt.Sprintf("repeats: is 1 to %d", maxRepeats))
	}
	var out []schemas.EvalResult
	for _, c := range suite.Cases {
		for repeat := 1; repeat <= repeats; repeat++ {
			transcript, err := player.Play(ctx, c, repeat)
			if ctx.Err() != nil {
				return out, fmt.Errorf("play suite: %w", errors.Join(ctx.Err(), err))
			}
			if err != nil {
				transcript = schemas.EvalTranscript{Error: ErrorPlayer}
			}
			out = append(out, schemas.EvalResult{
				Case: c.Name, Must: c.Must, Repeat: repeat, Transcript: transcript, Failures: Check(c, transcript),
			})
		}
	}
	return out, nil
}
