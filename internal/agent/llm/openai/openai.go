// Package openai is the llm.Model for every server with an OpenAI-compatible
// Chat Completions API: OpenAI, Azure, vLLM, Ollama, llama.cpp and others. It
// owns the wire format and turns each way a server can misbehave into one
// kind of llm.Error. It must not retry, build prompts or judge a decision.
package openai

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	openaisdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"steward/internal/agent/llm"
)

// ToolChoice is what a server is told about calling a tool.
type ToolChoice string

// The choices. With auto a model may answer in plain text, which is then the
// answer.
const (
	ToolRequired ToolChoice = "required"
	ToolAuto     ToolChoice = "auto"
)

// Config says which server and model to ask, and what the server can do.
type Config struct {
	// BaseURL is the API's root, for example http://127.0.0.1:11434/v1/.
	BaseURL string
	// APIKey is sent as a bearer token; empty sends none.
	APIKey string
	// Model is the server's name of the model.
	Model string
	// Tools: the model takes tool definitions. Otherwise, and for requests
	// without tools, it answers with one JSON object.
	Tools bool
	// ToolChoice is what goes with tools. Default ToolRequired; ToolAuto is for
	// servers that refuse it.
	ToolChoice ToolChoice
	// ParallelCalls lets one answer hold several calls. Otherwise the server is
	// told parallel_tool_calls: false.
	ParallelCalls bool
	// NoStrict leaves out strict of tools, for servers that refuse it.
	NoStrict bool
	// JSON is the JSON capability. Default llm.JSONSchema.
	JSON llm.JSONMode
	// MaxContext is the longest prompt in tokens, 0 when unknown.
	MaxContext int
	// LegacyMaxTokens sends max_tokens in place of max_completion_tokens, for
	// servers that know only the old field.
	LegacyMaxTokens bool
	// PromptCacheKey sends prompt_cache_key, which some servers refuse.
	PromptCacheKey bool
	// MaxBody bounds an answer in bytes, after decompression. Default
	// llm.DefaultMaxBody, 1 MiB.
	MaxBody int64
	// Client makes the calls; redirects are never followed. Default: a client of
	// its own.
	Client *http.Client
	// Now is the clock for Retry-After dates. Default time.Now.
	Now func() time.Time
}

// Model asks one model of one server. Safe for concurrent use.
type Model struct {
	config Config
	chat   openaisdk.ChatCompletionService
}

var _ llm.Model = (*Model)(nil)

// New makes a model from c. It makes no call. The environment is not read.
func New(c Config) (*Model, error) {
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("read model configuration: the base URL is not an http or https address")
	}
	if c.Model == "" {
		return nil, errors.New("read model configuration: the model has no name")
	}
	if err := c.complete(); err != nil {
		return nil, err
	}
	options := []option.RequestOption{
		option.WithBaseURL(c.BaseURL),
		option.WithHTTPClient(c.Client),
		// The activity retries; a second layer would multiply the calls.
		option.WithMaxRetries(0),
		option.WithUnsafeAllowHTTP(),
		option.WithMiddleware(llm.LimitBody(c.MaxBody)),
	}
	if c.APIKey != "" {
		options = append(options, option.WithAPIKey(c.APIKey))
	}
	return &Model{config: c, chat: openaisdk.NewChatCompletionService(options...)}, nil
}

// complete sets the defaults.
func (c *Config) complete() error {
	switch c.JSON {
	case "":
		c.JSON = llm.JSONSchema
	case llm.JSONSchema, llm.JSONObject, llm.JSONNone:
	default:
		return fmt.Errorf("read model configuration: unknown JSON mode %q: use schema, object or none", c.JSON)
	}
	switch c.ToolChoice {
	case "":
		c.ToolChoice = ToolRequired
	case ToolRequired, ToolAuto:
	default:
		return fmt.Errorf("read model configuration: unknown tool choice %q: use required or auto", c.ToolChoice)
	}
	if c.MaxBody <= 0 {
		c.MaxBody = llm.DefaultMaxBody
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Client = llm.HTTPClient(c.Client)
	return nil
}

// Name is the provider kind and the model's name.
func (m *Model) Name() string { return "openai/" + m.config.Model }

// Generate makes one call and parses the decision. Every error is an
// *llm.Error; a cancelled ctx aborts the HTTP call.
func (m *Model) Generate(ctx context.Context, r llm.Request) (llm.Response, error) {
	var answer *http.Response
	completion, err := m.chat.New(ctx, m.params(r), option.WithResponseInto(&answer))
	if err != nil {
		return llm.Response{}, m.callError(ctx, err, answer)
	}
	return m.read(completion, len(r.Tools) > 0 && m.config.Tools)
}

// callError sorts a failed call. The SDK's error can hold the request and the
// provider's text, so nothing of it is kept. The status is read from the
// answer, because the SDK loses it when the body is not the JSON it expects.
func (m *Model) callError(ctx context.Context, err error, answer *http.Response) error {
	if ctx.Err() != nil {
		return llm.ContextError(ctx)
	}
	if answer == nil || answer.StatusCode < http.StatusBadRequest {
		return llm.NewError(llm.TransportKind(err), 0)
	}
	code := ""
	var api *openaisdk.Error
	if errors.As(err, &api) {
		code = strings.ToLower(api.Code)
		if answer.StatusCode != http.StatusTooManyRequests && llm.TooLong(code, api.Type, api.Message) {
			code = llm.CodeTooLong
		}
	}
	deadline, _ := ctx.Deadline()
	return llm.StatusError(answer.StatusCode, code, answer.Header, m.config.Now(), deadline)
}

// Capabilities are those of the configuration.
func (m *Model) Capabilities() llm.Capabilities {
	c := m.config
	return llm.Capabilities{Tools: c.Tools, JSON: c.JSON, ParallelCalls: c.Tools && c.ParallelCalls, MaxContext: c.MaxContext}
}
