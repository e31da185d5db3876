// Package killtest holds tests alone: it kills the running product at the worst
// moments and looks whether a conversation comes out as if nothing had
// happened, and whether content is whole. Tests of conversations are named after the
// rule of docs/reference/rules-coverage.md that they show.
//
// It owns no code that ships, and tests nothing that a test inside of one
// package can show.
package killtest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/internal/agent/llm/scripted"
	"steward/internal/testkit/stack"
	"steward/schemas"
)

func TestMain(m *testing.M) { stack.Main(m) }

const (
	question = "How long do I have to return an order?"
	another  = "How many days does standard delivery take?"
)

// held is the model's answer to question, kept back until release is closed.
func held(release <-chan struct{}) scripted.Step {
	step := scripted.Answer("You can return an order within 30 days of delivery. [S1]", 1)
	step.Hold = release
	return step
}

// inGenerate sends the question and returns when the model has been asked, with
// what lets it answer.
func inGenerate(t *testing.T, s *stack.Stack, v *stack.Visitor) (answer func()) {
	t.Helper()
	release := make(chan struct{})
	s.Model.Push(held(release))
	asked := len(s.Model.Requests())
	v.Say(question)
	awaitModel(t, s, asked+1)
	return func() { close(release) }
}

func awaitModel(t *testing.T, s *stack.Stack, requests int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	if err := s.Model.Await(ctx, requests); err != nil {
		t.Fatal(err)
	}
}

// wantSpeakers checks a transcript that is at rest.
func wantSpeakers(t *testing.T, s *stack.Stack, v *stack.Visitor, want string) {
	t.Helper()
	s.Check(v.Conversation)
	if got := v.Speakers(); got != want {
		t.Errorf("the transcript is %s, want %s\n%s", got, want, s.Describe(v.Conversation))
	}
}

// wantStream checks that a stream, over all its connections, brings the
// transcript in order and nothing twice.
func wantStream(t *testing.T, v *stack.Visitor, s *stack.Stream) {
	t.Helper()
	want := v.Transcript()
	stack.Until(t, "the stream shows the transcript", func() bool { return len(s.Messages()) >= len(want) })
	if diff := cmp.Diff(want, s.Messages()); diff != "" {
		t.Errorf("the stream differs from the transcript (-want +got):\n%s", diff)
	}
}

// addPerson adds somebody who takes conversations.
func addPerson(t *testing.T, s *stack.Stack, name string) {
	t.Helper()
	if _, err := s.API.AddUser(t.Context(), schemas.NewUser{Name: name, Presence: schemas.PresenceOnline, Capacity: 1000}); err != nil {
		t.Fatal(err)
	}
}

// ctxFor bounds one call.
func ctxFor(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	t.Cleanup(cancel)
	return ctx
}
