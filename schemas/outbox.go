package schemas

import "time"

// PartClass says under which rule an outbound part may go out.
// Settled: rule 16.
type PartClass string

// The classes.
const (
	// ClassReply needs owner agent, an unchanged epoch and no pause.
	ClassReply PartClass = "reply"
	// ClassNotice is cancelled only if a person's message has gone out first.
	ClassNotice PartClass = "notice"
	// ClassHuman is what a person wrote; nothing cancels it.
	ClassHuman PartClass = "human"
)

// Valid reports whether c is one of the classes.
func (c PartClass) Valid() bool {
	return c == ClassReply || c == ClassNotice || c == ClassHuman
}

// PartState is where one provider call stands. docs/explanation/state-machines.md draws it.
type PartState string

// The states of a part.
const (
	PartQueued    PartState = "queued"
	PartSending   PartState = "sending"
	PartUnknown   PartState = "unknown"
	PartSent      PartState = "sent"
	PartDelivered PartState = "delivered"
	PartRead      PartState = "read"
	PartFailed    PartState = "failed"
	PartCancelled PartState = "cancelled"
)

// Valid reports whether s is one of the states.
func (s PartState) Valid() bool {
	switch s {
	case PartQueued, PartSending, PartUnknown, PartSent, PartDelivered, PartRead, PartFailed, PartCancelled:
		return true
	}
	return false
}

// Rank orders the states of progress; a status never lowers it. Failed and
// cancelled have no rank.
func (s PartState) Rank() int {
	switch s {
	case PartSending:
		return 1
	case PartUnknown:
		return 2
	case PartSent:
		return 3
	case PartDelivered:
		return 4
	case PartRead:
		return 5
	}
	return 0
}

// Part is one provider call of a message, claimed for sending.
type Part struct {
	ID           PartID
	Attempt      AttemptID
	Conversation ConversationID
	Message      MessageID
	Channel      ChannelKind
	ChannelID    ChannelID
	Class        PartClass
	// Recipient is the address on the channel: a session, a number, a page id.
	Recipient string
	Text      string
	// Tries counts the attempts, this one included.
	Tries int
}

// Claim is the answer to a sender that asks for its next part.
type Claim struct {
	// Part is nil when there is nothing to send now.
	Part *Part
	// Cancelled counts parts that the claim found no longer allowed.
	Cancelled int
	// Retry is when the next part becomes due; zero when there is none.
	Retry time.Time
	Head  Head
}

// Delivered is what a channel's network step found.
type Delivered struct {
	Result Sent
	// ProviderID is the provider's id of the message, when it gave one.
	ProviderID string
	// Code is a short reason for failed, later and unknown.
	Code string
	// RetryAfter is how long to wait before the next try, for later.
	RetryAfter time.Duration
	// Revocable is true where nothing reaches the customer before the result is
	// stored, so that who may speak is checked once more then.
	Revocable bool
}
