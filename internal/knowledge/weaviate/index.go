package weaviate

import (
	"fmt"
	"log/slog"
	"net/url"
	"time"

	client "github.com/weaviate/weaviate-go-client/v4/weaviate"
	"github.com/weaviate/weaviate-go-client/v4/weaviate/grpc"

	"steward/internal/knowledge"
	"steward/schemas"
	definition "steward/schemas/weaviate"
)

// requestTimeout bounds one request; callers usually allow less.
const requestTimeout = 60 * time.Second

// Options say which server and collection to use.
type Options struct {
	// URL is the HTTP address of the server, for example http://127.0.0.1:8081.
	URL string
	// GRPC is the host:port for imports; empty sends them over HTTP, which is
	// slower.
	GRPC string
	// APIKey is sent as a bearer token when set.
	APIKey string
	// Collection defaults to KbChunk. Tests use names of their own.
	Collection string
	// Log receives a warning for every search that had to do without its
	// vector. Nil means none.
	Log *slog.Logger
}

// Index searches one collection. It is safe for concurrent use.
type Index struct {
	client     *client.Client
	collection string
	log        *slog.Logger
	// groups and page are the first number of groups asked of a count, and the
	// number of objects read at once.
	groups, page int
}

var _ knowledge.Index = (*Index)(nil)

// New makes an Index. It does not connect; Prepare and the first call do.
func New(o Options) (*Index, error) {
	address, err := url.Parse(o.URL)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, schemas.NewError(schemas.KindInvalid, "the Weaviate address must be an http or https URL")
	}
	config := client.Config{Host: address.Host, Scheme: address.Scheme, Timeout: requestTimeout}
	if o.GRPC != "" {
		config.GrpcConfig = &grpc.Config{Host: o.GRPC, Secured: address.Scheme == "https"}
	}
	if o.APIKey != "" {
		config.Headers = map[string]string{"Authorization": "Bearer " + o.APIKey}
	}
	c, err := client.NewClient(config)
	if err != nil {
		return nil, fmt.Errorf("make weaviate client: %w", err)
	}
	if o.Collection == "" {
		o.Collection = definition.KbChunk
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Index{client: c, collection: o.Collection, log: o.Log, groups: countGroups, page: readPage}, nil
}
