package embed

import (
	"context"
	"net/http"

	"steward/internal/knowledge/embed/openai"
	"steward/schemas"
)

// Config says which embedder a deployment uses.
type Config struct {
	Kind schemas.EmbedderKind
	// BaseURL, APIKey, Model and Dims are those of an endpoint; only for
	// schemas.EmbedderOpenAI.
	BaseURL, APIKey, Model string
	Dims                   int
	// Client makes the calls. Default: a client of its own, no redirects.
	Client *http.Client
}

// Wanted is the embedder that content should have. Its model is lsa when the
// content itself is what it learns from.
func (c Config) Wanted() schemas.Embedder {
	switch c.Kind {
	case schemas.EmbedderOpenAI:
		return schemas.Embedder{Kind: c.Kind, Model: c.Model, Dims: c.Dims, Vector: openai.VectorName(c.Model, c.Dims)}
	case schemas.EmbedderLSA, schemas.EmbedderNone:
	}
	return schemas.Embedder{Kind: c.Kind, Model: string(c.Kind)}
}

// Store keeps trained models, vectors that were made before, and what an
// endpoint was asked for.
type Store interface {
	Models
	CachedVectors(ctx context.Context, keys []string) (map[string][]float32, error)
	CacheVectors(ctx context.Context, vectors map[string][]float32) error
	CountUsage(ctx context.Context, model string, texts, tokens int) error
}

// Configured makes the registry of a deployment.
func Configured(c Config, store Store) (*Registry, error) {
	o := Options{Models: store}
	if c.Kind == schemas.EmbedderOpenAI {
		remote, err := openai.New(openai.Config{
			BaseURL: c.BaseURL, APIKey: c.APIKey, Model: c.Model, Dims: c.Dims, Client: c.Client,
			Cache: cache{store}, Meter: meter{store, c.Model},
		})
		if err != nil {
			return nil, err
		}
		o.Remote = append(o.Remote, remote)
	}
	return NewRegistry(o), nil
}

type cache struct{ store Store }

// Get implements openai.Cache.
func (c cache) Get(ctx context.Context, keys []string) (map[string][]float32, error) {
	return c.store.CachedVectors(ctx, keys)
}

// Put implements openai.Cache.
func (c cache) Put(ctx context.Context, vectors map[string][]float32) error {
	return c.store.CacheVectors(ctx, vectors)
}

type meter struct {
	store Store
	model string
}

// Add implements openai.Meter. What could not be counted is lost: the vectors
// are worth more than the count.
func (m meter) Add(ctx context.Context, texts, tokens int) {
	_ = m.store.CountUsage(context.WithoutCancel(ctx), m.model, texts, tokens)
}
