package openai

import (
	"context"
	"net/http"
	"strings"
	"time"

	"steward/internal/knowledge/embed/endpoint"
	"steward/schemas"
)

const (
	// defaultQueryTimeout is how long a customer waits for a vector before the
	// search goes on without it.
	defaultQueryTimeout = 3 * time.Second
	// defaultPassageTimeout bounds one request for passages: a model on a CPU
	// takes its time.
	defaultPassageTimeout = 2 * time.Minute
	// defaultMaxBody bounds one answer in bytes: 96 vectors of 4,096 numbers.
	defaultMaxBody = 16 << 20
	// maxDims is the longest vector that is taken.
	maxDims = 16_384
)

// Cache keeps vectors by key. A key says the model, the length of the vector
// and the text, and gives none of them away.
type Cache interface {
	// Get returns the vectors it has; keys it does not have are left out.
	Get(ctx context.Context, keys []string) (map[string][]float32, error)
	Put(ctx context.Context, vectors map[string][]float32) error
}

// Meter counts what is sent to the endpoint. It is safe for concurrent use.
type Meter interface {
	// Add counts one request. tokens are the endpoint's count, or an estimate
	// when it gives none.
	Add(ctx context.Context, texts, tokens int)
}

// Prefixes are put before a text, by what it is embedded for.
type Prefixes struct{ Query, Passage string }

// Config says which server and model to ask, and how.
type Config struct {
	// BaseURL is the API's root, for example http://127.0.0.1:11434/v1/.
	BaseURL string
	// APIKey is sent as a bearer token; empty sends none.
	APIKey string
	// Model is the server's name of the model.
	Model string
	// Dims is the length of the vectors; 0 when it is not known yet: only Check
	// works then.
	Dims int
	// Shorten asks the server for vectors of Dims numbers, which some models
	// can cut; others refuse it.
	Shorten bool
	// Prefixes replace those of the model's family.
	Prefixes *Prefixes
	// MaxTokens is the longest text the model takes; longer ones are cut.
	// Default by the model's family.
	MaxTokens int
	// QueryTimeout bounds the embedding of questions, PassageTimeout one
	// request for passages. Defaults 3 s and 2 min.
	QueryTimeout, PassageTimeout time.Duration
	// MaxBody bounds an answer in bytes. Default 16 MiB.
	MaxBody int64
	// Client makes the calls. Default: a client of its own, no redirects.
	Client *http.Client
	// Cache keeps the vectors of passages. Questions are not kept: they hardly
	// come again, and they are customers' words. Nil keeps nothing.
	Cache Cache
	// Meter counts requests. Nil counts nothing.
	Meter Meter
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

func (c Config) defaults() (Config, error) {
	if _, err := endpoint.Address(c.BaseURL); err != nil {
		return c, err
	}
	switch {
	case strings.TrimSpace(c.Model) == "":
		return c, schemas.NewError(schemas.KindInvalid, "the embedding model has no name")
	case c.Dims < 0 || c.Dims > maxDims:
		return c, schemas.NewError(schemas.KindInvalid, "a vector has 1 to 16384 dimensions")
	case c.Shorten && c.Dims == 0:
		return c, schemas.NewError(schemas.KindInvalid, "vectors can be shortened only to a given number of dimensions")
	}
	family := familyOf(c.Model)
	if c.Prefixes == nil {
		c.Prefixes = &family.prefixes
	}
	if c.MaxTokens <= 0 {
		c.MaxTokens = family.maxTokens
	}
	if c.QueryTimeout <= 0 {
		c.QueryTimeout = defaultQueryTimeout
	}
	if c.PassageTimeout <= 0 {
		c.PassageTimeout = defaultPassageTimeout
	}
	if c.MaxBody <= 0 {
		c.MaxBody = defaultMaxBody
	}
	if c.Client == nil {
		c.Client = endpoint.NewClient()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

// family is what models of one kind want.
type family struct {
	// part of the model's name in lower case, all of them.
	parts     []string
	prefixes  Prefixes
	maxTokens int
}

const (
	instruction = "Instruct: Given a customer's question, retrieve passages that answer it\nQuery: "
	// sentence is what the English bge models and their relatives were trained with.
	sentence = "Represent this sentence for searching relevant passages: "
)

// families lists the models that want a mark or take short texts only; the
// first match counts.
func families() []family {
	return []family{
		{[]string{"e5", "instruct"}, Prefixes{Query: instruction}, 512},
		{[]string{"e5-mistral"}, Prefixes{Query: instruction}, 4096},
		{[]string{"e5-"}, Prefixes{"query: ", "passage: "}, 512},
		{[]string{"nomic-embed"}, Prefixes{"search_query: ", "search_document: "}, 2048},
		{[]string{"qwen3-embedding"}, Prefixes{Query: instruction}, 8192},
		{[]string{"embeddinggemma"}, Prefixes{"task: search result | query: ", "title: none | text: "}, 2048},
		{[]string{"bge-", "-en"}, Prefixes{Query: sentence}, 512},
		{[]string{"mxbai-embed"}, Prefixes{Query: sentence}, 512},
		{[]string{"arctic-embed", "2.0"}, Prefixes{Query: "query: "}, 8192},
		{[]string{"arctic-embed2"}, Prefixes{Query: "query: "}, 8192},
		{[]string{"arctic-embed"}, Prefixes{Query: sentence}, 512},
	}
}

func familyOf(model string) family {
	model = strings.ToLower(model)
	for _, f := range families() {
		fits := true
		for _, part := range f.parts {
			fits = fits && strings.Contains(model, part)
		}
		if fits {
			return f
		}
	}
	return family{maxTokens: 8192}
}
