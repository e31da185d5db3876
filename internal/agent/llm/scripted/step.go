// Package scripted stands in for a language model in tests, benchmarks and
// demonstrations: Server is an OpenAI-compatible HTTP server, Model an
// in-process llm.Model. Both follow a script and refuse, with an error that is
// not retried, to be asked more often than scripted. It must not be wired into
// a production worker.
package scripted

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"steward/schemas"
)

// Step is one scripted answer. The first of Decision, Content and Body that is
// set is the answer; a step with none of them answers with an empty text.
type Step struct {
	// Match limits the step to requests whose question contains it, without
	// regard to case. Empty matches every request.
	Match string
	// Decision is sent as the JSON a model is asked for.
	Decision *schemas.Decision
	// Content is sent as the text of the model's message.
	Content string
	// Body is sent in place of the whole completion.
	Body string
	// ContentType goes with Body. Default application/json.
	ContentType string

	// Status is the HTTP status, 0 is 200. From 400 on the body is an error.
	Status int
	// Code is the provider's error code in an error body.
	Code string
	// Header is added to the answer, for example Retry-After.
	Header http.Header

	// Finish is the finish_reason. Default stop; NoFinish sends it empty.
	Finish   string
	NoFinish bool
	// Refusal is sent as the model's refusal.
	Refusal string
	// NoChoices sends an empty list of choices.
	NoChoices bool
	// Cut ends the connection in the middle of the body.
	Cut bool

	// Delay is how long the answer takes, or until the caller gives up.
	Delay time.Duration
	// Hold keeps the answer back until it is closed or the caller gives up.
	Hold <-chan struct{}

	// Err is what Model returns; Server ignores it.
	Err error
}

// matches reports whether the step answers this question.
func (s Step) matches(question string) bool {
	return s.Match == "" || strings.Contains(strings.ToLower(question), strings.ToLower(s.Match))
}

// take removes and returns the first step that matches question.
func take(steps []Step, question string) (Step, []Step, bool) {
	for i, s := range steps {
		if s.matches(question) {
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

// content is the text of the model's message.
func (s Step) content() string {
	if s.Decision == nil {
		return s.Content
	}
	raw, err := json.Marshal(wireDecision(*s.Decision))
	if err != nil {
		return s.Content
	}
	return string(raw)
}

// wireDecision keeps the fields that a model may set.
func wireDecision(d schemas.Decision) map[string]any {
	citations := d.Citations
	if citations == nil {
		citations = []int{}
	}
	return map[string]any{
		"kind": d.Kind, "text": d.Text, "citations": citations,
		"not_found": d.NotFound, "language": d.Language,
	}
}
