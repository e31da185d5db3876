package main

import (
	"steward/activities"
	"steward/internal/config"
	"steward/internal/knowledge/embed"
	"steward/internal/knowledge/embed/rerank"
	"steward/internal/knowledge/weaviate"
	"steward/internal/policy"
	"steward/internal/store"
	"steward/schemas"
)

// newSearch makes the search with which admins try what the agent finds. It is
// the agent's own.
func newSearch(cfg config.Config, s *store.Store) (*activities.Retriever, error) {
	index, err := weaviate.New(weaviate.Options{URL: cfg.WeaviateURL, GRPC: cfg.WeaviateGRPC})
	if err != nil {
		return nil, err
	}
	registry, err := embed.Configured(embedding(cfg), s)
	if err != nil {
		return nil, err
	}
	reranker, err := rerank.Configured(cfg.RerankerURL, cfg.RerankerAPIKey.Reveal(), cfg.RerankerModel)
	if err != nil {
		return nil, err
	}
	return &activities.Retriever{Index: index, Store: s, Embedders: registry, Reranker: reranker, Weight: policy.VectorWeight}, nil
}

func embedding(cfg config.Config) embed.Config {
	return embed.Config{
		Kind: schemas.EmbedderKind(cfg.Embedder), BaseURL: cfg.EmbedderBaseURL, APIKey: cfg.EmbedderAPIKey.Reveal(),
		Model: cfg.EmbedderModel, Dims: cfg.EmbedderDims,
	}
}
