package schemas

import "time"

// DeskStepKind is one kind of thing that a destination is told.
type DeskStepKind string

// The kinds, in the order in which they come.
const (
	DeskStepOpen    DeskStepKind = "open"
	DeskStepMessage DeskStepKind = "message"
	DeskStepUpdate  DeskStepKind = "update"
)

// DeskClaim is one step that was claimed: exactly one of Ticket, Message and
// Update is set.
type DeskClaim struct {
	Attempt AttemptID
	Desk    Desk
	Kind    DeskStepKind
	Ref     ExternalRef
	Ticket  *Ticket
	Message *DeskMessage
	Update  *DeskUpdate
}

// DeskStepInput asks to tell one destination of a handoff the next thing.
type DeskStepInput struct {
	Handoff HandoffID `json:"handoff"`
	// Lost is true when the activity before had no result: its worker died.
	Lost bool `json:"lost,omitempty"`
	// Last is the result of the step before when it could not be stored.
	Last *DeskStepResult `json:"last,omitempty"`
}

// DeskStepResult is what became of one step. Stored is false when the
// destination answered but the result could not be stored.
type DeskStepResult struct {
	Result  Sent      `json:"result"`
	Attempt AttemptID `json:"attempt,omitempty"`
	Code    string    `json:"code,omitempty"`
	// Ref and URL name what was opened there.
	Ref        string        `json:"ref,omitempty"`
	URL        string        `json:"url,omitempty"`
	RetryAfter time.Duration `json:"retry_after,omitempty"`
	Stored     bool          `json:"stored"`
}

// DeskDone is what is known of a step after it was made.
type DeskDone struct {
	Attempt AttemptID
	Delivered
	URL string
	// Again: the step may be made again although it may have had its effect.
	Again bool
}

// DeskTicket is a handoff in one destination, as people see it.
type DeskTicket struct {
	Desk DeskID `json:"desk_id"`
	Name string `json:"name"`
	// State is opening, open or failed.
	State string `json:"state"`
	Ref   string `json:"ref,omitempty"`
	URL   string `json:"url,omitempty"`
	// Waiting counts what it has not been told yet, Failed what it never was.
	Waiting int `json:"waiting"`
	Failed  int `json:"failed"`
	// Code is a short reason of the latest failure.
	Code string `json:"code,omitempty"`
}

// DeskResult is what became of an event that came from a destination.
type DeskResult string

// The results.
const (
	// DeskDidIt: it was done as a person does it.
	DeskDidIt DeskResult = "done"
	// DeskNoted: it could not be done, and people read it in a note.
	DeskNoted DeskResult = "noted"
	// DeskIgnored: it concerns no handoff of the destination.
	DeskIgnored DeskResult = "ignored"
	// DeskTwice: it had come before.
	DeskTwice DeskResult = "duplicate"
)

// SummaryAuthor is who wrote a HandoffSummary.
type SummaryAuthor string

// The authors. The template is code, the model is asked when the settings say
// so.
const (
	SummaryByTemplate SummaryAuthor = "template"
	SummaryByModel    SummaryAuthor = "model"
)

// HandoffShown is one handoff with all that people see of it.
type HandoffShown struct {
	Offer
	Team     TeamID   `json:"team_id,omitempty"`
	Language string   `json:"language,omitempty"`
	Tier     Tier     `json:"tier"`
	Brief    *Brief   `json:"brief,omitempty"`
	Skills   []string `json:"skills,omitempty"`
	// Desks are the destinations it also went to.
	Desks []DeskTicket `json:"desks"`
	// Breaches counts the targets of answers that were missed.
	Breaches   int       `json:"breaches"`
	AcceptedAt time.Time `json:"accepted_at,omitzero"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
}

// Brief is a summary with who wrote it.
type Brief struct {
	HandoffSummary
	By SummaryAuthor `json:"by"`
}

// BriefFacts is what a summary is made of, beside the facts.
type BriefFacts struct {
	// Lines are the conversation, oldest first.
	Lines     []Line
	Citations []Citation
	Actions   []ActionRun
	// Collected are inputs that the customer gave, Asking the one asked for last.
	Collected []Datum
	Asking    string
}

// HandoffWriteInput asks for a text that a model writes for people: the summary
// of a handoff, or a draft of the answer to a message.
type HandoffWriteInput struct {
	Handoff HandoffID `json:"handoff"`
	// Seq is the customer's message that a draft answers; 0 asks for the summary.
	Seq int64 `json:"seq,omitempty"`
}

// HandoffWriteResult says whether a text was stored.
type HandoffWriteResult struct {
	Written bool `json:"written"`
}

// NewDesk is what an admin gives to make or change a destination: the fields of
// Desk, without those that are made for it.
type NewDesk struct {
	Name          string     `json:"name" minLength:"1" maxLength:"60"`
	Kind          DeskKind   `json:"kind" enum:"webhook,email,slack,zendesk,chatwoot,hubspot"`
	BaseURL       string     `json:"base_url,omitempty" maxLength:"2000"`
	Account       string     `json:"account,omitempty" maxLength:"200"`
	Channel       string     `json:"channel,omitempty" maxLength:"200"`
	Inbox         string     `json:"inbox,omitempty" maxLength:"200"`
	User          string     `json:"user,omitempty" maxLength:"320"`
	From          string     `json:"from,omitempty" maxLength:"320"`
	ReplyTo       string     `json:"reply_to,omitempty" maxLength:"320"`
	To            []string   `json:"to,omitempty"`
	Secret        string     `json:"secret" maxLength:"500" doc:"A reference such as env:STEWARD_SECRET_DESK, never the secret itself."`
	SigningSecret string     `json:"signing_secret,omitempty" maxLength:"500" doc:"A reference like secret, to what proves the calls of the destination."`
	PathToken     bool       `json:"path_token,omitempty"`
	PrivateHosts  []string   `json:"private_hosts,omitempty"`
	Language      string     `json:"language,omitempty" maxLength:"20"`
	Reasons       []Reason   `json:"reasons,omitempty"`
	Teams         []TeamID   `json:"teams,omitempty"`
	Feeds         []DeskFeed `json:"feeds,omitempty"`
	Disabled      bool       `json:"disabled,omitempty"`
}

// Desk is the destination that n describes.
func (n NewDesk) Desk() Desk {
	return Desk{
		Name: n.Name, Kind: n.Kind, BaseURL: n.BaseURL, Account: n.Account, Channel: n.Channel, Inbox: n.Inbox, User: n.User,
		From: n.From, ReplyTo: n.ReplyTo, To: n.To, Secret: n.Secret, SigningSecret: n.SigningSecret, PathToken: n.PathToken,
		PrivateHosts: n.PrivateHosts, Language: n.Language, Reasons: n.Reasons, Teams: n.Teams, Feeds: n.Feeds, Disabled: n.Disabled,
	}
}

// DeskTest is what came of a test of a destination.
type DeskTest struct {
	Result Sent   `json:"result"`
	Code   string `json:"code,omitempty"`
	// Ref is the destination's id of the test ticket.
	Ref string `json:"ref,omitempty"`
}
