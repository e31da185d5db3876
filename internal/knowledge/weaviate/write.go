package weaviate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/weaviate/weaviate-go-client/v4/weaviate/fault"
	"github.com/weaviate/weaviate-go-client/v4/weaviate/filters"
	"github.com/weaviate/weaviate/entities/models"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// putBatch is the number of chunks per import request.
	putBatch = 200
	// putAtOnce keeps the server busy while the next batch is on its way.
	putAtOnce = 2
	// deleteBatch is far below the 10,000 objects the server deletes at once: a
	// busy server takes some milliseconds for each vector that goes.
	deleteBatch = 1000
	// writableAttempts, each after writablePause, outlast the addition of a
	// vector to many tenants.
	writableAttempts = 40
	writablePause    = 100 * time.Millisecond
)

// Put implements knowledge.Index. The tenant is made with its first chunk.
// Vectors of another length than the first of their name, or of a name that
// Prepare does not know, are refused as schemas.KindInvalid. An id must not come
// twice in one call: parts of it are sent at the same time.
func (x *Index) Put(ctx context.Context, tenant schemas.AgentID, objects []knowledge.Object) error {
	if err := checkTenant(tenant); err != nil {
		return err
	}
	batches := slices.Collect(slices.Chunk(objects, putBatch))
	for window := range slices.Chunk(batches, putAtOnce) {
		errs := make([]error, len(window))
		var group sync.WaitGroup
		for i, batch := range window {
			group.Go(func() { errs[i] = x.putBatch(ctx, tenant, batch) })
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) putBatch(ctx context.Context, tenant schemas.AgentID, batch []knowledge.Object) error {
	sent := make([]*models.Object, 0, len(batch))
	for _, o := range batch {
		object, err := x.object(tenant, o)
		if err != nil {
			return err
		}
		sent = append(sent, object)
	}
	return whenWritable(ctx, func() error {
		results, err := x.client.Batch().ObjectsBatcher().WithObjects(sent...).Do(ctx)
		if err != nil {
			return failed("store chunks in the index", err)
		}
		return refused(results, len(sent))
	})
}

// whenWritable writes again, for some seconds, while the collection gets a
// vector: the server takes no writes at that time and says so for each object.
func whenWritable(ctx context.Context, write func() error) error {
	err := write()
	for range writableAttempts {
		if err == nil || !strings.Contains(err.Error(), "store is read-only due to: UpdateVectorIndexConfig") {
			break
		}
		if stop := pause(ctx, writablePause); stop != nil {
			return errors.Join(err, stop)
		}
		err = write()
	}
	return err
}

func (x *Index) object(tenant schemas.AgentID, o knowledge.Object) (*models.Object, error) {
	id, err := knowledge.ChunkUUID(o.Chunk.ID)
	if err != nil {
		return nil, fmt.Errorf("index chunk: %w", err)
	}
	vectors := make(models.Vectors, len(o.Vectors))
	for name, vector := range o.Vectors {
		if usable(vector) {
			vectors[name] = vector
		}
	}
	return &models.Object{
		Class: x.collection, ID: strfmt.UUID(id), Tenant: string(tenant), Vectors: vectors,
		Properties: map[string]any{
			"terms":     clean(o.Chunk.Terms),
			"grams":     clean(o.Chunk.Grams),
			"doc_id":    clean(string(o.Chunk.Document)),
			"source_id": clean(string(o.Chunk.Source)),
			"lang":      clean(o.Chunk.Language),
		},
	}, nil
}

// usable reports whether a vector has a direction. One that has none would be
// as near to every question as to any other.
func usable(vector []float32) bool {
	var squares float64
	for _, v := range vector {
		squares += float64(v) * float64(v)
	}
	return squares > 0 && !math.IsInf(squares, 0) && !math.IsNaN(squares)
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
	failure := &schemas.Error{
		Kind: schemas.KindUnavailable, Message: "the search index did not store everything",
		Cause: fmt.Errorf("%d of %d chunks refused: %s", bad, sent, reason),
	}
	if unfit(reason) {
		failure.Kind = schemas.KindInvalid
	}
	return failure
}

// unfit reports whether the server's reason is that a vector has another length
// than those before it, or a name that Prepare does not know. It would refuse
// the same object again.
func unfit(reason string) bool {
	return strings.Contains(reason, "dimensions do not match") ||
		strings.Contains(reason, "inconsistent vector lengths") ||
		strings.Contains(reason, "not have configuration for vector")
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
		if err := whenWritable(ctx, func() error { return x.deleteBatch(ctx, tenant, values) }); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) deleteBatch(ctx context.Context, tenant schemas.AgentID, values []string) error {
	response, err := x.client.Batch().ObjectsBatchDeleter().
		WithClassName(x.collection).WithTenant(string(tenant)).WithWhere(anyOf("id", values...)).Do(ctx)
	if unknownTenant(err) {
		return nil
	}
	if err != nil {
		return failed("delete chunks from the index", err)
	}
	if response == nil || response.Results == nil || response.Results.Failed == 0 {
		return nil
	}
	reason := ""
	for _, object := range response.Results.Objects {
		if object.Errors != nil && len(object.Errors.Error) > 0 && object.Errors.Error[0] != nil {
			reason = object.Errors.Error[0].Message
			break
		}
	}
	return &schemas.Error{
		Kind: schemas.KindUnavailable, Message: "the search index did not delete everything",
		Cause: fmt.Errorf("%d of %d chunks left: %s", response.Results.Failed, len(values), reason),
	}
}

// discardAtOnce keeps the server busy while answers are on their way.
const discardAtOnce = 8

// Discard implements knowledge.Index.
func (x *Index) Discard(ctx context.Context, tenant schemas.AgentID, ids []schemas.ChunkID) error {
	if err := checkTenant(tenant); err != nil {
		return err
	}
	for batch := range slices.Chunk(ids, discardAtOnce) {
		errs := make([]error, len(batch))
		var group sync.WaitGroup
		for i, id := range batch {
			group.Go(func() { errs[i] = x.discard(ctx, tenant, id) })
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) discard(ctx context.Context, tenant schemas.AgentID, id schemas.ChunkID) error {
	value, err := knowledge.ChunkUUID(id)
	if err != nil {
		return fmt.Errorf("discard chunk: %w", err)
	}
	return whenWritable(ctx, func() error {
		err := x.client.Data().Deleter().WithClassName(x.collection).WithTenant(string(tenant)).WithID(value).Do(ctx)
		var fromServer *fault.WeaviateClientError
		if unknownTenant(err) || errors.As(err, &fromServer) && fromServer.StatusCode == http.StatusNotFound {
			return nil
		}
		return failed("discard a chunk of the index", err)
	})
}

func anyOf(property string, values ...string) *filters.WhereBuilder {
	return filters.Where().WithPath([]string{property}).WithOperator(filters.ContainsAny).WithValueText(values...)
}
