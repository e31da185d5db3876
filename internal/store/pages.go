package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

var (
	// errLimit undoes the storing of a document over the limit of its run.
	errLimit = errors.New("the run has all the documents it may have")
	// errReserved undoes it while the room left waits for pages of earlier runs.
	errReserved = errors.New("the room left is for known pages")
)

// StorePage stores what a run has found out about an address. A document over
// the run's limit is skipped as limit_reached, one with the text of another
// document of the run as duplicate_of, one whose text is what is stored counts
// as unchanged. The page's address in the frontier, if it has one, is done or
// put back. KindConflict says that the run has lost its source. Spec: S17, D24.
func (s *Store) StorePage(ctx context.Context, in schemas.SyncRef, page schemas.PageRead) (schemas.PageStored, error) {
	r, err := readRef(in)
	if err != nil {
		return schemas.PageStored{}, err
	}
	var out schemas.PageStored
	grown := false
	store := func(tx pgx.Tx) (err error) {
		out = schemas.PageStored{Outcome: page.Outcome, Reason: page.Reason}
		grown, err = s.storePage(ctx, tx, r, page, &out)
		return err
	}
	err = s.inTx(ctx, store)
	if errors.Is(err, errReserved) {
		now, clock := s.Now(ctx)
		if clock != nil {
			return schemas.PageStored{}, clock
		}
		page.Again = now.Add(reservedFor)
		err = s.inTx(ctx, store)
	}
	if errors.Is(err, errLimit) {
		page.Document, page.Outcome, page.Reason = nil, schemas.PageSkipped, schemas.FailLimitReached
		err = s.inTx(ctx, store)
	}
	if err != nil {
		return schemas.PageStored{}, fmt.Errorf("store page: %w", err)
	}
	if grown {
		s.analyze(ctx)
	}
	return out, nil
}

func (s *Store) storePage(ctx context.Context, tx pgx.Tx, r ref, page schemas.PageRead, out *schemas.PageStored) (grown bool, err error) {
	hold, err := s.claimed(ctx, tx, r)
	if err != nil {
		return false, err
	}
	if !page.Again.IsZero() {
		out.Outcome = schemas.PageQueued
		err := s.q.PutBackURL(ctx, tx, dbq.PutBackURLParams{DueAt: &page.Again, Reason: string(page.Reason), RunID: r.run, Key: page.Key})
		if err != nil {
			return false, err
		}
		return false, s.countPage(ctx, tx, r, page, 0)
	}
	depth := s.pageDepth(ctx, tx, r, page.Key)
	keep, err := s.storeOutcome(ctx, tx, r, page, depth, out)
	if err != nil {
		return false, err
	}
	found, err := s.pageLinks(ctx, tx, r, page, depth)
	if err != nil {
		return false, err
	}
	if err := s.lockURLs(ctx, tx, r, page.Key, found); err != nil {
		return false, err
	}
	if err := s.q.DoneURL(ctx, tx, dbq.DoneURLParams{Outcome: string(out.Outcome), Reason: string(out.Reason), RunID: r.run, Key: page.Key}); err != nil {
		return false, err
	}
	if out.Added, grown, err = s.addURLs(ctx, tx, r, hold.MaxPages, found); err != nil {
		return false, err
	}
	// The counters of the run come last: their row is held by every page.
	if keep {
		if err := s.keepDocument(ctx, tx, r, hold.MaxPages, out.Outcome); err != nil {
			return false, err
		}
	}
	return grown, s.countPage(ctx, tx, r, page, out.Added)
}

// storeOutcome stores the page and its document. keep says that the document
// counts towards the limit of the run.
func (s *Store) storeOutcome(ctx context.Context, tx pgx.Tx, r ref, page schemas.PageRead, depth int32, out *schemas.PageStored) (keep bool, err error) {
	switch {
	case page.Document != nil:
		return s.storeDocument(ctx, tx, r, page, depth, out)
	case page.Outcome == schemas.PageUnchanged:
		return s.unchanged(ctx, tx, r, page)
	case page.Outcome == schemas.PageSkipped || page.Outcome == schemas.PageGone:
		return false, s.q.PageSkipped(ctx, tx, dbq.PageSkippedParams{
			SourceID: r.source, Key: page.Key, Url: shownURL(page), Outcome: string(page.Outcome), Reason: string(page.Reason),
			Status: int32(page.Status), DuplicateOf: page.DuplicateOf, Depth: depth, SyncID: r.run,
		})
	}
	err = s.q.PageTrouble(ctx, tx, dbq.PageTroubleParams{
		SourceID: r.source, Key: page.Key, Url: shownURL(page), Outcome: string(page.Outcome), Reason: string(page.Reason),
		Status: int32(page.Status), Depth: depth, SyncID: r.run,
	})
	if err != nil {
		return false, err
	}
	told, err := s.q.KeepStale(ctx, tx, dbq.KeepStaleParams{SourceID: r.source, Key: page.Key, SyncID: r.run})
	if noSuch(err) {
		return false, nil
	}
	return !told, err
}

