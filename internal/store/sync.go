package store

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// maxText bounds nothing but NUL and broken UTF-8: documents are bounded where
// they are read.
const maxText = math.MaxInt

// BeginSync claims a source for a sync and returns what has to be read. ok is
// false when another sync has the claim or the source is being removed: the
// run then ends at once. The same sync gets its claim again.
func (s *Store) BeginSync(ctx context.Context, source schemas.SourceID, sync schemas.SyncID) (job schemas.SourceJob, ok bool, err error) {
	id, run, err := syncIDs(source, sync)
	if err != nil {
		return job, false, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.ClaimSync(ctx, tx, run, id)
		if noSuch(err) {
			_, err := s.source(ctx, tx, id)
			return err
		}
		if err != nil {
			return err
		}
		shown, err := s.source(ctx, tx, id)
		if err != nil {
			return err
		}
		ok = true
		job = schemas.SourceJob{
			Source: shown, Agent: show[schemas.AgentID](schemas.PrefixAgent, row.AgentID), Sync: sync,
			Content: row.Content, FileName: row.FileName,
		}
		return nil
	})
	if err != nil {
		return schemas.SourceJob{}, false, fmt.Errorf("begin sync: %w", err)
	}
	return job, ok, nil
}

// ReleaseSync frees the claim of a sync that will never end, such as one whose
// workflow was terminated. The caller makes sure that none is running.
func (s *Store) ReleaseSync(ctx context.Context, source schemas.SourceID) error {
	id, err := parse(schemas.PrefixSource, source, "source")
	if err != nil {
		return err
	}
	if _, err := s.q.ReleaseSync(ctx, s.pool, id); err != nil {
		return fmt.Errorf("release sync: %w", err)
	}
	return nil
}

func syncIDs(source schemas.SourceID, sync schemas.SyncID) (id, run uuid.UUID, err error) {
	if id, err = parse(schemas.PrefixSource, source, "source"); err != nil {
		return id, run, err
	}
	run, err = parse(schemas.PrefixSync, sync, "sync")
	return id, run, err
}

// StoreDocuments replaces a source's content by what the sync has read, in one
// transaction. Unchanged chunks keep their place in the index; chunks that are
// gone are noted for removal from it. A read without any chunk changes nothing
// and says empty, so that the last good copy stays. KindConflict says that the
// sync has lost its claim.
func (s *Store) StoreDocuments(ctx context.Context, job schemas.SourceJob, docs []schemas.Document) (schemas.FetchSourceResult, error) {
	var out schemas.FetchSourceResult
	id, run, err := syncIDs(job.Source.ID, job.Sync)
	if err != nil {
		return out, err
	}
	for _, d := range docs {
		out.Documents++
		out.Chunks += len(d.Chunks)
	}
	if out.Chunks == 0 {
		return schemas.FetchSourceResult{Reason: schemas.FailEmpty}, nil
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.claimed(ctx, tx, id, run); err != nil {
			return err
		}
		var chunks []uuid.UUID
		var keys []string
		for _, d := range docs {
			stored, err := s.storeDocument(ctx, tx, id, d)
			if err != nil {
				return err
			}
			chunks, keys = append(chunks, stored...), append(keys, plain(d.Key, maxText))
		}
		// Content that went and came back has its old id.
		if err := s.q.ForgetRemovals(ctx, tx, chunks); err != nil {
			return fmt.Errorf("take back removals: %w", err)
		}
		return s.dropContent(ctx, tx, id, chunks, keys)
	})
	if err != nil {
		return schemas.FetchSourceResult{}, fmt.Errorf("store documents: %w", err)
	}
	return out, nil
}

// claimed locks the source and checks that the sync may write.
func (s *Store) claimed(ctx context.Context, tx pgx.Tx, id, run uuid.UUID) error {
	row, err := s.q.LockSource(ctx, tx, id)
	if err != nil {
		return noRows(err, "source")
	}
	if row.ActiveSync == nil || *row.ActiveSync != run {
		return schemas.NewError(schemas.KindConflict, "the sync no longer has the source")
	}
	return nil
}

func (s *Store) storeDocument(ctx context.Context, tx pgx.Tx, source uuid.UUID, d schemas.Document) ([]uuid.UUID, error) {
	id, err := parse(schemas.PrefixDocument, d.ID, "document")
	if err != nil {
		return nil, err
	}
	p := dbq.PutDocumentParams{
		ID: id, SourceID: source, Key: plain(d.Key, maxText), Title: plain(d.Title, maxText),
		Url: plain(d.URL, maxText), Language: d.Language, Text: plain(d.Text, maxText),
	}
	if err := s.q.RetitleChunks(ctx, tx, dbq.RetitleChunksParams{SourceID: source, Key: p.Key, Title: p.Title, Url: p.Url}); err != nil {
		return nil, fmt.Errorf("compare title: %w", err)
	}
	if id, err = s.q.PutDocument(ctx, tx, p); err != nil {
		return nil, fmt.Errorf("store document: %w", err)
	}
	chunks := make([]uuid.UUID, 0, len(d.Chunks))
	for _, c := range d.Chunks {
		chunk, err := parse(schemas.PrefixChunk, c.ID, "chunk")
		if err != nil {
			return nil, err
		}
		stored, err := s.q.PutChunk(ctx, tx, dbq.PutChunkParams{
			ID: chunk, DocumentID: id, SourceID: source, Ord: int32(min(c.Ord, math.MaxInt32)),
			Headings: plain(c.Headings, maxText), Text: plain(c.Text, maxText), Question: plain(c.Question, maxText),
			Language: c.Language, Terms: plain(c.Terms, maxText), Grams: plain(c.Grams, maxText), Hash: c.Hash,
		})
		if err != nil {
			return nil, fmt.Errorf("store chunk: %w", err)
		}
		if stored == 0 {
			return nil, schemas.NewError(schemas.KindConflict, "a chunk of this source belongs to another source")
		}
		chunks = append(chunks, chunk)
	}
	return chunks, nil
}

