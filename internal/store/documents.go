package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Unsplit returns documents of a source whose chunks are not of their current
// text, and the blocks of text that are on so many of its pages that they are
// no content.
func (s *Store) Unsplit(ctx context.Context, source schemas.SourceID, limit int) (docs []schemas.Document, boilerplate []uint64, err error) {
	id, err := parse(schemas.PrefixSource, source, "source")
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.q.Unsplit(ctx, s.pool, id, int32(limit))
	if err != nil {
		return nil, nil, fmt.Errorf("read documents to split: %w", err)
	}
	for i, r := range rows {
		d := schemas.Document{
			ID: show[schemas.DocumentID](schemas.PrefixDocument, r.ID), Key: r.Key, Title: r.Title, URL: r.Url, Language: r.Language,
			Text: r.Text, Version: int(r.Version),
		}
		if r.SourceLanguage != "" {
			d.Language = r.SourceLanguage
		}
		if err := json.Unmarshal(r.Answers, &d.Answers); err != nil {
			return nil, nil, fmt.Errorf("read answers of a document: %w", err)
		}
		docs = append(docs, d)
		if i == 0 {
			for _, block := range r.Boilerplate {
				boilerplate = append(boilerplate, uint64(block))
			}
		}
	}
	return docs, boilerplate, nil
}

// StoreChunks gives a document the chunks of its current text. An unchanged
// chunk keeps its place in the index; one that is gone is served until those
// that replace it are indexed. A text that has changed meanwhile is split again.
func (s *Store) StoreChunks(ctx context.Context, in schemas.SyncRef, d schemas.Document) error {
	r, err := readRef(in)
	if err != nil {
		return err
	}
	id, err := parse(schemas.PrefixDocument, d.ID, "document")
	if err != nil {
		return err
	}
	p, err := chunkParams(r.source, id, d)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := s.claimed(ctx, tx, r); err != nil {
			return err
		}
		done, err := s.q.SplitDone(ctx, tx, int32(d.Version), id)
		if err != nil || done == 0 {
			return err
		}
		stored, err := s.q.PutChunks(ctx, tx, p)
		if err != nil {
			return err
		}
		if int(stored) != len(d.Chunks) {
			return schemas.NewError(schemas.KindConflict, "a chunk of this source belongs to another source")
		}
		// Content that went and came back has its old id.
		if err := s.q.ForgetRemovals(ctx, tx, p.Ids); err != nil {
			return err
		}
		return s.q.RetireChunks(ctx, tx, id, p.Ids)
	})
	if err != nil {
		return fmt.Errorf("store chunks: %w", err)
	}
	return nil
}

func chunkParams(source, document uuid.UUID, d schemas.Document) (dbq.PutChunksParams, error) {
	p := dbq.PutChunksParams{DocumentID: document, SourceID: source, Ids: []uuid.UUID{}}
	for _, c := range d.Chunks {
		id, err := parse(schemas.PrefixChunk, c.ID, "chunk")
		if err != nil {
			return p, err
		}
		p.Ids = append(p.Ids, id)
		p.Ords = append(p.Ords, int32(min(c.Ord, math.MaxInt32)))
		p.Sections = append(p.Sections, int32(min(c.Section, math.MaxInt32)))
		p.Headings = append(p.Headings, plain(c.Headings, maxText))
		p.Texts = append(p.Texts, plain(c.Text, maxText))
		p.Questions = append(p.Questions, plain(c.Question, maxText))
		p.Languages = append(p.Languages, c.Language)
		p.Terms = append(p.Terms, plain(c.Terms, maxText))
		p.Grams = append(p.Grams, plain(c.Grams, maxText))
		p.Hashes = append(p.Hashes, c.Hash)
	}
	return p, nil
}

// Texts returns the texts of a source's documents in the order of their ids,
// beginning after one of them; the last id goes into the next call.
func (s *Store) Texts(ctx context.Context, source schemas.SourceID, after schemas.DocumentID, limit int) (texts []string, last schemas.DocumentID, err error) {
	id, err := parse(schemas.PrefixSource, source, "source")
	if err != nil {
		return nil, "", err
	}
	from := uuid.Nil
	if after != "" {
		if from, err = parse(schemas.PrefixDocument, after, "document"); err != nil {
			return nil, "", err
		}
	}
	rows, err := s.q.Texts(ctx, s.pool, dbq.TextsParams{SourceID: id, After: from, Most: int32(limit)})
	if err != nil {
		return nil, "", fmt.Errorf("read texts: %w", err)
	}
	for _, r := range rows {
		texts, last = append(texts, r.Text), show[schemas.DocumentID](schemas.PrefixDocument, r.ID)
	}
	return texts, last, nil
}

