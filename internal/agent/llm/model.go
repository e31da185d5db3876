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
}

// Role is who a message of a prompt speaks for.
type Role string

// The roles.
const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
)

// Message is one message of a prompt.
type Message struct {
	Role Role
	Text string
}

// Request is one call. Language models read the prompt; engines without a
// language model read Material.
type Request struct {
	// Stable is the part of the prompt that is the same for every call of one
	// published version, so that providers can cache it.
	Stable string
	// PerConversation changes between conversations, not between turns.
	PerConversation string
	// Messages carry the turn; the last one is from RoleUser.
	Messages []Message
	// Schema is the JSON Schema of the answer, DecisionSchema when nil.
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
