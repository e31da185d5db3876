package schemas

import "time"

// Lifecycle is where a conversation stands. It is apart from its Outcome.
// Spec: D11.
type Lifecycle string

// The lifecycle states; docs/explanation/state-machines.md draws the transitions.
const (
	// LifecycleOpen: a customer message waits for the agent.
	LifecycleOpen Lifecycle = "open"
	// LifecycleWaitingCustomer: we wrote last. Inactivity runs only here.
	LifecycleWaitingCustomer Lifecycle = "waiting_customer"
	// LifecycleWaitingHuman: people have it, or it waits for them or for hours.
	LifecycleWaitingHuman Lifecycle = "waiting_human"
	// LifecycleClosed: over, until the customer comes back.
	LifecycleClosed Lifecycle = "closed"
)

// Valid reports whether l is one of the states.
func (l Lifecycle) Valid() bool {
	switch l {
	case LifecycleOpen, LifecycleWaitingCustomer, LifecycleWaitingHuman, LifecycleClosed:
		return true
	}
	return false
}

// Owner is who may speak to the customer.
type Owner string

// The owners. Settled: rule 17 lists the changes allowed between them.
const (
	OwnerNone  Owner = "none"
	OwnerAgent Owner = "agent"
	OwnerQueue Owner = "queue"
	OwnerHuman Owner = "human"
)

// Valid reports whether o is one of the owners.
func (o Owner) Valid() bool {
	switch o {
	case OwnerNone, OwnerAgent, OwnerQueue, OwnerHuman:
		return true
	}
	return false
}

// MayBecome reports whether ownership may pass from o to next.
// Settled: rule 17.
func (o Owner) MayBecome(next Owner) bool {
	switch o {
	case OwnerNone:
		return next != OwnerNone
	case OwnerAgent:
		return next == OwnerQueue || next == OwnerHuman || next == OwnerNone
	case OwnerQueue:
		return next == OwnerHuman || next == OwnerAgent || next == OwnerNone
	case OwnerHuman:
		return next == OwnerAgent || next == OwnerNone
	}
	return false
}

// Outcome is what came of a closed engagement. It is fixed 72 hours after the
// close and revoked when the customer returns. Spec: D11.
type Outcome string

// The outcomes.
const (
	OutcomeNone              Outcome = ""
	OutcomeResolvedConfirmed Outcome = "resolved_confirmed"
	OutcomeResolvedAssumed   Outcome = "resolved_assumed"
	OutcomeHandedOff         Outcome = "handed_off"
	OutcomeAbandoned         Outcome = "abandoned"
	OutcomeUnanswered        Outcome = "unanswered"
	OutcomeSpam              Outcome = "spam"
)

// Valid reports whether o is one of the outcomes or none yet.
func (o Outcome) Valid() bool {
	switch o {
	case OutcomeNone, OutcomeResolvedConfirmed, OutcomeResolvedAssumed, OutcomeHandedOff,
		OutcomeAbandoned, OutcomeUnanswered, OutcomeSpam:
		return true
	}
	return false
}

// OutcomeAfter is how long after a close the outcome is fixed. Spec: D11.
const OutcomeAfter = 72 * time.Hour

// CloseReason says why a conversation was closed.
type CloseReason string

// The close reasons.
const (
	CloseNone       CloseReason = ""
	CloseInactivity CloseReason = "inactivity"
	CloseByHuman    CloseReason = "human"
	CloseByCustomer CloseReason = "customer"
	CloseErased     CloseReason = "erased"
)

// Valid reports whether r is one of the reasons or none.
func (r CloseReason) Valid() bool {
	switch r {
	case CloseNone, CloseInactivity, CloseByHuman, CloseByCustomer, CloseErased:
		return true
	}
	return false
}

// DeadlineKind says what a conversation waits for until its Deadline.
type DeadlineKind string

// The kinds of deadline.
const (
	DeadlineNone       DeadlineKind = ""
	DeadlineReminder   DeadlineKind = "reminder"
	DeadlineInactivity DeadlineKind = "inactivity"
	DeadlineHours      DeadlineKind = "hours"
	DeadlineOutcome    DeadlineKind = "outcome"
	// DeadlinePending: an approval, a callback or a proof of identity is due.
	DeadlinePending DeadlineKind = "pending"
)

// Valid reports whether k is one of the kinds or none.
func (k DeadlineKind) Valid() bool {
	switch k {
	case DeadlineNone, DeadlineReminder, DeadlineInactivity, DeadlineHours, DeadlineOutcome, DeadlinePending:
		return true
	}
	return false
}

// Head is the part of a conversation's row that its workflow steers by. Every
// local activity that writes returns it, and it replaces the workflow's copy.
// Settled: rule 2.
type Head struct {
	// Version rises with every reading handed to a workflow, so that of two
	// results the later reading is known.
	Version      int64          `json:"version,omitempty"`
	Conversation ConversationID `json:"conversation"`
	Agent        AgentID        `json:"agent,omitempty"`
	Channel      ChannelKind    `json:"channel,omitempty"`
	Lifecycle    Lifecycle      `json:"lifecycle,omitempty"`
	Owner        Owner          `json:"owner,omitempty"`
	// Epoch rises with every change of owner.
	Epoch int64 `json:"epoch,omitempty"`
	// Engagement rises with every reopening; the first is 1.
	Engagement int `json:"engagement,omitempty"`
	// Turn is the highest turn claimed, Step the highest step used in it.
	Turn int `json:"turn,omitempty"`
	Step int `json:"step,omitempty"`
	// Unsent counts outbound parts that are queued or sending.
	Unsent int `json:"unsent,omitempty"`
	// LastInbound is the seq of the customer's latest message.
	LastInbound int64 `json:"last_inbound,omitempty"`
	// Pending is true while a customer message or a control row is not yet
	// taken into account.
	Pending bool `json:"pending,omitempty"`
	// Deadline is when the row wants to be looked at next; zero is never.
	Deadline      time.Time    `json:"deadline,omitzero"`
	DeadlineKind  DeadlineKind `json:"deadline_kind,omitempty"`
	Handoff       HandoffID    `json:"handoff,omitempty"`
	HandoffReason Reason       `json:"handoff_reason,omitempty"`
	AssignedTo    UserID       `json:"assigned_to,omitempty"`
	CloseReason   CloseReason  `json:"close_reason,omitempty"`
	Outcome       Outcome      `json:"outcome,omitempty"`
	// ConfigVersion is the published version that made the latest turn.
	ConfigVersion int `json:"config_version,omitempty"`
}