// Unindexed returns chunks of a source that the index does not have yet.
func (s *Store) Unindexed(ctx context.Context, source schemas.SourceID, limit int) ([]schemas.Chunk, error) {
	id, err := parse(schemas.PrefixSource, source, "source")
	if err != nil {
		return nil, err
	}
	rows, err := s.q.Unindexed(ctx, s.pool, id, int32(min(limit, 10_000)))
	if err != nil {
		return nil, fmt.Errorf("read chunks to index: %w", err)
	}
	out := make([]schemas.Chunk, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.Chunk{
			ID: show[schemas.ChunkID](schemas.PrefixChunk, r.ID), Ord: int(r.Ord), Source: source,
			Document: show[schemas.DocumentID](schemas.PrefixDocument, r.DocumentID), Title: r.Title, Headings: r.Headings,
			URL: r.Url, Text: r.Text, Question: r.Question, Language: r.Language, Terms: r.Terms, Grams: r.Grams, Hash: r.Hash,
		})
	}
	return out, nil
}

// MarkIndexed notes that the index has these chunks of the sync's source. Those
// that have gone meanwhile are noted for removal instead, since the index may
// have taken them after their first removal.
func (s *Store) MarkIndexed(ctx context.Context, in schemas.SyncSourceInput, ids []schemas.ChunkID) error {
	source, err := parse(schemas.PrefixSource, in.Source, "source")
	if err != nil {
		return err
	}
	agent, err := parse(schemas.PrefixAgent, in.Agent, "agent")
	if err != nil {
		return err
	}
	chunks, err := chunkUUIDs(ids)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		marked, err := s.q.MarkIndexed(ctx, tx, chunks, source)
		if err != nil {
			return err
		}
		there := make(map[uuid.UUID]bool, len(marked))
		for _, id := range marked {
			there[id] = true
		}
		var gone []uuid.UUID
		for _, id := range chunks {
			if !there[id] {
				gone = append(gone, id)
			}
		}
		if len(gone) == 0 {
			return nil
		}
		return s.q.PutRemovals(ctx, tx, dbq.PutRemovalsParams{Ids: gone, AgentID: agent, SourceID: source})
	})
	if err != nil {
		return fmt.Errorf("mark chunks indexed: %w", err)
	}
	return nil
}

// FinishSync sets the source's final state, frees the claim and returns the
// result as it stands in the database. A source is ready only when the sync
// was done and the index has every chunk, at least one; otherwise it failed,
// with a reason. A finished sync returns its result again.
func (s *Store) FinishSync(ctx context.Context, in schemas.FinishSyncInput) (schemas.SyncSourceResult, error) {
	out := schemas.SyncSourceResult{Sync: in.Sync}
	id, run, err := syncIDs(in.Source, in.Sync)
	if err != nil {
		return out, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.LockSource(ctx, tx, id)
		if err != nil {
			return noRows(err, "source")
		}
		counts, err := s.q.SyncCounts(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("count chunks: %w", err)
		}
		out.Documents, out.Chunks, out.Indexed = int(counts.Documents), int(counts.Chunks), int(counts.Indexed)
		if row.ActiveSync == nil || *row.ActiveSync != run {
			out.Phase, out.Reason = endedAs(schemas.SourceStatus(row.Status), schemas.FailCode(row.Reason))
			return nil
		}
		out.Phase, out.Reason = endOf(in.Result, out)
		status := schemas.SourceReady
		if out.Phase == schemas.SyncFailed {
			status = schemas.SourceFailed
		}
		return s.q.EndSync(ctx, tx, dbq.EndSyncParams{Status: string(status), Reason: string(out.Reason), ID: id})
	})
	if err != nil {
		return out, fmt.Errorf("finish sync: %w", err)
	}
	return out, nil
}

// endOf is how a sync ends by what it says and what is stored.
func endOf(said, stored schemas.SyncSourceResult) (schemas.SyncPhase, schemas.FailCode) {
	switch {
	case said.Phase != schemas.SyncDone || said.Reason != schemas.FailNone:
		return schemas.SyncFailed, cmp.Or(said.Reason, schemas.FailInternal)
	case stored.Chunks == 0:
		return schemas.SyncFailed, schemas.FailEmpty
	case stored.Indexed < stored.Chunks:
		return schemas.SyncFailed, schemas.FailIndex
	}
	return schemas.SyncDone, schemas.FailNone
}

// endedAs reads the end of a sync from its source.
func endedAs(status schemas.SourceStatus, reason schemas.FailCode) (schemas.SyncPhase, schemas.FailCode) {
	if status == schemas.SourceReady {
		return schemas.SyncDone, schemas.FailNone
	}
	return schemas.SyncFailed, cmp.Or(reason, schemas.FailInternal)
}