// keepDocument counts a document towards the limit of its run. The last good
// text of a page that cannot be read is kept whatever the limit.
func (s *Store) keepDocument(ctx context.Context, tx pgx.Tx, r ref, most int32, outcome schemas.PageOutcome) error {
	// What waits is counted when no other page counts.
	if err := s.q.LockRun(ctx, tx, r.run); err != nil {
		return err
	}
	fresh := outcome == schemas.PageNew
	if !fresh && outcome != schemas.PageUpdated && outcome != schemas.PageUnchanged {
		most = 0
	}
	kept, err := s.q.KeepDocument(ctx, tx, dbq.KeepDocumentParams{ID: r.run, Most: most, Fresh: fresh})
	if err != nil {
		return err
	}
	if kept == 0 {
		return s.noRoom(ctx, tx, r, fresh)
	}
	return nil
}

// countPage adds a page to the counters of its run. What was left out without
// asking the site is no request.
func (s *Store) countPage(ctx context.Context, tx pgx.Tx, r ref, page schemas.PageRead, added int) error {
	p := dbq.CountPageParams{Added: int32(added), ID: r.run}
	if page.Status != 0 || page.Took > 0 {
		p.Requests = 1
	}
	if page.Rendered {
		p.Rendered = 1
	}
	if p.Added+p.Requests+p.Rendered == 0 {
		return nil
	}
	return s.q.CountPage(ctx, tx, p)
}

// noRoom says why a document cannot be kept: the run has all it may have, or
// what is left is for pages of earlier runs that wait.
func (s *Store) noRoom(ctx context.Context, tx pgx.Tx, r ref, fresh bool) error {
	if !fresh {
		return errLimit
	}
	waiting, err := s.q.KnownWaiting(ctx, tx, r.run)
	if err != nil {
		return err
	}
	if waiting {
		return errReserved
	}
	return errLimit
}

// reservedFor is after how long a page is tried again for which there was only
// room that waits for pages of earlier runs.
const reservedFor = 5 * time.Second

func shownURL(p schemas.PageRead) string {
	if p.URL != "" {
		return plain(p.URL, maxText)
	}
	return p.Key
}

func (s *Store) pageDepth(ctx context.Context, tx pgx.Tx, r ref, key string) int32 {
	depth, err := s.q.URLDepth(ctx, tx, r.run, key)
	if err != nil {
		return 0
	}
	return depth
}

