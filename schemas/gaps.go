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

// GapSettings is what happens with questions that the content does not answer.
// They are always recorded. Spec: S57, D22.
type GapSettings struct {
	// Tell asks a customer without an answer whether they want to hear of one.
	// Default off: nobody is asked, and nobody is written to.
	Tell bool `json:"tell,omitempty"`
}

// Consent is whether a customer wants to hear of an answer. Spec: D22.
type Consent string

// The states of a consent.
const (
	ConsentNone  Consent = ""
	ConsentAsked Consent = "asked"
	ConsentYes   Consent = "yes"
	ConsentNo    Consent = "no"
)

// Told is how a customer has heard of the answer.
type Told string

// The ways. A mail of which it is not known whether it went out counts as sent:
// nobody is written to twice.
const (
	ToldNot    Told = ""
	ToldNotice Told = "notice"
	ToldEmail  Told = "email"
	// ToldUnreachable: the mail server refused the address.
	ToldUnreachable Told = "unreachable"
)

// GapAskShown is one question of a gap as admins see it.
type GapAskShown struct {
	GapAsk
	Turn     int       `json:"turn"`
	Question string    `json:"question"`
	Answer   Consent   `json:"consent_answer,omitempty"`
	Told     Told      `json:"told,omitempty"`
	ToldAt   time.Time `json:"told_at,omitzero"`
}

// GapShown is a gap with its latest questions.
type GapShown struct {
	Gap
	Asks []GapAskShown `json:"asks"`
}

// CloseGap is what an admin closes a gap with. Without any field it is closed
// without an answer.
type CloseGap struct {
	// Answer becomes a short answer to Question, which defaults to the gap's own.
	Answer   string `json:"answer,omitempty" maxLength:"10000"`
	Question string `json:"question,omitempty" maxLength:"1000"`
	// Source is content that answers it, in place of Answer.
	Source SourceID `json:"source_id,omitempty" maxLength:"64"`
	// Tell is what the customers who asked are written; default Answer, else the
	// public address of Source. Only those who agreed are written to.
	Tell string `json:"tell,omitempty" maxLength:"4000"`
}

// UngroupedAsk is a question that belongs to no gap yet.
type UngroupedAsk struct {
	Conversation ConversationID
	Turn         int
	Agent        AgentID
	Reason       GapReason
	GapQuestion
}

// GapGroup is a gap as questions are compared with it.
type GapGroup struct {
	ID GapID
	GapQuestion
}

// Telling is a customer who is to hear of an answer.
type Telling struct {
	Conversation ConversationID
	Turn         int
	Gap          GapID
	// Closing counts how often the gap was closed.
	Closing int
	// InChat: the conversation can still be gone on with; otherwise the answer
	// goes to Email.
	InChat bool
	Email  string
	// Question is the customer's own, Answer what they are told. Settings are the
	// published ones.
	Question string
	Answer   string
	Language string
	Settings Settings
}

// GapQuestion is the text of a question with its language, as it is compared.
type GapQuestion struct {
	Text     string
	Language string
}
