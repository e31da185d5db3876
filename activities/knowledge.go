package activities

import (
	"context"

	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"steward/internal/knowledge"
	"steward/internal/policy"
	"steward/schemas"
)

// SyncStore keeps sources, their runs and their pages.
type SyncStore interface {
	PrepareSync(ctx context.Context, in schemas.PrepareSyncInput) (schemas.PrepareSyncResult, error)
	SyncJob(ctx context.Context, in schemas.SyncRef) (schemas.SourceJob, error)
	CrawlJob(ctx context.Context, in schemas.SyncRef) (schemas.CrawlJob, error)
	CloseFrontier(ctx context.Context, in schemas.SyncRef, reason schemas.FailCode) (int, error)
	Discovered(ctx context.Context, in schemas.SyncRef, d schemas.DiscoverResult) error
	StorePage(ctx context.Context, in schemas.SyncRef, page schemas.PageRead) (schemas.PageStored, error)
	MarkSync(ctx context.Context, in schemas.MarkSyncInput) error
	SyncFacts(ctx context.Context, in schemas.SyncRef) (schemas.SyncFacts, error)
	EndSync(ctx context.Context, in schemas.SyncRef, end schemas.SyncEnd) error
	PurgeSource(ctx context.Context, id schemas.SourceID, limit int) (more bool, err error)
	NoteUnlinked(ctx context.Context, in schemas.SyncRef) error
	DropUnseen(ctx context.Context, in schemas.SyncRef, may func(gone, total int) bool) (removed, held int, err error)
	PageHash(ctx context.Context, in schemas.SyncRef) (string, error)
}

// DocumentStore keeps the texts and chunks of a source.
type DocumentStore interface {
	Unsplit(ctx context.Context, source schemas.SourceID, limit int) (docs []schemas.Document, boilerplate []uint64, err error)
	StoreChunks(ctx context.Context, in schemas.SyncRef, d schemas.Document) error
	Texts(ctx context.Context, source schemas.SourceID, after schemas.DocumentID, limit int) (texts []string, last schemas.DocumentID, err error)
	ChangedDocuments(ctx context.Context, source schemas.SourceID) (total, changed int, err error)
	SetBoilerplate(ctx context.Context, in schemas.SyncRef, blocks []uint64) error
}

// SourceReader reads a source that is not on the web.
type SourceReader interface {
	Read(ctx context.Context, job schemas.SourceJob) (schemas.PageRead, error)
}

// Knowledge are the activities that read and split the content of a source.
type Knowledge struct {
	Runs      SyncStore
	Documents DocumentStore
	Reader    SourceReader
	Crawler   Crawler
	Schedules Schedules
	Removed   Cleaner
	// Fault kills the process at named points in tests; nil in the product.
	Fault Fault
}

// Schedules keeps the schedules by which sources are read again.
type Schedules interface {
	SetResync(ctx context.Context, source schemas.SourceID, agent schemas.AgentID, schedule schemas.ResyncSchedule) error
}

// PrepareSync claims the source for the run.
func (a *Knowledge) PrepareSync(ctx context.Context, in schemas.PrepareSyncInput) (schemas.PrepareSyncResult, error) {
	out, err := a.Runs.PrepareSync(ctx, in)
	return out, failure(ctx, err)
}

// MarkSync notes where the run stands.
func (a *Knowledge) MarkSync(ctx context.Context, in schemas.MarkSyncInput) error {
	return failure(ctx, a.Runs.MarkSync(ctx, in))
}

// ReadSource reads a file, an article or a short answer and stores its text.
// What is the same as before is not read again, unless an admin asks for it.
// Spec: D24.
func (a *Knowledge) ReadSource(ctx context.Context, in schemas.PrepareSyncInput) (schemas.ReadSourceResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	job, err := a.Runs.SyncJob(ctx, in.SyncRef)
	if err != nil {
		return schemas.ReadSourceResult{}, failure(ctx, err)
	}
	if in.Trigger != schemas.TriggerManual && in.Trigger != schemas.TriggerRetry {
		known, err := a.Runs.PageHash(ctx, in.SyncRef)
		if err != nil {
			return schemas.ReadSourceResult{}, failure(ctx, err)
		}
		if known == knowledge.BytesHash(job) {
			return a.storeRead(ctx, in.SyncRef, schemas.PageRead{Key: knowledge.PageKey(job), Outcome: schemas.PageUnchanged})
		}
	}
	page, err := a.Reader.Read(ctx, job)
	// The last try stores the reason instead of failing.
	if err != nil && (activity.GetInfo(ctx).Attempt < readTries || ctx.Err() != nil) {
		return schemas.ReadSourceResult{}, failure(ctx, err)
	}
	a.fault("read_source.before_store")
	return a.storeRead(ctx, in.SyncRef, page)
}

func (a *Knowledge) storeRead(ctx context.Context, in schemas.SyncRef, page schemas.PageRead) (schemas.ReadSourceResult, error) {
	stored, err := a.Runs.StorePage(ctx, in, page)
	var out schemas.ReadSourceResult
	if stored.Outcome == schemas.PageFailed {
		out.Reason = stored.Reason
	}
	return out, failure(ctx, err)
}

