package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// PageQuery selects pages of a source.
type PageQuery struct {
	// Outcome and Reason narrow the list; empty: all.
	Outcome schemas.PageOutcome
	Reason  schemas.FailCode
	// After is the key of the last page of the part before.
	After string
	Limit int
}

// Pages lists the pages of a source with what waits to be read, by address.
func (s *Store) Pages(ctx context.Context, source schemas.SourceID, q PageQuery) ([]schemas.Page, error) {
	id, err := parse(schemas.PrefixSource, source, "source")
	if err != nil {
		return nil, err
	}
	rows, err := s.q.ListPages(ctx, s.pool, dbq.ListPagesParams{
		SourceID: id, After: plain(q.After, maxText), Outcome: string(q.Outcome), Reason: string(q.Reason), Most: int32(q.Limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	out := make([]schemas.Page, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.Page{
			Key: r.Key, URL: r.Url, Outcome: schemas.PageOutcome(r.Outcome), Reason: schemas.FailCode(r.Reason), Status: int(r.Status),
			Document: showPtr[schemas.DocumentID](schemas.PrefixDocument, r.DocumentID), Title: r.Title, Language: r.Language,
			Chunks: int(r.Chunks), Version: int(r.Version), DuplicateOf: r.DuplicateOf, Rendered: r.Rendered,
			ReadAt: utc(r.ReadAt), StaleSince: utc(r.StaleSince),
		})
	}
	return out, nil
}

// Document returns a document with its passages and earlier versions.
func (s *Store) Document(ctx context.Context, agent schemas.AgentID, id schemas.DocumentID) (schemas.DocumentView, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return schemas.DocumentView{}, err
	}
	document, err := parse(schemas.PrefixDocument, id, "document")
	if err != nil {
		return schemas.DocumentView{}, err
	}
	row, err := s.q.DocumentView(ctx, s.pool, document)
	if err == nil && row.AgentID != owner {
		err = notFound("document")
	}
	if err != nil {
		return schemas.DocumentView{}, noRows(err, "document")
	}
	out := schemas.DocumentView{
		ID: id, Source: show[schemas.SourceID](schemas.PrefixSource, row.SourceID), Title: row.Title, URL: row.Url,
		Language: row.Language, Text: row.Text, Version: int(row.Version),
		Versions: []schemas.DocumentVersion{}, Chunks: []schemas.ChunkView{},
	}
	versions, err := s.q.DocumentVersions(ctx, s.pool, document)
	if err != nil {
		return out, fmt.Errorf("read versions: %w", err)
	}
	for _, v := range versions {
		out.Versions = append(out.Versions, schemas.DocumentVersion{Version: int(v.Version), Title: v.Title, Text: v.Text, CreatedAt: v.CreatedAt.UTC()})
	}
	chunks, err := s.q.DocumentChunks(ctx, s.pool, document)
	if err != nil {
		return out, fmt.Errorf("read chunks: %w", err)
	}
	for _, c := range chunks {
		out.Chunks = append(out.Chunks, schemas.ChunkView{
			ID: show[schemas.ChunkID](schemas.PrefixChunk, c.ID), Ord: int(c.Ord), Headings: c.Headings, Text: c.Text,
			Language: c.Language, Indexed: c.Indexed,
		})
	}
	return out, nil
}

// RestoreVersion makes an old text of a document its newest, with the answers
// that the page gave then. It holds until the page itself changes. The caller
// starts a sync of the source, which splits and indexes it; source is the one.
func (s *Store) RestoreVersion(ctx context.Context, agent schemas.AgentID, id schemas.DocumentID, version int) (source schemas.SourceID, err error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return "", err
	}
	document, err := parse(schemas.PrefixDocument, id, "document")
	if err != nil {
		return "", err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.DocumentView(ctx, tx, document)
		if err == nil && row.AgentID != owner {
			err = notFound("document")
		}
		if err != nil {
			return noRows(err, "document")
		}
		source = show[schemas.SourceID](schemas.PrefixSource, row.SourceID)
		if err := s.q.KeepVersion(ctx, tx, document); err != nil {
			return err
		}
		restored, err := s.q.RestoreVersion(ctx, tx, document, int32(version))
		if err == nil && restored == 0 {
			err = notFound("version")
		}
		if err != nil {
			return err
		}
		return s.q.DropOldVersions(ctx, tx, document)
	})
	if err != nil {
		return "", fmt.Errorf("restore version: %w", err)
	}
	return source, nil
}

// RetryPages makes the next run of a source read what failed, whatever the
// site says of changes.
func (s *Store) RetryPages(ctx context.Context, source schemas.SourceID) (int, error) {
	id, err := parse(schemas.PrefixSource, source, "source")
	if err != nil {
		return 0, err
	}
	n, err := s.q.RetryPages(ctx, s.pool, id)
	if err != nil {
		return 0, fmt.Errorf("retry pages: %w", err)
	}
	return int(n), nil
}

// PageHash returns what the one page of a source that is not on the web was
// read from; empty when it was never read.
func (s *Store) PageHash(ctx context.Context, in schemas.SyncRef) (string, error) {
	r, err := readRef(in)
	if err != nil {
		return "", err
	}
	hash, err := s.q.PageHash(ctx, s.pool, r.source)
	if err != nil && !noSuch(err) {
		return "", fmt.Errorf("read page hash: %w", err)
	}
	return hash, nil
}

// Neighbours returns the passages that stand in the same sections as others.
func (s *Store) Neighbours(ctx context.Context, passages []schemas.Passage) ([]schemas.Neighbour, error) {
	var documents []uuid.UUID
	var sections []int32
	for _, p := range passages {
		id, err := parse(schemas.PrefixDocument, p.Document, "document")
		if err != nil {
			return nil, err
		}
		documents, sections = append(documents, id), append(sections, int32(p.Section))
	}
	rows, err := s.q.Neighbours(ctx, s.pool, documents, sections)
	if err != nil {
		return nil, fmt.Errorf("read neighbours: %w", err)
	}
	out := make([]schemas.Neighbour, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.Neighbour{
			Chunk: show[schemas.ChunkID](schemas.PrefixChunk, r.ID), Document: show[schemas.DocumentID](schemas.PrefixDocument, r.DocumentID),
			Section: int(r.Section), Ord: int(r.Ord), Headings: r.Headings, Text: r.Text,
		})
	}
	return out, nil
}
