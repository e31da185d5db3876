package workflows

import (
	"go.temporal.io/sdk/workflow"

	"steward/schemas"
)

// settleTries is how often a round compares the index with what is stored.
const settleTries = 3

// bring splits what was read and brings the index in line with it. complete
// says that the run saw everything: what it did not see is gone.
func (s *syncSource) bring(ctx workflow.Context, crawl, complete bool) {
	s.mark(ctx, schemas.SyncIndexing)
	if crawl && !s.do(ctx, "compare the pages", s.knows.FindBoilerplate) {
		return
	}
	for more := true; more; {
		var out schemas.SplitResult
		if err := workflow.ExecuteActivity(indexing(ctx, "split the texts"), s.knows.SplitDocuments, s.run).Get(ctx, &out); err != nil {
			s.now.Reason = schemas.FailInternal
			return
		}
		s.now.Documents += out.Documents
		more = out.More
	}
	if err := workflow.ExecuteActivity(content(ctx, "prepare the embedder"), s.index.PrepareEmbedder, s.run).Get(ctx, nil); err != nil {
		// Words alone find passages too.
		s.warn = schemas.FailInternal
	}
	if !s.indexAll(ctx) || complete && !s.dropGone(ctx, crawl) {
		return
	}
	s.settle(ctx)
}

// do runs an activity that takes the run and has no result.
func (s *syncSource) do(ctx workflow.Context, summary string, activity any) bool {
	if err := workflow.ExecuteActivity(indexing(ctx, summary), activity, s.run).Get(ctx, nil); err != nil {
		s.now.Reason = schemas.FailInternal
		return false
	}
	return true
}

// indexAll gives the index what it lacks of the source.
func (s *syncSource) indexAll(ctx workflow.Context) bool {
	for more := true; more; {
		var out schemas.IndexBatchResult
		if err := workflow.ExecuteActivity(indexing(ctx, "index the passages"), s.index.IndexBatch, s.run).Get(ctx, &out); err != nil {
			s.now.Reason = schemas.FailIndex
			return false
		}
		s.now.Counts.Indexed += out.Indexed
		s.now.Counts.Embedded += out.Embedded
		more = out.More
		workflow.SetCurrentDetails(ctx, s.details())
	}
	return true
}

// dropGone removes what a complete run has not seen.
func (s *syncSource) dropGone(ctx workflow.Context, crawl bool) bool {
	if crawl && !s.partial && !s.do(ctx, "count what nothing links to", s.knows.NoteUnlinked) {
		return false
	}
	var out schemas.DropResult
	if err := workflow.ExecuteActivity(indexing(ctx, "remove what is gone"), s.knows.DropGone, s.run).Get(ctx, &out); err != nil {
		s.now.Reason = schemas.FailInternal
		return false
	}
	s.now.Counts.Removed += out.Removed
	return true
}

// settle compares the index with what is stored, and mends it.
func (s *syncSource) settle(ctx workflow.Context) {
	s.mark(ctx, schemas.SyncSettling)
	for range settleTries {
		var out schemas.SettleResult
		if err := workflow.ExecuteActivity(indexing(ctx, "compare the index"), s.index.SettleIndex, s.run).Get(ctx, &out); err != nil {
			s.now.Reason = schemas.FailIndex
			return
		}
		// Also clears what the run has removed.
		if !s.indexAll(ctx) || out.Missing+out.Extra == 0 {
			return
		}
	}
}
