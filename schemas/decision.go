package schemas

import (
	"encoding/json"
	"time"
)

// DecisionKind is the one command that every model turn ends in.
type DecisionKind string

// The commands. The model proposes one; Go code decides what happens.
const (
	DecisionAnswer     DecisionKind = "answer"
	DecisionClarify    DecisionKind = "clarify"
	DecisionCollect    DecisionKind = "collect"
	DecisionCallAction DecisionKind = "call_action"
	DecisionHandoff    DecisionKind = "handoff"
	DecisionRefuse     DecisionKind = "refuse"
	DecisionSmalltalk  DecisionKind = "smalltalk"
	DecisionResolved   DecisionKind = "resolved"
)

// Valid reports whether k is one of the commands.
func (k DecisionKind) Valid() bool {
	switch k {
	case DecisionAnswer, DecisionClarify, DecisionCollect, DecisionCallAction,
		DecisionHandoff, DecisionRefuse, DecisionSmalltalk, DecisionResolved:
		return true
	}
	return false
}

// Decision is what an engine proposes for a turn. It is stored in Postgres and
// never enters a history.
type Decision struct {
	Kind DecisionKind `json:"kind"`
	// Text is the reply in the customer's language, with citation markers [S1].
	Text string `json:"text"`
	// Citations are the numbers of the passages the text rests on, from 1.
	Citations []int `json:"citations"`
	// NotFound is true when the content has no answer to the question.
	NotFound bool `json:"not_found"`
	// Hint is true when the text only points at content that may help.
	Hint bool `json:"hint,omitempty"`
	// Verbatim is true when the text is a short answer sent unchanged.
	Verbatim bool `json:"verbatim"`
	// Language is the ISO 639-1 code of Text.
	Language string `json:"language"`
	// Engine is the name of what made it.
	Engine string `json:"engine"`
	// Calls are the actions of a call_action decision, in order; Text is then what
	// is said beside them and may be empty.
	Calls []Call `json:"calls,omitempty"`
	// Answers are what the customer said about the criteria of a goal.
	Answers []GoalAnswer `json:"answers,omitempty"`
	// Frame is what the next turn goes on with, nil for nothing. A collect
	// decision has one, and so has an answer that ends with the question for an
	// input. A call has one with all inputs and nothing asked, so that the
	// customer can put a value right. Engines that read it from the conversation
	// leave it nil.
	Frame *Frame `json:"frame,omitempty"`
	// Reason is why a handoff or a refusal is proposed, in a few words for staff.
	Reason string `json:"reason,omitempty"`
	// Violations are the rules that the checks found broken.
	Violations []string `json:"violations,omitempty"`
}

// Call is one action that an engine wants to run. Calls are told apart by their
// id and place, never by name and arguments.
type Call struct {
	// ID is the provider's id of the call, made up when it gives none or one that
	// other providers refuse.
	ID string `json:"id"`
	// Action is the name of the action.
	Action string `json:"action"`
	// Arguments is a JSON object, as proposed: it is not checked yet. What was no
	// object is a JSON string that holds it, which no schema of arguments takes.
	Arguments json.RawMessage `json:"arguments"`
}

// Frame is an action whose inputs are being collected from the customer.
type Frame struct {
	Action string `json:"action"`
	// Filled are the inputs known so far, by name.
	Filled map[string]json.RawMessage `json:"filled,omitempty"`
	// Asking is the input asked for last, Asks how often in a row it was asked.
	Asking string `json:"asking,omitempty"`
	Asks   int    `json:"asks,omitempty"`
}

// Tool is an action as an engine sees it.
type Tool struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Effect      Effect `json:"effect"`
	// Schema is the JSON Schema of the arguments: an object with the inputs that
	// the customer fills.
	Schema  json.RawMessage `json:"schema"`
	Phrases []string        `json:"phrases,omitempty"`
	// Inputs are those that the customer fills, in the order of asking.
	Inputs []Input `json:"inputs,omitempty"`
	// Details are the properties that a tool of the CRM reads, for an engine that
	// knows them by their labels.
	Details []CRMField `json:"-"`
}

// Round is one earlier decision of the turn that called actions, with what came
// of each call.
type Round struct {
	Decision Decision     `json:"decision"`
	Results  []CallResult `json:"results"`
}

// CallStatus is what came of a call, as an engine sees it.
type CallStatus string

// The statuses. An engine never sees the other system's own error text.
const (
	CallOK          CallStatus = "ok"
	CallFailed      CallStatus = "failed"
	CallDenied      CallStatus = "denied"
	CallInvalid     CallStatus = "invalid_arguments"
	CallMissing     CallStatus = "missing_inputs"
	CallUnknown     CallStatus = "unknown_outcome"
	CallNotPossible CallStatus = "not_available"
	// CallAsked: the customer, a person or the other system has been asked, and
	// the answer comes in a later turn.
	CallAsked CallStatus = "asked"
)

