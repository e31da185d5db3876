package schemas

import (
	"encoding/json"
	"time"
)

// PendingKind is what a conversation waits for without holding a turn.
// Settled: rule 7.
type PendingKind string

// The kinds. The first two ask the customer, one at a time.
const (
	PendingConfirmation PendingKind = "confirmation"
	PendingIdentity     PendingKind = "identity"
	// PendingApproval asks a person before an action, PendingReply before a
	// reply.
	PendingApproval PendingKind = "approval"
	PendingReply    PendingKind = "reply"
	// PendingCallback waits for another system's report.
	PendingCallback PendingKind = "callback"
)

// PendingState is what came of it.
type PendingState string

// The states. A yes is used once; what it was given for runs once.
const (
	PendingOpen     PendingState = "open"
	PendingYes      PendingState = "yes"
	PendingNo       PendingState = "no"
	PendingExpired  PendingState = "expired"
	PendingReplaced PendingState = "replaced"
	PendingVoid     PendingState = "void"
	PendingUsed     PendingState = "used"
)

// How long a question waits for its answer.
const (
	ConfirmationWait = 15 * time.Minute
	ApprovalWait     = 72 * time.Hour
	ApprovalEscalate = 4 * time.Hour
	CallbackWait     = 24 * time.Hour
	// IdentityWait is how long a customer has to prove who they are.
	IdentityWait = 30 * time.Minute
)

// Pending is one thing that a conversation waits for, or whose answer no turn
// has dealt with yet.
type Pending struct {
	ID    PendingID    `json:"id"`
	Kind  PendingKind  `json:"kind"`
	State PendingState `json:"state"`
	// Run is what waits.
	Run    RunRef `json:"run"`
	Action string `json:"action,omitempty"`
	Hash   string `json:"hash,omitempty"`
	// Said is the transcript number of the question to the customer, 0 while it
	// has not gone out.
	Said     int64     `json:"said,omitempty"`
	Deadline time.Time `json:"deadline"`
	// Escalate is when the people asked are overdue; zero for none, or when that
	// has been noted.
	Escalate time.Time `json:"escalate,omitzero"`
}

// RunRef names a run by the turn and the step of its call. Settled: rule 4.
type RunRef struct {
	Turn int `json:"turn"`
	Step int `json:"step"`
}

// Resume is an earlier run that a turn goes on with, and what was decided.
type Resume struct {
	Pending PendingID    `json:"pending"`
	Kind    PendingKind  `json:"kind"`
	Run     RunRef       `json:"run"`
	Answer  PendingState `json:"answer"`
}

// ReadCall is a call after its action and arguments were read.
type ReadCall struct {
	// Action is nil when there is none of this name.
	Action *Action
	// Arguments are the customer's inputs in canonical form.
	Arguments json.RawMessage
	// Digest is that of the definition, Hash that of it with the arguments.
	Digest string
	Hash   string
	// Status is CallOK, CallInvalid or CallMissing; Detail says to an engine what
	// is wrong and quotes nothing.
	Status CallStatus
	Detail string
}

// GateFacts is what the gates of an action decide on, read under the row's lock.
type GateFacts struct {
	Facts
	Material Material
	Call     Call
	Read     ReadCall
	// Resume is set when the call was asked about before.
	Resume *Resume
	// SameAnswer: the answer was given for this very definition and arguments.
	SameAnswer bool
	// InTurn counts the runs of this turn, LastHour those of the action for this
	// contact in the last hour.
	InTurn, LastHour int
	// Repeated: a write with the same arguments ran or may have run in the last
	// ten minutes.
	Repeated bool
}

// GateDo is what the gates decide.
type GateDo string

// The decisions.
const (
	// GateRun: make the call.
	GateRun GateDo = "run"
	// GateTell: do not; tell the engine why.
	GateTell GateDo = "tell"
	// GateAsk: ask the customer, or a person, and end the turn.
	GateAsk GateDo = "ask"
	// GateVerify: send the customer a code, and end the turn.
	GateVerify GateDo = "verify"
	// GateHandOff: pass the conversation to people.
	GateHandOff GateDo = "hand_off"
)

// GateVerdict is what becomes of a call.
type GateVerdict struct {
	Do GateDo
	// Gate names the gate that decided, for the trace.
	Gate string
	// Status, Error and Detail are what an engine sees of a call that does not
	// run.
	Status CallStatus
	Error  string
	Detail string
	// Ask is what is waited for, Text what the customer reads. Deadline and
	// Escalate are durations from now.
	Ask      PendingKind
	Text     string
	AskEmail bool
	Wait     time.Duration
	Escalate time.Duration
	Team     TeamID
	// Request is what a person reads who is asked to approve.
	Request string
	HandOff Verdict
}

