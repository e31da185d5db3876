package killtest

import (
	"strings"
	"testing"

	"steward/internal/testkit/stack"
)

// TestRule02KilledInTurn kills the worker at every boundary of a turn and
// inside every step after its commit. Rules 2, 4, 8 and 9 too: Check finds a
// reply that is doubled, lost or stuck, and the turn keeps its number.
func TestRule02KilledInTurn(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		"next_step.before", "next_step.after_commit",
		"retrieve.before", "retrieve.after_commit",
		"generate.after_commit",
		"compose.before", "compose.after_commit",
		"send.before", "send.after_claim", "send.after_step", "send.after_commit",
		// In the second turn.
		"next_step.after_commit:2", "compose.after_commit:2",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := stack.Start(t, stack.Options{WorkerFault: point})
			v := s.Visit()
			stream := v.Listen()
			w := s.Worker()
			v.Say(question)
			if strings.HasSuffix(point, ":2") {
				v.AwaitReplies(1)
				v.Say(another)
			}
			s.AwaitDeath(w)
			s.StartWorker()
			v.AwaitReplies(v.Sent)
			if v.Sent == 1 {
				v.Say(another)
				v.AwaitReplies(2)
			}
			wantSpeakers(t, s, v, "caca")
			if turns := s.CountOf(v.Conversation, "select count(*) from turns where conversation_id = $1"); turns != 2 {
				t.Errorf("%d turns for two messages, want 2\n%s", turns, s.Describe(v.Conversation))
			}
			wantStream(t, v, stream)
		})
	}
}

// TestRule02KilledInModelCall kills the worker while the model thinks: the
// call's answer is lost, another one is asked for.
func TestRule02KilledInModelCall(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	v := s.Visit()
	answer := inGenerate(t, s, v)
	s.KillWorkers()
	answer()
	s.StartWorker()
	v.AwaitReplies(1)
	wantSpeakers(t, s, v, "ca")
}

// TestRule08SettleKilled loses a network step with its worker, and then the
// worker that settles it.
func TestRule08SettleKilled(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{WorkerFault: "send.after_step"})
	v := s.Visit()
	v.Say(question)
	s.AwaitDeath(s.Worker())
	s.AwaitDeath(s.StartWorker("STEWARD_FAULT=settle_send.after_commit"))
	s.StartWorker()
	v.AwaitReplies(1)
	wantSpeakers(t, s, v, "ca")
}

// TestRule02TwoWorkers kills one of two workers again and again while both
// answer.
func TestRule02TwoWorkers(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	visitors := make([]*stack.Visitor, 6)
	for i := range visitors {
		visitors[i] = s.Visit()
	}
	for round := range 3 {
		victim := s.StartWorker()
		for _, v := range visitors {
			v.Say(question)
		}
		for _, v := range visitors[:2] {
			v.AwaitReplies(round + 1)
		}
		if err := victim.Kill(); err != nil {
			t.Fatal(err)
		}
		for _, v := range visitors {
			v.AwaitReplies(round + 1)
		}
	}
	for _, v := range visitors {
		wantSpeakers(t, s, v, "cacaca")
	}
}
