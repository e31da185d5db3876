package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

func embedderOf(r dbq.EmbeddersOfRow) schemas.Embedder {
	return schemas.Embedder{
		ID: show[schemas.EmbedderID](schemas.PrefixEmbedder, r.ID), Kind: schemas.EmbedderKind(r.Kind), Model: r.Model, Dims: int(r.Dims),
		State: schemas.EmbedderState(r.State), Vector: r.Vector, Chunks: int(r.Chunks), CreatedAt: r.CreatedAt.UTC(),
	}
}

// Embedders returns the agent's live and its filling embedder; nil for none.
func (s *Store) Embedders(ctx context.Context, agent schemas.AgentID) (live, filling *schemas.Embedder, err error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.q.EmbeddersOf(ctx, s.pool, owner)
	if err != nil {
		return nil, nil, fmt.Errorf("read embedders: %w", err)
	}
	for _, r := range rows {
		e := embedderOf(r)
		if e.State == schemas.EmbedderLive {
			live = &e
		} else {
			filling = &e
		}
	}
	return live, filling, nil
}

// EmbedderModel returns the trained model of an embedder.
func (s *Store) EmbedderModel(ctx context.Context, id schemas.EmbedderID) ([]byte, error) {
	embedder, err := parse(schemas.PrefixEmbedder, id, "embedder")
	if err != nil {
		return nil, err
	}
	blob, err := s.q.EmbedderBlob(ctx, s.pool, embedder)
	if err == nil && blob == nil {
		err = notFound("embedder")
	}
	return blob, noRows(err, "embedder")
}

// AddEmbedder adds an embedder to be filled. added is false when another one is
// being filled: that one goes on.
func (s *Store) AddEmbedder(ctx context.Context, agent schemas.AgentID, e schemas.Embedder, model []byte) (added bool, err error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return false, err
	}
	n, err := s.q.InsertEmbedder(ctx, s.pool, dbq.InsertEmbedderParams{
		ID: newID(), AgentID: owner, Kind: string(e.Kind), Model: e.Model, Dims: int32(e.Dims), Vector: e.Vector, Chunks: int32(e.Chunks), Blob: model,
	})
	if err != nil {
		return false, fmt.Errorf("add embedder: %w", err)
	}
	return n > 0, nil
}

// RetireEmbedder ends the use of an embedder.
func (s *Store) RetireEmbedder(ctx context.Context, id schemas.EmbedderID) error {
	embedder, err := parse(schemas.PrefixEmbedder, id, "embedder")
	if err != nil {
		return err
	}
	if err := s.q.RetireEmbedder(ctx, s.pool, embedder); err != nil {
		return fmt.Errorf("retire embedder: %w", err)
	}
	return nil
}

// SwitchEmbedder makes the filling embedder the live one, when the index has a
// vector of it for every passage. switched is false when some lack it, or when
// the embedder is neither filling nor live.
func (s *Store) SwitchEmbedder(ctx context.Context, agent schemas.AgentID, filling schemas.EmbedderID) (switched bool, err error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return false, err
	}
	next, err := parse(schemas.PrefixEmbedder, filling, "embedder")
	if err != nil {
		return false, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		switched = false
		rows, err := s.q.LockEmbedders(ctx, tx, owner)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(rows, func(r dbq.LockEmbeddersRow) bool { return r.ID == next }) {
			return nil
		}
		lack, err := s.q.CountUnfilled(ctx, tx, owner, []uuid.UUID{next})
		if err != nil || lack > 0 {
			return err
		}
		for _, r := range rows {
			if r.State == string(schemas.EmbedderLive) && r.ID != next {
				if err := s.q.RetireEmbedder(ctx, tx, r.ID); err != nil {
					return err
				}
			}
		}
		switched = true
		return s.q.MakeLive(ctx, tx, next)
	})
	if err != nil {
		return false, fmt.Errorf("switch embedder: %w", err)
	}
	return switched, nil
}

// CorpusChange counts the agent's passages, and those added after a time.
func (s *Store) CorpusChange(ctx context.Context, agent schemas.AgentID, since time.Time) (total, added int, err error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return 0, 0, err
	}
	row, err := s.q.CorpusChange(ctx, s.pool, since, owner)
	if err != nil {
		return 0, 0, fmt.Errorf("count passages: %w", err)
	}
	return int(row.Total), int(row.Added), nil
}

// TrainingUnits returns the analysed text of the agent's passages in the order
// of their ids, beginning after one of them; the last id goes into the next
// call.
func (s *Store) TrainingUnits(ctx context.Context, agent schemas.AgentID, after schemas.ChunkID, limit int) (terms []string, last schemas.ChunkID, err error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, "", err
	}
	from := uuid.Nil
	if after != "" {
		if from, err = parse(schemas.PrefixChunk, after, "chunk"); err != nil {
			return nil, "", err
		}
	}
	rows, err := s.q.TrainingUnits(ctx, s.pool, dbq.TrainingUnitsParams{AgentID: owner, After: from, Most: int32(limit)})
	if err != nil {
		return nil, "", fmt.Errorf("read training units: %w", err)
	}
	for _, r := range rows {
		terms, last = append(terms, r.Terms), show[schemas.ChunkID](schemas.PrefixChunk, r.ID)
	}
	return terms, last, nil
}

