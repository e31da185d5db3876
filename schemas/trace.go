package schemas

import (
	"encoding/json"
	"time"
)

// ConversationTrace is how the replies of a conversation came about, the latest
// turn first. Spec: S55, D14.
type ConversationTrace struct {
	Conversation ConversationID `json:"conversation_id"`
	Turns        []TurnTrace    `json:"turns"`
}

// TurnTrace is one turn with its steps in the order in which they were taken.
type TurnTrace struct {
	TurnShown
	// Version is that of the published settings that it went by, Draft the
	// revision of the draft that a preview tried; one of them is 0.
	Version int   `json:"version,omitempty"`
	Draft   int64 `json:"draft,omitempty"`
	// Violations are the rules that its last decision broke.
	Violations []string `json:"violations"`
	// Questions are the customer's messages, Replies what the turn said.
	Questions []string     `json:"questions"`
	Replies   []TraceReply `json:"replies"`
	Steps     []TraceStep  `json:"steps"`
}

// TraceReply is one message of a turn.
type TraceReply struct {
	Text      string     `json:"text"`
	Citations []Citation `json:"citations"`
}

// TraceKind is what a step did.
type TraceKind string

// The kinds.
const (
	TraceSearch   TraceKind = "search"
	TraceDecision TraceKind = "decision"
	TraceCall     TraceKind = "call"
)

// TraceStep is one step of a turn. Only the fields of its kind are set.
type TraceStep struct {
	Step int       `json:"step"`
	Kind TraceKind `json:"kind"`
	// Millis is how long it took.
	Millis int       `json:"millis"`
	At     time.Time `json:"at"`
	// Query is what a search looked for, Passages what it found, best first.
	Query    string         `json:"query,omitempty"`
	Passages []TracePassage `json:"passages,omitempty"`
	// Prompt is the hash of the stable part of the prompt.
	Prompt   string         `json:"prompt,omitempty"`
	Decision *TraceProposal `json:"decision,omitempty"`
	Run      *TraceRun      `json:"run,omitempty"`
	// Usage is what the engines' calls of this step cost, also failed ones.
	Usage []TraceUsage `json:"usage,omitempty"`
}

// TracePassage is a passage that a search found.
type TracePassage struct {
	Number   int      `json:"number"`
	Source   SourceID `json:"source_id"`
	Title    string   `json:"title"`
	Headings string   `json:"headings,omitempty"`
	URL      string   `json:"url,omitempty"`
	Score    float64  `json:"score"`
	// Cited: the turn's last decision rests on it.
	Cited bool `json:"cited"`
}

// TraceProposal is what an engine proposed. Values of calls are those of
// TraceRun.
type TraceProposal struct {
	Kind      DecisionKind `json:"kind"`
	Text      string       `json:"text"`
	Citations []int        `json:"citations,omitempty"`
	NotFound  bool         `json:"not_found"`
	Engine    string       `json:"engine"`
	// Calls are the names of the actions that it wants to run.
	Calls []string `json:"calls,omitempty"`
	// Asking is the input that it asks the customer for.
	Asking     string   `json:"asking,omitempty"`
	Reason     string   `json:"reason,omitempty"`
	Violations []string `json:"violations,omitempty"`
}

// TraceRun is one call of an action. Arguments that are sensitive, or of an
// action that the settings do not name, are replaced by Redacted.
type TraceRun struct {
	Action string `json:"action"`
	// Decision is the step of the decision that called it.
	Decision  int                        `json:"decision"`
	Arguments map[string]json.RawMessage `json:"arguments"`
	// Exact are the arguments with nothing hidden. They are shown nowhere.
	Exact    json.RawMessage `json:"-"`
	Effect   Effect          `json:"effect"`
	Identity IdentityLevel   `json:"identity,omitempty"`
	// Gate is the last gate that held it back; empty when none did.
	Gate      string     `json:"gate,omitempty"`
	State     RunState   `json:"state"`
	Status    CallStatus `json:"status,omitempty"`
	Error     string     `json:"error,omitempty"`
	HTTP      int        `json:"http_status,omitempty"`
	Attempts  int        `json:"attempts"`
	Test      bool       `json:"test,omitempty"`
	Confirmed bool       `json:"confirmed,omitempty"`
	Approved  bool       `json:"approved,omitempty"`
}

// Redacted stands for a value that a trace does not show, as JSON.
const Redacted = `"•••"`

// TraceUsage is one call of an engine.
type TraceUsage struct {
	Engine string `json:"engine"`
	Usage
	// Failed is the kind of its error; empty for none.
	Failed string `json:"failed,omitempty"`
}

// StepNote is what the trace keeps of a step beside its result. Query is what
// was searched for, or the hash of the prompt.
type StepNote struct {
	Query string
	Took  time.Duration
	// Degraded: the index was down and the database answered.
	Degraded bool
}
