package killtest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"steward/internal/agent/llm/scripted"
	"steward/internal/testkit/stack"
	"steward/schemas"
)

func sweepOptions() client.StartWorkflowOptions {
	return client.StartWorkflowOptions{ID: "sweep-of-a-test", TaskQueue: schemas.QueueConversations}
}

func handoffState(t *testing.T, s *stack.Stack, id schemas.HandoffID) (schemas.HandoffView, error) {
	var view schemas.HandoffView
	value, err := s.Temporal.QueryWorkflow(ctxFor(t), schemas.HandoffWorkflowID(id), "", schemas.QueryState)
	if err == nil {
		err = value.Get(&view)
	}
	return view, err
}

// TestRule15TakeoverWithoutWorkers takes a conversation over in the middle of a
// turn while no worker runs: the person's word goes out later, the agent's never.
func TestRule15TakeoverWithoutWorkers(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	addPerson(t, s, "Ada")
	v := s.Visit()
	answer := inGenerate(t, s, v)
	s.KillWorkers()
	answer()
	taken, err := s.API.TakeOver(ctxFor(t), v.Conversation, "Ada")
	if err != nil || taken.Owner != schemas.OwnerHuman {
		t.Fatalf("owner %s after the takeover: %v", taken.Owner, err)
	}
	if _, err := s.API.Reply(ctxFor(t), v.Conversation, schemas.NewReply{As: "Ada", Text: "Ada here."}, "first"); err != nil {
		t.Fatal(err)
	}
	s.StartWorker()
	wantSpeakers(t, s, v, "ch")
	if _, err := s.API.GiveBack(ctxFor(t), v.Conversation, "Ada"); err != nil {
		t.Fatal(err)
	}
	v.Say(another)
	v.AwaitReplies(1)
	wantSpeakers(t, s, v, "chca")
}

// TestRule15TakeoverRace takes fifty conversations over at a random moment of
// their turn: once a takeover is done, no reply of the agent begins to go out.
func TestRule15TakeoverRace(t *testing.T) {
	t.Parallel()
	const races, atOnce = 50, 5
	s := stack.Start(t, stack.Options{})
	addPerson(t, s, "Ada")
	var all sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for range races {
		v := s.Visit()
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			v.Say(question)
			time.Sleep(rand.N(250 * time.Millisecond))
			stack.Until(t, "take the conversation over", func() bool {
				_, err := s.API.TakeOver(t.Context(), v.Conversation, "Ada")
				return err == nil
			})
			late := fmt.Sprintf(`select count(*) from outbound_parts where conversation_id = $1 and class = 'reply'
				and attempt_at > '%s'`, now(t, s))
			// A word of the person comes after whatever the agent has said.
			if _, err := s.API.Reply(t.Context(), v.Conversation, schemas.NewReply{As: "Ada", Text: "Ada here."}, "first"); err != nil {
				t.Error(err)
			}
			s.Check(v.Conversation)
			if n := s.CountOf(v.Conversation, late); n != 0 {
				t.Errorf("a reply went out after the takeover\n%s", s.Describe(v.Conversation))
			}
			if got := v.Speakers(); got != "ch" && got != "cah" {
				t.Errorf("the transcript is %s\n%s", got, s.Describe(v.Conversation))
			}
		})
	}
	all.Wait()
}

func now(t *testing.T, s *stack.Stack) string {
	t.Helper()
	at, err := s.Store.Now(t.Context())
	if err != nil {
		t.Error(err)
	}
	return at.UTC().Format("2006-01-02T15:04:05.999999Z07:00")
}

// TestRule18PauseRace pauses the agent at a random moment of many turns: once
// the pause is in force no reply begins to go out, and the end of the pause
// answers what is open, once.
func TestRule18PauseRace(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	for range 5 {
		visitors := make([]*stack.Visitor, 6)
		for i := range visitors {
			visitors[i] = s.Visit()
			step := scripted.Answer("You can return an order within 30 days of delivery. [S1]", 1)
			step.Delay = rand.N(80 * time.Millisecond)
			s.Model.Push(step)
			visitors[i].Say(question)
		}
		time.Sleep(rand.N(150 * time.Millisecond))
		done, err := s.API.Pause(ctxFor(t), schemas.PauseInput{})
		if err != nil {
			t.Fatal(err)
		}
		stack.Until(t, "the pause is in force", func() bool {
			done.State, err = s.API.Agent(ctxFor(t))
			return err == nil && done.State.Paused
		})
		since := now(t, s)
		for _, v := range visitors {
			stack.Until(t, "the conversation is answered or with people", func() bool {
				return s.CountOf(v.Conversation, "select count(*) from conversations where id = $1 and lifecycle in ('waiting_customer', 'waiting_human')") == 1
			})
		}
		if n := s.Count("select count(*) from outbound_parts where class = 'reply' and attempt_at > $1::timestamptz", since); n != 0 {
			t.Errorf("%d replies went out during the pause", n)
		}
		if _, err := s.API.Resume(ctxFor(t), schemas.PauseInput{}); err != nil {
			t.Fatal(err)
		}
		for _, v := range visitors {
			v.AwaitReplies(1)
			s.Check(v.Conversation)
			if n := v.Replies(); n != 1 {
				t.Errorf("%d answers, want 1\n%s", n, s.Describe(v.Conversation))
			}
		}
	}
}

// TestRule18Signals pauses by a signal whose input cannot be read, with the
// worker killed in the step that writes it, and resumes by a signal.
func TestRule18Signals(t *testing.T) {
	t.Parallel()
	// The first command is the one by which the agent's run reads its row.
	s := stack.Start(t, stack.Options{WorkerFault: "agent_command.after_commit:2"})
	id := schemas.AgentWorkflowID(s.Agent.Agent)
	signal := func(name string, input any) {
		t.Helper()
		stack.Until(t, "signal the agent", func() bool {
			return s.Temporal.SignalWorkflow(ctxFor(t), id, "", name, input) == nil
		})
	}
	signal(schemas.SignalPause, "everything, please")
	s.AwaitDeath(s.Worker())
	s.StartWorker()
	paused := func(want bool) func() bool {
		return func() bool {
			state, err := s.API.Agent(ctxFor(t))
			return err == nil && state.Paused == want
		}
	}
	stack.Until(t, "the agent is paused", paused(true))
	v := s.Visit()
	v.Say(question)
	stack.Until(t, "the conversation is with people", func() bool {
		return s.CountOf(v.Conversation, "select count(*) from conversations where id = $1 and owner = 'queue' and reason = 'agent_paused'") == 1
	})
	signal(schemas.SignalResume, nil)
	stack.Until(t, "the agent goes on", paused(false))
	v.AwaitReplies(1)
	wantSpeakers(t, s, v, "csa")
	if n := s.Count("select count(*) from pauses"); n != 1 {
		t.Errorf("%d pauses were written, want 1", n)
	}
}
