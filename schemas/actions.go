package schemas

import (
	"encoding/json"
	"time"
)

// ActionKind is what an action calls.
type ActionKind string

// The kinds. KindCRM actions are made by Steward from the CRM settings and
// never configured by hand.
const (
	ActionHTTP ActionKind = "http"
	ActionMCP  ActionKind = "mcp"
	ActionCRM  ActionKind = "crm"
)

// Valid reports whether k is one of the kinds.
func (k ActionKind) Valid() bool { return k == ActionHTTP || k == ActionMCP || k == ActionCRM }

// Effect is what an action does to the system it calls.
type Effect string

// The effects. Anything but a read changes something; a destructive change
// cannot be taken back.
const (
	EffectRead        Effect = "read"
	EffectWrite       Effect = "write"
	EffectDestructive Effect = "destructive"
)

// Valid reports whether e is one of the effects.
func (e Effect) Valid() bool {
	return e == EffectRead || e == EffectWrite || e == EffectDestructive
}

// Changes reports whether the effect is more than a read.
func (e Effect) Changes() bool { return e != EffectRead }

// Confirm says whether the customer is asked before an action runs.
type Confirm string

// ConfirmAlways is the default of every write. ConfirmNever is an admin's
// audited choice and not possible for a destructive action.
const (
	ConfirmAlways Confirm = "always"
	ConfirmNever  Confirm = "never"
)

// Valid reports whether c is one of the choices.
func (c Confirm) Valid() bool { return c == ConfirmAlways || c == ConfirmNever }

// Protection is how well we must know who is writing. Spec: D7.
type Protection string

// The protections, from the weakest.
const (
	ProtectNone          Protection = "none"
	ProtectMatchEmail    Protection = "match_email"
	ProtectVerifyEmail   Protection = "verify_email"
	ProtectAuthenticated Protection = "authenticated"
)

// Valid reports whether p is one of the protections.
func (p Protection) Valid() bool { return p.Level() != "" }

// Level is the identity level that p asks for, empty for an unknown one.
func (p Protection) Level() IdentityLevel {
	switch p {
	case ProtectNone:
		return IdentityAnonymous
	case ProtectMatchEmail:
		return IdentityMatchedEmail
	case ProtectVerifyEmail:
		return IdentityVerifiedEmail
	case ProtectAuthenticated:
		return IdentityAuthenticated
	}
	return ""
}

// InputSource is who fills an input of an action.
type InputSource string

// The sources. Only InputCustomer inputs are seen and filled by an engine; the
// others are filled by the server when the call is made.
const (
	InputCustomer     InputSource = "customer"
	InputContact      InputSource = "contact"
	InputConversation InputSource = "conversation"
	InputConstant     InputSource = "constant"
	InputSecret       InputSource = "secret"
)

// Valid reports whether s is one of the sources.
func (s InputSource) Valid() bool {
	switch s {
	case InputCustomer, InputContact, InputConversation, InputConstant, InputSecret:
		return true
	}
	return false
}

// Visibility is who sees a value of an action's answer.
type Visibility string

// The visibilities. A hidden value is kept for later actions only.
const (
	VisibleCustomer Visibility = "customer"
	VisibleModel    Visibility = "model_only"
	VisibleNobody   Visibility = "hidden"
)

// Valid reports whether v is one of the visibilities.
func (v Visibility) Valid() bool {
	return v == VisibleCustomer || v == VisibleModel || v == VisibleNobody
}

// Mask is how a value is shortened before anybody sees it.
type Mask string

// The masks: nothing, all but the last four characters, all but the first
// character and the domain of an email address, everything.
const (
	MaskNone  Mask = ""
	MaskLast4 Mask = "last4"
	MaskEmail Mask = "email"
	MaskAll   Mask = "all"
)

// Valid reports whether m is one of the masks.
func (m Mask) Valid() bool {
	return m == MaskNone || m == MaskLast4 || m == MaskEmail || m == MaskAll
}

// Action is a call into another system that the agent may make. It is part of
// the versioned settings. Spec: S53, D7.
type Action struct {
	// Name is how engines call it: ^[a-z][a-z0-9_]{0,47}$, unique in the agent.
	Name  string `json:"name" required:"false"`
	Title string `json:"title"`
	// Description tells an engine when to use it; the admin writes it, also for
	// a tool of an MCP server.
	Description string `json:"description"`
	// Kind, Effect, Confirm and Protection may be left out when an action is
	// written: package actions fills in the defaults.
	Kind   ActionKind `json:"kind" required:"false"`
	Effect Effect     `json:"effect" required:"false"`
	// Confirm is always for every write unless the admin chose never.
	Confirm    Confirm    `json:"confirm" required:"false"`
	Protection Protection `json:"protection" required:"false"`
	// Approval asks a person before it runs; nil for none. Spec: D21.
	Approval *Approval `json:"approval,omitempty"`
	// Channels limits it to kinds of channel; empty is all.
	Channels []ChannelKind `json:"channels,omitempty"`
	// Phrases are examples of what customers say when they want it, for the
	// answer finder.
	Phrases []string `json:"phrases,omitempty"`
	Inputs  []Input  `json:"inputs,omitempty"`
	// HTTP is set for ActionHTTP, MCP for ActionMCP, CRM for ActionCRM.
	HTTP    *HTTPCall `json:"http,omitempty"`
	MCP     *MCPCall  `json:"mcp,omitempty"`
	CRM     *CRMCall  `json:"crm,omitempty"`
	Outputs []Output  `json:"outputs,omitempty"`
	// ReadBack is the question to the customer before a write, by language, with
	// {input} placeholders; without one the title and the inputs are listed.
	ReadBack map[string]string `json:"read_back,omitempty"`
	// Callback is set when the system reports the result later. Settled: rule 7.
	Callback *Callback `json:"callback,omitempty"`
	// HandOff passes the conversation to people after it has run.
	HandOff bool `json:"hand_off,omitempty"`
	// PerHour bounds the runs of one contact in an hour; 0 is 60.
	PerHour int `json:"per_hour,omitempty"`
	// Disabled takes it out of use without deleting it.
	Disabled bool `json:"disabled,omitempty"`
}