// ConversationInput starts or continues a Conversation. State is nil on a
// fresh run, which then restores everything from the row.
type ConversationInput struct {
	Conversation ConversationID     `json:"conversation"`
	State        *ConversationState `json:"state,omitempty"`
	// RollAt is after how many turns of a run it continues as new, for tests;
	// 0 is the product's value.
	RollAt int `json:"roll_at,omitempty"`
}

// ConversationState is what a run carries over continue-as-new. Everything
// else is read from the row again. Settled: rules 1, 10.
type ConversationState struct {
	// Seen holds the hashes of the last 500 updates, oldest first.
	Seen []SeenUpdate `json:"seen,omitempty"`
	// Accepted counts the updates accepted over all runs.
	Accepted int64 `json:"accepted,omitempty"`
	// Taken holds the ids of the latest messages for the Transcript query.
	Taken []MessageID `json:"taken,omitempty"`
	// Shown is what the search attributes say now, so that only changes are
	// written.
	Shown Attributes `json:"shown"`
	// Wake is true when a delivery has not been looked at yet.
	Wake bool `json:"wake,omitempty"`
	// FirstAt and LastAt bound the burst of messages that waits for its turn.
	FirstAt time.Time `json:"first_at,omitzero"`
	LastAt  time.Time `json:"last_at,omitzero"`
	// Quiet and Cap are the burst limits that came with the latest message.
	Quiet time.Duration `json:"quiet,omitempty"`
	Cap   time.Duration `json:"cap,omitempty"`
	// Runs counts continue-as-new.
	Runs int `json:"runs,omitempty"`
}

// SeenUpdate remembers one accepted update: the first 16 hexadecimal digits of
// its id and the number it got.
type SeenUpdate struct {
	Hash   string `json:"hash"`
	Number int64  `json:"number"`
}

// Attributes are the values of a conversation's search attributes.
type Attributes struct {
	AgentID       string `json:"agent_id,omitempty"`
	Channel       string `json:"channel,omitempty"`
	State         string `json:"state,omitempty"`
	Owner         string `json:"owner,omitempty"`
	HandoffReason string `json:"handoff_reason,omitempty"`
	AssignedTo    string `json:"assigned_to,omitempty"`
	CloseReason   string `json:"close_reason,omitempty"`
	ConfigVersion string `json:"config_version,omitempty"`
	Turns         int64  `json:"turns,omitempty"`
}

// ConversationResult is what a finished Conversation returns.
type ConversationResult struct {
	Conversation ConversationID `json:"conversation"`
	Lifecycle    Lifecycle      `json:"lifecycle,omitempty"`
	Outcome      Outcome        `json:"outcome,omitempty"`
	Turns        int            `json:"turns,omitempty"`
}

// DeliveryKind says what an inbox row brings.
type DeliveryKind string

// The kinds of delivery.
const (
	// DeliveryMessage is a customer message.
	DeliveryMessage DeliveryKind = "message"
	// DeliveryControl is anything else that must reach the conversation in
	// order. Settled: rule 6.
	DeliveryControl DeliveryKind = "control"
)

// Valid reports whether k is one of the kinds.
func (k DeliveryKind) Valid() bool { return k == DeliveryMessage || k == DeliveryControl }

// Delivery is the argument of the Receive update: which inbox row has come.
// The text stays in Postgres; the update only wakes.
type Delivery struct {
	// Row is the inbox row's number.
	Row  int64        `json:"row"`
	Kind DeliveryKind `json:"kind"`
	// Message is set for customer messages, Control for control rows.
	Message MessageID   `json:"message,omitempty"`
	Control ControlKind `json:"control,omitempty"`
	// Quiet is how long the customer must be silent before a turn starts, and
	// Cap the longest wait from the burst's first message. Settled by the
	// channel's settings when the row was written.
	Quiet time.Duration `json:"quiet,omitempty"`
	Cap   time.Duration `json:"cap,omitempty"`
	// Preview conversations run on a queue of their own.
	Preview bool `json:"preview,omitempty"`
}

// Ack answers the Receive update.
type Ack struct {
	// Number counts the deliveries this conversation has accepted.
	Number int64 `json:"number"`
	// Duplicate is true when the same delivery was accepted before.
	Duplicate bool `json:"duplicate,omitempty"`
}

// ConversationView answers the State query.
type ConversationView struct {
	Head Head `json:"head"`
	// Doing is what the workflow is at: waiting, quiet, turn, rolling.
	Doing string `json:"doing"`
	// Sending is true while a network step is under way.
	Sending bool `json:"sending"`
	Runs    int  `json:"runs"`
	// Updates counts the deliveries accepted in this run.
	Updates int `json:"updates"`
}

// TranscriptView answers the Transcript query: ids only.
type TranscriptView struct {
	Messages []MessageID `json:"messages"`
	Turn     int         `json:"turn"`
}