// GateRules are the decisions about a call.
type GateRules struct {
	ComposeRules
	Read func(Material, Call) ReadCall
	Gate func(GateFacts) GateVerdict
	// Beside checks and renders what is said beside a call; an empty text is not
	// sent.
	Beside func(ComposeFacts) Reply
	// Sent words what the customer hears after a code was sent, or was not.
	Sent func(GateFacts, CodeOutcome) GateVerdict
}

// CheckActionInput asks what becomes of one call of the turn's latest decision,
// or of a run that the turn goes on with.
type CheckActionInput struct {
	// TurnRef holds the step of the call; its run has this key.
	TurnRef
	Epoch int64 `json:"epoch"`
	// Decision is the step of the decision, Place the call's place in it.
	Decision int `json:"decision,omitempty"`
	Place    int `json:"place,omitempty"`
	// Resume goes on with an earlier run in place of a call.
	Resume *RunRef `json:"resume,omitempty"`
}

// Checked is what became of a call.
type Checked string

// The verdicts of CheckAction.
const (
	// CheckedRun: the call is to be made.
	CheckedRun Checked = "run"
	// CheckedTold: the engine sees why not.
	CheckedTold Checked = "told"
	// CheckedEnded: somebody was asked, or people have it; the turn is over.
	CheckedEnded Checked = "ended"
	// CheckedVerify: a code is to be sent to the customer; the turn is over then.
	CheckedVerify Checked = "verify"
	// CheckedStale: the owner, the epoch or a pause stopped the turn.
	CheckedStale Checked = "stale"
)

// CheckActionResult says what the workflow does with a call.
type CheckActionResult struct {
	Verdict Checked `json:"verdict"`
	Run     RunRef  `json:"run"`
	// Said is true when a text beside the call is on its way to the customer.
	Said bool `json:"said,omitempty"`
	// Changes is true when the run is more than a read.
	Changes bool `json:"changes,omitempty"`
	// Within bounds one attempt of the call.
	Within time.Duration `json:"within,omitempty"`
	Head   Head          `json:"head"`
}

// RunActionInput asks to make the call of a run.
type RunActionInput struct {
	// TurnRef is the turn that makes it; Run names it.
	TurnRef
	Epoch int64  `json:"epoch"`
	Run   RunRef `json:"run"`
}

// RunActionResult says how a run ended; what it gave is stored.
type RunActionResult struct {
	State RunState `json:"state"`
	// HandOff is true when people get the conversation after it.
	HandOff bool `json:"hand_off,omitempty"`
	// Stale: the owner, the epoch, a pause or a gate stopped it before the call.
	Stale bool `json:"stale,omitempty"`
}

// Claimed is a run that may be called now.
type Claimed struct {
	// Result is set when there is nothing to call.
	Result  *RunActionResult
	Request RunRequest
	// Attempt counts the calls of the run, this one included.
	Attempt int
	// Token is that by which the system reports the result later, empty for an
	// action without a callback.
	Token string
}

// RunOutcome is what is stored of a call.
type RunOutcome struct {
	Result RunResult
	Status CallStatus
	// Detail is what an engine reads of it, Shown what the customer may see.
	Detail string
	Shown  []RunValue
}

// ApprovalDecision is what a person decides about a request.
type ApprovalDecision struct {
	As   string `json:"as" minLength:"1" maxLength:"200" doc:"Name or id of the team member who decides."`
	Note string `json:"note,omitempty" maxLength:"500" doc:"Why, for the team."`
}

// ApprovalRequest is something that people are asked to decide: whether an
// action runs, or whether a reply is sent. Spec: D21.
type ApprovalRequest struct {
	ID           PendingID      `json:"id"`
	Conversation ConversationID `json:"conversation_id"`
	// Kind is approval for an action, reply for a reply.
	Kind  PendingKind  `json:"kind"`
	State PendingState `json:"state"`
	// Text is what would be done, or said.
	Text string `json:"text"`
	Team string `json:"team,omitempty"`
	Note string `json:"note,omitempty"`
	// Overdue is true when nobody decided in the time that the settings give.
	Overdue   bool      `json:"overdue,omitempty"`
	DecidedBy UserID    `json:"decided_by,omitempty"`
	Deadline  time.Time `json:"deadline"`
	CreatedAt time.Time `json:"created_at"`
}
