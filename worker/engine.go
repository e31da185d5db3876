package main

import (
	"net/http"

	"steward/internal/agent"
	"steward/internal/agent/llm"
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
	primary, err := openai.New(openai.Config{
		BaseURL: cfg.ModelBaseURL, APIKey: cfg.ModelAPIKey.Reveal(), Model: cfg.ModelName,
		JSON: llm.JSONMode(cfg.ModelJSON), Tools: cfg.ModelTools, Client: modelClient(cfg),
	})
	if err != nil {
		return nil, err
	}
	fallback, err := newFallback(cfg)
	if err != nil {
		return nil, err
	}
	return &agent.Engine{Primary: primary, Fallback: fallback, Quotes: extractive.New(extractive.Options{Strict: true})}, nil
}

// newFallback is the second model; nil when none is configured.
func newFallback(cfg config.Config) (llm.Model, error) {
	if cfg.FallbackModelName == "" {
		return nil, nil
	}
	base, key := cfg.FallbackModelBaseURL, cfg.FallbackModelAPIKey
	if base == "" {
		base = cfg.ModelBaseURL
		if key == "" {
			key = cfg.ModelAPIKey
		}
	}
	return openai.New(openai.Config{
		BaseURL: base, APIKey: key.Reveal(), Model: cfg.FallbackModelName,
		JSON: llm.JSONMode(cfg.ModelJSON), Tools: cfg.ModelTools, Client: modelClient(cfg),
	})
}

// modelClient bounds the calls of a model. It follows no redirects: the key
// would go along.
func modelClient(cfg config.Config) *http.Client {
	return &http.Client{
		Timeout:       cfg.ModelTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