// Approval is how a person is asked before an effect.
type Approval struct {
	// Team is asked; empty is every active user.
	Team TeamID `json:"team,omitempty"`
	// EscalateSeconds is when the request is marked as overdue, ExpireSeconds
	// when it counts as refused. Defaults 4 hours and 3 days.
	EscalateSeconds Seconds `json:"escalate_seconds,omitempty"`
	ExpireSeconds   Seconds `json:"expire_seconds,omitempty"`
}

// Times are how long a request waits, and when it is overdue.
func (a Approval) Times() (wait, escalate time.Duration) {
	wait, escalate = ApprovalWait, ApprovalEscalate
	if a.ExpireSeconds > 0 {
		wait = a.ExpireSeconds.Duration()
	}
	if a.EscalateSeconds > 0 {
		escalate = a.EscalateSeconds.Duration()
	}
	return wait, escalate
}

// Callback is how long a system may take to report a result.
type Callback struct {
	// ExpireSeconds is when the result counts as unknown. Default 24 hours.
	ExpireSeconds Seconds `json:"expire_seconds,omitempty"`
}

// Input is one argument of an action.
type Input struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	// Instructions is the question that asks the customer for it.
	Instructions string `json:"instructions,omitempty"`
	// Schema is the JSON Schema (draft 2020-12) of the value, without $ref.
	// Default: a string of at most 200 characters.
	Schema   json.RawMessage `json:"schema,omitempty"`
	Required bool            `json:"required,omitempty"`
	// Source is who fills it. Default customer.
	Source InputSource `json:"source,omitempty"`
	// Path names what a contact or conversation input takes, such as email, id,
	// language or crm.company; for a secret its reference (env:NAME or
	// file:/path).
	Path string `json:"path,omitempty"`
	// Value is that of a constant.
	Value json.RawMessage `json:"value,omitempty"`
	// Sensitive values are not shown in traces.
	Sensitive bool `json:"sensitive,omitempty"`
	// MaxAsks is how often the customer is asked for it before people take
	// over. Default 2.
	MaxAsks int `json:"max_asks,omitempty"`
}

// HTTPCall is the request of an HTTP action. Placeholders are {input}.
type HTTPCall struct {
	// Connection is the name of a connection.
	Connection string `json:"connection"`
	// Method is GET, POST, PUT, PATCH or DELETE.
	Method string `json:"method" required:"false"`
	// Path is below the connection's base URL; values are percent-escaped.
	Path    string            `json:"path"`
	Query   map[string]string `json:"query,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	// Body is a JSON template: a string that is one placeholder becomes the
	// typed value, a member whose only placeholder has no value is left out.
	Body json.RawMessage `json:"body,omitempty"`
	// TimeoutSeconds is at most 30. Default 10.
	TimeoutSeconds int `json:"timeout_seconds,omitempty"`
	// MaxBytes bounds the answer after decompression. Default 256 KiB.
	MaxBytes int `json:"max_bytes,omitempty"`
	// ResultBytes bounds what an engine gets of it. Default 4 KiB, at most 64.
	ResultBytes int `json:"result_bytes,omitempty"`
	// IdempotencyHeader carries the key of the effect, which lets a write be
	// repeated. Empty: a write is never repeated.
	IdempotencyHeader string   `json:"idempotency_header,omitempty"`
	Success           *Success `json:"success,omitempty"`
}

// Success is when an answer counts as done. Default: a status from 200 to 299.
type Success struct {
	Statuses []int `json:"statuses,omitempty"`
	// Path and Equals require a value in a JSON answer.
	Path   string          `json:"path,omitempty"`
	Equals json.RawMessage `json:"equals,omitempty"`
}

// MCPCall is the tool of an MCP server.
type MCPCall struct {
	// Connection is the name of a connection whose base URL is the server's
	// streamable HTTP endpoint.
	Connection string `json:"connection"`
	Tool       string `json:"tool"`
	// Digest is the SHA-256 of the tool's name, description and schemas that the
	// admin approved; another definition is not called.
	Digest string `json:"digest"`
	// Arguments are the tool's own names of arguments by the name of the input,
	// where the two differ.
	Arguments      map[string]string `json:"arguments,omitempty"`
	TimeoutSeconds int               `json:"timeout_seconds,omitempty"`
	ResultBytes    int               `json:"result_bytes,omitempty"`
}

// CRMCall is what an ActionCRM does.
type CRMCall struct {
	// Update changes properties; otherwise they are read.
	Update bool `json:"update,omitempty"`
	// Fields are the properties that may be named, with what people call them.
	Fields []CRMField `json:"fields,omitempty"`
}

// CRMField is a property of the CRM and its label.
type CRMField struct {
	Name  string `json:"name"`
	Label string `json:"label,omitempty"`
}

// Output is one value of an answer that may be used.
type Output struct {
	// Path is dotted, with numbers for items of a list, such as
	// order.items.0.status; empty is the whole answer.
	Path       string     `json:"path"`
	Name       string     `json:"name"`
	Visibility Visibility `json:"visibility" required:"false"`
	Mask       Mask       `json:"mask,omitempty"`
	// Link allows replies to hold this value as a link.
	Link bool `json:"link,omitempty"`
	// Plain leaves what looks like a card number, a bank account or a credential
	// as it is: the admin declares that the value is one and may be seen.
	Plain bool `json:"plain,omitempty"`
}
