package openai

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	openaisdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"steward/internal/knowledge"
	"steward/internal/knowledge/embed/endpoint"
	"steward/schemas"
)

// Embedder asks one model of one server. Safe for concurrent use.
type Embedder struct {
	config  Config
	service openaisdk.EmbeddingService
	// most is how many texts the server takes at once, as far as is known.
	most    *atomic.Int64
	circuit *circuit
	wait    func(context.Context, time.Duration) error
}

var _ knowledge.Embedder = (*Embedder)(nil)

// New makes an embedder from c. It makes no call. The environment is not read.
func New(c Config) (*Embedder, error) {
	c, err := c.defaults()
	if err != nil {
		return nil, err
	}
	options := []option.RequestOption{
		option.WithBaseURL(c.BaseURL),
		option.WithHTTPClient(c.Client),
		option.WithMaxRetries(0),
		option.WithUnsafeAllowHTTP(),
		option.WithMiddleware(limitBody(c.MaxBody)),
	}
	if c.APIKey != "" {
		options = append(options, option.WithAPIKey(c.APIKey))
	}
	e := &Embedder{
		config: c, service: openaisdk.NewEmbeddingService(options...),
		most: new(atomic.Int64), circuit: &circuit{now: c.Now}, wait: pause,
	}
	e.most.Store(batchTexts)
	return e, nil
}

// Model is the server's name of the model.
func (e *Embedder) Model() string { return e.config.Model }

// Dims is the configured length of the vectors, 0 when it is not known.
func (e *Embedder) Dims() int { return e.config.Dims }

// WithDims returns an embedder of the same model for vectors of dims numbers.
// KindInvalid when another length is configured.
func (e *Embedder) WithDims(dims int) (*Embedder, error) {
	if dims <= 0 || dims > maxDims {
		return nil, schemas.NewError(schemas.KindInvalid, "a vector has 1 to 16384 dimensions")
	}
	if e.config.Dims != 0 && e.config.Dims != dims {
		return nil, dimsError(e.config.Dims, dims)
	}
	out := *e
	out.config.Dims = dims
	return &out, nil
}

// Check embeds a text and returns the length of its vector, before settings are
// saved. KindInvalid says what is wrong with the settings, also that the length
// is not the configured one; KindUnavailable and KindRateLimited say nothing
// about them.
func (e *Embedder) Check(ctx context.Context) (dims int, err error) {
	ctx, cancel := context.WithTimeout(ctx, e.config.PassageTimeout)
	defer cancel()
	vectors, _, err := e.request(ctx, []string{e.config.Prefixes.Passage + "What is your return policy?"})
	if errors.Is(err, endpoint.ErrMalformed) {
		return 0, &schemas.Error{Kind: schemas.KindInvalid, Message: "the address answers, but not as an embeddings endpoint does", Cause: err}
	}
	if err != nil {
		return 0, err
	}
	return len(vectors[0]), nil
}

// Embed returns one vector per text. Equal texts are sent once and share their
// vector, passages that the cache has are not sent, and a text without content
// has the zero vector. Errors of the endpoint are schemas.Errors that hold no
// text: KindRateLimited and KindUnavailable may pass, with a cause that has a
// RetryAfter method when the server said how long to wait; KindInvalid needs
// other settings, or a new embedder when the model's vectors have another
// length than before. What was embedded before an error is in the cache.
func (e *Embedder) Embed(ctx context.Context, role knowledge.Role, texts []knowledge.Embeddable) ([][]float32, error) {
	if e.config.Dims == 0 {
		return nil, schemas.NewError(schemas.KindInvalid, "the length of the model's vectors is not known: check the embedding endpoint first")
	}
	out := make([][]float32, len(texts))
	inputs := newInputs(e.config, role, texts)
	vectors, err := e.cached(ctx, role, inputs.keys)
	if err != nil {
		return nil, err
	}
	missing := inputs.without(vectors)
	if len(missing.keys) > 0 {
		embed := e.embedPassages
		if role == knowledge.RoleQuery {
			embed = e.embedQueries
		}
		if err := embed(ctx, missing, vectors); err != nil {
			return nil, err
		}
	}
	for i, key := range inputs.of {
		if key == "" {
			out[i] = make([]float32, e.config.Dims)
			continue
		}
		out[i] = vectors[key]
	}
	return out, nil
}

