package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// maxText bounds nothing but NUL and broken UTF-8: documents are bounded where
// they are read.
const maxText = math.MaxInt

// ref is a run with its ids read.
type ref struct {
	source, agent, run uuid.UUID
}

func readRef(in schemas.SyncRef) (ref, error) {
	var r ref
	var err error
	if r.source, err = parse(schemas.PrefixSource, in.Source, "source"); err != nil {
		return r, err
	}
	if r.agent, err = parse(schemas.PrefixAgent, in.Agent, "agent"); err != nil {
		return r, err
	}
	r.run, err = parse(schemas.PrefixSync, in.Sync, "sync")
	return r, err
}

// PrepareSync claims a source for a run. Claimed is false when another run has
// it or when it is gone: the run then ends at once. The same run gets its claim
// again. A source in removal needs no claim: it is only cleared.
func (s *Store) PrepareSync(ctx context.Context, in schemas.PrepareSyncInput) (schemas.PrepareSyncResult, error) {
	out := schemas.PrepareSyncResult{SyncRef: in.SyncRef}
	r, err := readRef(in.SyncRef)
	if err != nil {
		return out, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.LockSource(ctx, tx, r.source)
		if noSuch(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if row.Status == string(schemas.SourceRemoving) {
			out.Claimed, out.Removing = true, true
			return nil
		}
		claimed, err := s.q.ClaimSync(ctx, tx, r.run, r.source)
		if err != nil || claimed == 0 {
			return err
		}
		out.Claimed, out.Crawl = true, schemas.SourceType(row.Type).Web()
		return s.q.InsertSync(ctx, tx, dbq.InsertSyncParams{
			ID: r.run, SourceID: r.source, AgentID: row.AgentID, Trigger: string(in.Trigger), WorkflowID: in.Workflow, RunID: in.Run,
		})
	})
	if err != nil {
		return out, fmt.Errorf("prepare sync: %w", err)
	}
	return out, nil
}

// claimed checks that the run may write, and holds the source until the end of
// the transaction. KindConflict says that the run has lost it.
func (s *Store) claimed(ctx context.Context, tx pgx.Tx, r ref) (dbq.HoldSourceRow, error) {
	row, err := s.q.HoldSource(ctx, tx, r.source)
	if err != nil {
		return row, noRows(err, "source")
	}
	if row.ActiveSync == nil || *row.ActiveSync != r.run {
		return row, schemas.NewError(schemas.KindConflict, "the sync no longer has the source")
	}
	return row, nil
}

// SyncJob returns what a run that is no crawl has to read. KindConflict says
// that the run has lost the source.
func (s *Store) SyncJob(ctx context.Context, in schemas.SyncRef) (schemas.SourceJob, error) {
	job := schemas.SourceJob{Agent: in.Agent, Sync: in.Sync}
	r, err := readRef(in)
	if err != nil {
		return job, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := s.claimed(ctx, tx, r); err != nil {
			return err
		}
		if job.Source, err = s.source(ctx, tx, r.source); err != nil {
			return err
		}
		return s.jobContent(ctx, tx, &job)
	})
	if err != nil {
		return schemas.SourceJob{}, fmt.Errorf("read sync job: %w", err)
	}
	return job, nil
}

func (s *Store) jobContent(ctx context.Context, tx pgx.Tx, job *schemas.SourceJob) error {
	switch job.Source.Type {
	case schemas.SourceFile:
		id, err := parse(schemas.PrefixFile, job.Source.File, "file")
		if err != nil {
			return err
		}
		row, err := s.q.FileContent(ctx, tx, id)
		if err != nil {
			return noRows(err, "file")
		}
		job.FileName, job.Content = row.Name, row.Content
	case schemas.SourceArticle:
		row, err := s.article(ctx, tx, job.Source.Article)
		if err != nil {
			return err
		}
		job.Article = schemas.Article{
			ID: job.Source.Article, Type: schemas.ArticleType(row.Type), Title: row.Title, Body: row.Body,
			Format: schemas.ArticleFormat(row.Format), URL: row.Url, Language: row.Language, Revision: int(row.Revision),
		}
	}
	return nil
}

