package schemas

import "time"

// Guard is what rules read from a customer's messages before any model is
// asked. Customer text never leaves the activity that reads it; only this does.
type Guard string

// What the guard can find.
const (
	GuardNone Guard = ""
	// GuardHuman: the customer asks for a person. It wins over everything.
	GuardHuman Guard = "human"
	// GuardKeyword: one of the admin's handoff phrases.
	GuardKeyword Guard = "keyword"
	// GuardCourtesy: only thanks or goodbye; nothing to answer.
	GuardCourtesy Guard = "courtesy"
	// GuardYes and GuardNo: nothing but a yes or a no, which counts only while a
	// question of ours is open.
	GuardYes Guard = "yes"
	GuardNo  Guard = "no"
	// GuardResend: the customer asks for another code, which counts only while one
	// is waited for.
	GuardResend Guard = "resend"
)

// Do is one step of a conversation, decided by policy.Next.
type Do string

// The steps. The last four are where NextStep returns to the workflow.
const (
	DoAdmit     Do = "admit"
	DoReopen    Do = "reopen"
	DoHandOff   Do = "hand_off"
	DoWaitHours Do = "wait_hours"
	DoResume    Do = "resume"
	DoLeave     Do = "leave"
	DoThank     Do = "thank"
	DoRemind    Do = "remind"
	DoClose     Do = "close"
	DoOutcome   Do = "outcome"
	// DoEscalate notes that people have not decided in time.
	DoEscalate Do = "escalate"
	// DoApplyGoal applies the outcome of a goal.
	DoApplyGoal Do = "apply_goal"
	// DoConsent notes whether the customer wants to hear of an answer.
	DoConsent Do = "consent"
	// DoSettle marks control rows as applied and moves the deadline.
	DoSettle Do = "settle"

	DoTurn         Do = "turn"
	DoStartHandoff Do = "start_handoff"
	DoWait         Do = "wait"
	DoEnd          Do = "end"
)

// Returns reports whether the step is one the workflow has to act on.
func (d Do) Returns() bool {
	switch d {
	case DoTurn, DoStartHandoff, DoApplyGoal, DoWait, DoEnd:
		return true
	}
	return false
}

// Notice is a text the system itself sends: transfer, opening time, apology,
// fallback, reminder, closing. Settled: rule 16.
type Notice struct {
	// Event is the key of what it announces; one notice per event.
	Event string
	Text  string
	// AskEmail is true when the text asks for an email address.
	AskEmail bool
	// Nobody is true when a transfer message already says that nobody is there,
	// so that it is not said again.
	Nobody bool
}

// Verdict is one decision about a conversation, applied in the transaction
// that read its facts.
type Verdict struct {
	Do     Do
	Reason Reason
	// Until is the deadline that the step sets: an opening, or when the turn has
	// to be answered.
	Until       time.Time
	CloseReason CloseReason
	Outcome     Outcome
	Notice      Notice
	// Language is the conversation's language as read from its messages; empty
	// leaves it as it is.
	Language string
	// Release gives the messages of an open turn back, so that a resume
	// answers them.
	Release bool
	// Late: the first message of the turn waited too long for us, so the reply
	// begins with an apology.
	Late bool
	// Resume is an earlier run that the turn goes on with.
	Resume *Resume
	// Uncertain: an action may have had its effect; people have to look.
	Uncertain bool
	// Team gets a handoff in place of the one in the settings; empty for that.
	Team TeamID
	// Consent is what DoConsent notes.
	Consent Consent
	// Priority is that of a handoff; empty is normal.
	Priority Priority
	// Topic is the one that the engine's reason for a handoff names.
	Topic string
	// Upset: the turn's messages are those of an upset customer.
	Upset bool
}

