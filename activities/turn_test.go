package activities

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"steward/internal/agent/llm"
	"steward/schemas"
)

// TestQuestionOfAFollowUp: a question of a few words is searched for together
// with the one that it follows from.
func TestQuestionOfAFollowUp(t *testing.T) {
	t.Parallel()
	history := []schemas.Line{
		{Speaker: schemas.SpeakerCustomer, Text: "What does shipping to Sweden cost?"},
		{Speaker: schemas.SpeakerAgent, Text: "Ten euros."},
	}
	for _, c := range []struct {
		questions []string
		history   []schemas.Line
		want      string
	}{
		{[]string{"and for Italy?"}, history, "What does shipping to Sweden cost?\nand for Italy?"},
		{[]string{"and for Italy?"}, nil, "and for Italy?"},
		{[]string{"and for Italy?"}, history[1:], "and for Italy?"},
		{[]string{"Where do I find my invoice?"}, history, "Where do I find my invoice?"},
		{[]string{"Hello", "and for Italy?"}, history, "Hello\nand for Italy?"},
	} {
		if got := question(schemas.Material{Questions: c.questions, History: c.history}); got != c.want {
			t.Errorf("%q: searched for %q, want %q", c.questions, got, c.want)
		}
	}
}

// TestOfModel: a wait that the provider asks for is kept while it ends before
// the deadline; a longer one, like what no other try would mend, goes to the
// next engine at once. Spec: D20.
func TestOfModel(t *testing.T) {
	t.Parallel()
	limited := func(after time.Duration) error {
		e := llm.NewError(llm.KindRateLimited, 429)
		e.RetryAfter = after
		return e
	}
	for name, c := range map[string]struct {
		err   error
		left  time.Duration
		again bool
		after time.Duration
	}{
		"within the deadline": {limited(7 * time.Second), time.Minute, true, 7 * time.Second},
		"at the deadline":     {limited(time.Minute), time.Minute, false, 0},
		"beyond the deadline": {limited(time.Hour), time.Minute, false, 0},
		"no deadline":         {limited(time.Hour), 0, true, time.Hour},
		"overloaded":          {llm.NewError(llm.KindOverloaded, 503), time.Minute, true, 0},
		"refused request":     {llm.NewError(llm.KindBadRequest, 400), time.Minute, false, 0},
		"refused key":         {llm.NewError(llm.KindAuth, 401), time.Minute, false, 0},
		"content filter":      {llm.NewError(llm.KindContentFilter, 200), time.Minute, false, 0},
	} {
		var app *temporal.ApplicationError
		if !errors.As(ofModel(t.Context(), c.err, c.left), &app) || app.NonRetryable() == c.again || app.NextRetryDelay() != c.after {
			t.Errorf("%s: %v, again after %v", name, app, app.NextRetryDelay())
		}
	}
}
