package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

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
		out = append(out, chunkOf(dbq.UnfilledRow(r)))
	}
	return out, nil
}

func chunkOf(r dbq.UnfilledRow) schemas.Chunk {
	return schemas.Chunk{
		ID: show[schemas.ChunkID](schemas.PrefixChunk, r.ID), Ord: int(r.Ord), Source: show[schemas.SourceID](schemas.PrefixSource, r.SourceID),
		Document: show[schemas.DocumentID](schemas.PrefixDocument, r.DocumentID), Title: r.Title, Headings: r.Headings,
		URL: r.Url, Text: r.Text, Question: r.Question, Language: r.Language, Terms: r.Terms, Grams: r.Grams, Hash: r.Hash,
	}
}

// MarkIndexed notes that the index has these chunks, with vectors of these
// embedders. Those that have gone meanwhile are noted for removal instead, since
// the index may have taken them after their first removal.
func (s *Store) MarkIndexed(ctx context.Context, agent schemas.AgentID, chunks []schemas.Chunk, embedders []schemas.EmbedderID) error {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return err
	}
	vectors, err := embedderUUIDs(embedders)
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, 0, len(chunks))
	sources := make(map[uuid.UUID][]uuid.UUID)
	for _, c := range chunks {
		id, err := parse(schemas.PrefixChunk, c.ID, "chunk")
		if err != nil {
			return err
		}
		source, err := parse(schemas.PrefixSource, c.Source, "source")
		if err != nil {
			return err
		}
		ids, sources[source] = append(ids, id), append(sources[source], id)
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		marked, err := s.q.MarkIndexed(ctx, tx, dbq.MarkIndexedParams{Embedders: vectors, Ids: ids, AgentID: owner})
		if err != nil {
			return err
		}
		there := make(map[uuid.UUID]bool, len(marked))
		for _, id := range marked {
			there[id] = true
		}
		for source, of := range sources {
			var gone []uuid.UUID
			for _, id := range of {
				if !there[id] {
					gone = append(gone, id)
				}
			}
			if err := s.q.PutRemovals(ctx, tx, dbq.PutRemovalsParams{Ids: gone, AgentID: owner, SourceID: source}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("mark chunks indexed: %w", err)
	}
	return nil
}

func embedderUUIDs(ids []schemas.EmbedderID) ([]uuid.UUID, error) {
	out := make([]uuid.UUID, 0, len(ids))
	for _, id := range ids {
		u, err := parse(schemas.PrefixEmbedder, id, "embedder")
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

// CountIndexed adds to what a run has indexed and embedded.
func (s *Store) CountIndexed(ctx context.Context, in schemas.SyncRef, indexed, embedded int) error {
	r, err := readRef(in)
	if err != nil {
		return err
	}
	return s.q.CountIndexed(ctx, s.pool, dbq.CountIndexedParams{Embedded: int32(embedded), Indexed: int32(indexed), ID: r.run})
}

// DropRetired takes the chunks of a source whose replacements are all in the
// index, and notes them for removal from it.
func (s *Store) DropRetired(ctx context.Context, source schemas.SourceID) error {
	id, err := parse(schemas.PrefixSource, source, "source")
	if err != nil {
		return err
	}
	if err := s.q.DropRetired(ctx, s.pool, id); err != nil {
		return fmt.Errorf("drop retired chunks: %w", err)
	}
	return nil
}

// IndexedByDocument counts the chunks that the index should have of each of a
// source's documents.
func (s *Store) IndexedByDocument(ctx context.Context, source schemas.SourceID) (map[schemas.DocumentID]int, error) {
	id, err := parse(schemas.PrefixSource, source, "source")
	if err != nil {
		return nil, err
	}
	rows, err := s.q.IndexedByDocument(ctx, s.pool, id)
	if err != nil {
		return nil, fmt.Errorf("count chunks: %w", err)
	}
	out := make(map[schemas.DocumentID]int, len(rows))
	for _, r := range rows {
		out[show[schemas.DocumentID](schemas.PrefixDocument, r.DocumentID)] = int(r.Chunks)
	}
	return out, nil
}

// IndexedChunks returns the chunks of a document that the index should have.
func (s *Store) IndexedChunks(ctx context.Context, document schemas.DocumentID) ([]schemas.ChunkID, error) {
	id, err := parse(schemas.PrefixDocument, document, "document")
	if err != nil {
		return nil, err
	}
	ids, err := s.q.ChunkIDs(ctx, s.pool, id)
	if err != nil {
		return nil, fmt.Errorf("read chunk ids: %w", err)
	}
	return showChunks(ids), nil
}

// Repair makes the index take chunks again that it lacks, and let go of those
// that it should not have.
func (s *Store) Repair(ctx context.Context, in schemas.SyncRef, missing, extra []schemas.ChunkID) error {
	r, err := readRef(in)
	if err != nil {
		return err
	}
	again, err := chunkUUIDs(missing)
	if err != nil {
		return err
	}
	gone, err := chunkUUIDs(extra)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := s.q.IndexAgain(ctx, tx, again); err != nil {
			return err
		}
		return s.q.PutRemovals(ctx, tx, dbq.PutRemovalsParams{Ids: gone, AgentID: r.agent, SourceID: r.source})
	})
	if err != nil {
		return fmt.Errorf("repair index: %w", err)
	}
	return nil
}

// IndexAgain forgets what the index has of an agent, so that everything goes in
// again.
func (s *Store) IndexAgain(ctx context.Context, agent schemas.AgentID) error {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return err
	}
	if _, err := s.q.IndexAllAgain(ctx, s.pool, owner); err != nil {
		return fmt.Errorf("forget index: %w", err)
	}
	return nil
}

// SourcesWithChunks returns the agent's sources that have content.
func (s *Store) SourcesWithChunks(ctx context.Context, agent schemas.AgentID) ([]schemas.SourceID, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	ids, err := s.q.SourcesWithChunks(ctx, s.pool, owner)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	out := make([]schemas.SourceID, 0, len(ids))
	for _, id := range ids {
		out = append(out, show[schemas.SourceID](schemas.PrefixSource, id))
	}
	return out, nil
}

// IndexedTotal is how many chunks the index should have of an agent.
func (s *Store) IndexedTotal(ctx context.Context, agent schemas.AgentID) (int, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return 0, err
	}
	n, err := s.q.IndexedTotal(ctx, s.pool, owner)
	if err != nil {
		return 0, fmt.Errorf("count chunks: %w", err)
	}
	return int(n), nil
}
