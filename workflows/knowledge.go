package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/schemas"
)

// SyncSource reads one content source, splits it and brings the index in line
// with it. The source's row is claimed by the sync, so that of two at once the
// later ends at once. It always ends with the source in a final state.
// Spec: S12, D24.
func SyncSource(ctx workflow.Context, in schemas.SyncSourceInput) (schemas.SyncSourceResult, error) {
	s := &syncSource{in: in, now: schemas.SyncSourceResult{Sync: in.Sync, Phase: schemas.SyncFetching}}
	err := workflow.SetQueryHandlerWithOptions(ctx, schemas.QueryProgress, s.progress, workflow.QueryHandlerOptions{
		Description: "The phase of the sync and how many documents and chunks it has read and indexed.",
	})
	if err != nil {
		return s.now, fmt.Errorf("register %s: %w", schemas.QueryProgress, err)
	}
	s.read(ctx)
	return s.finish(ctx)
}

type syncSource struct {
	in   schemas.SyncSourceInput
	now  schemas.SyncSourceResult
	acts *activities.Knowledge
}

func (s *syncSource) progress() (schemas.SyncSourceResult, error) { return s.now, nil }

// read fetches and indexes; what fails is a reason in the result.
func (s *syncSource) read(ctx workflow.Context) {
	var fetched schemas.FetchSourceResult
	err := workflow.ExecuteActivity(content(ctx, "read the source"), s.acts.FetchSource, s.in).Get(ctx, &fetched)
	switch {
	case err != nil && fetched.Reason == schemas.FailNone:
		s.now.Reason = schemas.FailInternal
		return
	case fetched.Reason != schemas.FailNone:
		s.now.Reason = fetched.Reason
		return
	}
	s.now.Documents, s.now.Chunks, s.now.Phase = fetched.Documents, fetched.Chunks, schemas.SyncIndexing
	workflow.SetCurrentDetails(ctx, s.details())
	var indexed schemas.IndexSourceResult
	if err := workflow.ExecuteActivity(content(ctx, "index the passages"), s.acts.IndexSource, s.in).Get(ctx, &indexed); err != nil {
		s.now.Reason = schemas.FailIndex
		return
	}
	s.now.Indexed = indexed.Indexed
}

// finish sets the source's final state, also when the run was cancelled.
func (s *syncSource) finish(ctx workflow.Context) (schemas.SyncSourceResult, error) {
	s.now.Phase = schemas.SyncDone
	if s.now.Reason != schemas.FailNone {
		s.now.Phase = schemas.SyncFailed
	}
	workflow.SetCurrentDetails(ctx, s.details())
	always, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	err := workflow.ExecuteActivity(quick(always, "set the source's state"), s.acts.FinishSync,
		schemas.FinishSyncInput{SyncSourceInput: s.in, Result: s.now}).Get(always, nil)
	if err != nil {
		return s.now, err
	}
	return s.now, ctx.Err()
}

func (s *syncSource) details() string {
	return fmt.Sprintf("**%s** %s\n\n- %d documents, %d passages, %d indexed\n",
		s.now.Phase, s.now.Reason, s.now.Documents, s.now.Chunks, s.now.Indexed)
}
