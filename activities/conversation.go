package activities

import (
	"context"

	"steward/internal/agent"
	"steward/internal/policy"
	"steward/schemas"
)

// ConversationStore is the row of a conversation and the transactions in which
// it changes.
type ConversationStore interface {
	NextStep(ctx context.Context, id schemas.ConversationID, rules schemas.Rules) (schemas.NextStepResult, error)
	Compose(ctx context.Context, in schemas.ComposeInput, rules schemas.ComposeRules) (schemas.ComposeResult, error)
	HandoffStarted(ctx context.Context, in schemas.StartHandoffInput) (schemas.Head, error)
}

// HandoffStarter starts the workflow of a handoff; starting it again is
// harmless.
type HandoffStarter interface {
	StartHandoff(ctx context.Context, id schemas.HandoffID) error
}

// HandoffWaker has a handoff's workflow read its row; a HandoffStarter may be one.
type HandoffWaker interface {
	WakeHandoff(ctx context.Context, id schemas.HandoffID) error
}

// Conversations are the activities of the Conversation workflow.
type Conversations struct {
	Store    ConversationStore
	Turns    TurnStore
	Runs     ActionStore
	Goals    GoalStore
	Outbox   OutboxStore
	Search   Searcher
	Engine   Engine
	Channels map[schemas.ChannelKind]Channel
	Handoffs HandoffStarter
	// Outcomes has the outcomes of goals written to the CRM.
	Outcomes GoalStarter
	// Callers make the calls of actions, by kind.
	Callers map[schemas.ActionKind]Caller
	// Codes sends the codes that prove addresses.
	Codes Codes
	// Customers is the company's CRM; CustomerStore keeps what it says.
	Customers     Customers
	CustomerStore CustomerStore
	// CallbackBase is the address under which systems report results, to which
	// the token of a run is added. Empty: none can.
	CallbackBase string
	// Gates decide about calls.
	Gates policy.Gates
	// Checks decide about what is said.
	Checks agent.Checker
	// Fault kills the process at named points in tests; nil in the product.
	Fault Fault
}

// NextStep decides what the conversation does next and makes it true. It reads
// the messages that are in no turn yet, applies the rules of admission and
// guarding, and claims the turn. A local activity.
func (a *Conversations) NextStep(ctx context.Context, in schemas.NextStepInput) (schemas.NextStepResult, error) {
	a.fault("next_step.before")
	out, err := a.Store.NextStep(ctx, in.Conversation, conversationRules())
	a.fault("next_step.after_commit")
	return out, failure(ctx, err)
}

// Compose checks the turn's latest decision and stores the reply or the
// handoff. A local activity.
func (a *Conversations) Compose(ctx context.Context, in schemas.ComposeInput) (schemas.ComposeResult, error) {
	a.fault("compose.before")
	out, err := a.Store.Compose(ctx, in, a.composeRules())
	a.fault("compose.after_commit")
	return out, failure(ctx, err)
}

// StartHandoff starts the handoff's workflow and notes that it runs.
func (a *Conversations) StartHandoff(ctx context.Context, in schemas.StartHandoffInput) (schemas.StartHandoffResult, error) {
	if err := a.Handoffs.StartHandoff(ctx, in.Handoff); err != nil {
		return schemas.StartHandoffResult{}, failure(ctx, err)
	}
	a.fault("start_handoff.after_start")
	head, err := a.Store.HandoffStarted(ctx, in)
	return schemas.StartHandoffResult{Head: head}, failure(ctx, err)
}

// Fault is a point of the code at which tests kill the process.
type Fault interface {
	At(point string)
}

func (a *Conversations) fault(point string) { reach(a.Fault, point) }

func reach(f Fault, point string) {
	if f != nil {
		f.At(point)
	}
}
