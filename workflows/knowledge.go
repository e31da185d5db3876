package workflows

import (
	"cmp"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/schemas"
)

// SyncSource reads one content source, splits it and brings the index in line
// with it. The source's row is claimed by the run, so that of two at once the
// later ends at once. It always ends with the run and the source in a final
// state. A Resync signal, which says that the content has changed or the source
// goes, adds another round; Stop ends the reading and keeps what was read;
// Pause and Resume hold a crawl. Spec: S12, S19, S20, D24.
func SyncSource(ctx workflow.Context, in schemas.SyncSourceInput) (schemas.SyncSourceResult, error) {
	s := &syncSource{in: in}
	err := workflow.SetQueryHandlerWithOptions(ctx, schemas.QueryProgress, s.progress, workflow.QueryHandlerOptions{
		Description: "The state of the run and how many documents and passages it has read and indexed.",
	})
	if err != nil {
		return s.now, fmt.Errorf("register %s: %w", schemas.QueryProgress, err)
	}
	resync := workflow.GetSignalChannelWithOptions(ctx, schemas.SignalResync, workflow.SignalChannelOptions{
		Description: "The source's content has changed, or the source goes: read it once more after this round.",
	})
	workflow.GoNamed(ctx, "commands", s.listen)
	for round := 0; ; round++ {
		// A signal that started this run, or came before the round, is this round.
		wanted := drain(ctx, resync)
		if round > 0 {
			s.in.Trigger = cmp.Or(wanted, schemas.TriggerChange)
		} else {
			s.in.Trigger = s.in.Trigger.Wider(wanted)
		}
		if err := s.round(ctx, round); err != nil {
			return s.now, err
		}
		if resync.Len() == 0 {
			return s.now, ctx.Err()
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			s.in.Trigger = cmp.Or(drain(ctx, resync), schemas.TriggerChange)
			return s.now, workflow.NewContinueAsNewError(ctx, SyncSource, s.in)
		}
	}
}

// drain empties the channel of Resync and returns what was asked for. A signal
// sent by hand may name nothing.
func drain(ctx workflow.Context, c workflow.ReceiveChannel) (wanted schemas.SyncTrigger) {
	for {
		var next schemas.SyncTrigger
		if !c.ReceiveAsync(&next) {
			return wanted
		}
		wanted = wanted.Wider(cmp.Or(next, schemas.TriggerChange))
	}
}

type syncSource struct {
	in  schemas.SyncSourceInput
	run schemas.SyncRef
	now schemas.SyncSourceResult
	// warn is a lesser trouble of the round.
	warn schemas.FailCode
	// partial says that the crawl did not learn of every address.
	partial bool
	// crawl is the child while it reads pages.
	crawl workflow.ChildWorkflowFuture
	// stop ends what the round is reading.
	stop    workflow.CancelFunc
	stopped schemas.FailCode
	// held says that the crawl is to begin no pages.
	held  bool
	knows *activities.Knowledge
	index *activities.Indexing
}

func (s *syncSource) progress() (schemas.SyncSourceResult, error) { return s.now, nil }

// listen takes the commands of admins.
func (s *syncSource) listen(ctx workflow.Context) {
	open := func(name, description string) workflow.ReceiveChannel {
		return workflow.GetSignalChannelWithOptions(ctx, name, workflow.SignalChannelOptions{Description: description})
	}
	selector := workflow.NewSelector(ctx)
	selector.AddReceive(open(schemas.SignalStop, "Stop reading; what was read is kept."), func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(ctx, nil)
		s.end(schemas.FailCancelled)
	})
	for _, name := range []string{schemas.SignalPause, schemas.SignalResume} {
		selector.AddReceive(open(name, "Hold the crawl, or let it go on."), func(c workflow.ReceiveChannel, _ bool) {
			c.Receive(ctx, nil)
			s.held = name == schemas.SignalPause
			if s.crawl != nil {
				s.crawl.SignalChildWorkflow(ctx, name, nil)
			}
		})
	}
	for ctx.Err() == nil {
		selector.Select(ctx)
	}
}

// end stops the reading of the round for a reason.
func (s *syncSource) end(why schemas.FailCode) {
	if s.stop != nil && s.stopped == schemas.FailNone {
		s.stopped = why
		s.stop()
	}
}

// round is one run. An error means that not even its end could be stored.
func (s *syncSource) round(ctx workflow.Context, n int) error {
	info := workflow.GetInfo(ctx)
	s.run = schemas.SyncRef{Source: s.in.Source, Agent: s.in.Agent, Sync: schemas.SyncIDFor(info.WorkflowExecution.RunID, n)}
	s.now = schemas.SyncSourceResult{Sync: s.run.Sync, State: schemas.SyncQueued}
	s.warn, s.stopped, s.held, s.partial = schemas.FailNone, schemas.FailNone, false, false
	prepare := schemas.PrepareSyncInput{
		SyncRef: s.run, Trigger: s.in.Trigger, Workflow: info.WorkflowExecution.ID, Run: info.WorkflowExecution.RunID,
	}
	var claim schemas.PrepareSyncResult
	if err := workflow.ExecuteActivity(quick(ctx, "claim the source"), s.knows.PrepareSync, prepare).Get(ctx, &claim); err != nil {
		return err
	}
	switch {
	case !claim.Claimed:
		// Another run has the source, or it is gone.
		s.now.State = schemas.SyncCancelled
		return nil
	case claim.Removing:
		s.now.State = schemas.SyncSettling
		err := workflow.ExecuteActivity(indexing(ctx, "take the source out of the index"), s.knows.PurgeSource, s.run).Get(ctx, nil)
		s.now.State = schemas.SyncDone
		return err
	}
	s.work(ctx, prepare, claim.Crawl)
	if err := s.finish(ctx); err != nil {
		return err
	}
	if s.now.State != schemas.SyncFailed && ctx.Err() == nil {
		// The source is ready without it.
		_ = workflow.ExecuteActivity(content(ctx, "have the agent's content looked after"), s.index.RefreshAgent, s.run).Get(ctx, nil)
	}
	return nil
}

