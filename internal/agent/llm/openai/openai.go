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
	"github.com/openai/openai-go/v3/shared"

	"steward/internal/agent/llm"
)

// JSONMode is how the server is told to answer in JSON.
type JSONMode string

// The modes, from the strictest. Servers without one are told in the prompt.
const (
	JSONSchema JSONMode = "schema"
	JSONObject JSONMode = "object"
	JSONNone   JSONMode = "none"
)

// defaultMaxBody bounds one answer of the server, in bytes.
const defaultMaxBody = 1 << 20

// Config says which server and model to ask, and what the server can do.
type Config struct {
	// BaseURL is the API's root, for example http://127.0.0.1:11434/v1/.
	BaseURL string
	// APIKey is sent as a bearer token; empty sends none.
	APIKey string
	// Model is the server's name of the model.
	Model string
	// JSON is the JSON capability. Default JSONSchema.
	JSON JSONMode
	// LegacyMaxTokens sends max_tokens in place of max_completion_tokens, for
	// servers that know only the old field.
	LegacyMaxTokens bool
	// PromptCacheKey sends prompt_cache_key, which some servers refuse.
	PromptCacheKey bool
	// MaxBody bounds an answer in bytes. Default 1 MiB.
	MaxBody int64
	// Client makes the calls. Default: a client of its own, no redirects.
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
	switch c.JSON {
	case "":
		c.JSON = JSONSchema
	case JSONSchema, JSONObject, JSONNone:
	default:
		return nil, fmt.Errorf("read model configuration: unknown JSON mode %q: use schema, object or none", c.JSON)
	}
	if c.MaxBody <= 0 {
		c.MaxBody = defaultMaxBody
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Client == nil {
		c.Client = newClient()
	}
	options := []option.RequestOption{
		option.WithBaseURL(c.BaseURL),
		option.WithHTTPClient(c.Client),
		// The activity retries; a second layer would multiply the calls.
		option.WithMaxRetries(0),
		option.WithUnsafeAllowHTTP(),
		option.WithMiddleware(limitBody(c.MaxBody)),
	}
	if c.APIKey != "" {
		options = append(options, option.WithAPIKey(c.APIKey))
	}
	return &Model{config: c, chat: openaisdk.NewChatCompletionService(options...)}, nil
}

// newClient follows no redirect, so that a key and a prompt reach only the
// configured host.
func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func limitBody(limit int64) option.Middleware {
	return func(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
		res, err := next(req)
		if err == nil && res.Body != nil {
			res.Body = http.MaxBytesReader(nil, res.Body, limit)
		}
		return res, err
	}
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
	return m.read(completion)
}

func (m *Model) params(r llm.Request) openaisdk.ChatCompletionNewParams {
	p := openaisdk.ChatCompletionNewParams{Model: m.config.Model}
	// Two system messages keep the first one byte-identical, which caches.
	for _, text := range []string{r.Stable, r.PerConversation} {
		if text != "" {
			p.Messages = append(p.Messages, openaisdk.SystemMessage(text))
		}
	}
	for _, message := range r.Messages {
		if message.Role == llm.RoleAssistant {
			p.Messages = append(p.Messages, openaisdk.AssistantMessage(message.Text))
		} else {
			p.Messages = append(p.Messages, openaisdk.UserMessage(message.Text))
		}
	}
	if r.MaxTokens > 0 {
		if m.config.LegacyMaxTokens {
			p.MaxTokens = openaisdk.Int(int64(r.MaxTokens))
		} else {
			p.MaxCompletionTokens = openaisdk.Int(int64(r.MaxTokens))
		}
	}
	if r.Temperature != nil {
		p.Temperature = openaisdk.Float(*r.Temperature)
	}
	if m.config.PromptCacheKey && r.CacheKey != "" {
		p.PromptCacheKey = openaisdk.String(r.CacheKey)
	}
	switch m.config.JSON {
	case JSONSchema:
		p.ResponseFormat = schemaFormat(r)
	case JSONObject:
		p.ResponseFormat.OfJSONObject = &shared.ResponseFormatJSONObjectParam{}
	case JSONNone:
	}
	return p
}

func schemaFormat(r llm.Request) openaisdk.ChatCompletionNewParamsResponseFormatUnion {
	schema := r.Schema
	if schema == nil {
		schema = llm.DecisionSchema()
	}
	return openaisdk.ChatCompletionNewParamsResponseFormatUnion{
		OfJSONSchema: &shared.ResponseFormatJSONSchemaParam{
			JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{
				Name: "decision", Strict: openaisdk.Bool(true), Schema: schema,
			},
		},
	}
}

// read judges a completion. The SDK reports neither an empty choice list nor
// a cut answer as an error.
func (m *Model) read(c *openaisdk.ChatCompletion) (llm.Response, error) {
	if c == nil {
		return llm.Response{}, llm.NewError(llm.KindEmpty, http.StatusOK)
	}
	out := llm.Response{Model: c.Model}
	out.Usage.Input = int(c.Usage.PromptTokens)
	out.Usage.Cached = int(c.Usage.PromptTokensDetails.CachedTokens)
	out.Usage.Output = int(c.Usage.CompletionTokens)
	if len(c.Choices) == 0 {
		return out, llm.NewError(llm.KindEmpty, http.StatusOK)
	}
	choice := c.Choices[0]
	out.Finish = choice.FinishReason
	if choice.Message.Refusal != "" || choice.FinishReason == "content_filter" {
		return out, llm.NewError(llm.KindContentFilter, http.StatusOK)
	}
	if choice.FinishReason == "" || choice.FinishReason == "length" {
		return out, llm.NewError(llm.KindTruncated, http.StatusOK)
	}
	decision, err := llm.ParseDecision(choice.Message.Content)
	if err != nil {
		return out, err
	}
	decision.Engine = m.Name()
	out.Decision = decision
	return out, nil
}

// callError sorts a failed call. The SDK's error can hold the request and the
// provider's text, so nothing of it is kept. The status is read from the
// answer, because the SDK loses it when the body is not the JSON it expects.
func (m *Model) callError(ctx context.Context, err error, answer *http.Response) error {
	if ctx.Err() != nil {
		return llm.ContextError(ctx)
	}
	if answer == nil || answer.StatusCode < http.StatusBadRequest {
		return llm.NewError(transportKind(err), 0)
	}
	code := ""
	var api *openaisdk.Error
	if errors.As(err, &api) {
		code = strings.ToLower(api.Code)
	}
	deadline, _ := ctx.Deadline()
	return llm.StatusError(answer.StatusCode, code, answer.Header, m.config.Now(), deadline)
}

// Capabilities are those of the configuration.
func (m *Model) Capabilities() llm.Capabilities {
	return llm.Capabilities{JSON: llm.JSONMode(m.config.JSON)}
}
