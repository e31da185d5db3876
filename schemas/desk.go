package schemas

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// DeskKind is a kind of destination that handoffs go to beside the inbox.
type DeskKind string

// The kinds.
const (
	DeskWebhook  DeskKind = "webhook"
	DeskEmail    DeskKind = "email"
	DeskSlack    DeskKind = "slack"
	DeskZendesk  DeskKind = "zendesk"
	DeskChatwoot DeskKind = "chatwoot"
	DeskHubSpot  DeskKind = "hubspot"
)

// Valid reports whether k is one of the kinds.
func (k DeskKind) Valid() bool {
	switch k {
	case DeskWebhook, DeskEmail, DeskSlack, DeskZendesk, DeskChatwoot, DeskHubSpot:
		return true
	}
	return false
}

// DeskFeed is what a destination is told after a handoff was opened there.
type DeskFeed string

// The feeds: messages that the customer sees, notes among staff, and changes
// of the handoff's state.
const (
	FeedMessages DeskFeed = "messages"
	FeedNotes    DeskFeed = "notes"
	FeedUpdates  DeskFeed = "updates"
)

// Valid reports whether f is one of the feeds.
func (f DeskFeed) Valid() bool { return f == FeedMessages || f == FeedNotes || f == FeedUpdates }

// Desk is a destination beside the built-in inbox, which stays the truth. Like
// a Connection it is not versioned. Spec: S50. Settled: rule 27.
type Desk struct {
	ID   DeskID   `json:"id"`
	Kind DeskKind `json:"kind"`
	// Name is shown to staff, 1 to 60 characters.
	Name string `json:"name"`
	// BaseURL is an https address; http only for a host in PrivateHosts.
	// Webhook: the receiver. Zendesk and Chatwoot: the installation. Slack and
	// HubSpot: empty for the public one. Email: empty.
	BaseURL string `json:"base_url,omitempty"`
	// Account is who we are there, by which our own posts are known when they
	// come back. Slack: our app's id (A…). Zendesk: the numeric id of the user
	// that the token belongs to. Chatwoot: the account's number. HubSpot: the
	// numeric id of our app.
	Account string `json:"account,omitempty"`
	// Channel is where handoffs are opened. Slack: a channel's id (C…). Zendesk:
	// a group's number, empty for none. Chatwoot: the number of an API inbox.
	// HubSpot: the number of our custom channel.
	Channel string `json:"channel,omitempty"`
	// Inbox is the id of HubSpot's channel account, and User the email address
	// of Zendesk's user.
	Inbox string `json:"inbox,omitempty"`
	User  string `json:"user,omitempty"`
	// From, ReplyTo and To are for email. ReplyTo gets a signed +token; empty
	// takes From.
	From    string   `json:"from,omitempty"`
	ReplyTo string   `json:"reply_to,omitempty"`
	To      []string `json:"to,omitempty"`
	// Secret is a reference (env:NAME, file:/path, stored:NAME) to the key that
	// our calls are made with: an API token, a webhook's signing secret, for
	// email the key of reply tokens.
	Secret string `json:"secret"`
	// SigningSecret is a reference to what proves that calls to us come from
	// there. Empty for a webhook is Secret; without one for the others nothing
	// that comes back is believed.
	SigningSecret string `json:"signing_secret,omitempty"`
	// PathToken: the signing secret is the last element of the address that
	// Chatwoot calls, for an installation too old to sign.
	PathToken bool `json:"path_token,omitempty"`
	// PrivateHosts are exact host:port pairs on private networks that may be
	// called. An admin's audited choice.
	PrivateHosts []string `json:"private_hosts,omitempty"`
	// Language is that of the words around the conversation. Default English.
	Language string `json:"language,omitempty"`
	// Reasons and Teams limit which handoffs go there; empty is all.
	Reasons []Reason `json:"reasons,omitempty"`
	Teams   []TeamID `json:"teams,omitempty"`
	// Feeds are what follows the opening; empty is all.
	Feeds     []DeskFeed `json:"feeds,omitempty"`
	Disabled  bool       `json:"disabled,omitempty"`
	CreatedAt time.Time  `json:"created_at,omitzero"`
}

// Takes reports whether a handoff with this reason and team goes to d. A
// handoff to everybody (no team) goes to destinations without teams only.
func (d Desk) Takes(reason Reason, team TeamID) bool {
	return !d.Disabled && (len(d.Reasons) == 0 || slices.Contains(d.Reasons, reason)) &&
		(len(d.Teams) == 0 || slices.Contains(d.Teams, team))
}

// Wants reports whether d is told of f.
func (d Desk) Wants(f DeskFeed) bool {
	return !d.Disabled && (len(d.Feeds) == 0 || slices.Contains(d.Feeds, f))
}

