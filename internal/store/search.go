package store

import (
	"context"
	"fmt"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// LiveSources returns the agent's sources that answers may use: those that were
// ready once and are not being removed. The last good copy serves while a sync
// runs or fails. Spec: D24.
func (s *Store) LiveSources(ctx context.Context, agent schemas.AgentID) (schemas.Live, error) {
	var out schemas.Live
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return out, err
	}
	ids, err := s.q.LiveSources(ctx, s.pool, owner)
	if err != nil {
		return out, fmt.Errorf("list live sources: %w", err)
	}
	for _, id := range ids {
		out.Sources = append(out.Sources, show[schemas.SourceID](schemas.PrefixSource, id))
	}
	if len(ids) == 0 {
		return out, nil
	}
	if out.Languages, err = s.q.ContentLanguages(ctx, s.pool, ids); err != nil {
		return out, fmt.Errorf("list content languages: %w", err)
	}
	if out.Embedder, _, err = s.Embedders(ctx, agent); err != nil {
		return out, err
	}
	stats, err := s.q.StatsOf(ctx, s.pool, owner)
	if err != nil && !noSuch(err) {
		return out, fmt.Errorf("read content statistics: %w", err)
	}
	out.Threshold = stats.Threshold
	return out, nil
}

// Passages returns the chunks that answers may use, in the order of ids and
// numbered from 1. Chunks that are gone, and those of sources that are not
// live, are left out: what the index found is checked against what is stored.
// Spec: S23, S24.
func (s *Store) Passages(ctx context.Context, agent schemas.AgentID, ids []schemas.ChunkID) ([]schemas.Passage, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	chunks, err := chunkUUIDs(ids)
	if err != nil {
		return nil, err
	}
	rows, err := s.q.PassagesOf(ctx, s.pool, chunks, owner)
	if err != nil {
		return nil, fmt.Errorf("read passages: %w", err)
	}
	byID := make(map[schemas.ChunkID]schemas.Passage, len(rows))
	for _, r := range rows {
		id := show[schemas.ChunkID](schemas.PrefixChunk, r.ID)
		byID[id] = schemas.Passage{
			Chunk: id, Document: show[schemas.DocumentID](schemas.PrefixDocument, r.DocumentID),
			Source: show[schemas.SourceID](schemas.PrefixSource, r.SourceID), Title: r.Title, URL: r.Url,
			Text: r.Text, Question: r.Question, Language: r.Language, Citable: r.Citable,
			Section: int(r.Section), Ord: int(r.Ord), Headings: r.Headings,
		}
	}
	out := make([]schemas.Passage, 0, len(rows))
	for _, id := range ids {
		if p, ok := byID[id]; ok {
			p.Number = len(out) + 1
			out = append(out, p)
			delete(byID, id)
		}
	}
	return out, nil
}

// SearchText finds chunks that hold any of the analysed terms, best first. It
// stands in for the index while that is down. Scores order one result.
func (s *Store) SearchText(ctx context.Context, agent schemas.AgentID, terms []string, limit int) ([]schemas.Hit, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	plainTerms := make([]string, 0, len(terms))
	for _, t := range terms {
		plainTerms = append(plainTerms, plain(t, maxText))
	}
	rows, err := s.q.SearchText(ctx, s.pool, dbq.SearchTextParams{AgentID: owner, Most: int32(min(limit, 1000)), Terms: plainTerms})
	if err != nil {
		return nil, fmt.Errorf("search text: %w", err)
	}
	out := make([]schemas.Hit, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.Hit{Chunk: show[schemas.ChunkID](schemas.PrefixChunk, r.ID), Score: r.Score})
	}
	return out, nil
}