// MarkSync notes where a run stands.
func (s *Store) MarkSync(ctx context.Context, in schemas.MarkSyncInput) error {
	r, err := readRef(in.SyncRef)
	if err != nil {
		return err
	}
	if _, err := s.q.MarkSync(ctx, s.pool, string(in.State), r.run); err != nil {
		return fmt.Errorf("mark sync: %w", err)
	}
	return nil
}

// SyncFacts returns what is stored of a run, for the decision how it ends.
func (s *Store) SyncFacts(ctx context.Context, in schemas.SyncRef) (schemas.SyncFacts, error) {
	var out schemas.SyncFacts
	r, err := readRef(in)
	if err != nil {
		return out, err
	}
	src, err := s.source(ctx, s.pool, r.source)
	if err != nil {
		return out, err
	}
	counts, err := s.q.SyncCounts(ctx, s.pool, r.source)
	if err != nil {
		return out, fmt.Errorf("count chunks: %w", err)
	}
	run, err := s.q.SyncByID(ctx, s.pool, r.run)
	if err != nil {
		return out, noRows(err, "sync")
	}
	rows, err := s.q.SyncPages(ctx, s.pool, r.source, r.run)
	if err != nil {
		return out, fmt.Errorf("count pages: %w", err)
	}
	out = schemas.SyncFacts{
		Type: src.Type, Usable: !src.SyncedAt.IsZero(), Documents: int(counts.Documents), Chunks: int(counts.Chunks),
		Indexed: int(counts.Indexed), Held: int(run.Held),
	}
	for _, p := range rows {
		out.Pages = append(out.Pages, schemas.PageCount{
			Outcome: schemas.PageOutcome(p.Outcome), Reason: schemas.FailCode(p.Reason), Pages: int(p.Pages),
		})
	}
	return out, nil
}

// EndSync sets the final state of a run and of its source, and frees the claim.
// A run that has lost its source changes only its own row; one that has ended
// stays as it is.
func (s *Store) EndSync(ctx context.Context, in schemas.SyncRef, end schemas.SyncEnd) error {
	r, err := readRef(in)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := s.q.LockSource(ctx, tx, r.source); err != nil {
			return noRows(err, "source")
		}
		err := s.q.EndSource(ctx, tx, dbq.EndSourceParams{
			Status: string(end.Status), Reason: string(end.Reason), Usable: end.Usable && end.State != schemas.SyncFailed, ID: r.source, SyncID: r.run,
		})
		if err != nil {
			return err
		}
		if err := s.endRun(ctx, tx, r, end.State, end.Reason); err != nil {
			return err
		}
		if err := s.q.DropOldFrontiers(ctx, tx, r.source, r.run); err != nil {
			return err
		}
		return s.q.DropOldSyncs(ctx, tx, r.source)
	})
	if err != nil {
		return fmt.Errorf("end sync: %w", err)
	}
	return nil
}

// endRun ends a run that has not ended, with the counts that it has now: later
// runs write over the rows of its pages.
func (s *Store) endRun(ctx context.Context, tx pgx.Tx, r ref, state schemas.SyncState, reason schemas.FailCode) error {
	counts, _, err := s.countRun(ctx, tx, r.source, r.run)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(counts)
	if err != nil {
		return fmt.Errorf("encode counts: %w", err)
	}
	return s.q.EndSync(ctx, tx, dbq.EndSyncParams{State: string(state), Reason: string(reason), Counts: raw, ID: r.run})
}

// Sync returns one run with its counts, which come from the rows of its pages.
func (s *Store) Sync(ctx context.Context, id schemas.SyncID) (schemas.SyncRun, error) {
	run, err := parse(schemas.PrefixSync, id, "sync")
	if err != nil {
		return schemas.SyncRun{}, err
	}
	return s.syncRun(ctx, run)
}

