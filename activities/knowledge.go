package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"steward/internal/knowledge"
	"steward/schemas"
)

// SourceStore keeps sources, their documents and chunks.
type SourceStore interface {
	BeginSync(ctx context.Context, source schemas.SourceID, sync schemas.SyncID) (job schemas.SourceJob, ok bool, err error)
	StoreDocuments(ctx context.Context, job schemas.SourceJob, docs []schemas.Document) (schemas.FetchSourceResult, error)
	FinishSync(ctx context.Context, in schemas.FinishSyncInput) (schemas.SyncSourceResult, error)
}

// IndexStore says what the index has to take and to let go.
type IndexStore interface {
	Unindexed(ctx context.Context, source schemas.SourceID, limit int) ([]schemas.Chunk, error)
	MarkIndexed(ctx context.Context, in schemas.SyncSourceInput, ids []schemas.ChunkID) error
	Removals(ctx context.Context, agent schemas.AgentID, limit int) ([]schemas.ChunkID, error)
	ForgetRemovals(ctx context.Context, ids []schemas.ChunkID) error
}

// SourceReader reads a source into documents.
type SourceReader interface {
	Read(ctx context.Context, job schemas.SourceJob) ([]schemas.Document, schemas.FailCode, error)
}

// Knowledge are the activities of the SyncSource workflow.
type Knowledge struct {
	Sources SourceStore
	Chunks  IndexStore
	Reader  SourceReader
	Index   knowledge.Index
}

// indexBatch is how many chunks go to the index in one call.
const indexBatch = 200

// FetchSource reads the source and stores its documents. A source that is being
// removed, or that another sync has, has nothing to read.
func (a *Knowledge) FetchSource(ctx context.Context, in schemas.SyncSourceInput) (schemas.FetchSourceResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	job, ok, err := a.Sources.BeginSync(ctx, in.Source, in.Sync)
	if schemas.KindOf(err) == schemas.KindNotFound && err != nil {
		return schemas.FetchSourceResult{}, nil
	}
	if err != nil || !ok {
		return schemas.FetchSourceResult{}, failure(ctx, err)
	}
	docs, code, err := a.Reader.Read(ctx, job)
	if err != nil {
		// The last try names the reason instead of failing.
		if int32(activity.GetInfo(ctx).Attempt) >= fetchTries {
			return schemas.FetchSourceResult{Reason: code}, nil
		}
		return schemas.FetchSourceResult{}, failure(ctx, err)
	}
	if code != schemas.FailNone {
		return schemas.FetchSourceResult{Reason: code}, nil
	}
	out, err := a.Sources.StoreDocuments(ctx, job, docs)
	return out, failure(ctx, err)
}

// fetchTries is after how many tries a source that cannot be read is failed
// with its reason. It is below the tries of the activity's options.
const fetchTries = 4

// IndexSource brings the index in line with what is stored: chunks it lacks go
// in, chunks that are gone come out.
func (a *Knowledge) IndexSource(ctx context.Context, in schemas.SyncSourceInput) (schemas.IndexSourceResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	var out schemas.IndexSourceResult
	for {
		chunks, err := a.Chunks.Unindexed(ctx, in.Source, indexBatch)
		if err != nil {
			return out, failure(ctx, err)
		}
		if len(chunks) == 0 {
			break
		}
		if err := a.put(ctx, in, chunks); err != nil {
			return out, failure(ctx, err)
		}
		out.Indexed += len(chunks)
	}
	for {
		gone, err := a.Chunks.Removals(ctx, in.Agent, indexBatch)
		if err != nil || len(gone) == 0 {
			return out, failure(ctx, err)
		}
		if err := a.Index.Delete(ctx, in.Agent, gone); err != nil {
			return out, failure(ctx, err)
		}
		if err := a.Chunks.ForgetRemovals(ctx, gone); err != nil {
			return out, failure(ctx, err)
		}
	}
}

func (a *Knowledge) put(ctx context.Context, in schemas.SyncSourceInput, chunks []schemas.Chunk) error {
	if err := a.Index.Put(ctx, in.Agent, chunks); err != nil {
		return err
	}
	ids := make([]schemas.ChunkID, len(chunks))
	for i, c := range chunks {
		ids[i] = c.ID
	}
	return a.Chunks.MarkIndexed(ctx, in, ids)
}

// FinishSync sets the source's final state.
func (a *Knowledge) FinishSync(ctx context.Context, in schemas.FinishSyncInput) (schemas.SyncSourceResult, error) {
	out, err := a.Sources.FinishSync(ctx, in)
	if schemas.KindOf(err) == schemas.KindNotFound && err != nil {
		// The source was removed and its last chunk has left the index.
		return in.Result, nil
	}
	return out, failure(ctx, err)
}
