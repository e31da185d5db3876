package main

import (
	"cmp"
	"net/http"

	"steward/internal/agent"
	"steward/internal/agent/llm"
	"steward/internal/agent/llm/anthropic"
	"steward/internal/agent/llm/extractive"
	"steward/internal/agent/llm/openai"
	"steward/internal/config"
)

// newEngine makes the chain of engines that the configuration asks for: the
// answer finder alone, or a model, its fallback and the answer finder in its
// strict form as the last resort. Spec: D20.
func newEngine(cfg config.Config) (*agent.Engine, error) {
	if cfg.Engine == config.EngineExtractive {
		return &agent.Engine{Primary: extractive.New(extractive.Options{})}, nil
	}
	primary, err := newModel(cfg, cfg.Engine, cfg.ModelBaseURL, cfg.ModelName, cfg.ModelAPIKey)
	if err != nil {
		return nil, err
	}
	fallback, err := newFallback(cfg)
	if err != nil {
		return nil, err
	}
	return &agent.Engine{Primary: primary, Fallback: fallback, Quotes: extractive.New(extractive.Options{Strict: true})}, nil
}

// openAIBaseURL is where the models of OpenAI itself are.
const openAIBaseURL = "https://api.openai.com/v1"

// newModel makes the model of one endpoint.
func newModel(cfg config.Config, engine, base, name string, key config.Secret) (llm.Model, error) {
	if engine == config.EngineAnthropic {
		return anthropic.New(anthropic.Config{
			BaseURL: cmp.Or(base, anthropic.DefaultBaseURL), APIKey: key.Reveal(), Model: name, Client: modelClient(cfg),
		})
	}
	return openai.New(openai.Config{
		BaseURL: cmp.Or(base, openAIBaseURL), APIKey: key.Reveal(), Model: name,
		JSON: llm.JSONMode(cfg.ModelJSON), Tools: cfg.ModelTools, Client: modelClient(cfg),
	})
}

// newFallback is the second model; nil when none is configured. One of the same
// kind without an address of its own is asked where the first one is.
func newFallback(cfg config.Config) (llm.Model, error) {
	if cfg.FallbackModelName == "" {
		return nil, nil
	}
	engine := cmp.Or(cfg.FallbackEngine, cfg.Engine)
	base, key := cfg.FallbackModelBaseURL, cfg.FallbackModelAPIKey
	if base == "" && engine == cfg.Engine {
		base = cfg.ModelBaseURL
		if key == "" {
			key = cfg.ModelAPIKey
		}
	}
	return newModel(cfg, engine, base, cfg.FallbackModelName, key)
}

// modelClient bounds the calls of a model. It follows no redirects: the key
// would go along.
func modelClient(cfg config.Config) *http.Client {
	return &http.Client{
		Timeout:       cfg.ModelTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
