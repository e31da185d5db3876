// Package anthropic is the llm.Model for Anthropic's Messages API, spoken
// natively because caching and strict tools are lost behind the compatible
// APIs. It owns the wire format and turns each way a server can misbehave into
// one kind of llm.Error. It must not retry, build prompts or judge a decision.
package anthropic

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	anthropicsdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"steward/internal/agent/llm"
)

// DefaultBaseURL is Anthropic's own API.
const DefaultBaseURL = "https://api.anthropic.com/"

const (
	// defaultMaxTokens bounds an answer, in tokens, when a request does not: the
	// API has no default.
	defaultMaxTokens = 4096
	// longestCall bounds a call whose context does not. Without it the SDK
	// refuses calls that may take longer.
	longestCall = 10 * time.Minute
)

// Config says which model to ask, and how.
type Config struct {
	// BaseURL is the API's root, with or without v1/ at its end. Default
	// DefaultBaseURL; http is allowed for local servers.
	BaseURL string
	// APIKey is sent as x-api-key; empty sends none.
	APIKey string
	// Model is the API's name of the model.
	Model string
	// ParallelCalls lets one answer hold several calls.
	ParallelCalls bool
	// AutoTools lets the model answer without calling a tool, for models that
	// think by themselves and refuse to be told. A plain text is then the answer.
	AutoTools bool
	// NoStrict leaves out strict of tools and the schema of an answer without
	// tools, for models that refuse them.
	NoStrict bool
	// MaxContext is the longest prompt in tokens, 0 when unknown.
	MaxContext int
	// MaxBody bounds an answer in bytes, after decompression. Default
	// llm.DefaultMaxBody, 1 MiB.
	MaxBody int64
	// Client makes the calls; redirects are never followed. Default: a client of
	// its own.
	Client *http.Client
	// Now is the clock for Retry-After dates. Default time.Now.
	Now func() time.Time
}

// Model asks one model. Safe for concurrent use.
type Model struct {
	config   Config
	messages anthropicsdk.MessageService
}

var _ llm.Model = (*Model)(nil)

// New makes a model from c. It makes no call. The environment is not read.
func New(c Config) (*Model, error) {
	if c.BaseURL == "" {
		c.BaseURL = DefaultBaseURL
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("read model configuration: the base URL is not an http or https address")
	}
	if c.Model == "" {
		return nil, errors.New("read model configuration: the model has no name")
	}
	// The SDK adds v1/messages itself.
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/v1") + "/"
	if c.MaxBody <= 0 {
		c.MaxBody = llm.DefaultMaxBody
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Client = llm.HTTPClient(c.Client)
	options := []option.RequestOption{
		option.WithBaseURL(u.String()),
		option.WithHTTPClient(c.Client),
		// The activity retries; a second layer would multiply the calls.
		option.WithMaxRetries(0),
		option.WithRequestTimeout(longestCall),
		// Spans could hold the prompt.
		option.WithoutOpenTelemetry(),
		option.WithMiddleware(llm.LimitBody(c.MaxBody)),
	}
	if c.APIKey != "" {
		options = append(options, option.WithAPIKey(c.APIKey))
	}
	return &Model{config: c, messages: anthropicsdk.NewMessageService(options...)}, nil
}

// Name is the provider kind and the model's name.
func (m *Model) Name() string { return "anthropic/" + m.config.Model }

// Capabilities are those of the configuration.
func (m *Model) Capabilities() llm.Capabilities {
	mode := llm.JSONSchema
	if m.config.NoStrict {
		mode = llm.JSONNone
	}
	return llm.Capabilities{Tools: true, JSON: mode, ParallelCalls: m.config.ParallelCalls, MaxContext: m.config.MaxContext}
}

// Generate makes one call and reads the decision. Every error is an *llm.Error;
// a cancelled ctx aborts the HTTP call.
func (m *Model) Generate(ctx context.Context, r llm.Request) (llm.Response, error) {
	var answer *http.Response
	message, err := m.messages.New(ctx, m.params(r), option.WithResponseInto(&answer))
	if err != nil {
		return llm.Response{}, m.callError(ctx, err, answer)
	}
	return m.read(message, len(r.Tools) > 0)
}

// callError sorts a failed call. The SDK's error can hold the request and the
// provider's text, so nothing of it is kept. The status is read from the
// answer, because the SDK loses it when the body is not what it expects.
func (m *Model) callError(ctx context.Context, err error, answer *http.Response) error {
	if ctx.Err() != nil {
		return llm.ContextError(ctx)
	}
	if answer == nil || answer.StatusCode < http.StatusBadRequest {
		return llm.NewError(llm.TransportKind(err), 0)
	}
	code := ""
	var api *anthropicsdk.Error
	if errors.As(err, &api) {
		code = string(api.Type())
		if answer.StatusCode == http.StatusBadRequest && llm.TooLong(errorMessage(api)) {
			code = llm.CodeTooLong
		}
	}
	deadline, _ := ctx.Deadline()
	return llm.StatusError(answer.StatusCode, code, answer.Header, m.config.Now(), deadline)
}

// errorMessage is the API's words, for sorting only: they can quote the prompt.
func errorMessage(e *anthropicsdk.Error) string {
	var body struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal([]byte(e.RawJSON()), &body) != nil {
		return ""
	}
	return body.Error.Message
}
