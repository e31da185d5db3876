package rerank

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"steward/internal/knowledge"
	"steward/internal/knowledge/embed/endpoint"
	"steward/schemas"
)

const (
	defaultTimeout = 3 * time.Second
	// defaultBatch is the most texts of a request: what
	// text-embeddings-inference takes unless told otherwise.
	defaultBatch = 32
	// defaultMaxBytes bounds the question and each text: rerankers read about
	// 512 tokens of both.
	defaultMaxBytes = 4000
	// maxBody bounds an answer in bytes; some servers send the texts back.
	maxBody = 4 << 20
)

// Config says which server to ask, and how.
type Config struct {
	// BaseURL is what comes before /rerank, for example http://127.0.0.1:8080.
	BaseURL string
	// APIKey is sent as a bearer token; empty sends none.
	APIKey string
	// Model is the server's name of the model. ShapeTEI servers have one model
	// and need none.
	Model string
	// Shape is the API's shape. Default ShapeCohere.
	Shape Shape
	// Timeout bounds a call of Rerank. Default 3 s.
	Timeout time.Duration
	// Batch is the most texts of one request. Default 32.
	Batch int
	// MaxBytes bounds the question and each text; the rest is not sent.
	// Default 4000.
	MaxBytes int
	// Client makes the calls. Default: a client of its own, no redirects.
	Client *http.Client
	// Now is the clock for Retry-After dates. Default time.Now.
	Now func() time.Time
}

// Reranker asks one server. Safe for concurrent use.
type Reranker struct {
	config  Config
	address string
}

var _ knowledge.Reranker = (*Reranker)(nil)

// New makes a reranker from c. It makes no call. The environment is not read.
func New(c Config) (*Reranker, error) {
	u, err := endpoint.Address(c.BaseURL)
	if err != nil {
		return nil, err
	}
	if c.Shape == "" {
		c.Shape = ShapeCohere
	}
	if !c.Shape.Valid() {
		return nil, schemas.NewError(schemas.KindInvalid, "the shape of a reranker is tei or cohere")
	}
	if c.Shape == ShapeCohere && c.Model == "" {
		return nil, schemas.NewError(schemas.KindInvalid, "the reranking model has no name")
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.Batch <= 0 {
		c.Batch = defaultBatch
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.Client == nil {
		c.Client = endpoint.NewClient()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Reranker{config: c, address: u.JoinPath("rerank").String()}, nil
}

// Rerank returns one score per text, in their order; higher is better. Scores
// have no scale that models share. Errors of the server are schemas.Errors that
// hold no text, of KindRateLimited and KindUnavailable when they may pass.
func (r *Reranker) Rerank(ctx context.Context, question string, texts []string) ([]float64, error) {
	limited, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	scores := make([]float64, 0, len(texts))
	for from := 0; from < len(texts); from += r.config.Batch {
		batch := texts[from:min(from+r.config.Batch, len(texts))]
		list := make([]string, len(batch))
		for i, text := range batch {
			list[i] = r.bounded(text)
		}
		part, err := r.request(limited, r.bounded(question), list)
		if err != nil {
			// What ends with the caller's context is not the server's fault.
			if limited.Err() != nil {
				return nil, endpoint.CallError(ctx, limited.Err())
			}
			return nil, err
		}
		scores = append(scores, part...)
	}
	return scores, nil
}

// bounded cuts at the bound of a character.
func (r *Reranker) bounded(text string) string {
	text = strings.ToValidUTF8(text, " ")
	if len(text) <= r.config.MaxBytes {
		return text
	}
	end := r.config.MaxBytes
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

func (r *Reranker) request(ctx context.Context, question string, texts []string) ([]float64, error) {
	body, err := json.Marshal(r.config.Shape.question(r.config.Model, question, texts))
	if err != nil {
		return nil, fmt.Errorf("write rerank request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.address, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("make rerank request: the address cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if r.config.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+r.config.APIKey)
	}
	res, err := r.config.Client.Do(req)
	if err != nil {
		return nil, endpoint.CallError(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, endpoint.StatusError(res.StatusCode, res.Header, r.config.Now())
	}
	answer, err := io.ReadAll(http.MaxBytesReader(nil, res.Body, maxBody))
	if err != nil {
		return nil, endpoint.CallError(ctx, err)
	}
	return r.config.Shape.scores(answer, len(texts))
}