// Facts is everything policy.Next decides on, read under the row's lock.
type Facts struct {
	// Now is the database's clock.
	Now    time.Time
	Exists bool
	// Preview: an admin tries settings; there is no customer.
	Preview bool
	Head    Head

	AgentOn      bool
	Paused       bool
	Published    bool
	Deployed     bool
	OutOfCredits bool
	// Settings are the published ones.
	Settings Settings

	// OpensAt is the opening that the conversation waits for; zero when it
	// waits for none.
	OpensAt time.Time
	// Admitted: the agent took this engagement.
	Admitted bool
	// Untaken counts customer messages that are in no turn and not left to
	// people; OldestUntaken is when the first of them came.
	Untaken       int
	OldestUntaken time.Time
	// Texts are the untaken messages and those of the open turn, in order; First
	// is the transcript number of the first.
	Texts []string
	First int64
	// Pending is what the conversation waits for, and what was decided and no
	// turn has dealt with, oldest first.
	Pending []Pending
	// GoalDue: a goal has a verdict whose outcome has not been applied.
	GoalDue bool
	// Resumed: the open turn goes on with an earlier run that has begun.
	Resumed bool
	// OpenTurn is the turn claimed but not finished, 0 when there is none.
	OpenTurn int
	// Controls are the control rows not yet applied, in order.
	Controls []ControlKind
	// Unanswered: the customer's latest question got no answer.
	Unanswered bool
	// Reminded: the reminder of this wait has gone out.
	Reminded bool
	ClosedAt time.Time
	// Resolved: the customer said so or rated the answer well.
	Resolved bool
	// Replies counts the agent's answers in this engagement.
	Replies int
	// ByHuman: a person took part in this engagement.
	ByHuman bool
	// Returned: the customer came back in a later conversation.
	Returned bool

	// HandoffState is that of Head.Handoff.
	HandoffState   HandoffState
	HandoffStarted bool
	// Deferred: people were asked, and the agent still has the conversation.
	Deferred bool
	// Offered: the agent's latest reply offered a person. OfferedBefore: an
	// earlier one of this engagement did.
	Offered       bool
	OfferedBefore bool
	// UnresolvedStreak and UpsetStreak count the turns before this one that
	// resolved nothing, and those of an upset customer.
	UnresolvedStreak int
	UpsetStreak      int
	// Properties are the customer's in the CRM, when the settings ask for some.
	Properties map[ObjectType]map[string]string
	// Signals are filled by whoever reads the texts.
	Signals Signals

	Language   string
	EmailKnown bool
	EmailAsked bool
	// Check is how the proof of the customer's address stands.
	Check CheckFacts
	// TellAsked: the latest reply asked whether the customer wants to hear of an
	// answer. Consent is what they said to that before.
	TellAsked bool
	Consent   Consent
}

// Rules are the pure decisions that the store applies in the transaction that
// read their facts. Next decides a step; Notice words a step's message to the
// customer, and Summary and Brief tell people what a handoff is about. Route
// says where it goes, and Defers whether the agent keeps the conversation until
// then; without these three it goes to the settings' team at once, with an empty
// summary in parts.
type Rules struct {
	Next    func(Facts) Verdict
	Notice  func(Facts, Verdict, PeopleFacts) Notice
	Summary func(Facts, Verdict, []Line) string
	// Know fills in how well the customer is known and what may be seen of them.
	// Nil leaves them anonymous.
	Know   func(Material) Material
	Brief  func(Facts, Verdict, BriefFacts) HandoffSummary
	Route  func(Facts, Verdict, []Line, RouteFacts) RoutePlan
	Defers func(Facts, Verdict, PeopleFacts) bool
}

// ComposeFacts is what Compose decides on, read under the row's lock after the
// owner, the epoch and the pauses have been checked.
type ComposeFacts struct {
	Facts
	Material Material
	// Decision is the latest decision of the turn, nil when no engine gave one.
	Decision *Decision
	Late     bool
	Repaired bool
	// Stop is why the turn ended without a decision.
	Stop Reason
	// Uncertain: an action of this turn may have had its effect.
	Uncertain bool
	// Held is set when the turn is about a reply that a person was asked about.
	Held *HeldReply
}

// Reply is what Compose decided to store.
type Reply struct {
	Verdict    Composed
	Text       string
	Citations  []Citation
	AskEmail   bool
	Language   string
	NotFound   bool
	Kind       DecisionKind
	Engine     string
	Violations []string
	// Frame is the action whose inputs are being collected from now on.
	Frame *Frame
	// Goals are the runs of goals that the turn started or changed.
	Goals []GoalRun
	// Gap is why the turn's questions count as a gap in the content; empty when
	// they do not. Consent is what is known of hearing of an answer; a reply that
	// asks has ConsentAsked.
	Gap     GapReason
	Consent Consent
	// HandOff is the verdict to apply when Verdict is hand_off.
	HandOff Verdict
	// Unresolved: the reply resolves nothing. Offers: it offers a person.
	Unresolved bool
	Offers     bool
	// Hold asks a person before the reply is sent; nil sends it. Chunks are what
	// such a reply rests on.
	Hold   *Hold     `json:",omitempty"`
	Chunks []ChunkID `json:",omitempty"`
}

// ComposeRules are the decisions of Compose.
type ComposeRules struct {
	Rules
	Reply func(ComposeFacts) Reply
}

// NextStepInput asks what a conversation does next.
type NextStepInput struct {
	Conversation ConversationID `json:"conversation"`
}

// NextStepResult is where the conversation stands and what the workflow does.
type NextStepResult struct {
	Do   Do   `json:"do"`
	Head Head `json:"head"`
	// Taken are the messages of the claimed turn.
	Taken []MessageID `json:"taken,omitempty"`
	// Late is true when the turn's first message waited over ten minutes for
	// us, so the reply begins with one apology.
	Late bool `json:"late,omitempty"`
	// Deadline is when the turn has to be answered by someone.
	Deadline time.Time `json:"deadline,omitzero"`
	// Resume is an earlier run that the turn goes on with first.
	Resume *RunRef `json:"resume,omitempty"`
	// Held: the turn is about a reply that a person was asked about, so there is
	// nothing to decide in it.
	Held bool `json:"held,omitempty"`
	// Rounds is how many decisions the turn may take.
	Rounds int `json:"rounds,omitempty"`
	// LookUp: the turn begins with what the CRM says of the customer.
	LookUp bool `json:"look_up,omitempty"`
}