// CallResult is what came of one call.
type CallResult struct {
	// Call and Action are those of the Call.
	Call   string     `json:"call"`
	Action string     `json:"action"`
	Status CallStatus `json:"status"`
	// Error is a fixed word for a failure.
	Error string `json:"error,omitempty"`
	// Detail is what an engine gets to read: the values of the answer, or what is
	// wrong with the arguments. JSON or plain text; untrusted.
	Detail string `json:"detail,omitempty"`
	// Arguments are those of a call of an earlier turn.
	Arguments json.RawMessage `json:"arguments,omitempty"`
	// Links are values that replies may hold as links.
	Links []string `json:"links,omitempty"`
	// Level is how well the customer was known when the call was made; empty when
	// it is not known.
	Level IdentityLevel `json:"-"`
	// Changes is true for a call that changes something.
	Changes bool `json:"-"`
	// Shown are the names of the values in Detail that the customer may see, in
	// order. An engine that quotes values shows no others.
	Shown []string `json:"shown,omitempty"`
}

// EngineFinder is the name of the embedded answer finder, which is no language
// model. Spec: D25.
const EngineFinder = "extractive"

// EngineGuideline is the name of a decision that a guideline made in code.
// Spec: D8.
const EngineGuideline = "guideline"

// Usage is what one model call cost, in tokens.
type Usage struct {
	Input  int `json:"input"`
	Cached int `json:"cached"`
	Output int `json:"output"`
}

// Passage is a piece of content offered to an engine, numbered from 1 in the
// order of rank.
type Passage struct {
	Number   int        `json:"number"`
	Chunk    ChunkID    `json:"chunk"`
	Document DocumentID `json:"document"`
	Source   SourceID   `json:"source"`
	Title    string     `json:"title"`
	// URL is empty for content without a public address.
	URL string `json:"url,omitempty"`
	// Headings is the breadcrumb of headings above the text.
	Headings string `json:"headings,omitempty"`
	// Section and Ord are the chunk's place in the document.
	Section int    `json:"section,omitempty"`
	Ord     int    `json:"ord,omitempty"`
	Text    string `json:"text"`
	// Question is set for short answers.
	Question string  `json:"question,omitempty"`
	Language string  `json:"language"`
	Score    float64 `json:"score"`
	// Citable is false for private sources and those with citations off.
	// Spec: S23, S24.
	Citable bool `json:"citable"`
}

// Citation is a source shown under a reply.
type Citation struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	URL    string `json:"url,omitempty"`
}

// Speaker is who wrote a message.
type Speaker string

// The speakers.
const (
	SpeakerCustomer Speaker = "customer"
	SpeakerAgent    Speaker = "agent"
	SpeakerHuman    Speaker = "human"
	SpeakerSystem   Speaker = "system"
)

// Valid reports whether s is one of the speakers.
func (s Speaker) Valid() bool {
	switch s {
	case SpeakerCustomer, SpeakerAgent, SpeakerHuman, SpeakerSystem:
		return true
	}
	return false
}

// Line is one earlier message of a conversation.
type Line struct {
	Speaker Speaker `json:"speaker"`
	Text    string  `json:"text"`
}

// Material is everything an engine may use for a turn.
type Material struct {
	TurnRef
	Agent AgentID
	// Questions are the customer's messages of this turn, in order.
	Questions []string
	// History are the messages before them, oldest first.
	History  []Line
	Passages []Passage
	Settings Settings
	Channel  ChannelKind
	// Language is the conversation's, empty before it is known.
	Language string
	// Region is the ISO 3166-1 code of the customer's country, empty when it is
	// not known. Phone numbers and dates are read by it.
	Region  string
	Version int
	// NotFoundStreak counts the turns before this one that found no answer.
	NotFoundStreak int
	// First is true before the agent's first reply of the conversation.
	First bool
	// Previous is the decision to repair, nil on a first try.
	Previous *Decision
	// Tools are the actions offered in this turn, sorted by name.
	Tools []Tool
	// Rounds are the earlier decisions of this turn with their results.
	Rounds []Round
	// Past are results of calls in earlier turns, oldest first.
	Past []CallResult
	// Resumed is true when the turn goes on with an earlier run, whose result is
	// the last of Past.
	Resumed bool
	// Tokens counts the input tokens that the conversation has cost so far.
	Tokens int
	// ClarifyStreak counts the questions back in a row before this turn.
	ClarifyStreak int
	// Frame is the action whose inputs are being collected, nil for none.
	Frame *Frame
	// Facts are what the engine may know of the customer at the level reached, by
	// name; Locked are the names of those that need a higher one.
	Facts  map[string]string
	Locked []string
	// Identity is how well we know the customer.
	Identity IdentityLevel
	// Known is what Identity, Facts and Locked follow from; it is taken away before
	// an engine sees the material.
	Known Known
	// Pending is what the conversation waits for: kind, state and action. Waiting
	// describes it to an engine.
	Pending []Pending
	Waiting []string
	// Goal is the question that qualifies the customer next, nil for none.
	Goal *GoalAsk
	// GoalRuns are the conversation's latest runs by goal, GoalsDecided when each
	// goal was last decided for this contact.
	GoalRuns     map[string]GoalRun
	GoalsDecided map[string]time.Time
	// Asked is the latest message of the turn: the evidence of what it says.
	Asked MessageID
}

// GoalAsk is a goal's state as an engine sees it.
type GoalAsk struct {
	// Goal and Open name the goal and the criteria without an answer.
	Goal string
	Open []Criterion
	// Next is the criterion to ask in this turn, after the customer's own
	// question; nil to ask none.
	Next *Criterion
}
