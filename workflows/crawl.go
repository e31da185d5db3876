package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/schemas"
)

// parentClose cancels a crawl whose synchronisation ends: it then closes its
// frontier itself.
const parentClose = enums.PARENT_CLOSE_POLICY_REQUEST_CANCEL

const (
	// crawlBatches is how many batches of one crawl run at once. They share the
	// hosts' turns, so more of them would only wait.
	crawlBatches = 4
	// rollCrawl is after how many batches a crawl continues as new.
	rollCrawl = 100
	// crawlIdle bounds the pause when there is nothing to claim now.
	crawlIdle = time.Minute
)

// Crawl reads the pages that wait in a run's frontier, in batches, until none
// is left. The frontier is in Postgres: the workflow holds counts only, so a
// crawl of 5,000 pages is as small as one of five. Pause and Resume hold it;
// a cancellation closes the frontier and is a result, not an error.
// Spec: S17, D24.
func Crawl(ctx workflow.Context, in schemas.CrawlInput) (schemas.CrawlResult, error) {
	c := &crawl{in: in}
	err := workflow.SetQueryHandlerWithOptions(ctx, schemas.QueryProgress, c.progress, workflow.QueryHandlerOptions{
		Description: "How many pages this run has read and how many wait.",
	})
	if err != nil {
		return schemas.CrawlResult{}, fmt.Errorf("register %s: %w", schemas.QueryProgress, err)
	}
	workflow.GoNamed(ctx, "commands", c.listen)
	c.read(ctx)
	if c.reason == schemas.FailNone && ctx.Err() == nil && (c.waiting || c.left != 0) {
		c.in.Batches += c.batches
		return schemas.CrawlResult{}, workflow.NewContinueAsNewError(ctx, Crawl, c.in)
	}
	if ctx.Err() != nil && c.reason == schemas.FailNone {
		c.reason = schemas.FailCancelled
	}
	return c.close(ctx)
}

type crawl struct {
	in schemas.CrawlInput
	// batches counts those of this run of the workflow, running those under way.
	batches int
	running int
	done    int
	failed  int
	left    int
	// waiting says that there may be more to claim.
	waiting bool
	// idle is until when there is nothing to claim.
	idle   time.Time
	reason schemas.FailCode
	acts   *activities.Knowledge
}

// progress tells where the crawl stands.
func (c *crawl) progress() (schemas.CrawlBatchResult, error) {
	return schemas.CrawlBatchResult{Done: c.done, Failed: c.failed, Left: c.left, Stop: c.reason}, nil
}

func (c *crawl) listen(ctx workflow.Context) {
	open := func(name, description string) workflow.ReceiveChannel {
		return workflow.GetSignalChannelWithOptions(ctx, name, workflow.SignalChannelOptions{Description: description})
	}
	selector := workflow.NewSelector(ctx)
	selector.AddReceive(open(schemas.SignalPause, "Begin no more pages until Resume."), func(r workflow.ReceiveChannel, _ bool) {
		r.Receive(ctx, nil)
		c.in.Paused = true
	})
	selector.AddReceive(open(schemas.SignalResume, "Go on after Pause."), func(r workflow.ReceiveChannel, _ bool) {
		r.Receive(ctx, nil)
		c.in.Paused = false
	})
	for ctx.Err() == nil {
		selector.Select(ctx)
	}
}

// read keeps batches running until the frontier is empty, the crawl has to
// stop, or the history is long.
func (c *crawl) read(ctx workflow.Context) {
	c.waiting = true
	for ctx.Err() == nil && c.reason == schemas.FailNone {
		if c.in.Paused {
			c.hold(ctx)
			continue
		}
		full := c.batches >= rollCrawl || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
		if !full && c.waiting && c.running < crawlBatches && !workflow.Now(ctx).Before(c.idle) {
			c.start(ctx)
			// The first batch tells whether there is work for more.
			if c.running < crawlBatches && c.batches > 1 {
				continue
			}
		}
		if c.running == 0 && (full || !c.waiting) {
			break
		}
		c.wait(ctx)
	}
	// Cancelled batches end too: what they have read is stored before the close.
	always, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	_ = workflow.Await(always, func() bool { return c.running == 0 })
}

// wait until a batch ends, the pause is over, or a command comes.
func (c *crawl) wait(ctx workflow.Context) {
	before, paused := c.running, c.in.Paused
	changed := func() bool { return c.running != before || c.in.Paused != paused }
	if pause := c.idle.Sub(workflow.Now(ctx)); pause > 0 && c.waiting {
		_, _ = workflow.AwaitWithTimeout(ctx, pause, changed)
		return
	}
	_ = workflow.Await(ctx, changed)
}

func (c *crawl) start(ctx workflow.Context) {
	c.running++
	c.batches++
	workflow.GoNamed(ctx, "batch", func(ctx workflow.Context) {
		defer func() { c.running-- }()
		var out schemas.CrawlBatchResult
		err := workflow.ExecuteActivity(reading(ctx, "read pages"), c.acts.CrawlBatch, c.in.SyncRef).Get(ctx, &out)
		switch {
		case temporal.IsCanceledError(err):
			return
		case err != nil:
			c.reason = schemas.FailInternal
			return
		}
		c.took(ctx, out)
	})
}

// took adds what a batch did.
func (c *crawl) took(ctx workflow.Context, out schemas.CrawlBatchResult) {
	c.done, c.failed, c.left = c.done+out.Done, c.failed+out.Failed, out.Left
	// Addresses that other batches hold are among those left.
	c.waiting = out.Left > 0
	if out.Stop != schemas.FailNone {
		c.reason = out.Stop
	}
	// A batch that read pages may have found links: what another one was told
	// before is no longer so.
	c.idle = time.Time{}
	if out.Done+out.Failed == 0 {
		pause := min(max(time.Duration(out.Wait)*time.Millisecond, time.Second), crawlIdle)
		c.idle = workflow.Now(ctx).Add(pause)
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d pages read, %d failed, %d wait\n", c.done, c.failed, c.left))
}

// hold waits until the crawl may go on.
func (c *crawl) hold(ctx workflow.Context) {
	_ = workflow.Await(ctx, func() bool { return c.running == 0 })
	c.mark(ctx, schemas.SyncPaused)
	_ = workflow.Await(ctx, func() bool { return !c.in.Paused })
	c.mark(ctx, schemas.SyncCrawling)
}

func (c *crawl) mark(ctx workflow.Context, state schemas.SyncState) {
	_ = workflow.ExecuteLocalActivity(local(ctx, "note the state"), c.acts.MarkSync, schemas.MarkSyncInput{SyncRef: c.in.SyncRef, State: state}).Get(ctx, nil)
}

// close marks what was not read, with the reason.
func (c *crawl) close(ctx workflow.Context) (schemas.CrawlResult, error) {
	out := schemas.CrawlResult{Batches: c.in.Batches + c.batches, Reason: c.reason}
	if c.reason == schemas.FailNone {
		return out, nil
	}
	always, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	in := schemas.FinishSyncInput{SyncRef: c.in.SyncRef, Reason: c.reason}
	return out, workflow.ExecuteActivity(quick(always, "close the frontier"), c.acts.CloseCrawl, in).Get(always, nil)
}
