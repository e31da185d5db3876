package activities

import (
	"context"
	"fmt"

	"steward/internal/knowledge"
	"steward/schemas"
)

// ContentStore is the stored content, which is the truth about what answers
// may use.
type ContentStore interface {
	LiveSources(ctx context.Context, agent schemas.AgentID) (schemas.Live, error)
	Passages(ctx context.Context, agent schemas.AgentID, ids []schemas.ChunkID) ([]schemas.Passage, error)
	SearchText(ctx context.Context, agent schemas.AgentID, terms []string, limit int) ([]schemas.Hit, error)
}

// Retriever finds passages by the index, or by the database's text search when
// the index gives no answer.
type Retriever struct {
	Index knowledge.Index
	Store ContentStore
}

// Find returns the best passages for a question among the agent's live sources.
// What the index found is checked against what is stored, so that removed
// content is out of answers at once.
func (r *Retriever) Find(ctx context.Context, agent schemas.AgentID, question string) ([]schemas.Passage, bool, error) {
	live, err := r.Store.LiveSources(ctx, agent)
	if err != nil || len(live.Sources) == 0 {
		return nil, false, err
	}
	q := knowledge.Query{Tenant: agent, Text: question, Languages: live.Languages, Sources: live.Sources}
	hits, err := r.Index.Search(ctx, q)
	degraded := err != nil && ctx.Err() == nil
	if degraded {
		hits, err = r.Store.SearchText(ctx, agent, q.Terms(), q.Hits())
	}
	if err != nil {
		return nil, degraded, fmt.Errorf("search content: %w", err)
	}
	ids := make([]schemas.ChunkID, len(hits))
	for i, h := range hits {
		ids[i] = h.Chunk
	}
	found, err := r.Store.Passages(ctx, agent, ids)
	if err != nil {
		return nil, degraded, fmt.Errorf("read passages: %w", err)
	}
	return knowledge.Rank(question, live.Languages, hits, found), degraded, nil
}