// CountedTerms returns how many passages the agent had when its words were
// counted last, and when that was; nothing when they never were.
func (s *Store) CountedTerms(ctx context.Context, agent schemas.AgentID) (passages int, at time.Time, err error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return 0, at, err
	}
	row, err := s.q.StatsOf(ctx, s.pool, owner)
	if err != nil && !noSuch(err) {
		return 0, at, fmt.Errorf("read content statistics: %w", err)
	}
	return int(row.Chunks), row.CountedAt, nil
}

// SampleChunks returns chunks spread over the agent's content, the same every
// time.
func (s *Store) SampleChunks(ctx context.Context, agent schemas.AgentID, limit int) ([]schemas.Chunk, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	rows, err := s.q.SampleChunks(ctx, s.pool, owner, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("sample chunks: %w", err)
	}
	out := make([]schemas.Chunk, 0, len(rows))
	for _, r := range rows {
		out = append(out, chunkOf(dbq.UnfilledRow(r)))
	}
	return out, nil
}

// Unfilled returns indexed passages that lack a vector of one of the embedders.
func (s *Store) Unfilled(ctx context.Context, agent schemas.AgentID, embedders []schemas.EmbedderID, limit int) ([]schemas.Chunk, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	ids, err := embedderUUIDs(embedders)
	if err != nil {
		return nil, err
	}
	rows, err := s.q.Unfilled(ctx, s.pool, dbq.UnfilledParams{AgentID: owner, Embedders: ids, Most: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("read passages without vectors: %w", err)
	}
	out := make([]schemas.Chunk, 0, len(rows))
	for _, r := range rows {
		out = append(out, chunkOf(r))
	}
	return out, nil
}

// CachedVectors returns vectors that were made before, by their key. The keys
// are hashes of model and text.
func (s *Store) CachedVectors(ctx context.Context, keys []string) (map[string][]float32, error) {
	rows, err := s.q.CachedVectors(ctx, s.pool, keys)
	if err != nil {
		return nil, fmt.Errorf("read cached vectors: %w", err)
	}
	out := make(map[string][]float32, len(rows))
	for _, r := range rows {
		v := make([]float32, len(r.Vector)/4)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(r.Vector[4*i:]))
		}
		out[r.Key] = v
	}
	return out, nil
}

// CacheVectors keeps vectors for 90 days after their last use.
func (s *Store) CacheVectors(ctx context.Context, vectors map[string][]float32) error {
	keys, raw := make([]string, 0, len(vectors)), make([][]byte, 0, len(vectors))
	for _, key := range sortedKeys(vectors) {
		b := make([]byte, 0, 4*len(vectors[key]))
		for _, x := range vectors[key] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		keys, raw = append(keys, key), append(raw, b)
	}
	if err := s.q.CacheVectors(ctx, s.pool, keys, raw); err != nil {
		return fmt.Errorf("cache vectors: %w", err)
	}
	return nil
}

// ForgetVectors deletes cached vectors that were not used for 90 days.
func (s *Store) ForgetVectors(ctx context.Context) error {
	if _, err := s.q.ForgetVectors(ctx, s.pool); err != nil {
		return fmt.Errorf("forget vectors: %w", err)
	}
	return nil
}

// CountUsage adds texts and tokens that were sent to a paid endpoint today.
func (s *Store) CountUsage(ctx context.Context, model string, texts, tokens int) error {
	err := s.q.CountUsage(ctx, s.pool, dbq.CountUsageParams{Model: model, Texts: int64(texts), Tokens: int64(tokens)})
	if err != nil {
		return fmt.Errorf("count usage: %w", err)
	}
	return nil
}

// CountTerms counts anew how many passages hold each term, and stores the
// threshold that was calibrated on them.
func (s *Store) CountTerms(ctx context.Context, agent schemas.AgentID, threshold float64) error {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.CorpusChange(ctx, tx, time.Time{}, owner)
		if err != nil {
			return err
		}
		// The row is the lock of the agent's terms.
		if err := s.q.PutStats(ctx, tx, dbq.PutStatsParams{AgentID: owner, Chunks: row.Total, Threshold: threshold}); err != nil {
			return err
		}
		if err := s.q.ForgetTerms(ctx, tx, owner); err != nil {
			return err
		}
		_, err = s.q.TermStats(ctx, tx, owner)
		return err
	})
	if err != nil {
		return fmt.Errorf("count terms: %w", err)
	}
	return nil
}

// Terms returns in how many of the agent's passages each of the terms is, and
// how many passages there were at the last count.
func (s *Store) Terms(ctx context.Context, agent schemas.AgentID, terms []string) (counts map[string]int, passages int, err error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, 0, err
	}
	stats, err := s.q.StatsOf(ctx, s.pool, owner)
	if noSuch(err) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read content statistics: %w", err)
	}
	rows, err := s.q.TermsOf(ctx, s.pool, owner, terms)
	if err != nil {
		return nil, 0, fmt.Errorf("read terms: %w", err)
	}
	counts = make(map[string]int, len(rows))
	for _, r := range rows {
		counts[r.Term] = int(r.Chunks)
	}
	return counts, int(stats.Chunks), nil
}