// ChangedDocuments counts a source's documents, and those not split yet.
func (s *Store) ChangedDocuments(ctx context.Context, source schemas.SourceID) (total, changed int, err error) {
	id, err := parse(schemas.PrefixSource, source, "source")
	if err != nil {
		return 0, 0, err
	}
	row, err := s.q.ChangedDocuments(ctx, s.pool, id)
	if err != nil {
		return 0, 0, fmt.Errorf("count documents: %w", err)
	}
	return int(row.Total), int(row.Changed), nil
}

// SetBoilerplate stores the blocks that are no content of a source. When they
// have changed all its documents are split again.
func (s *Store) SetBoilerplate(ctx context.Context, in schemas.SyncRef, blocks []uint64) error {
	r, err := readRef(in)
	if err != nil {
		return err
	}
	stored := make([]int64, 0, len(blocks))
	for _, b := range blocks {
		stored = append(stored, int64(b))
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := s.claimed(ctx, tx, r); err != nil {
			return err
		}
		changed, err := s.q.SetBoilerplate(ctx, tx, stored, r.source)
		if err != nil || changed == 0 {
			return err
		}
		return s.q.SplitAgain(ctx, tx, r.source)
	})
	if err != nil {
		return fmt.Errorf("set boilerplate: %w", err)
	}
	return nil
}

// DropUnseen removes the documents that a complete run has not seen, or that
// nothing has named in two runs. may decides by how many would go of how many;
// what it refuses is held back for an admin's word and goes on serving.
func (s *Store) DropUnseen(ctx context.Context, in schemas.SyncRef, may func(gone, total int) bool) (removed, held int, err error) {
	r, err := readRef(in)
	if err != nil {
		return 0, 0, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		removed, held = 0, 0
		if _, err := s.claimed(ctx, tx, r); err != nil {
			return err
		}
		gone, err := s.q.DocumentsToDrop(ctx, tx, r.source, r.run)
		if err != nil {
			return err
		}
		counts, err := s.q.SyncCounts(ctx, tx, r.source)
		if err != nil {
			return err
		}
		if may(len(gone), int(counts.Documents)) {
			if _, err := s.q.DropDocuments(ctx, tx, r.source, gone); err != nil {
				return err
			}
			removed, gone = len(gone), nil
		}
		held = len(gone)
		if err := s.q.HoldDocuments(ctx, tx, r.source, append([]uuid.UUID{}, gone...)); err != nil {
			return err
		}
		if err := s.q.PrunePages(ctx, tx, r.source, r.run); err != nil {
			return err
		}
		return s.q.CountRemoved(ctx, tx, dbq.CountRemovedParams{Removed: int32(removed), Held: int32(held), ID: r.run})
	})
	if err != nil {
		return 0, 0, fmt.Errorf("drop documents: %w", err)
	}
	return removed, held, nil
}

// NoteUnlinked counts the runs in which nothing named a page; once in a run.
func (s *Store) NoteUnlinked(ctx context.Context, in schemas.SyncRef) error {
	r, err := readRef(in)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := s.claimed(ctx, tx, r); err != nil {
			return err
		}
		return s.q.NoteUnlinked(ctx, tx, &r.run, r.source)
	})
}

// ReviewSource decides about documents that were held back: approved, they are
// removed; rejected, they stay until a later run. KindConflict says that there
// is nothing to decide now.
func (s *Store) ReviewSource(ctx context.Context, source schemas.SourceID, approve bool) (removed int, err error) {
	id, err := parse(schemas.PrefixSource, source, "source")
	if err != nil {
		return 0, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.LockSource(ctx, tx, id)
		if err != nil {
			return noRows(err, "source")
		}
		if row.Status != string(schemas.SourceReview) {
			return schemas.NewError(schemas.KindConflict, "nothing of this source waits for a decision")
		}
		held, err := s.q.HeldDocuments(ctx, tx, id)
		if err != nil {
			return err
		}
		if approve {
			if _, err := s.q.DropDocuments(ctx, tx, id, held); err != nil {
				return err
			}
			removed = len(held)
		}
		if err := s.q.HoldDocuments(ctx, tx, id, []uuid.UUID{}); err != nil {
			return err
		}
		return s.q.Reviewed(ctx, tx, id)
	})
	if err != nil {
		return 0, fmt.Errorf("review source: %w", err)
	}
	return removed, nil
}
