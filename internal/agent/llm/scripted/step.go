// Package scripted stands in for a language model in tests, benchmarks and
// demonstrations: Server speaks the HTTP APIs of OpenAI and Anthropic, Model is
// an in-process llm.Model, Recorder and Replayer keep what a real endpoint
// answers. Server and Model follow a script and refuse, with an error that is
// not retried, to be asked more often than scripted. It must not be wired into
// a production worker.
package scripted

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"

	"steward/schemas"
)

// NoResults is the AfterResults of a step for the first call of a turn.
const NoResults = -1

// Step is one scripted answer. The first of Body, Decision, Calls and Content
// that is set is the answer; a step with none of them answers with an empty
// text. A Decision or Calls are sent as tool calls to a request with tools, and
// as one JSON object to others.
type Step struct {
	// Match limits the step to requests whose question contains it, without
	// regard to case. Empty matches every request.
	Match string
	// Pattern limits the step to requests whose question matches it. Nil matches
	// every request.
	Pattern *regexp.Regexp
	// AfterResults limits the step to requests with exactly that many results of
	// calls in their turn, NoResults to those with none. 0 matches every request.
	AfterResults int
	// MatchResult limits the step to requests whose last result contains it,
	// without regard to case. Empty matches every request.
	MatchResult string

	// Decision is what the model proposes.
	Decision *schemas.Decision
	// Calls are tool calls, of actions and commands, with Content said beside
	// them. A call without an id gets one; arguments may be malformed.
	Calls []schemas.Call
	// Content is sent as the text of the model's message.
	Content string
	// Body is sent in place of the whole answer.
	Body string
	// ContentType goes with Body. Default application/json.
	ContentType string

	// Status is the HTTP status, 0 is 200. From 400 on the body is an error.
	Status int
	// Code is the provider's error code in an error body, in OpenAI's words.
	Code string
	// Header is added to the answer, for example Retry-After.
	Header http.Header

	// Finish is why the model stopped, in OpenAI's words; others are sent as they
	// are. Default stop, or tool_calls for calls; NoFinish sends none.
	Finish   string
	NoFinish bool
	// Refusal is sent as the model's refusal.
	Refusal string
	// NoChoices sends no content at all.
	NoChoices bool
	// Usage is what the call cost. Default: an estimate without cached tokens.
	Usage *schemas.Usage
	// Cut ends the connection in the middle of the body.
	Cut bool
	// Endless sends a text that does not end until the caller hangs up.
	Endless bool
	// Gzip compresses the body.
	Gzip bool

	// Delay is how long the answer takes, or until the caller gives up.
	Delay time.Duration
	// Hold keeps the answer back until it is closed or the caller gives up.
	Hold <-chan struct{}

	// Err is what Model returns; Server ignores it.
	Err error
}

// turn is what steps are matched on.
type turn struct {
	// question is what the customer asked, results what calls of the turn gave.
	question string
	results  []string
}

// matches reports whether the step answers in this turn.
func (s Step) matches(t turn) bool {
	return contains(t.question, s.Match) &&
		(s.Pattern == nil || s.Pattern.MatchString(t.question)) &&
		(s.AfterResults == 0 || max(s.AfterResults, 0) == len(t.results)) &&
		(s.MatchResult == "" || (len(t.results) > 0 && contains(t.results[len(t.results)-1], s.MatchResult)))
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// take removes and returns the first step that matches.
func take(steps []Step, t turn) (Step, []Step, bool) {
	for i, s := range steps {
		if s.matches(t) {
			rest := append(append([]Step(nil), steps[:i]...), steps[i+1:]...)
			return s, rest, true
		}
	}
	return Step{}, steps, false
}

// Answer is a step that answers with text and cites the passages.
func Answer(text string, citations ...int) Step {
	return Step{Decision: &schemas.Decision{
		Kind: schemas.DecisionAnswer, Text: text, Citations: citations, Language: "en",
	}}
}

// wait applies a step's delay and hold; false means that the caller gave up.
func wait(ctx context.Context, step Step) bool {
	if step.Delay > 0 {
		timer := time.NewTimer(step.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	if step.Hold != nil {
		select {
		case <-step.Hold:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
