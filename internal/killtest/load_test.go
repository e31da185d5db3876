package killtest

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"

	"steward/internal/agent/llm/scripted"
	"steward/internal/testkit/stack"
	"steward/schemas"
	"steward/starter/dispatch"
)

// TestRule13ClosingRace writes at the moment at which conversations close for
// want of a message: no message is refused, each is answered once.
func TestRule13ClosingRace(t *testing.T) {
	t.Parallel()
	const visitors, messages = 6, 8
	s := stack.Start(t, stack.Options{Settings: stack.Chat(func(c *schemas.ChannelSettings) { c.InactivityClose = 1 })})
	var all sync.WaitGroup
	var early, late atomic.Int64
	for range visitors {
		v := s.Visit()
		all.Go(func() {
			// The close comes some time after its deadline, later on a busy machine.
			// Every message aims at it by what became of the one before.
			engagement, after := 0, rand.N(time.Second)
			for n := range messages {
				v.Say(question)
				v.AwaitReplies(n + 1)
				switch now := s.CountOf(v.Conversation, "select engagement from conversations where id = $1"); {
				case n == 0:
					engagement = now
				case now == engagement:
					early.Add(1)
					after += 700 * time.Millisecond
				default:
					late.Add(1)
					engagement, after = now, max(0, after-400*time.Millisecond)
				}
				time.Sleep(time.Until(s.Deadline(v.Conversation)) + after)
			}
			s.Check(v.Conversation)
			if n := v.Replies(); n != messages {
				t.Errorf("%d answers to %d messages\n%s", n, messages, s.Describe(v.Conversation))
			}
		})
	}
	all.Wait()
	if n := s.Count("select count(*) from messages where direction = 'in' and (turn is null or turn = 0)"); n != 0 {
		t.Errorf("%d messages are in no turn", n)
	}
	if early.Load() == 0 || late.Load() == 0 {
		t.Errorf("%d messages came before the close and %d after it: the race was not run", early.Load(), late.Load())
	}
}

// TestRule10ContinueAsNew lets conversations go on over the limit of a run while
// every fourth update is delivered once more.
func TestRule10ContinueAsNew(t *testing.T) {
	t.Parallel()
	const visitors, messages = 2, 104
	// So many turns would use up the tokens of a conversation.
	s := stack.Start(t, stack.Options{Settings: func(settings *schemas.Settings) { settings.Limits.ConversationTokens = 10_000_000 }})
	workflows := dispatch.New(s.Temporal)
	var all sync.WaitGroup
	for range visitors {
		v := s.Visit()
		all.Go(func() {
			for n := range messages {
				v.Say(question)
				s.AwaitSent(v.Conversation, n+1)
				if rand.N(4) > 0 {
					continue
				}
				rows := s.Deliveries(v.Conversation)
				row := rows[rand.N(len(rows))]
				if _, err := workflows.Receive(t.Context(), v.Conversation, row.Delivery, row.DedupeKey); err != nil {
					t.Error(err)
				}
			}
			s.Check(v.Conversation)
			if turns := s.CountOf(v.Conversation, "select count(*) from turns where conversation_id = $1 and state = 'composed'"); turns != messages {
				t.Errorf("%d turns for %d messages", turns, messages)
			}
			if n := v.Replies(); n != messages {
				t.Errorf("%d answers to %d messages", n, messages)
			}
			view, err := workflows.State(t.Context(), v.Conversation)
			if err != nil || view.Runs != 1 {
				t.Errorf("the conversation continued as new %d times, want 1: %v", view.Runs, err)
			}
		})
	}
	all.Wait()
}

// TestTemporalKeepsNoText looks for the words of customers, people, pages and
// models in everything that Temporal keeps.
func TestTemporalKeepsNoText(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Settings: func(settings *schemas.Settings) { settings.Handoff.NotFoundLimit = 10 }})
	addPerson(t, s, "Quixotina")
	v := s.Visit()
	s.Model.Push(
		scripted.Step{Status: 500, Code: "zebrafish"},
		scripted.Step{Content: "zebrafish is no decision"},
		scripted.Answer("A zebrafish that the rules refuse: see https://zebrafish.example/", 9),
	)
	v.Say("Where does my aardvark go? Write to pangolin@example.com or +46 701 234 567.")
	stack.Until(t, "the turn ends", func() bool {
		return s.CountOf(v.Conversation, "select count(*) from turns where conversation_id = $1 and state <> 'open'") == 1
	})
	v.Say("I want to talk to a person about my aardvark")
	stack.Until(t, "the handoff is offered", func() bool {
		return s.CountOf(v.Conversation, "select count(*) from handoffs where conversation_id = $1 and state = 'offered'") == 1
	})
	if _, err := s.API.Reply(ctxFor(t), v.Conversation, schemas.NewReply{As: "Quixotina", Text: "The wombat is fine."}, "one"); err != nil {
		t.Fatal(err)
	}
	s.Check(v.Conversation)
	if _, err := s.API.GiveBack(ctxFor(t), v.Conversation, "Quixotina"); err != nil {
		t.Fatal(err)
	}
	v.Say(question)
	stack.Until(t, "the agent answers", func() bool { return v.Replies() > 0 })
	s.Check(v.Conversation)
	held := everything(t, s)
	if len(held) < 3 {
		t.Fatalf("%d workflows, want the agent's, the conversation's and the handoff's", len(held))
	}
	words := []string{
		"aardvark", "pangolin", "701 234", "701234", "wombat", "zebrafish", "Quixotina", "parcel", "30 days",
		question, s.Agent.PublicKey, stack.Token,
	}
	for workflow, kept := range held {
		for _, word := range words {
			if bytes.Contains(kept, []byte(word)) {
				t.Errorf("%s: Temporal keeps %q", workflow, word)
			}
		}
	}
}

// everything is what Temporal keeps of each workflow: its history with all
// payloads and failures, its memo and search attributes.
func everything(t *testing.T, s *stack.Stack) map[string][]byte {
	t.Helper()
	ctx := ctxFor(t)
	out := map[string][]byte{}
	listed, err := s.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: s.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range listed.GetExecutions() {
		execution := info.GetExecution()
		described, err := s.Temporal.DescribeWorkflowExecution(ctx, execution.GetWorkflowId(), execution.GetRunId())
		if err != nil {
			t.Fatal(err)
		}
		kept := marshal(t, described)
		history := s.Temporal.GetWorkflowHistory(ctx, execution.GetWorkflowId(), execution.GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for history.HasNext() {
			event, err := history.Next()
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, marshal(t, event)...)
		}
		out[execution.GetWorkflowId()] = append(out[execution.GetWorkflowId()], kept...)
	}
	return out
}

func marshal(t *testing.T, m proto.Message) []byte {
	t.Helper()
	raw, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
