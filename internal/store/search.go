package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

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

// stillLive leaves out the passages of sources that were removed since they were
// found, and the citations of those that are cited no more: an answer that
// rests on one is checked against what is left. Spec: S22, S23.
func (s *Store) stillLive(ctx context.Context, tx dbq.DBTX, passages []schemas.Passage) ([]schemas.Passage, error) {
	var ids []uuid.UUID
	for _, p := range passages {
		id, err := parse(schemas.PrefixSource, p.Source, "source")
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return passages, nil
	}
	rows, err := s.q.CitedSources(ctx, tx, ids)
	if err != nil {
		return nil, fmt.Errorf("read the sources of passages: %w", err)
	}
	citable := make(map[schemas.SourceID]bool, len(rows))
	for _, r := range rows {
		citable[show[schemas.SourceID](schemas.PrefixSource, r.ID)] = r.Citable
	}
	var out []schemas.Passage
	for _, p := range passages {
		cited, live := citable[p.Source]
		if !live {
			continue
		}
		p.Citable = p.Citable && cited
		out = append(out, p)
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