// cached reads the cache. A vector of another length is none.
func (e *Embedder) cached(ctx context.Context, role knowledge.Role, keys []string) (map[string][]float32, error) {
	vectors := make(map[string][]float32, len(keys))
	if e.config.Cache == nil || role != knowledge.RolePassage || len(keys) == 0 {
		return vectors, nil
	}
	found, err := e.config.Cache.Get(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("read embedding cache: %w", err)
	}
	for _, key := range keys {
		if vector := found[key]; len(vector) == e.config.Dims {
			vectors[key] = vector
		}
	}
	return vectors, nil
}

// embedQueries spares the customer the wait for a server that has been failing.
func (e *Embedder) embedQueries(ctx context.Context, inputs inputs, into map[string][]float32) error {
	if err := e.circuit.admit(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, e.config.QueryTimeout, errSlow)
	defer cancel()
	for batch := range inputs.batches(e.most.Load) {
		vectors, _, err := e.call(ctx, batch.texts)
		if err != nil {
			e.circuit.record(err)
			return err
		}
		for i, key := range batch.keys {
			into[key] = vectors[i]
		}
	}
	e.circuit.record(nil)
	return nil
}

func (e *Embedder) embedPassages(ctx context.Context, inputs inputs, into map[string][]float32) error {
	for batch := range inputs.batches(e.most.Load) {
		vectors, _, err := e.call(ctx, batch.texts)
		if err != nil {
			return err
		}
		fresh := make(map[string][]float32, len(vectors))
		for i, key := range batch.keys {
			into[key], fresh[key] = vectors[i], vectors[i]
		}
		if e.config.Cache == nil {
			continue
		}
		if err := e.config.Cache.Put(ctx, fresh); err != nil {
			return fmt.Errorf("write embedding cache: %w", err)
		}
	}
	return nil
}

// inputs are distinct texts as they are sent.
type inputs struct {
	keys, texts []string
	// of has the key of each text asked for, empty for one without content.
	of []string
}

func newInputs(c Config, role knowledge.Role, texts []knowledge.Embeddable) inputs {
	prefix := c.Prefixes.Passage
	if role == knowledge.RoleQuery {
		prefix = c.Prefixes.Query
	}
	room := max(1, c.MaxTokens*marginPercent/100-tokens(prefix))
	in := inputs{of: make([]string, len(texts))}
	seen := make(map[string]bool, len(texts))
	for i, text := range texts {
		content := strings.TrimSpace(strings.ToValidUTF8(text.Text, " "))
		if content == "" {
			continue
		}
		content = cut(content, room)
		k := key(c.Model, c.Dims, prefix, content)
		in.of[i] = k
		if !seen[k] {
			seen[k] = true
			in.keys, in.texts = append(in.keys, k), append(in.texts, prefix+content)
		}
	}
	return in
}

// without returns the inputs that have no vector.
func (in inputs) without(vectors map[string][]float32) inputs {
	var out inputs
	for i, key := range in.keys {
		if _, ok := vectors[key]; !ok {
			out.keys, out.texts = append(out.keys, key), append(out.texts, in.texts[i])
		}
	}
	return out
}

// batches cuts the inputs into requests. most is asked for each one.
func (in inputs) batches(most func() int64) func(yield func(inputs) bool) {
	return func(yield func(inputs) bool) {
		for from := 0; from < len(in.texts); {
			to, sum := from, 0
			for limit := int(most()); to < len(in.texts) && to-from < limit; to++ {
				if sum += tokens(in.texts[to]); sum > batchTokens && to > from {
					break
				}
			}
			if !yield(inputs{keys: in.keys[from:to], texts: in.texts[from:to]}) {
				return
			}
			from = to
		}
	}
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
