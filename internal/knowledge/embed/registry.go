package embed

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"golang.org/x/sync/singleflight"

	"steward/internal/knowledge"
	"steward/internal/knowledge/embed/lsa"
	"steward/internal/knowledge/embed/openai"
	"steward/schemas"
)

const (
	// defaultKeep is how many trained models are held; each takes at most about
	// 10 MB.
	defaultKeep = 16
	// loadTimeout bounds the reading of a stored model, which goes on when the
	// first of those who wait for it gives up.
	loadTimeout = 30 * time.Second
)

// Models has the stored matrices of trainings.
type Models interface {
	// EmbedderModel returns what Train returned for this embedder.
	EmbedderModel(ctx context.Context, id schemas.EmbedderID) ([]byte, error)
}

// Options make a Registry.
type Options struct {
	Models Models
	// Remote are the configured remote models: one, or two while content moves
	// from one to the other.
	Remote []*openai.Embedder
	// Keep is how many trained models are held in memory. Default 16.
	Keep int
}

// Registry opens embedders. Safe for concurrent use.
type Registry struct {
	models Models
	remote []*openai.Embedder
	held   *recent
	loads  singleflight.Group
}

// NewRegistry makes a registry. It reads nothing yet.
func NewRegistry(o Options) *Registry {
	if o.Keep <= 0 {
		o.Keep = defaultKeep
	}
	return &Registry{models: o.Models, remote: o.Remote, held: newRecent(o.Keep)}
}

// Open returns the embedder of a row. KindInvalid when it cannot be opened with
// this configuration: its model is not configured, has another length, or its
// stored matrix cannot be read. Errors of the port are returned as they are.
// Search by words alone then.
func (r *Registry) Open(ctx context.Context, e schemas.Embedder) (knowledge.Embedder, error) {
	switch e.Kind {
	case schemas.EmbedderLSA:
		return r.trained(ctx, e)
	case schemas.EmbedderOpenAI:
		return r.configured(e)
	case schemas.EmbedderNone:
	}
	return nil, schemas.NewError(schemas.KindInvalid, fmt.Sprintf("there is no embedder of kind %q", e.Kind))
}

func (r *Registry) configured(e schemas.Embedder) (knowledge.Embedder, error) {
	for _, remote := range r.remote {
		if remote.Model() != e.Model || remote.Dims() != 0 && remote.Dims() != e.Dims {
			continue
		}
		bound, err := remote.WithDims(e.Dims)
		if err != nil {
			return nil, err
		}
		return bound, nil
	}
	return nil, schemas.NewError(schemas.KindInvalid, "the embedding model of this content is not the one that is configured")
}

// Train learns a model from units, the analysed terms of one chunk each, about
// as many as expected, and returns it as it is to be stored, with the length of its vectors. The error
// is lsa.ErrTooSmall when there is too little content.
func (r *Registry) Train(ctx context.Context, expected int, units iter.Seq2[[]string, error]) (model []byte, dims int, err error) {
	m, err := lsa.Train(ctx, units, lsa.Options{Units: expected})
	if errors.Is(err, lsa.ErrTooSmall) {
		return nil, 0, &schemas.Error{Kind: schemas.KindInvalid, Message: "there is too little content to learn from", Cause: err}
	}
	if err != nil {
		return nil, 0, err
	}
	model, err = m.MarshalBinary()
	return model, m.Dims(), err
}

// trained opens a training; those who ask for the same one at the same time
// share the reading.
func (r *Registry) trained(ctx context.Context, e schemas.Embedder) (knowledge.Embedder, error) {
	if m, ok := r.held.get(e.ID); ok {
		return fits(m, e)
	}
	shared := context.WithoutCancel(ctx)
	load := r.loads.DoChan(string(e.ID), func() (any, error) {
		ctx, cancel := context.WithTimeout(shared, loadTimeout)
		defer cancel()
		return r.load(ctx, e.ID)
	})
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("open embedder: %w", ctx.Err())
	case result := <-load:
		if result.Err != nil {
			return nil, result.Err
		}
		return fits(result.Val.(*lsa.Model), e)
	}
}

func (r *Registry) load(ctx context.Context, id schemas.EmbedderID) (*lsa.Model, error) {
	data, err := r.models.EmbedderModel(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load embedder model: %w", err)
	}
	m, err := lsa.Open(data)
	if err != nil {
		return nil, &schemas.Error{Kind: schemas.KindInvalid, Message: "the stored embedder cannot be read: train it again", Cause: err}
	}
	r.held.put(id, m)
	return m, nil
}

// fits refuses a matrix that is not that of the row: its vectors would be
// compared with others.
func fits(m *lsa.Model, e schemas.Embedder) (knowledge.Embedder, error) {
	if m.Dims() != e.Dims {
		return nil, schemas.NewError(schemas.KindInvalid, fmt.Sprintf(
			"the stored embedder makes vectors of %d dimensions where %d are expected: train it again", m.Dims(), e.Dims))
	}
	return m, nil
}
