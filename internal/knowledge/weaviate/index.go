package weaviate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/go-openapi/strfmt"
	client "github.com/weaviate/weaviate-go-client/v4/weaviate"
	"github.com/weaviate/weaviate-go-client/v4/weaviate/filters"
	"github.com/weaviate/weaviate-go-client/v4/weaviate/grpc"
	"github.com/weaviate/weaviate/entities/models"

	"steward/internal/knowledge"
	"steward/schemas"
	definition "steward/schemas/weaviate"
)

const (
	// putBatch is the number of chunks per import request.
	putBatch = 200
	// deleteBatch stays below the 10,000 objects the server deletes at once.
	deleteBatch = 5000
	// requestTimeout bounds one request; callers usually allow less.
	requestTimeout = 60 * time.Second
)

// Options say which server and collection to use.
type Options struct {
	// URL is the HTTP address of the server, for example http://127.0.0.1:8081.
	URL string
	// GRPC is the host:port for imports; empty sends them over HTTP.
	GRPC string
	// APIKey is sent as a bearer token when set.
	APIKey string
	// Collection defaults to KbChunk. Tests use names of their own.
	Collection string
}

// Index searches one collection. It is safe for concurrent use.
type Index struct {
	client     *client.Client
	collection string
}

var _ knowledge.Index = (*Index)(nil)

// New makes an Index. It does not connect; Ensure and the first call do.
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
	return &Index{client: c, collection: o.Collection}, nil
}

// Ensure creates the collection unless it exists. Several processes may call it
// at the same time.
func (x *Index) Ensure(ctx context.Context) error {
	exists, err := x.client.Schema().ClassExistenceChecker().WithClassName(x.collection).Do(ctx)
	if err != nil {
		return failed("look for the search collection", err)
	}
	if exists {
		return nil
	}
	class := &models.Class{}
	if err := json.Unmarshal(definition.KbChunkJSON(), class); err != nil {
		return fmt.Errorf("read collection definition: %w", err)
	}
	class.Class = x.collection
	if err := x.client.Schema().ClassCreator().WithClass(class).Do(ctx); err != nil {
		// Another process may have been first.
		if exists, again := x.client.Schema().ClassExistenceChecker().WithClassName(x.collection).Do(ctx); again == nil && exists {
			return nil
		}
		return failed("create the search collection", err)
	}
	return nil
}

// Put implements knowledge.Index. The tenant is made with its first chunk.
func (x *Index) Put(ctx context.Context, tenant schemas.AgentID, chunks []schemas.Chunk) error {
	if err := checkTenant(tenant); err != nil {
		return err
	}
	for start := 0; start < len(chunks); start += putBatch {
		batch := chunks[start:min(start+putBatch, len(chunks))]
		objects := make([]*models.Object, 0, len(batch))
		for _, chunk := range batch {
			object, err := x.object(tenant, chunk)
			if err != nil {
				return err
			}
			objects = append(objects, object)
		}
		results, err := x.client.Batch().ObjectsBatcher().WithObjects(objects...).Do(ctx)
		if err != nil {
			return failed("store chunks in the index", err)
		}
		if err := refused(results, len(objects)); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) object(tenant schemas.AgentID, chunk schemas.Chunk) (*models.Object, error) {
	id, err := knowledge.ChunkUUID(chunk.ID)
	if err != nil {
		return nil, fmt.Errorf("index chunk: %w", err)
	}
	return &models.Object{
		Class: x.collection, ID: strfmt.UUID(id), Tenant: string(tenant),
		Properties: map[string]any{
			"terms":     clean(chunk.Terms),
			"grams":     clean(chunk.Grams),
			"doc_id":    clean(string(chunk.Document)),
			"source_id": clean(string(chunk.Source)),
			"lang":      clean(chunk.Language),
		},
	}, nil
}

// refused looks into every result: the server answers 200 for a batch in which
// single objects have failed.
func refused(results []models.ObjectsGetResponse, sent int) error {
	bad, reason := 0, ""
	for _, r := range results {
		if r.Result == nil || r.Result.Errors == nil || len(r.Result.Errors.Error) == 0 {
			continue
		}
		bad++
		if first := r.Result.Errors.Error[0]; reason == "" && first != nil {
			reason = first.Message
		}
	}
	if bad == 0 {
		return nil
	}
	return &schemas.Error{
		Kind: schemas.KindUnavailable, Message: "the search index did not store everything",
		Cause: fmt.Errorf("%d of %d chunks refused: %s", bad, sent, reason),
	}
}

// Delete implements knowledge.Index.
func (x *Index) Delete(ctx context.Context, tenant schemas.AgentID, ids []schemas.ChunkID) error {
	if err := checkTenant(tenant); err != nil {
		return err
	}
	for start := 0; start < len(ids); start += deleteBatch {
		batch := ids[start:min(start+deleteBatch, len(ids))]
		values := make([]string, 0, len(batch))
		for _, id := range batch {
			value, err := knowledge.ChunkUUID(id)
			if err != nil {
				return fmt.Errorf("delete chunk: %w", err)
			}
			values = append(values, value)
		}
		where := filters.Where().WithPath([]string{"id"}).WithOperator(filters.ContainsAny).WithValueText(values...)
		result, err := x.client.Batch().ObjectsBatchDeleter().
			WithClassName(x.collection).WithTenant(string(tenant)).WithWhere(where).Do(ctx)
		if unknownTenant(err) {
			return nil
		}
		if err != nil {
			return failed("delete chunks from the index", err)
		}
		if result != nil && result.Results != nil && result.Results.Failed > 0 {
			return &schemas.Error{
				Kind: schemas.KindUnavailable, Message: "the search index did not delete everything",
				Cause: fmt.Errorf("%d of %d chunks left", result.Results.Failed, len(values)),
			}
		}
	}
	return nil
}
