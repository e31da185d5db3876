package schemas

import "time"

// GoalWriteState is how far the CRM's part of a goal's outcome is. Spec: S54.
type GoalWriteState string

// The states. What is unknown is written again under its keys, which changes
// nothing that was written before.
const (
	GoalWriteDue GoalWriteState = "due"
	// GoalWriteSending: a try has begun.
	GoalWriteSending GoalWriteState = "sending"
	// GoalWriteUnknown: the answer to a write was lost.
	GoalWriteUnknown GoalWriteState = "unknown"
	GoalWriteDone    GoalWriteState = "done"
	// GoalWriteFailed: the CRM refuses it, or has not answered for a month.
	GoalWriteFailed GoalWriteState = "failed"
)

// Over reports whether nothing more is written.
func (s GoalWriteState) Over() bool { return s == GoalWriteDone || s == GoalWriteFailed }

// GoalLeftReason is why a value was not written.
type GoalLeftReason string

// The reasons that the outcome itself has; those of a property are the CRM's
// denials.
const (
	// GoalLeftAddress: the customer gave no address by which to find them.
	GoalLeftAddress GoalLeftReason = "no_address"
	// GoalLeftSeveral: several records have the address.
	GoalLeftSeveral GoalLeftReason = "several_records"
	// GoalLeftRecord: the outcome makes no record of the kind that the answer
	// belongs to.
	GoalLeftRecord GoalLeftReason = "no_record"
	// GoalLeftValue: the record has another value, which only the customer's yes
	// would replace.
	GoalLeftValue GoalLeftReason = "has_value"
	// GoalLeftRefused: the CRM takes no such value.
	GoalLeftRefused GoalLeftReason = "refused"
)

// GoalLeft is a value of an outcome that was not written.
type GoalLeft struct {
	Object   ObjectType     `json:"object"`
	Property string         `json:"property"`
	Reason   GoalLeftReason `json:"reason"`
}

// GoalPlan is what an outcome writes to the CRM.
type GoalPlan struct {
	// Set are properties of the contact with the admin's values, Answers with the
	// customer's.
	Set     map[string]string
	Answers map[string]string
	// Create is what is made for the contact, with Properties; empty for nothing.
	Create     ObjectType
	Properties map[string]string
	// Left are answers that have no place.
	Left []GoalLeft
}

// Empty reports whether there is nothing to write and nothing to note.
func (p GoalPlan) Empty() bool {
	return len(p.Set)+len(p.Answers)+len(p.Left) == 0 && p.Create == ""
}

// GoalWriteRequest is one try to write an outcome to the CRM.
type GoalWriteRequest struct {
	// Key is that of the run; each write has one below it.
	Key          string
	Attempt      int
	Conversation ConversationID
	Contact      ContactID
	// Email and Level are how the customer was known when the outcome was applied.
	Email string
	Level IdentityLevel
	// CRM says which properties may be changed, and from which level on.
	CRM  CRMSettings
	Goal Goal
	Run  GoalRun
	Plan GoalPlan
}

// GoalWritten is what came of a try.
type GoalWritten struct {
	State GoalWriteState
	// Error is the kind of failure, empty for none.
	Error string
	// RetryAfter is how long the CRM asks to wait, Until is when it can be asked
	// again; zero when it does not say.
	RetryAfter time.Duration
	Until      time.Time
	Left       []GoalLeft
}

// GoalClaim is a try that may begin, or why none may.
type GoalClaim struct {
	// Request is nil when nothing is to be done now.
	Request *GoalWriteRequest
	State   GoalWriteState
	// Wait is how long until the next try.
	Wait time.Duration
}

// GoalNext says when a write that is not over is tried again: its state from now
// on and the moment. since is when the outcome was applied.
type GoalNext func(now, since time.Time, attempt int, written GoalWritten) (GoalWriteState, time.Time)

// GoalOutcomeInput starts a GoalOutcome workflow.
type GoalOutcomeInput struct {
	// Key is that of the run.
	Key string `json:"key"`
	// Tries counts those of earlier runs of the workflow.
	Tries int `json:"tries,omitempty"`
}

// GoalOutcomeResult is what a finished GoalOutcome returns.
type GoalOutcomeResult struct {
	State GoalWriteState `json:"state"`
	Tries int            `json:"tries"`
}

// WriteGoalInput asks for one try to write an outcome to the CRM.
type WriteGoalInput struct {
	Key string `json:"key"`
}

// WriteGoalResult says how far the writing is, and how long to wait for the next
// try when it is not over.
type WriteGoalResult struct {
	State GoalWriteState `json:"state"`
	Wait  time.Duration  `json:"wait,omitempty"`
}
