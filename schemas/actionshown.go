package schemas

import "encoding/json"

// ConnectionShown is a connection as the API shows it: never with its secret.
type ConnectionShown struct {
	Connection
	// SecretStored is true when a secret is kept encrypted for it.
	SecretStored bool `json:"secret_stored"`
	// SecretOldKey is true when it is not encrypted under the key that is used now:
	// it is to be set again before the old key goes.
	SecretOldKey bool `json:"secret_old_key,omitempty"`
	// UsedBy are the actions of the draft and of the published settings that call
	// it, sorted by name.
	UsedBy []string `json:"used_by"`
}

// ActionShown is an action as the API shows it, in the draft and as published.
type ActionShown struct {
	Name string `json:"name"`
	// Draft is nil when it was deleted there, Published before it was published.
	Draft     *Action `json:"draft,omitempty"`
	Published *Action `json:"published,omitempty"`
	// Changed is true when publishing the draft changes it.
	Changed bool `json:"changed"`
	// Warnings are what is allowed in the draft but should be looked at, by field.
	Warnings []FieldProblem `json:"warnings"`
}

// ActionTest is what an admin asks of a test call.
type ActionTest struct {
	// Arguments is one JSON object with what the customer would have said.
	Arguments json.RawMessage `json:"arguments,omitempty" doc:"One object with the inputs that the customer fills."`
	// Draft takes the action of the draft instead of the published one.
	Draft bool `json:"draft,omitempty"`
	// Really makes the call of a write, which has its effect. Reads are always
	// made.
	Really bool `json:"really,omitempty" doc:"Make the call of a write too: it has its effect in the other system."`
	// Email, Name and Language stand for the customer's, for inputs of the contact
	// and of the conversation.
	Email    string `json:"email,omitempty" maxLength:"254"`
	Name     string `json:"name,omitempty" maxLength:"200"`
	Language string `json:"language,omitempty" maxLength:"8"`
	// Identity is how well the customer counts as known. Default: as the action
	// asks for.
	Identity IdentityLevel `json:"identity,omitempty"`
}

// ActionTested is what came of a test call. It holds no secret.
type ActionTested struct {
	State  RunState `json:"state"`
	Error  RunError `json:"error,omitempty"`
	Status int      `json:"status,omitempty" doc:"The HTTP status of the other system."`
	// TookMillis is how long it took, in milliseconds.
	TookMillis int64 `json:"took_ms"`
	// DryRun is true when nothing was sent: it is a write and really was not set.
	DryRun bool `json:"dry_run"`
	// Advice says what to do about a failure.
	Advice string `json:"advice,omitempty"`
	// Values are the mapped outputs with who sees them, hidden ones too.
	Values []RunValue `json:"values"`
	// Engine is what an engine would read, Customer what the customer may see.
	Engine   string `json:"engine"`
	Customer string `json:"customer"`
}

// ImportChoice is an operation of a document, or a tool of a server, that can be
// made an action.
type ImportChoice struct {
	// Name is the operationId, or the tool's name.
	Name   string `json:"name"`
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	// Summary is what the other side says about it: a claim.
	Summary    string `json:"summary,omitempty"`
	Effect     Effect `json:"effect"`
	Deprecated bool   `json:"deprecated,omitempty"`
	// Digest is that of a tool's definition, which an action pins.
	Digest string `json:"digest,omitempty"`
}

// ImportNote is something to look at after an import.
type ImportNote struct {
	// Name is that of the choice or of the action; empty for all.
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
}

// ActionImport is what an import offers or has made.
type ActionImport struct {
	// Choices are what can be picked, when nothing was picked.
	Choices []ImportChoice `json:"choices,omitempty"`
	// Actions are the drafts that were made of what was picked, Connection what
	// they call through.
	Actions    []Action     `json:"actions,omitempty"`
	Connection *Connection  `json:"connection,omitempty"`
	Notes      []ImportNote `json:"notes,omitempty"`
	// Saved is true when the actions are in the draft now.
	Saved bool `json:"saved"`
}