func (s *Store) syncRun(ctx context.Context, id uuid.UUID) (schemas.SyncRun, error) {
	row, err := s.q.SyncByID(ctx, s.pool, id)
	if err != nil {
		return schemas.SyncRun{}, noRows(err, "sync")
	}
	out := schemas.SyncRun{
		ID: show[schemas.SyncID](schemas.PrefixSync, id), Source: show[schemas.SourceID](schemas.PrefixSource, row.SourceID),
		Trigger: schemas.SyncTrigger(row.Trigger), State: schemas.SyncState(row.State), Reason: schemas.FailCode(row.Reason),
		StartedAt: row.StartedAt.UTC(), FinishedAt: utc(row.FinishedAt), Held: int(row.Held), Workflow: row.WorkflowID,
	}
	if out.State.Ended() {
		err = json.Unmarshal(row.Counts, &out.Counts)
	} else {
		out.Counts, out.Queued, err = s.countRun(ctx, s.pool, row.SourceID, id)
	}
	if err != nil {
		return schemas.SyncRun{}, fmt.Errorf("count pages: %w", err)
	}
	out.Counts.Embedded, out.Counts.Indexed, out.Counts.Removed = int(row.Embedded), int(row.Indexed), int(row.Removed)
	if row.Scope != "" && !out.State.Ended() {
		out.PauseSeconds = s.hostPause(ctx, row.Scope)
		out.SecondsLeft = int(out.PauseSeconds * float64(out.Queued))
	}
	return out, nil
}

// countRun counts the pages of a run by what became of them, and how many wait.
// Addresses that were never asked for are skipped too.
func (s *Store) countRun(ctx context.Context, db dbq.DBTX, source, run uuid.UUID) (c schemas.SyncCounts, queued int, err error) {
	pages, err := s.q.SyncPages(ctx, db, source, run)
	if err != nil {
		return c, 0, fmt.Errorf("count pages: %w", err)
	}
	front, err := s.q.FrontierCounts(ctx, db, source, run)
	if err != nil {
		return c, 0, fmt.Errorf("count frontier: %w", err)
	}
	c = countPages(pages)
	c.Skipped += int(front.Closed)
	// A run that reads what failed has pages that are not in its frontier.
	c.Found = int(front.Unread + front.Closed)
	for _, p := range pages {
		c.Found += int(p.Pages)
	}
	c.Found = max(c.Found, int(front.Found))
	return c, int(front.Waiting), nil
}

// hostPause is the time between two requests to a host; 0 when it is not known.
func (s *Store) hostPause(ctx context.Context, host string) float64 {
	row, err := s.q.HostOfSync(ctx, s.pool, host)
	if err != nil {
		return 0
	}
	return (time.Duration(max(row.DelayMs, row.CrawlDelayMs)) * time.Millisecond).Seconds()
}

func countPages(pages []dbq.SyncPagesRow) schemas.SyncCounts {
	var c schemas.SyncCounts
	for _, p := range pages {
		n := int(p.Pages)
		switch schemas.PageOutcome(p.Outcome) {
		case schemas.PageNew:
			c.New, c.Fetched = c.New+n, c.Fetched+n
		case schemas.PageUpdated:
			c.Updated, c.Fetched = c.Updated+n, c.Fetched+n
		case schemas.PageUnchanged:
			c.Unchanged, c.Fetched = c.Unchanged+n, c.Fetched+n
		case schemas.PageSkipped, schemas.PageGone:
			c.Skipped += n
		case schemas.PageFailed, schemas.PageStale:
			c.Failed += n
		}
	}
	return c
}

// Syncs returns the runs of a source, newest first, at most limit.
func (s *Store) Syncs(ctx context.Context, source schemas.SourceID, limit int) ([]schemas.SyncRun, error) {
	id, err := parse(schemas.PrefixSource, source, "source")
	if err != nil {
		return nil, err
	}
	ids, err := s.q.SyncsOfSource(ctx, s.pool, id, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list syncs: %w", err)
	}
	out := make([]schemas.SyncRun, 0, len(ids))
	for _, run := range ids {
		shown, err := s.syncRun(ctx, run)
		if err != nil {
			return nil, err
		}
		out = append(out, shown)
	}
	return out, nil
}