// unchanged notes that a page and its document are as they were. keep says that
// the run did not know the document yet.
func (s *Store) unchanged(ctx context.Context, tx pgx.Tx, r ref, page schemas.PageRead) (keep bool, err error) {
	err = s.q.PageUnchanged(ctx, tx, dbq.PageUnchangedParams{
		Status: int32(page.Status), SyncID: r.run, Etag: page.ETag, LastModified: page.LastModified, BytesHash: page.BytesHash,
		SourceID: r.source, Key: page.Key,
	})
	if err != nil {
		return false, err
	}
	row, err := s.q.PageNow(ctx, tx, r.source, page.Key)
	if noSuch(err) || err == nil && row.DocumentID == nil {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	told, err := s.q.SeeDocument(ctx, tx, r.run, *row.DocumentID)
	if noSuch(err) {
		return false, nil
	}
	return !told, err
}

// storeDocument stores a document that was read, unless another one of the run
// says the same.
func (s *Store) storeDocument(ctx context.Context, tx pgx.Tx, r ref, page schemas.PageRead, depth int32, out *schemas.PageStored) (keep bool, err error) {
	d := *page.Document
	id, err := parse(schemas.PrefixDocument, d.ID, "document")
	if err != nil {
		return false, err
	}
	if err := s.q.LockText(ctx, tx, string(d.ID[:4])+r.source.String()+page.TextHash); err != nil {
		return false, err
	}
	now, err := s.q.PageNow(ctx, tx, r.source, page.Key)
	if err != nil && !noSuch(err) {
		return false, fmt.Errorf("read page: %w", err)
	}
	twin, err := s.twin(ctx, tx, r, id, page)
	if err != nil {
		return false, err
	}
	if twin != "" {
		out.Outcome, out.Reason = schemas.PageSkipped, schemas.FailDuplicate
		return false, s.q.PageSkipped(ctx, tx, dbq.PageSkippedParams{
			SourceID: r.source, Key: page.Key, Url: shownURL(page), Outcome: string(out.Outcome), Reason: string(out.Reason),
			Status: int32(page.Status), DuplicateOf: twin, Depth: depth, SyncID: r.run,
		})
	}
	// A text that was restored stays while the page is as it was then.
	same := now.DocumentID != nil && *now.DocumentID == id && now.TextHash == page.TextHash && page.TextHash != ""
	keep, outcome, err := s.putDocument(ctx, tx, r, id, page, same)
	if err != nil {
		return false, err
	}
	out.Outcome = outcome
	return keep, s.q.PutPage(ctx, tx, dbq.PutPageParams{
		SourceID: r.source, Key: page.Key, Url: shownURL(page), Outcome: string(outcome), Reason: string(page.Reason),
		Status: int32(page.Status), DocumentID: &id, DuplicateOf: page.DuplicateOf, Etag: page.ETag, LastModified: page.LastModified,
		BytesHash: page.BytesHash, TextHash: page.TextHash, Depth: depth, Rendered: page.Rendered, SyncID: r.run,
	})
}

// twin returns the address of another document of the run with the same or
// nearly the same text, or of the page that this one only stands for, when that
// has the document; empty when there is none.
func (s *Store) twin(ctx context.Context, tx pgx.Tx, r ref, id uuid.UUID, page schemas.PageRead) (string, error) {
	if own := plain(page.Document.Key, maxText); page.DuplicateOf != "" && own != page.Key {
		row, err := s.q.PageNow(ctx, tx, r.source, own)
		if err == nil && row.DocumentID != nil && *row.DocumentID == id {
			return page.DuplicateOf, nil
		}
		if err != nil && !noSuch(err) {
			return "", fmt.Errorf("read page: %w", err)
		}
	}
	if page.TextHash != "" {
		row, err := s.q.SameText(ctx, tx, dbq.SameTextParams{SourceID: r.source, Hash: page.TextHash, ID: id, SyncID: r.run})
		if err == nil {
			return firstOf(row.Url, row.Key), nil
		}
		if !noSuch(err) {
			return "", fmt.Errorf("compare texts: %w", err)
		}
	}
	if page.Print == 0 {
		return "", nil
	}
	row, err := s.q.NearText(ctx, tx, dbq.NearTextParams{
		SourceID: r.source, Bands: bands(page.Print), ID: id, SyncID: r.run, Print: int64(page.Print),
	})
	if noSuch(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("compare prints: %w", err)
	}
	return firstOf(row.Url, row.Key), nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// bands are the four parts of a print with their place: prints that differ in
// at most three bits share one of them.
func bands(fingerprint uint64) []int32 {
	out := make([]int32, 4)
	for i := range out {
		out[i] = int32(i)<<16 | int32(fingerprint>>(16*i)&0xffff)
	}
	return out
}

// putDocument inserts a document or gives it its new text; the old one becomes
// a version. same says that the page was read like this before.
func (s *Store) putDocument(ctx context.Context, tx pgx.Tx, r ref, id uuid.UUID, page schemas.PageRead, same bool) (keep bool, outcome schemas.PageOutcome, err error) {
	d := *page.Document
	old, err := s.q.DocumentNow(ctx, tx, id)
	title, text, link := plain(d.Title, maxText), plain(d.Text, maxText), plain(d.URL, maxText)
	fresh := noSuch(err)
	switch {
	case fresh:
		outcome = schemas.PageNew
		err = s.q.InsertDocument(ctx, tx, dbq.InsertDocumentParams{
			ID: id, SourceID: r.source, Key: plain(d.Key, maxText), Title: title, Url: link, Language: d.Language, Text: text,
			Hash: page.TextHash, Print: int64(page.Print), Answers: answersJSON(d.Answers), SyncID: r.run,
		})
	case err != nil:
		return false, "", fmt.Errorf("read document: %w", err)
	case same && (old.Hash == "" || old.Title == title), old.Hash == page.TextHash && old.Hash != "" && old.Title == title:
		told, err := s.q.SeeDocument(ctx, tx, r.run, id)
		return !told, schemas.PageUnchanged, err
	default:
		outcome = schemas.PageUpdated
		if err := s.q.KeepVersion(ctx, tx, id); err != nil {
			return false, "", fmt.Errorf("keep version: %w", err)
		}
		if err := s.q.DropOldVersions(ctx, tx, id); err != nil {
			return false, "", fmt.Errorf("drop versions: %w", err)
		}
		err = s.q.UpdateDocument(ctx, tx, dbq.UpdateDocumentParams{
			Title: title, Url: link, Language: d.Language, Text: text, Hash: page.TextHash, Print: int64(page.Print),
			Answers: answersJSON(d.Answers), SyncID: r.run, ID: id,
		})
	}
	if err != nil {
		return false, "", fmt.Errorf("store document: %w", err)
	}
	if err := s.q.DropPrints(ctx, tx, id); err != nil {
		return false, "", fmt.Errorf("drop prints: %w", err)
	}
	if page.Print != 0 {
		err = s.q.PutPrints(ctx, tx, dbq.PutPrintsParams{SourceID: r.source, Bands: bands(page.Print), DocumentID: id, Print: int64(page.Print)})
	}
	known := !fresh && old.SeenSync != nil && *old.SeenSync == r.run
	return !known, outcome, err
}
