// Package llm is the port to whatever proposes a decision for a turn: a
// language model behind an HTTP API, the embedded answer finder, or a script
// in tests. It owns the request and response, the error taxonomy, and the
// parsing of a model's JSON. It must not build prompts, judge a decision, or
// retry: the callers do.
package llm

import (
	"context"
	"encoding/json"

	"steward/schemas"
)

// Model proposes one decision per call. Implementations are safe for
// concurrent use, stop when ctx ends, never retry, and return an *Error.
type Model interface {
	// Generate makes one call. On an error the response may still carry the
	// usage, because a failed call is billed too.
	Generate(ctx context.Context, r Request) (Response, error)
	// Name is the opaque name stored with each reply. Constant.
	Name() string
	// Capabilities says how the model can be asked. Constant.
	Capabilities() Capabilities
}

// Capabilities is what a provider's endpoint can do.
type Capabilities struct {
	// Tools: the model takes tool definitions and answers with calls. Otherwise
	// the decision is one JSON object, actions included.
	Tools bool
	// JSON is how strictly an answer can be held to JSON.
	JSON JSONMode
	// ParallelCalls: one answer may hold several calls.
	ParallelCalls bool
	// MaxContext is the longest prompt in tokens, 0 when unknown.
	MaxContext int
}

// JSONMode is how a server is told to answer in JSON.
type JSONMode string

// The modes, from the strictest. Servers without one are told in the prompt.
const (
	JSONSchema JSONMode = "schema"
	JSONObject JSONMode = "object"
	JSONNone   JSONMode = "none"
)

// Role is who a message of a prompt speaks for.
type Role string

// The roles.
const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	// RoleTool carries the result of one call.
	RoleTool Role = "tool"
)

// Message is one message of a prompt.
type Message struct {
	Role Role
	Text string
	// Calls are those of an assistant's message.
	Calls []schemas.Call
	// CallID names the call whose result a tool's message carries.
	CallID string
}

// Tool is something a model may call: a command that ends the turn, or an
// action.
type Tool struct {
	// Name has at most 64 characters of a-z, A-Z, 0-9, _ and -.
	Name        string
	Description string
	// Schema is the JSON Schema of the arguments, an object at the root.
	Schema json.RawMessage
	// Strict: Schema keeps to the subset that providers can enforce.
	Strict bool
}

// Request is one call. Language models read the prompt; engines without a
// language model read Material.
type Request struct {
	// Stable is the part of the prompt that is the same for every call of one
	// published version, so that providers can cache it.
	Stable string
	// PerConversation changes between conversations, not between turns.
	PerConversation string
	// Messages carry the turn; the last one is from RoleUser, or the last result
	// of the calls before it.
	Messages []Message
	// Tools are offered to a model that takes tools, sorted by name; it must call
	// at least one. CommandTools are among them.
	Tools []Tool
	// Schema is the JSON Schema of the answer of a model without tools,
	// DecisionSchema when nil.
	Schema json.RawMessage
	// MaxTokens bounds the answer, 0 is the provider's default.
	MaxTokens int
	// Temperature is left out when nil.
	Temperature *float64
	// CacheKey groups calls with the same stable part. Opaque.
	CacheKey string
	// Material is what the prompt was built from.
	Material schemas.Material
}

// Response is the outcome of one call.
type Response struct {
	Decision schemas.Decision
	Usage    schemas.Usage
	// Model is the provider's name of the model that answered.
	Model string
	// Finish is why the provider stopped, in its own word.
	Finish string
}
