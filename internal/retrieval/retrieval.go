// Package retrieval sets up the search of a deployment by its configuration.
//
// It owns the choice of index, embedder and reranker, for the worker and for
// the server alike: an admin who tries a question has to see what the agent
// finds. It must not search or rank by itself, which is the work of
// activities.Retriever, and it opens no connection before it is used.
package retrieval

import (
	"steward/activities"
	"steward/internal/config"
	"steward/internal/knowledge"
	"steward/internal/knowledge/embed"
	"steward/internal/knowledge/embed/rerank"
	"steward/internal/knowledge/weaviate"
	"steward/internal/policy"
	"steward/schemas"
)

// Store is the content, with the models and vectors that are kept for it.
type Store interface {
	activities.ContentStore
	embed.Store
}

// Search is what content is indexed and searched with.
type Search struct {
	Index     *weaviate.Index
	Embedders *embed.Registry
	// Wanted is the embedder that content should have.
	Wanted schemas.Embedder

	store    Store
	reranker knowledge.Reranker
}

// New makes the search of a deployment. Its errors name what the configuration
// has wrong; the servers may be down.
func New(cfg config.Config, store Store) (*Search, error) {
	index, err := weaviate.New(weaviate.Options{URL: cfg.WeaviateURL, GRPC: cfg.WeaviateGRPC})
	if err != nil {
		return nil, err
	}
	vectors := embed.Config{
		Kind: schemas.EmbedderKind(cfg.Embedder), BaseURL: cfg.EmbedderBaseURL, APIKey: cfg.EmbedderAPIKey.Reveal(),
		Model: cfg.EmbedderModel, Dims: cfg.EmbedderDims,
	}
	embedders, err := embed.Configured(vectors, store)
	if err != nil {
		return nil, err
	}
	reranker, err := rerank.Configured(cfg.RerankerURL, cfg.RerankerAPIKey.Reveal(), cfg.RerankerModel)
	if err != nil {
		return nil, err
	}
	return &Search{Index: index, Embedders: embedders, Wanted: vectors.Wanted(), store: store, reranker: reranker}, nil
}

// Retriever finds passages for questions.
func (s *Search) Retriever() *activities.Retriever {
	return &activities.Retriever{
		Index: s.Index, Store: s.store, Embedders: s.Embedders, Reranker: s.reranker, Weight: policy.VectorWeight,
	}
}