// deadline is after how long the reading of a round is ended. A crawl of 5,000
// pages of a site that asks for a minute between two of them takes 83 hours, so
// it is longer where the site's pause asks for it.
const deadline = 24 * time.Hour

// work reads, splits and indexes. What fails is a reason in the result.
func (s *syncSource) work(ctx workflow.Context, prepare schemas.PrepareSyncInput, crawl bool) {
	reading, stop := workflow.WithCancel(ctx)
	defer stop()
	s.stop = stop
	defer func() { s.stop = nil }()
	complete := false
	if crawl {
		complete = s.readPages(reading)
	} else {
		complete = s.readSource(reading, prepare)
	}
	if s.now.Reason != schemas.FailNone || ctx.Err() != nil {
		return
	}
	// What was read is split and indexed also when the reading was stopped; from
	// here on there is nothing to stop.
	s.stop = nil
	s.bring(ctx, crawl, complete)
}

// readSource reads a file, an article or a short answer.
func (s *syncSource) readSource(ctx workflow.Context, prepare schemas.PrepareSyncInput) (complete bool) {
	s.mark(ctx, schemas.SyncReading)
	var read schemas.ReadSourceResult
	err := workflow.ExecuteActivity(content(ctx, "read the source"), s.knows.ReadSource, prepare).Get(ctx, &read)
	switch {
	case temporal.IsCanceledError(err):
		return false
	case err != nil:
		s.now.Reason = schemas.FailInternal
		return false
	}
	s.now.Reason = read.Reason
	return true
}

// readPages finds and reads the pages of a web source.
func (s *syncSource) readPages(ctx workflow.Context) (complete bool) {
	s.mark(ctx, schemas.SyncDiscovering)
	var found schemas.DiscoverResult
	err := workflow.ExecuteActivity(content(ctx, "find the pages"), s.knows.DiscoverPages, s.run).Get(ctx, &found)
	switch {
	case temporal.IsCanceledError(err):
		return false
	case err != nil:
		s.now.Reason = schemas.FailInternal
		return false
	case found.Reason != schemas.FailNone:
		s.now.Reason = found.Reason
		return false
	}
	s.now.Counts.Found, s.partial = found.Found, found.Partial
	s.mark(ctx, schemas.SyncCrawling)
	pause := time.Duration(found.PauseSeconds * float64(time.Second))
	timer, release := workflow.WithCancel(ctx)
	defer release()
	workflow.GoNamed(timer, "deadline", func(ctx workflow.Context) {
		if workflow.Sleep(ctx, max(deadline, 2*schemas.MaxCrawlPages*pause)) == nil {
			s.end(schemas.FailDeadline)
		}
	})
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: schemas.CrawlWorkflowID(s.in.Source), ParentClosePolicy: parentClose, WaitForCancellation: true,
		StaticSummary: "Pages of a content source",
	})
	s.crawl = workflow.ExecuteChildWorkflow(child, Crawl, schemas.CrawlInput{SyncRef: s.run, Paused: s.held})
	defer func() { s.crawl = nil }()
	var result schemas.CrawlResult
	if err := s.crawl.Get(ctx, &result); err != nil {
		// A crawl that was stopped says so itself; all else is a failure.
		if s.stopped == schemas.FailNone {
			s.now.Reason = schemas.FailInternal
		}
		return false
	}
	s.warn = result.Reason
	// A run that reads only what failed cannot tell what is gone.
	return (result.Reason == schemas.FailNone || result.Reason == schemas.FailLimitReached) && s.in.Trigger != schemas.TriggerRetry
}

// mark notes where the run stands, for people; a failure does not hold it up.
func (s *syncSource) mark(ctx workflow.Context, state schemas.SyncState) {
	s.now.State = state
	workflow.SetCurrentDetails(ctx, s.details())
	_ = workflow.ExecuteLocalActivity(local(ctx, "note the state"), s.knows.MarkSync, schemas.MarkSyncInput{SyncRef: s.run, State: state}).Get(ctx, nil)
}

// finish sets the final state, also when the run was cancelled.
func (s *syncSource) finish(ctx workflow.Context) error {
	in := schemas.FinishSyncInput{SyncRef: s.run, State: schemas.SyncDone, Reason: s.now.Reason, Warn: s.warn}
	switch {
	case s.now.Reason != schemas.FailNone:
		in.State = schemas.SyncFailed
	case ctx.Err() != nil || s.stopped == schemas.FailCancelled:
		in.State = schemas.SyncCancelled
	case s.stopped != schemas.FailNone:
		in.Reason = s.stopped
	}
	always, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	counts := s.now.Counts
	err := workflow.ExecuteActivity(quick(always, "set the source's state"), s.knows.FinishSync, in).Get(always, &s.now)
	s.now.Counts = counts
	workflow.SetCurrentDetails(ctx, s.details())
	return err
}

func (s *syncSource) details() string {
	return fmt.Sprintf("**%s** %s\n\n- %d documents, %d passages, %d indexed\n",
		s.now.State, s.now.Reason, s.now.Documents, s.now.Chunks, s.now.Counts.Indexed)
}
