package schemas

import "time"

// Priority is how urgent a handoff is.
type Priority string

// The priorities. The zero value is read as PriorityNormal.
const (
	PriorityLow    Priority = "low"
	PriorityNormal Priority = "normal"
	PriorityHigh   Priority = "high"
	PriorityUrgent Priority = "urgent"
)

// Valid reports whether p is one of the priorities.
func (p Priority) Valid() bool {
	switch p {
	case PriorityLow, PriorityNormal, PriorityHigh, PriorityUrgent:
		return true
	}
	return false
}

// SummaryLength bounds each text of a HandoffSummary, in characters.
const SummaryLength = 280

// HandoffSummary tells people what a conversation is about. It is written by
// software, and is shown as such. Each text has at most SummaryLength
// characters. It is customer text: it is stored in Postgres and never enters a
// history.
type HandoffSummary struct {
	// Problem is what the customer asked last.
	Problem string `json:"problem,omitempty"`
	// Tried is what the agent answered, the latest last.
	Tried []string `json:"tried,omitempty"`
	// Asked are questions that have no answer yet.
	Asked []string `json:"asked,omitempty"`
	// DataCollected is what the customer gave, in the order in which it came.
	DataCollected []Datum `json:"data_collected,omitempty"`
	SuggestedNext string  `json:"suggested_next,omitempty"`
}

// Datum is one named value.
type Datum struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ContactCard is who the customer is, as far as those who take over may know.
type ContactCard struct {
	ID    ContactID     `json:"id"`
	Name  string        `json:"name,omitempty"`
	Email string        `json:"email,omitempty"`
	Phone string        `json:"phone,omitempty"`
	Level IdentityLevel `json:"level"`
	// Properties are those of the CRM that the destination may see.
	Properties []Datum `json:"properties,omitempty"`
}

// TicketLine is one message of the transcript.
type TicketLine struct {
	Message MessageID `json:"message_id,omitempty"`
	Speaker Speaker   `json:"speaker"`
	// Name is the display name of a person; empty for the others.
	Name string    `json:"name,omitempty"`
	Text string    `json:"text"`
	At   time.Time `json:"at,omitzero"`
}

// ActionRun is one action that ran in the conversation.
type ActionRun struct {
	Action string   `json:"action"`
	State  RunState `json:"state"`
}

// Ticket is a handoff as a destination gets it.
type Ticket struct {
	// Handoff is the key of the opening: it stands in the destination's own
	// field for foreign ids, so that a ticket is opened once.
	Handoff      HandoffID      `json:"handoff_id"`
	Conversation ConversationID `json:"conversation_id"`
	Channel      ChannelKind    `json:"channel"`
	Reason       Reason         `json:"reason"`
	Team         TeamID         `json:"team_id,omitempty"`
	// Language is that of the customer, as an ISO 639-1 code.
	Language   string         `json:"language,omitempty"`
	Priority   Priority       `json:"priority,omitempty"`
	Summary    HandoffSummary `json:"summary"`
	Transcript []TicketLine   `json:"transcript,omitempty"`
	Contact    ContactCard    `json:"contact"`
	Citations  []Citation     `json:"citations,omitempty"`
	Actions    []ActionRun    `json:"actions,omitempty"`
	// WindowExpiresAt is until when the channel lets people answer; zero is no
	// limit.
	WindowExpiresAt time.Time `json:"window_expires_at,omitzero"`
	// ConsoleURL leads to the conversation in Steward's console.
	ConsoleURL string    `json:"console_url,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
	// Tries counts the attempts to open it, this one included. Only 1 says that
	// there was none before; with anything else the destination is asked first
	// whether it has the ticket.
	Tries int `json:"-"`
}

// ExternalRef is a handoff in a destination. It is kept in one row per handoff
// and destination, unique by destination and id.
type ExternalRef struct {
	Desk    DeskID    `json:"desk"`
	Handoff HandoffID `json:"handoff"`
	// ID is the destination's id of the ticket, conversation or thread.
	ID string `json:"id"`
	// URL leads there; empty when unknown.
	URL string `json:"url,omitempty"`
}

// DeskMessage is one message or note that follows the opening.
type DeskMessage struct {
	// Key makes the post happen once: the message's id.
	Key     string  `json:"key"`
	Speaker Speaker `json:"speaker"`
	// Name is the display name of a person; empty for the others.
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
	// Note is true for what the customer does not see.
	Note bool      `json:"note,omitempty"`
	At   time.Time `json:"at"`
	// Tries counts the attempts as that of Ticket does.
	Tries int `json:"-"`
	// Contact is the customer, for destinations where they are the sender.
	Contact ContactCard `json:"contact"`
}

// DeskUpdate is a change of a handoff's state.
type DeskUpdate struct {
	// Key makes the update happen once.
	Key string `json:"key"`
	// State is accepted, returned or closed.
	State HandoffState `json:"state"`
	// By is the display name of the person; empty when it was nobody.
	By    string    `json:"by,omitempty"`
	At    time.Time `json:"at"`
	Tries int       `json:"-"`
}

// DeskEventKind is what somebody did in a destination.
type DeskEventKind string

// The kinds of event. A challenge is no event of a handoff: its Text is the
// answer to give, as text/plain.
const (
	DeskReply     DeskEventKind = "reply"
	DeskNote      DeskEventKind = "note"
	DeskTake      DeskEventKind = "take"
	DeskGiveBack  DeskEventKind = "give_back"
	DeskClose     DeskEventKind = "close"
	DeskChallenge DeskEventKind = "challenge"
)

// Valid reports whether k is one of the kinds.
func (k DeskEventKind) Valid() bool {
	switch k {
	case DeskReply, DeskNote, DeskTake, DeskGiveBack, DeskClose, DeskChallenge:
		return true
	}
	return false
}

// DeskEvent is what came back from a destination, verified.
type DeskEvent struct {
	// ID is the destination's own: the same event delivered twice has the same
	// one, and it is unique within the destination.
	ID   string        `json:"id"`
	Kind DeskEventKind `json:"kind"`
	// Handoff is set where the destination returns our id; else Ref names what
	// an ExternalRef has as its ID.
	Handoff HandoffID `json:"handoff,omitempty"`
	Ref     string    `json:"ref,omitempty"`
	// Author is the display name or the id of the person there; empty when
	// unknown. It is no proof of who they are in Steward.
	Author string `json:"author,omitempty"`
	// Text is set for replies and notes. It is cleaned, and not escaped.
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at,omitzero"`
}

// Mail is an email to send. Addresses are plain, without display names.
type Mail struct {
	From string
	// FromName is the display name; empty for none.
	FromName string
	To       []string
	ReplyTo  string
	Subject  string
	// ID is the Message-ID without angle brackets. It is the key of the mail.
	ID string
	// InReplyTo and References are Message-IDs without angle brackets.
	InReplyTo  string
	References []string
	Date       time.Time
	Text       string
	// HTML is the same as Text for readers of HTML; empty for none.
	HTML string
	// Headers are further headers, by name.
	Headers map[string]string
}