// TurnRef names a step of a turn. Its Key is the key of the step's effect.
// Settled: rule 4.
type TurnRef struct {
	Conversation ConversationID `json:"conversation"`
	Turn         int            `json:"turn"`
	Step         int            `json:"step"`
}

// RetrieveInput asks for the passages of a turn.
type RetrieveInput struct {
	TurnRef
}

// RetrieveResult counts what was found; the passages are stored.
type RetrieveResult struct {
	Passages int `json:"passages"`
	// Degraded is true when the index was down and Postgres answered.
	Degraded bool `json:"degraded,omitempty"`
}

// ModelUse is which engine a Generate asks. Spec: D20.
type ModelUse string

// The uses, in the order of the fallback chain.
const (
	UsePrimary  ModelUse = "primary"
	UseFallback ModelUse = "fallback"
	// UseQuotes is the embedded answer finder.
	UseQuotes ModelUse = "quotes"
)

// GenerateInput asks an engine for one decision.
type GenerateInput struct {
	TurnRef
	Use ModelUse `json:"use"`
	// Repair is true when the decision before broke a rule; the violations
	// are stored with it.
	Repair bool `json:"repair,omitempty"`
}

// GenerateResult says what kind of decision was stored.
type GenerateResult struct {
	Kind DecisionKind `json:"kind"`
	// Engine is the name of the model or finder that made it.
	Engine string `json:"engine"`
	// Skipped is true when the worker has no such engine; the next is asked.
	Skipped bool `json:"skipped,omitempty"`
	// Calls counts the actions that the decision calls.
	Calls int `json:"calls,omitempty"`
	// Budget is true when the conversation has used up its tokens: no engine was
	// asked.
	Budget bool `json:"budget,omitempty"`
}

// ComposeInput asks to check the latest decision of a turn and store the reply.
type ComposeInput struct {
	TurnRef
	Epoch int64 `json:"epoch"`
	// Failed is true when no engine gave a decision: people take over.
	Failed bool `json:"failed,omitempty"`
	// Stop is why people take over without a decision: budget, or what an action
	// came to. Default system_error.
	Stop Reason `json:"stop,omitempty"`
	// Uncertain: an action of the turn may have had its effect.
	Uncertain bool `json:"uncertain,omitempty"`
	// Repaired is true when the decision is already a repair.
	Repaired bool `json:"repaired,omitempty"`
}

// Composed is what became of a decision.
type Composed string

// The verdicts of Compose.
const (
	// ComposedReply: the reply and its parts are stored; the turn is done.
	ComposedReply Composed = "reply"
	// ComposedHandOff: the conversation went to people instead.
	ComposedHandOff Composed = "hand_off"
	// ComposedRepair: the decision broke a rule; ask once more.
	ComposedRepair Composed = "repair"
	// ComposedStale: the owner, the epoch or a pause stopped the turn.
	ComposedStale Composed = "stale"
)

// ComposeResult is what Compose did.
type ComposeResult struct {
	Verdict Composed `json:"verdict"`
	Head    Head     `json:"head"`
}

// SendInput asks to send the next part of a conversation.
type SendInput struct {
	Conversation ConversationID `json:"conversation"`
}

// Sent is what became of one network step.
type Sent string

// The results of a network step.
const (
	SentDone      Sent = "sent"
	SentNothing   Sent = "nothing"
	SentCancelled Sent = "cancelled"
	SentLater     Sent = "later"
	SentFailed    Sent = "failed"
	SentUnknown   Sent = "unknown"
)

// SendResult is what Send did. Stored is false when the provider answered but
// the result could not be stored; SettleSend then stores it.
type SendResult struct {
	Result Sent `json:"result"`
	// Part and Attempt are set when a network step was made.
	Part    PartID    `json:"part,omitempty"`
	Attempt AttemptID `json:"attempt,omitempty"`
	Code    string    `json:"code,omitempty"`
	Stored  bool      `json:"stored"`
	// Revocable is that of Delivered.
	Revocable bool `json:"revocable,omitempty"`
	// Retry is when the next part may go out; zero is now. RetryAfter is how
	// long after this step its part may be tried again.
	Retry      time.Time     `json:"retry,omitzero"`
	RetryAfter time.Duration `json:"retry_after,omitempty"`
	Head       Head          `json:"head"`
}

// SettleSendInput stores the result of a network step whose activity could not,
// or finds out what became of one whose activity was lost.
type SettleSendInput struct {
	Conversation ConversationID `json:"conversation"`
	// Result is nil when the activity was lost.
	Result *SendResult `json:"result,omitempty"`
}

// SettleSendResult returns the row's head after settling.
type SettleSendResult struct {
	Head Head `json:"head"`
}
