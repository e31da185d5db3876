package schemas

import "time"

// List is one page of a list of the API. NextCursor is nil on the last page.
type List[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor" nullable:"true" doc:"Give it as cursor to get the next page; null on the last page."`
}

// AgentShown is the agent as the API shows it.
type AgentShown struct {
	AgentState
	// Paused is true while the whole agent is paused.
	Paused bool `json:"paused"`
	// WorkflowID and WorkflowURL find its workflow in the Temporal UI.
	WorkflowID  string `json:"workflow_id"`
	WorkflowURL string `json:"workflow_url"`
}

// Assignment is whether the agent takes new conversations. Spec: S46, S47.
type Assignment struct {
	On     bool   `json:"on"`
	Reason string `json:"reason,omitempty"`
}

// Version is one published version of the settings.
type Version struct {
	Number      int       `json:"number"`
	Note        string    `json:"note"`
	PublishedAt time.Time `json:"published_at"`
}

// ConversationSummary is a conversation in a list.
type ConversationSummary struct {
	ID        ConversationID `json:"id"`
	Channel   ChannelKind    `json:"channel"`
	Lifecycle Lifecycle      `json:"lifecycle"`
	Owner     Owner          `json:"owner"`
	// AssignedTo is the name of the person who has it.
	AssignedTo string `json:"assigned_to,omitempty"`
	// Reason is why it is with people or waits.
	Reason        Reason       `json:"reason,omitempty"`
	Handoff       HandoffID    `json:"handoff_id,omitempty"`
	Language      string       `json:"language,omitempty"`
	Engagement    int          `json:"engagement"`
	Turns         int          `json:"turns"`
	Replies       int          `json:"replies"`
	ConfigVersion int          `json:"config_version"`
	CloseReason   CloseReason  `json:"close_reason,omitempty"`
	Outcome       Outcome      `json:"outcome,omitempty"`
	Rating        int          `json:"rating,omitempty"`
	Deadline      time.Time    `json:"deadline,omitzero"`
	DeadlineKind  DeadlineKind `json:"deadline_kind,omitempty"`
	// LastText is the beginning of its newest visible message.
	LastText string         `json:"last_text"`
	Previous ConversationID `json:"previous_id,omitempty"`
	// Preview: an admin tries settings; it is in no list.
	Preview   bool      `json:"preview,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	ClosedAt  time.Time `json:"closed_at,omitzero"`
}

// ConversationShown is a conversation with what has happened to it.
type ConversationShown struct {
	ConversationSummary
	WorkflowID  string            `json:"workflow_id"`
	WorkflowURL string            `json:"workflow_url"`
	TurnLog     []TurnShown       `json:"turn_log"`
	Ownership   []OwnershipChange `json:"ownership"`
}

// TurnShown is one turn of the agent.
type TurnShown struct {
	Turn     int       `json:"turn"`
	State    string    `json:"state"`
	Kind     string    `json:"kind,omitempty"`
	Engine   string    `json:"engine,omitempty"`
	NotFound bool      `json:"not_found"`
	Degraded bool      `json:"degraded"`
	Late     bool      `json:"late"`
	Began    time.Time `json:"began_at"`
	Ended    time.Time `json:"ended_at,omitzero"`
}

// OwnershipChange is one change of who may speak.
type OwnershipChange struct {
	Epoch  int64     `json:"epoch"`
	Was    Owner     `json:"was"`
	Now    Owner     `json:"now"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// MessageShown is one message as people at the company see it.
type MessageShown struct {
	ID MessageID `json:"id"`
	// Seq is its place in the transcript, 0 until it has gone out.
	Seq     int64   `json:"seq"`
	Speaker Speaker `json:"speaker"`
	Name    string  `json:"name,omitempty"`
	// Private messages are notes that the customer does not see.
	Private       bool       `json:"private"`
	Text          string     `json:"text"`
	Citations     []Citation `json:"citations"`
	AskEmail      bool       `json:"ask_email"`
	Class         PartClass  `json:"class,omitempty"`
	Engine        string     `json:"engine,omitempty"`
	Turn          int        `json:"turn,omitempty"`
	ConfigVersion int        `json:"config_version,omitempty"`
	// State is where its delivery stands; empty for what was received.
	State PartState `json:"state,omitempty"`
	// Code is a short reason of a delivery that failed.
	Code string    `json:"code,omitempty"`
	At   time.Time `json:"at"`
}

// Acting names the person of the team on whose behalf a command is given.
type Acting struct {
	As string `json:"as" minLength:"1" maxLength:"200" doc:"Name or id of the team member who acts."`
}

// NewReply is what a person writes to the customer.
type NewReply struct {
	As   string `json:"as" minLength:"1" maxLength:"200" doc:"Name or id of the team member who writes."`
	Text string `json:"text" minLength:"1" maxLength:"16000"`
}

// SentReply answers a NewReply.
type SentReply struct {
	ID MessageID `json:"id"`
}

// NewTeam is what an admin gives to add a team.
type NewTeam struct {
	Name string `json:"name" minLength:"1" maxLength:"200"`
}

// NewUser is what an admin gives to add a team member.
type NewUser struct {
	Name     string   `json:"name" minLength:"1" maxLength:"200"`
	Email    string   `json:"email,omitempty" maxLength:"320"`
	Presence Presence `json:"presence,omitempty" enum:"online,away,offline"`
	// Capacity is how many conversations they take at once. Default 5.
	Capacity int    `json:"capacity,omitempty" minimum:"1" maximum:"1000"`
	Hours    *Hours `json:"hours,omitempty"`
	// Skills are what they can do, as routing rules name it.
	Skills []string `json:"skills,omitempty"`
}

// UserChange changes a team member.
type UserChange struct {
	Presence Presence `json:"presence,omitempty" enum:"online,away,offline"`
	// Skills replace those the member has; nil leaves them.
	Skills *[]string `json:"skills,omitempty"`
}

// SourceSync is how far the latest synchronisation of a source has come.
type SourceSync struct {
	Source Source `json:"source"`
	// Run is the run under way or the last one; nil when there was none.
	Run *SyncRun `json:"run,omitempty"`
}

// BulkResult says what became of several sources.
type BulkResult struct {
	// Done are the sources to which it was done, in their order.
	Done []SourceID `json:"done"`
	// NotFound are those that do not exist.
	NotFound []SourceID `json:"not_found"`
}

// Info says what is running and where.
type Info struct {
	Version string  `json:"version"`
	Dev     bool    `json:"dev"`
	Agent   AgentID `json:"agent_id"`
	// Channel is the live-chat channel's public key.
	Channel    string `json:"channel"`
	PublicURL  string `json:"public_url"`
	TemporalUI string `json:"temporal_ui"`
	Engine     string `json:"engine"`
	TemporalNS string `json:"temporal_namespace"`
}

// Check is the health of one dependency.
type Check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	// Detail says what is wrong, in words for operators.
	Detail string `json:"detail,omitempty"`
}

// Health is that of all dependencies.
type Health struct {
	OK     bool    `json:"ok"`
	Checks []Check `json:"checks"`
}

// Clock moves the clock by which everything is decided. Development only.
// Settled: rule 33.
type Clock struct {
	// At fixes the clock; nil lets it run.
	At           *time.Time `json:"at,omitempty"`
	ShiftSeconds int64      `json:"shift_seconds,omitempty"`
}

// ClockShown is what the clock says.
type ClockShown struct {
	Now time.Time `json:"now"`
}

// ProblemShown is a problem document as clients read it (RFC 9457).
type ProblemShown struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`
	Instance string         `json:"instance,omitempty"`
	Errors   []FieldProblem `json:"errors,omitempty"`
}

// FieldProblem is what is wrong with one field.
type FieldProblem struct {
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}
