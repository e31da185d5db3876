package schemas

import (
	"encoding/json"
	"time"
)

// RunState is where one run of an action stands. It begins as RunPending.
type RunState string

// The states of a run. Unknown means that the effect may have happened: it is
// shown as such and never repeated. Spec: D17.
const (
	RunPending RunState = "pending"
	RunRunning RunState = "running"
	RunOK      RunState = "ok"
	RunFailed  RunState = "failed"
	RunUnknown RunState = "unknown"
	RunDenied  RunState = "denied"
	// RunWaiting: the system was asked and reports by callback.
	RunWaiting RunState = "waiting"
)

// Valid reports whether s is one of the states.
func (s RunState) Valid() bool {
	switch s {
	case RunPending, RunRunning, RunOK, RunFailed, RunUnknown, RunDenied, RunWaiting:
		return true
	}
	return false
}

// Ended reports whether the run is over.
func (s RunState) Ended() bool {
	switch s {
	case RunOK, RunFailed, RunUnknown, RunDenied:
		return true
	}
	return false
}

// RunError is why a run failed. An engine sees nothing else of a failure.
type RunError string

// The errors.
const (
	RunErrorNone        RunError = ""
	RunErrorTimeout     RunError = "timeout"
	RunErrorNotFound    RunError = "not_found"
	RunErrorRejected    RunError = "rejected"
	RunErrorUnavailable RunError = "unavailable"
	// RunErrorBlocked: the network guard refused the address.
	RunErrorBlocked RunError = "blocked"
	// RunErrorTooLarge: the answer was over its limit.
	RunErrorTooLarge RunError = "too_large"
	// RunErrorMalformed: the answer was not what the action reads.
	RunErrorMalformed RunError = "malformed"
	// RunErrorAuth: the system refused our credential.
	RunErrorAuth RunError = "auth"
	// RunErrorChanged: the definition of an MCP tool is not the approved one.
	RunErrorChanged RunError = "changed"
	// RunErrorArguments: a value cannot stand where the action puts it.
	RunErrorArguments RunError = "arguments"
	// RunErrorConfig: the action cannot be called as it is configured.
	RunErrorConfig RunError = "configuration"
	// RunErrorNotRecorded: a past conversation is played again, and it had no such
	// call. None is made.
	RunErrorNotRecorded RunError = "not_recorded"
)

// RunRequest is one call, ready to be made.
type RunRequest struct {
	Action     Action
	Connection Connection
	// Arguments are the inputs of every source but secret, by name.
	Arguments map[string]json.RawMessage
	// Key is the key of the effect: conversation/turn/step.
	Key string
	// Contact, Email and Name are the customer's, Level how well we know that.
	// Systems that check ownership get the address only from verified_email on.
	Contact ContactID
	Email   string
	Name    string
	Level   IdentityLevel
	// Conversation, Language and Channel are those of the conversation.
	Conversation ConversationID
	Language     string
	Channel      ChannelKind
	// CallbackURL is where a long-running action reports.
	CallbackURL string
	// CRM is what the agent may read and change there, for an ActionCRM; Confirmed
	// says that the customer agreed to this very change.
	CRM       CRMSettings
	Confirmed bool
	// Test marks a run that must have no effect outside.
	Test bool
}

// RunResult is what came of one call.
type RunResult struct {
	State RunState `json:"state"`
	Error RunError `json:"error,omitempty"`
	// Status is the HTTP status, 0 when there was none.
	Status int `json:"status,omitempty"`
	// Retryable is true when the same call may work later and may be repeated:
	// a read, or a write with an idempotency header, that met a network error or
	// 429, 502, 503, 504. It goes before State: such a write is unknown until a
	// later call with the same key says otherwise.
	Retryable  bool          `json:"retryable,omitempty"`
	RetryAfter time.Duration `json:"retry_after,omitempty"`
	Took       time.Duration `json:"took,omitempty"`
	// Values are the mapped outputs in the order of the definition; an action
	// without outputs has the whole answer as one value named result.
	Values []RunValue `json:"values,omitempty"`
}

// RunValue is one mapped output.
type RunValue struct {
	Name       string          `json:"name"`
	Visibility Visibility      `json:"visibility"`
	Value      json.RawMessage `json:"value"`
	Link       bool            `json:"link,omitempty"`
}
