package crawl

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// fetchTimeout bounds a page's request with its redirects, readTimeout what
	// is done with the answer: parsing, and the browser.
	fetchTimeout = time.Minute
	readTimeout  = 90 * time.Second
	// pageTimeout is what must be left of an activity's time to begin a page.
	pageTimeout = fetchTimeout + readTimeout
	// lease is how long a batch holds its addresses; it is renewed while the batch
	// works, so that it only runs out when a worker is gone.
	lease = 2 * time.Minute
	// renewAfter is the age of a lease from which on it is renewed.
	renewAfter = 15 * time.Second
	// beatEvery is the pause between two signs of life.
	beatEvery = 10 * time.Second
	// maxBusy is how long a run waits for a site that asks to be left alone.
	maxBusy = 10 * time.Minute
	// maxPause is the longest crawl-delay that a run keeps to. With more, four
	// batches that share a host could not have one turn each in their time.
	maxPause = 2 * time.Minute
)

// Crawler reads the pages of web sources. What it has to remember is in the
// Frontier, so any activity may end at any moment and another one goes on.
// It is safe for concurrent use; its fields are set before and not changed.
type Crawler struct {
	Frontier Frontier
	Fetcher  knowledge.Fetcher
	// Reader reads pages, and documents that pages link to.
	Reader knowledge.Reader
	// Renderer opens pages that show nothing without scripts; nil: they get the
	// reason js_required.
	Renderer knowledge.Renderer
	// Product is the name that groups of a robots.txt address.
	Product string

	tallies tallies
}

// Progress is what a batch tells while it works.
type Progress struct {
	Done   int `json:"done"`
	Failed int `json:"failed"`
	// Page is a hash of the address under way: histories hold no addresses.
	Page string `json:"page,omitempty"`
}

// run is the work of one activity on a run.
type run struct {
	*Crawler
	job   schemas.CrawlJob
	scope scope
	known map[string]hostRules
	// leased is when the lease of what is held was taken or renewed last.
	leased time.Time
	// held are the addresses under lease that are not finished.
	held []schemas.FrontierURL
	// left is how many addresses waited when the batch began.
	left int
	// requests counts those of this activity.
	requests int
	// full is true when the run has as many documents as it may have.
	full bool
	// stop is why the crawl must end.
	stop     schemas.FailCode
	progress atomic.Pointer[Progress]
}

func (c *Crawler) open(job schemas.CrawlJob) *run {
	job.Source.SourceSettings = job.Source.Defaults(job.Source.Type)
	return &run{Crawler: c, job: job, scope: newScope(job), known: make(map[string]hostRules)}
}

// beats tells every ten seconds that the activity lives, also while it waits
// for a host or a page is parsed, until the returned function is called.
func (r *run) beats(ctx context.Context, beat func(any)) (stop func()) {
	if beat == nil {
		return func() {}
	}
	r.progress.CompareAndSwap(nil, &Progress{})
	ctx, cancel := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() {
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for {
			beat(*r.progress.Load())
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { cancel(); ended.Wait() }
}

// hasTime reports whether there is time to wait and then do work that takes at
// most as long as given. A context without deadline always has.
func hasTime(ctx context.Context, wait, work time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) >= wait+work
}

// pause waits, and keeps the addresses that the activity holds.
func (r *run) pause(ctx context.Context, d time.Duration) error {
	for d > 0 {
		step := min(d, lease/4)
		timer := time.NewTimer(step)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		if d -= step; d > 0 {
			if err := r.renew(ctx); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// renew extends the lease of what the batch holds, unless it has just been
// taken: it is a write for each address.
func (r *run) renew(ctx context.Context) error {
	if len(r.held) == 0 || time.Since(r.leased) < renewAfter {
		return nil
	}
	keys := make([]string, len(r.held))
	for i, u := range r.held {
		keys[i] = u.Key
	}
	r.leased = time.Now()
	return r.Frontier.Renew(ctx, r.job.SyncRef, keys, lease)
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
