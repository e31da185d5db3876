package workflows_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"steward/internal/testkit"
	"steward/schemas"
	"steward/workflows"
)

// plant is a synchronisation in virtual time: its activities do nothing but
// what a test says, and are noted in their order.
type plant struct {
	*testsuite.TestWorkflowEnvironment
	t     *testing.T
	mu    sync.Mutex
	steps []string
	ended schemas.FinishSyncInput
	// trigger of the run; manual when empty.
	trigger schemas.SyncTrigger
	// prepared is what the latest round was claimed with.
	prepared schemas.PrepareSyncInput
	// What the activities answer.
	claim   schemas.PrepareSyncResult
	found   schemas.DiscoverResult
	read    schemas.ReadSourceResult
	batch   func(n int) (schemas.CrawlBatchResult, error)
	batches int
	closed  schemas.FailCode
	settle  []schemas.SettleResult
	index   error
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(testkit.Quiet()))
	p := &plant{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), t: t, claim: schemas.PrepareSyncResult{Claimed: true}}
	p.SetTestTimeout(time.Minute)
	workflows.Register(p)
	p.batch = func(int) (schemas.CrawlBatchResult, error) { return schemas.CrawlBatchResult{Done: 1}, nil }
	p.on("PrepareSync", func(_ context.Context, in schemas.PrepareSyncInput) (schemas.PrepareSyncResult, error) {
		p.prepared = in
		return p.claim, nil
	})
	p.on("MarkSync", func(_ context.Context, in schemas.MarkSyncInput) error { return p.step("is " + string(in.State)) })
	p.on("ReadSource", func(context.Context, schemas.PrepareSyncInput) (schemas.ReadSourceResult, error) {
		return p.read, p.step("read")
	})
	p.on("DiscoverPages", func(context.Context, schemas.SyncRef) (schemas.DiscoverResult, error) { return p.found, nil })
	p.on("CrawlBatch", func(context.Context, schemas.SyncRef) (schemas.CrawlBatchResult, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.batches++
		return p.batch(p.batches)
	})
	p.on("CloseCrawl", func(_ context.Context, in schemas.FinishSyncInput) error {
		p.closed = in.Reason
		return p.step("close")
	})
	for _, name := range []string{"FindBoilerplate", "NoteUnlinked", "PurgeSource", "RefreshAgent"} {
		p.on(name, func(context.Context, schemas.SyncRef) error { return p.step(name) })
	}
	p.on("SplitDocuments", func(context.Context, schemas.SyncRef) (schemas.SplitResult, error) {
		return schemas.SplitResult{Documents: 1}, p.step("split")
	})
	p.on("PrepareEmbedder", func(context.Context, schemas.SyncRef) error { return nil })
	p.on("IndexBatch", func(context.Context, schemas.SyncRef) (schemas.IndexBatchResult, error) {
		return schemas.IndexBatchResult{Indexed: 2, Embedded: 2}, p.indexed()
	})
	p.on("DropGone", func(context.Context, schemas.SyncRef) (schemas.DropResult, error) {
		return schemas.DropResult{}, p.step("drop")
	})
	p.on("SettleIndex", func(context.Context, schemas.SyncRef) (schemas.SettleResult, error) {
		if len(p.settle) == 0 {
			return schemas.SettleResult{}, p.step("settle")
		}
		out := p.settle[0]
		p.settle = p.settle[1:]
		return out, p.step("settle")
	})
	p.on("FinishSync", func(_ context.Context, in schemas.FinishSyncInput) (schemas.SyncSourceResult, error) {
		p.ended = in
		return schemas.SyncSourceResult{Sync: in.Sync, State: in.State, Reason: in.Reason}, p.step("finish")
	})
	return p
}

func (p *plant) on(name string, f any) {
	p.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
}

func (p *plant) step(what string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps = append(p.steps, what)
	return nil
}

func (p *plant) indexed() error {
	if p.index != nil {
		return p.index
	}
	return p.step("index")
}

// sync runs a synchronisation of a source of the given kind.
func (p *plant) sync(crawl bool) error {
	p.t.Helper()
	p.claim.Crawl = crawl
	p.ExecuteWorkflow(workflows.SyncSource, schemas.SyncSourceInput{Source: "src_1", Agent: "agent_1", Trigger: cmp.Or(p.trigger, schemas.TriggerManual)})
	if !p.IsWorkflowCompleted() {
		p.t.Fatal("the synchronisation does not end")
	}
	return p.GetWorkflowError()
}

