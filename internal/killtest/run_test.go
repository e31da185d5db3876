package killtest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"steward/internal/testkit/stack"
	"steward/schemas"
	"steward/starter/dispatch"
)

// TestRule01Terminated ends runs from outside: the row is the truth, so that the
// next message, or the sweep, goes on.
func TestRule01Terminated(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	t.Run("while it waits", func(t *testing.T) {
		v := s.Visit()
		v.Say(question)
		v.AwaitReplies(1)
		s.Check(v.Conversation)
		terminate(t, s, schemas.ConversationWorkflowID(v.Conversation))
		v.Say(another)
		v.AwaitReplies(2)
		wantSpeakers(t, s, v, "caca")
	})
	t.Run("reset", func(t *testing.T) {
		v := s.Visit()
		v.Say(question)
		v.AwaitReplies(1)
		s.Check(v.Conversation)
		reset(t, s, schemas.ConversationWorkflowID(v.Conversation))
		v.Say(another)
		v.AwaitReplies(2)
		wantSpeakers(t, s, v, "caca")
	})
	t.Run("in a turn", func(t *testing.T) {
		v := s.Visit()
		answer := inGenerate(t, s, v)
		terminate(t, s, schemas.ConversationWorkflowID(v.Conversation))
		answer()
		if n := v.Replies(); n != 0 {
			t.Fatalf("%d answers without a run", n)
		}
		sweepAfter(t, s, 7*time.Minute)
		v.AwaitReplies(1)
		wantSpeakers(t, s, v, "ca")
	})
}

// TestRule20HandoffTerminated ends the handoff's run while an offer is out: the
// sweep starts it again and the offer goes on to the next person.
func TestRule20HandoffTerminated(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{WorkerFault: "handoff_step.after_commit"})
	addPerson(t, s, "Ada")
	addPerson(t, s, "Bo")
	v := s.Visit()
	v.Say("I want to talk to a person")
	s.AwaitDeath(s.Worker())
	s.StartWorker()
	offered := func() schemas.Offer {
		live, err := s.API.Handoffs(ctxFor(t), false)
		if err != nil || len(live) != 1 {
			t.Fatalf("%d live handoffs: %v", len(live), err)
		}
		return live[0]
	}
	stack.Until(t, "the handoff is offered", func() bool { return offered().OfferedTo != "" })
	first := offered()
	s.Check(v.Conversation)
	stack.Until(t, "the handoff's run has made its step", func() bool {
		view, err := handoffState(t, s, first.Handoff)
		return err == nil && view.Step.State == schemas.HandoffOffered
	})
	terminate(t, s, schemas.HandoffWorkflowID(first.Handoff))
	sweepAfter(t, s, 7*time.Minute)
	stack.Until(t, "the offer goes on to the other person", func() bool {
		now := offered().OfferedTo
		return now != "" && now != first.OfferedTo
	})
	if _, err := s.API.AcceptHandoff(ctxFor(t), first.Handoff, "Ada"); err != nil {
		t.Fatal(err)
	}
	wantSpeakers(t, s, v, "cs")
}

// TestRule20HandoffStartKilled kills the worker between the start of the
// handoff's workflow and the note that it runs.
func TestRule20HandoffStartKilled(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{WorkerFault: "start_handoff.after_start"})
	addPerson(t, s, "Ada")
	v := s.Visit()
	v.Say("I want to talk to a person")
	s.AwaitDeath(s.Worker())
	s.StartWorker()
	stack.Until(t, "the handoff is offered", func() bool {
		return s.CountOf(v.Conversation, "select count(*) from handoffs where conversation_id = $1 and state = 'offered'") == 1
	})
	wantSpeakers(t, s, v, "cs")
}

// TestRule10OldUpdate delivers the first message once more after the
// conversation was closed and reopened, to the same run and to a new one.
func TestRule10OldUpdate(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	v := s.Visit()
	v.Say(question)
	v.AwaitReplies(1)
	v.End()
	stack.Until(t, "the conversation is closed", func() bool {
		return s.CountOf(v.Conversation, "select count(*) from conversations where id = $1 and lifecycle = 'closed'") == 1
	})
	v.Say(another)
	v.AwaitReplies(2)
	s.Check(v.Conversation)
	before := v.Speakers()
	redeliver(t, s, v.Conversation)
	s.Check(v.Conversation)
	terminate(t, s, schemas.ConversationWorkflowID(v.Conversation))
	redeliver(t, s, v.Conversation)
	v.Say(question)
	v.AwaitReplies(3)
	wantSpeakers(t, s, v, before+"ca")
}

// redeliver delivers every inbox row of the conversation again.
func redeliver(t *testing.T, s *stack.Stack, id schemas.ConversationID) {
	t.Helper()
	for _, row := range s.Deliveries(id) {
		if _, err := dispatch.New(s.Temporal).Receive(ctxFor(t), id, row.Delivery, row.DedupeKey); err != nil {
			t.Fatal(err)
		}
	}
}

func terminate(t *testing.T, s *stack.Stack, workflow string) {
	t.Helper()
	if err := s.Temporal.TerminateWorkflow(ctxFor(t), workflow, "", "a test ends it"); err != nil {
		t.Fatal(err)
	}
}

// reset takes a run back to the end of its first workflow task.
func reset(t *testing.T, s *stack.Stack, workflow string) {
	t.Helper()
	ctx := ctxFor(t)
	history := s.Temporal.GetWorkflowHistory(ctx, workflow, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetEventType() != enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			continue
		}
		described, err := s.Temporal.DescribeWorkflowExecution(ctx, workflow, "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Temporal.ResetWorkflowExecution(ctx, &workflowservice.ResetWorkflowExecutionRequest{
			Namespace: s.Namespace, Reason: "a test resets it", RequestId: uuid.NewString(),
			WorkflowExecution: &common.WorkflowExecution{
				WorkflowId: workflow, RunId: described.GetWorkflowExecutionInfo().GetExecution().GetRunId(),
			},
			WorkflowTaskFinishEventId: event.GetEventId(),
		})
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatal("the run has no finished workflow task")
}

// sweepAfter lets the database's clock jump and runs the sweep.
func sweepAfter(t *testing.T, s *stack.Stack, later time.Duration) {
	t.Helper()
	runAfter(t, s, later, schemas.WorkflowSweep, schemas.SweepInput{})
}

// runAfter lets the database's clock jump and runs a workflow that looks after
// what is overdue.
func runAfter(t *testing.T, s *stack.Stack, later time.Duration, workflow string, input ...any) {
	t.Helper()
	if err := s.Store.SetClock(ctxFor(t), nil, later); err != nil {
		t.Fatal(err)
	}
	stack.Until(t, "run "+workflow, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		run, err := s.Temporal.ExecuteWorkflow(ctx, sweepOptions(), workflow, input...)
		return err == nil && run.Get(ctx, nil) == nil
	})
}