// readTries is after how many tries a source that cannot be read is failed
// with its reason. It is below the tries of the activity's options.
const readTries = 4

const (
	// splitBatch is how many documents are split in one transaction's reach.
	splitBatch = 50
	// splitAtOnce is how many of them at a time: one is analysed while the
	// database takes another, and turns of conversations have processors left.
	splitAtOnce = 2
	// splitMost is how many documents one activity splits.
	splitMost = 2000
	// textBatch is how many texts are compared at a time.
	textBatch = 200
)

// SplitDocuments cuts the texts that have changed into passages and analyses
// them. Blocks of text that stand on many pages of a crawl are no content.
func (a *Knowledge) SplitDocuments(ctx context.Context, in schemas.SyncRef) (schemas.SplitResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	var out schemas.SplitResult
	for out.Documents < splitMost {
		docs, boilerplate, err := a.Documents.Unsplit(ctx, in.Source, splitBatch)
		if err != nil || len(docs) == 0 {
			return out, failure(ctx, err)
		}
		group, each := errgroup.WithContext(ctx)
		group.SetLimit(splitAtOnce)
		for _, doc := range docs {
			group.Go(func() error {
				return a.Documents.StoreChunks(each, in, knowledge.SplitDocument(in.Agent, in.Source, doc, boilerplate))
			})
		}
		if err := group.Wait(); err != nil {
			return out, failure(ctx, err)
		}
		out.Documents += len(docs)
		a.fault("split_documents.after_batch")
	}
	out.More = true
	return out, nil
}

// FindBoilerplate compares the pages of a crawl, when any has changed.
func (a *Knowledge) FindBoilerplate(ctx context.Context, in schemas.SyncRef) error {
	stop := heartbeat(ctx)
	defer stop()
	_, changed, err := a.Documents.ChangedDocuments(ctx, in.Source)
	if err != nil || changed == 0 {
		return failure(ctx, err)
	}
	var count knowledge.BlockCount
	for after := schemas.DocumentID(""); ; {
		texts, last, err := a.Documents.Texts(ctx, in.Source, after, textBatch)
		if err != nil {
			return failure(ctx, err)
		}
		if len(texts) == 0 {
			break
		}
		for _, text := range texts {
			count.Add(text)
		}
		after = last
	}
	return failure(ctx, a.Documents.SetBoilerplate(ctx, in, count.Boilerplate()))
}

// DropGone removes what a complete run has not seen. More than an admin would
// expect is held back. Spec: D24.
func (a *Knowledge) DropGone(ctx context.Context, in schemas.SyncRef) (schemas.DropResult, error) {
	removed, held, err := a.Runs.DropUnseen(ctx, in, policy.MayRemove)
	return schemas.DropResult{Removed: removed, Held: held}, failure(ctx, err)
}

// NoteUnlinked counts the runs in which nothing named a page.
func (a *Knowledge) NoteUnlinked(ctx context.Context, in schemas.SyncRef) error {
	return failure(ctx, a.Runs.NoteUnlinked(ctx, in))
}

// FinishSync decides how the run ended and sets the states of the run and of
// its source. A source that has gone meanwhile has none.
func (a *Knowledge) FinishSync(ctx context.Context, in schemas.FinishSyncInput) (schemas.SyncSourceResult, error) {
	out := schemas.SyncSourceResult{Sync: in.Sync, State: in.State, Reason: in.Reason}
	facts, err := a.Runs.SyncFacts(ctx, in.SyncRef)
	if err != nil {
		if schemas.KindOf(err) == schemas.KindNotFound {
			return out, nil
		}
		return out, failure(ctx, err)
	}
	facts.Said, facts.Reason, facts.Warn = in.State, in.Reason, in.Warn
	end := policy.EndOfSync(facts)
	a.fault("finish_sync.before")
	if err := a.Runs.EndSync(ctx, in.SyncRef, end); err != nil {
		return out, failure(ctx, err)
	}
	out.State, out.Reason, out.Documents, out.Chunks = end.State, end.Reason, facts.Documents, facts.Chunks
	return out, nil
}

// purgeBatch is how many chunks of a removed source are taken at a time.
const purgeBatch = 2000

// PurgeSource takes everything of a removed source out of the database and the
// index, its schedule first. Spec: S22.
func (a *Knowledge) PurgeSource(ctx context.Context, in schemas.SyncRef) error {
	stop := heartbeat(ctx)
	defer stop()
	if err := a.Schedules.SetResync(ctx, in.Source, in.Agent, schemas.ResyncNever); err != nil {
		return failure(ctx, err)
	}
	for {
		more, err := a.Runs.PurgeSource(ctx, in.Source, purgeBatch)
		if err != nil || !more {
			return failure(ctx, err)
		}
		if _, err := a.Removed.Clear(ctx, in.Agent); err != nil {
			return failure(ctx, err)
		}
		a.fault("purge_source.after_batch")
	}
}

func (a *Knowledge) fault(point string) { reach(a.Fault, point) }