func (p *plant) wants(err error, state schemas.SyncState, reason schemas.FailCode, steps ...string) {
	p.t.Helper()
	if err != nil || p.ended.State != state || p.ended.Reason != reason {
		p.t.Errorf("ended as %s %s, %v; want %s %s", p.ended.State, p.ended.Reason, err, state, reason)
	}
	var done []string
	for _, s := range p.steps {
		if !strings.HasPrefix(s, "is ") {
			done = append(done, s)
		}
	}
	if !slices.Equal(done, steps) {
		p.t.Errorf("steps %q, want %q", done, steps)
	}
}

func TestSyncOfAFile(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.wants(p.sync(false), schemas.SyncDone, "", "read", "split", "index", "drop", "settle", "index", "finish", "RefreshAgent")
}

func TestSyncThatCannotRead(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.read.Reason = schemas.FailEncrypted
	p.wants(p.sync(false), schemas.SyncFailed, schemas.FailEncrypted, "read", "finish")
}

func TestSyncOfASourceThatIsTaken(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.claim.Claimed = false
	p.wants(p.sync(false), "", "")
}

func TestSyncOfARemovedSource(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.claim.Removing = true
	p.wants(p.sync(false), "", "", "PurgeSource")
}

// What the index lost is put back, and looked at again.
func TestSyncSettles(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.settle = []schemas.SettleResult{{Missing: 3}}
	p.wants(p.sync(false), schemas.SyncDone, "",
		"read", "split", "index", "drop", "settle", "index", "settle", "index", "finish", "RefreshAgent")
}

// An index that does not answer for as long as is waited for fails the run, and
// the source still ends in a state.
func TestSyncWithoutIndex(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.index = temporal.NewApplicationError("the search index cannot be reached", "unavailable")
	p.wants(p.sync(false), schemas.SyncFailed, schemas.FailIndex, "read", "split", "finish")
}

// A change that comes while the source is read is another round. Spec: S19.
func TestSyncAgainAfterAChange(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.RegisterDelayedCallback(func() { p.SignalWorkflow(schemas.SignalResync, nil) }, 0)
	rounds := 0
	p.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		if info.ActivityType.Name == "SplitDocuments" {
			if rounds++; rounds == 1 {
				p.SignalWorkflow(schemas.SignalResync, nil)
				p.SignalWorkflow(schemas.SignalResync, nil)
			}
		}
	})
	once := []string{"read", "split", "index", "drop", "settle", "index", "finish", "RefreshAgent"}
	p.wants(p.sync(false), schemas.SyncDone, "", append(once, once...)...)
}

// A retry that is asked for while the run before it ends stays a retry; with a
// change beside it everything is read.
func TestSyncTakesTheTriggerOfItsNextRound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		signals []schemas.SyncTrigger
		want    schemas.SyncTrigger
	}{
		{[]schemas.SyncTrigger{schemas.TriggerRetry}, schemas.TriggerRetry},
		{[]schemas.SyncTrigger{schemas.TriggerRetry, schemas.TriggerChange}, schemas.TriggerChange},
	} {
		p := newPlant(t)
		rounds := 0
		p.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
			if info.ActivityType.Name == "RefreshAgent" {
				if rounds++; rounds == 1 {
					for _, trigger := range c.signals {
						p.SignalWorkflow(schemas.SignalResync, trigger)
					}
				}
			}
		})
		if err := p.sync(true); err != nil || p.prepared.Trigger != c.want {
			t.Errorf("%v: the next round is %q, %v; want %q", c.signals, p.prepared.Trigger, err, c.want)
		}
	}
}

func TestSyncOfADomain(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.batch = func(n int) (schemas.CrawlBatchResult, error) {
		return schemas.CrawlBatchResult{Done: 50, Left: max(0, 300-50*n)}, nil
	}
	p.wants(p.sync(true), schemas.SyncDone, "",
		"FindBoilerplate", "split", "index", "NoteUnlinked", "drop", "settle", "index", "finish", "RefreshAgent")
	if p.batches < 6 || p.batches > 10 {
		t.Errorf("%d batches for 300 pages", p.batches)
	}
}

