package activities

import (
	"context"
	"strings"

	"steward/internal/eval"
	"steward/internal/policy"
	"steward/schemas"
)

// past plays a past conversation again and stores in what it differs. The
// messages that were answered together are written as one. Spec: D23.
func (a *Evals) past(ctx context.Context, in schemas.PlayCaseInput, target schemas.EvalTarget) (bool, error) {
	past := target.Past
	result := schemas.EvalTry{EvalResult: schemas.EvalResult{Case: string(past.Conversation), Repeat: 1, Was: &past.Was}}
	prompt, err := a.playPast(ctx, in, target, &result)
	if err != nil {
		return false, err
	}
	result.Failures = eval.Past(past.Was, result.Transcript)
	return result.Passed(), a.Store.SaveTry(ctx, in, result, prompt)
}

func (a *Evals) playPast(ctx context.Context, in schemas.PlayCaseInput, target schemas.EvalTarget, result *schemas.EvalTry) (string, error) {
	past := target.Past
	var questions []string
	for _, t := range past.Was.Turns {
		questions = append(questions, strings.TrimSpace(t.Question))
	}
	if len(questions) == 0 {
		result.Transcript.Error = eval.ErrorGone
		return "", nil
	}
	id, err := a.Store.StartPast(ctx, target, policy.LevelOf(policy.IdentityFactsOf(past.Known)), tryKey(in, 1))
	if schemas.KindOf(err) == schemas.KindInvalid {
		// Its channel is gone, for one: it cannot be played here.
		result.Transcript.Error = eval.ErrorPlayer
		return "", nil
	}
	if err != nil {
		return "", err
	}
	result.Conversation = id
	answered, err := a.play(ctx, id, questions)
	if err != nil {
		return "", err
	}
	var prompt string
	if result.Transcript, prompt, err = a.Store.PastTranscript(ctx, id); err != nil {
		return "", err
	}
	if !answered {
		result.Transcript.Error = eval.ErrorPlayer
	}
	return prompt, nil
}
