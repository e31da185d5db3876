package store

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// AddSource adds a content source of the agent, queued for its first sync. A
// private source has its citations off. Spec: S12, S23, S24.
func (s *Store) AddSource(ctx context.Context, agent schemas.AgentID, n schemas.NewSource) (schemas.Source, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return schemas.Source{}, err
	}
	if err := n.Validate(); err != nil {
		return schemas.Source{}, err
	}
	for _, text := range []string{n.Name, n.URL, n.FileName, n.Question, n.Answer} {
		if strings.ToValidUTF8(text, "") != text || strings.ContainsRune(text, 0) {
			return schemas.Source{}, schemas.NewError(schemas.KindInvalid, "a source's texts are valid UTF-8 without NUL")
		}
	}
	id := newID()
	err = s.q.InsertSource(ctx, s.pool, dbq.InsertSourceParams{
		ID: id, AgentID: owner, Type: string(n.Type), Name: plain(cmp.Or(n.Name, n.FileName, n.URL, n.Question), maxName),
		Url: n.URL, FileName: n.FileName, Content: n.Content, Question: n.Question, Answer: n.Answer,
		Citations: n.Citations && !n.Private, Private: n.Private,
	})
	if err != nil {
		return schemas.Source{}, fmt.Errorf("add source: %w", err)
	}
	return s.Source(ctx, show[schemas.SourceID](schemas.PrefixSource, id))
}

// Sources returns the agent's sources, oldest first, those in removal included.
func (s *Store) Sources(ctx context.Context, agent schemas.AgentID) ([]schemas.Source, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	return s.sources(ctx, s.pool, &owner, nil)
}

// Source returns one source.
func (s *Store) Source(ctx context.Context, id schemas.SourceID) (schemas.Source, error) {
	source, err := parse(schemas.PrefixSource, id, "source")
	if err != nil {
		return schemas.Source{}, err
	}
	return s.source(ctx, s.pool, source)
}

func (s *Store) source(ctx context.Context, db dbq.DBTX, id uuid.UUID) (schemas.Source, error) {
	found, err := s.sources(ctx, db, nil, &id)
	if err != nil {
		return schemas.Source{}, err
	}
	if len(found) == 0 {
		return schemas.Source{}, notFound("source")
	}
	return found[0], nil
}

func (s *Store) sources(ctx context.Context, db dbq.DBTX, agent, id *uuid.UUID) ([]schemas.Source, error) {
	rows, err := s.q.ListSources(ctx, db, agent, id)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	out := make([]schemas.Source, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.Source{
			ID: show[schemas.SourceID](schemas.PrefixSource, r.ID), Type: schemas.SourceType(r.Type), Name: r.Name,
			URL: r.Url, Question: r.Question, Answer: r.Answer, Citations: r.Citations, Private: r.Private,
			Status: schemas.SourceStatus(r.Status), Reason: schemas.FailCode(r.Reason),
			Documents: int(r.Documents), Chunks: int(r.Chunks), SyncedAt: utc(r.SyncedAt), CreatedAt: r.CreatedAt.UTC(),
		})
	}
	return out, nil
}

// RemoveSource takes a source out of answers at once: its documents and chunks
// are gone when it returns, and the chunks are noted for removal from the
// index. A sync under way ends at its next write. The row itself goes when the
// index has let go of the last chunk; removing again is no error until then.
func (s *Store) RemoveSource(ctx context.Context, id schemas.SourceID) error {
	source, err := parse(schemas.PrefixSource, id, "source")
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := s.q.LockSource(ctx, tx, source); err != nil {
			return noRows(err, "source")
		}
		if err := s.q.StartRemoval(ctx, tx, source); err != nil {
			return err
		}
		if err := s.dropContent(ctx, tx, source, nil, nil); err != nil {
			return err
		}
		return s.q.DeleteRemovedSources(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("remove source: %w", err)
	}
	return nil
}

// dropContent removes what a source no longer has and notes its chunks for
// removal from the index.
func (s *Store) dropContent(ctx context.Context, tx pgx.Tx, source uuid.UUID, keepChunks []uuid.UUID, keepKeys []string) error {
	// An array that is null would keep everything.
	keepChunks, keepKeys = append([]uuid.UUID{}, keepChunks...), append([]string{}, keepKeys...)
	if _, err := s.q.QueueRemovals(ctx, tx, source, keepChunks); err != nil {
		return fmt.Errorf("note removals: %w", err)
	}
	if err := s.q.DeleteChunks(ctx, tx, source, keepChunks); err != nil {
		return fmt.Errorf("delete chunks: %w", err)
	}
	if err := s.q.DeleteDocuments(ctx, tx, source, keepKeys); err != nil {
		return fmt.Errorf("delete documents: %w", err)
	}
	return nil
}

// Removals returns chunks that have to leave the agent's index, oldest first.
func (s *Store) Removals(ctx context.Context, agent schemas.AgentID, limit int) ([]schemas.ChunkID, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	ids, err := s.q.Removals(ctx, s.pool, owner, int32(min(limit, 10_000)))
	if err != nil {
		return nil, fmt.Errorf("read removals: %w", err)
	}
	out := make([]schemas.ChunkID, 0, len(ids))
	for _, id := range ids {
		out = append(out, show[schemas.ChunkID](schemas.PrefixChunk, id))
	}
	return out, nil
}

// ForgetRemovals notes that the index holds these chunks no more, and deletes
// the sources that waited for it.
func (s *Store) ForgetRemovals(ctx context.Context, ids []schemas.ChunkID) error {
	chunks, err := chunkUUIDs(ids)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.q.ForgetRemovals(ctx, tx, chunks); err != nil {
			return err
		}
		return s.q.DeleteRemovedSources(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("forget removals: %w", err)
	}
	return nil
}

func chunkUUIDs(ids []schemas.ChunkID) ([]uuid.UUID, error) {
	out := make([]uuid.UUID, 0, len(ids))
	for _, id := range ids {
		u, err := parse(schemas.PrefixChunk, id, "chunk")
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}
