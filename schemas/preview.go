package schemas

import (
	"fmt"
	"strings"
)

// NewPreview is what an admin tries, as the customer that they play.
// Spec: S55, S56. Settled: rule 26.
type NewPreview struct {
	// Version is a published one; 0 is the draft, as it stands at each turn.
	Version int `json:"version,omitempty" minimum:"0"`
	// Draft is a kept revision of the draft; 0 is the draft as it stands.
	Draft int64 `json:"draft,omitempty" minimum:"0"`
	// Channel is the kind whose settings and limits hold. Default live_chat.
	Channel ChannelKind `json:"channel,omitempty" maxLength:"40"`
	// Locale is the language of the customer's browser, such as en or it-IT.
	Locale string `json:"locale,omitempty" maxLength:"35"`
	// Identity is how well the customer is known. Default anonymous. Email is
	// theirs; a level above anonymous needs it.
	Identity IdentityLevel `json:"identity,omitempty" maxLength:"40"`
	Email    string        `json:"email,omitempty" maxLength:"320"`
}

// Defaults fills in what is not given.
func (p NewPreview) Defaults() NewPreview {
	if p.Channel == "" {
		p.Channel = ChannelLiveChat
	}
	if p.Identity == "" {
		p.Identity = IdentityAnonymous
	}
	return p
}

// Validate says what is wrong with p, by field.
func (p NewPreview) Validate() error {
	switch {
	case p.Version < 0 || p.Draft < 0 || (p.Version > 0 && p.Draft > 0):
		return wrongField("version", "and draft are positive and exclude each other")
	case !measurable(p.Channel):
		return wrongField("channel", fmt.Sprintf("unknown channel %q", clipped(string(p.Channel))))
	case !p.Identity.Valid():
		return wrongField("identity", "use anonymous, claimed_email, matched_email, verified_email or authenticated")
	case p.Identity != IdentityAnonymous && p.Email == "":
		return wrongField("email", "is needed for a customer who is known")
	case p.Email != "" && (!strings.Contains(p.Email, "@") || strings.ContainsAny(p.Email, " \r\n\t")):
		return wrongField("email", "is no address")
	case p.Locale != "" && (len(p.Locale) < 2 || len(p.Locale) > 35 || !isLanguageCode(p.Locale[:2])):
		return wrongField("locale", "begins with a language code such as en")
	}
	return nil
}

// PreviewStarted answers a NewPreview.
type PreviewStarted struct {
	Conversation ConversationID `json:"conversation_id"`
}

// PreviewMessage is what the admin writes in the customer's place.
type PreviewMessage struct {
	Text string `json:"text" minLength:"1" maxLength:"8000"`
	// ClientID makes the message once. Default: a new one.
	ClientID string `json:"client_id,omitempty" maxLength:"100"`
}

// PreviewReceived answers a PreviewMessage.
type PreviewReceived struct {
	ID  MessageID `json:"id"`
	Seq int64     `json:"seq"`
}
