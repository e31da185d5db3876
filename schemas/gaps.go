package schemas

import "time"

// GapID names one knowledge gap.
type GapID string

// PrefixGap begins the shown form of a GapID.
const PrefixGap = "gap"

// GapReason is why a question counts as a gap in the content. Spec: S57.
type GapReason string

// The reasons.
const (
	// GapNotFound: the content has no answer.
	GapNotFound GapReason = "not_found"
	// GapLowConfidence: an answer was given or offered on thin ground.
	GapLowConfidence GapReason = "low_confidence"
	// GapFailed: the checks refused every answer.
	GapFailed GapReason = "failed"
	// GapNegative: the customer said that the answer did not help.
	GapNegative GapReason = "negative"
)

// Valid reports whether r is one of the reasons.
func (r GapReason) Valid() bool {
	switch r {
	case GapNotFound, GapLowConfidence, GapFailed, GapNegative:
		return true
	}
	return false
}

// GapState is where a gap stands. Spec: D13, D22.
type GapState string

// The states. A gap is closed by an answer or by an admin who wants none; a new
// question of its kind opens it again.
const (
	GapOpen   GapState = "open"
	GapClosed GapState = "closed"
)

// Valid reports whether s is one of the states.
func (s GapState) Valid() bool { return s == GapOpen || s == GapClosed }

// Gap is a group of similar questions that the content does not answer.
type Gap struct {
	ID GapID `json:"id"`
	// Question is the one that opened the group, Language its ISO 639-1 code.
	Question string    `json:"question"`
	Language string    `json:"language"`
	Count    int       `json:"count"`
	Reason   GapReason `json:"reason"`
	// Languages are those of all its questions, sorted.
	Languages []string  `json:"languages"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	State     GapState  `json:"state"`
	// Source is the short answer or the content that closed it; empty while it
	// is open, and for one that was closed without an answer.
	Source SourceID `json:"source_id,omitempty"`
}

// GapAsk is one question of a gap. Its text is in the message.
type GapAsk struct {
	Gap          GapID          `json:"gap_id"`
	Conversation ConversationID `json:"conversation_id"`
	Message      MessageID      `json:"message_id"`
	Reason       GapReason      `json:"reason"`
	Language     string         `json:"language"`
	// EmailKnown: the customer can be told of the answer; Consent: they agreed to
	// be. Nobody is written to without both.
	EmailKnown bool      `json:"email_known"`
	Consent    bool      `json:"consent"`
	AskedAt    time.Time `json:"asked_at"`
}

// MayTell reports whether the customer who asked may be written to once there
// is an answer.
func (a GapAsk) MayTell() bool { return a.EmailKnown && a.Consent }

// GapQuestion is the text of a question with its language, as it is compared.
type GapQuestion struct {
	Text     string
	Language string
}