var (
	secretReference = regexp.MustCompile(`^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:/\S+|stored:\S+)$`)
	digits          = regexp.MustCompile(`^[0-9]{1,20}$`)
	slackChannel    = regexp.MustCompile(`^[CG][A-Z0-9]{5,20}$`)
	slackApp        = regexp.MustCompile(`^A[A-Z0-9]{5,20}$`)
)

// Validate says what is wrong with d, beginning with the field's name.
func (d Desk) Validate() error {
	if !d.Kind.Valid() {
		return deskError("kind", "use webhook, email, slack, zendesk, chatwoot or hubspot")
	}
	if n := len([]rune(strings.TrimSpace(d.Name))); n == 0 || n > 60 {
		return deskError("name", "1 to 60 characters")
	}
	if !secretReference.MatchString(d.Secret) {
		return deskError("secret", "a reference such as env:NAME, file:/path or stored:NAME, never the secret itself")
	}
	if d.SigningSecret != "" && !secretReference.MatchString(d.SigningSecret) {
		return deskError("signing_secret", "a reference such as env:NAME, file:/path or stored:NAME, never the secret itself")
	}
	if d.PathToken && d.Kind != DeskChatwoot {
		return deskError("path_token", "only for chatwoot")
	}
	for _, r := range d.Reasons {
		if r == ReasonNone || !r.Valid() {
			return deskError("reasons", fmt.Sprintf("%q is no reason of a handoff", r))
		}
	}
	for _, team := range d.Teams {
		if _, err := ParseID(PrefixTeam, string(team)); err != nil {
			return deskError("teams", "ids of teams, team_…")
		}
	}
	for _, f := range d.Feeds {
		if !f.Valid() {
			return deskError("feeds", "use messages, notes and updates")
		}
	}
	return d.validateKind()
}

// validateKind checks what each kind needs.
func (d Desk) validateKind() error {
	if err := d.validateAddress(); err != nil {
		return err
	}
	switch d.Kind {
	case DeskWebhook:
	case DeskEmail:
		return d.validateMail()
	case DeskSlack:
		if !slackChannel.MatchString(d.Channel) {
			return deskError("channel", "the id of a Slack channel, such as C0123456789")
		}
		if !slackApp.MatchString(d.Account) {
			return deskError("account", "the id of the Slack app, such as A0123456789")
		}
	case DeskZendesk:
		if !digits.MatchString(d.Account) {
			return deskError("account", "the number of the Zendesk user that the token belongs to")
		}
		if d.Channel != "" && !digits.MatchString(d.Channel) {
			return deskError("channel", "the number of a Zendesk group, or empty")
		}
		if !plainAddress(d.User) {
			return deskError("user", "the email address of the Zendesk user that the token belongs to")
		}
	case DeskChatwoot:
		if !digits.MatchString(d.Account) || !digits.MatchString(d.Channel) {
			return deskError("account", "the numbers of the Chatwoot account, and as channel of an API inbox")
		}
	case DeskHubSpot:
		if !digits.MatchString(d.Account) {
			return deskError("account", "the number of the HubSpot app")
		}
		if !digits.MatchString(d.Channel) || !digits.MatchString(d.Inbox) {
			return deskError("channel", "the numbers of the custom channel, and as inbox of its channel account")
		}
	}
	return nil
}

func (d Desk) validateAddress() error {
	if d.BaseURL == "" && (d.Kind == DeskSlack || d.Kind == DeskHubSpot || d.Kind == DeskEmail) {
		return nil
	}
	u, err := url.Parse(d.BaseURL)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.RawQuery != "" && d.Kind != DeskWebhook {
		return deskError("base_url", "an address such as https://desk.example.com, without a name or a password in it")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !slices.Contains(d.PrivateHosts, u.Host)) {
		return deskError("base_url", "https, or http for a host in private_hosts")
	}
	return nil
}

func (d Desk) validateMail() error {
	if !plainAddress(d.From) {
		return deskError("from", "one email address")
	}
	if d.ReplyTo != "" && !plainAddress(d.ReplyTo) {
		return deskError("reply_to", "one email address, or empty")
	}
	if len(d.To) == 0 || len(d.To) > 50 || !allAddresses(d.To) {
		return deskError("to", "1 to 50 email addresses")
	}
	return nil
}

// plainAddress reports whether s is an address alone, without a display name.
func plainAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s
}

func allAddresses(list []string) bool {
	for _, s := range list {
		if !plainAddress(s) {
			return false
		}
	}
	return true
}

func deskError(field, reason string) error {
	return NewError(KindInvalid, field+": "+reason)
}