// What only a sitemap names that cannot be read now is not without links.
func TestSyncWithoutASitemap(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.found.Partial = true
	p.wants(p.sync(true), schemas.SyncDone, "", "FindBoilerplate", "split", "index", "drop", "settle", "index", "finish", "RefreshAgent")
}

// A run that reads only what failed removes nothing.
func TestSyncOfWhatFailed(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.trigger = schemas.TriggerRetry
	p.wants(p.sync(true), schemas.SyncDone, "", "FindBoilerplate", "split", "index", "settle", "index", "finish", "RefreshAgent")
}

func TestSyncOfAClosedSite(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.found.Reason = schemas.FailRobots
	p.wants(p.sync(true), schemas.SyncFailed, schemas.FailRobots, "finish")
}

// A crawl over its limit of documents is complete: what it did not see is gone.
func TestSyncThatReachesItsLimit(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.batch = func(int) (schemas.CrawlBatchResult, error) {
		return schemas.CrawlBatchResult{Done: 50, Left: 9000, Stop: schemas.FailLimitReached}, nil
	}
	p.wants(p.sync(true), schemas.SyncDone, "",
		"close", "FindBoilerplate", "split", "index", "NoteUnlinked", "drop", "settle", "index", "finish", "RefreshAgent")
	if p.closed != schemas.FailLimitReached {
		t.Errorf("closed as %q", p.closed)
	}
}

// What was read until an admin stops a crawl is kept and indexed, and nothing is
// taken for gone.
func TestSyncThatIsStopped(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.batch = func(int) (schemas.CrawlBatchResult, error) {
		return schemas.CrawlBatchResult{Wait: 60_000, Left: 100}, nil
	}
	p.RegisterDelayedCallback(func() { p.SignalWorkflow(schemas.SignalStop, nil) }, 10*time.Minute)
	p.wants(p.sync(true), schemas.SyncCancelled, "", "close", "FindBoilerplate", "split", "index", "settle", "index", "finish", "RefreshAgent")
	if p.closed != schemas.FailCancelled {
		t.Errorf("closed as %q", p.closed)
	}
}

// A crawl that never ends is ended after a day; a site that asks for long pauses
// has longer.
func TestSyncDeadline(t *testing.T) {
	t.Parallel()
	for pause, want := range map[float64]time.Duration{0.5: 24 * time.Hour, 60: 10_000 * time.Minute} {
		p := newPlant(t)
		p.found.PauseSeconds = pause
		p.batch = func(int) (schemas.CrawlBatchResult, error) {
			return schemas.CrawlBatchResult{Wait: 60_000, Left: 1}, nil
		}
		began := p.Now()
		p.wants(p.sync(true), schemas.SyncDone, schemas.FailDeadline, "close", "FindBoilerplate", "split", "index", "settle", "index", "finish", "RefreshAgent")
		if took := p.Now().Sub(began); took < want || took > want+time.Hour {
			t.Errorf("a pause of %v s: ended after %s, want %s", pause, took, want)
		}
	}
}

// A paused crawl begins no batch until it is resumed.
func TestSyncThatIsPaused(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	var at []time.Duration
	began := p.Now()
	p.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		if info.ActivityType.Name == "CrawlBatch" {
			at = append(at, p.Now().Sub(began))
		}
	})
	p.batch = func(n int) (schemas.CrawlBatchResult, error) {
		return schemas.CrawlBatchResult{Wait: 60_000, Left: max(0, 40-n)}, nil
	}
	p.RegisterDelayedCallback(func() { p.SignalWorkflow(schemas.SignalPause, nil) }, 10*time.Minute)
	p.RegisterDelayedCallback(func() { p.SignalWorkflow(schemas.SignalResume, nil) }, 5*time.Hour)
	err := p.sync(true)
	if err != nil || p.ended.State != schemas.SyncDone {
		t.Fatalf("ended as %s, %v", p.ended.State, err)
	}
	for _, d := range at {
		if d > 12*time.Minute && d < 5*time.Hour {
			t.Errorf("a batch began %s after the start, in the pause", d)
		}
	}
	if !slices.Contains(p.steps, "is paused") {
		t.Errorf("steps %q", p.steps)
	}
}
