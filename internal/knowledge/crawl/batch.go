package crawl

import (
	"context"
	"errors"
	"slices"
	"time"

	"steward/schemas"
)

const (
	// maxClaim is how many addresses a batch takes at most.
	maxClaim = 50
	// batchTime is how much of a batch's ten minutes its addresses may take by
	// the pace of their host, which batches share.
	batchTime    = 8 * time.Minute
	batchesAside = 4
	// requestsPerPage times the limit of documents is where a run ends whatever
	// it has found. Spec: S17.
	requestsPerPage = 4
	// idleWait is the pause before a batch asks again that got nothing of what
	// waits.
	idleWait = 2 * time.Second
)

// Batch reads a share of what waits in the frontier. It may be ended at any
// moment: each page is stored when it is done, and what was not begun goes back
// or is given again when its lease runs out. It begins no page that could last
// longer than ctx. beat, which may be nil, is called every ten seconds, from
// another goroutine, with a Progress. Done and Failed of the result have no page
// in common, and what was put back is in neither. Errors are those of the
// frontier and of ctx; what sites do wrong is in the pages. Spec: S17, D24.
func (c *Crawler) Batch(ctx context.Context, job schemas.CrawlJob, beat func(any)) (schemas.CrawlBatchResult, error) {
	r := c.open(job)
	defer r.beats(ctx, beat)()
	share, err := r.share(ctx)
	if err != nil {
		return schemas.CrawlBatchResult{}, err
	}
	r.leased = time.Now()
	urls, next, left, err := c.Frontier.Claim(ctx, job.SyncRef, share, lease)
	if err != nil {
		return schemas.CrawlBatchResult{}, err
	}
	res := schemas.CrawlBatchResult{Left: left}
	if len(urls) == 0 {
		err := r.idle(ctx, next, &res)
		return res, err
	}
	r.held, r.left = urls, left
	for len(r.held) > 0 {
		goOn, err := r.step(ctx, &res)
		if err != nil || !goOn {
			return res, err
		}
	}
	return res, nil
}

// share is how many addresses fit into a batch's time.
func (r *run) share(ctx context.Context) (int, error) {
	delay := time.Duration(0)
	for _, host := range r.mainHosts() {
		state, err := r.Frontier.Host(ctx, host)
		if err != nil {
			return 0, err
		}
		delay = max(delay, state.Delay, state.CrawlDelay)
	}
	if delay <= 0 {
		delay = StartDelay
	}
	return max(1, min(maxClaim, int(batchTime/(delay*batchesAside)))), nil
}

// mainHosts are those that most of a run's requests go to.
func (r *run) mainHosts() []string {
	hosts := []string{r.job.Scope, "www." + r.job.Scope}
	if start, err := Normalize("", r.job.Source.URL); err == nil {
		hosts = append(hosts, Host(start))
	}
	return hosts
}

// idle says how long there is nothing to do.
func (r *run) idle(ctx context.Context, next time.Time, res *schemas.CrawlBatchResult) error {
	if res.Left == 0 {
		return nil
	}
	wait := idleWait
	if !next.IsZero() {
		now, err := r.Frontier.Now(ctx)
		if err != nil {
			return err
		}
		// What can be had now was kept from this batch for a reason.
		if until := next.Sub(now); until > 0 {
			wait = until
		}
	}
	res.Wait = int((wait + time.Millisecond - 1) / time.Millisecond)
	return nil
}

// step does the first address that the batch holds; false ends the batch.
func (r *run) step(ctx context.Context, res *schemas.CrawlBatchResult) (bool, error) {
	u := r.held[0]
	r.progress.Store(&Progress{Done: res.Done, Failed: res.Failed, Page: hashOf([]byte(u.Key))[:12]})
	if r.spent() {
		res.Stop = schemas.FailLimitReached
		return false, r.putBack(ctx, "", 0)
	}
	if !hasTime(ctx, 0, pageTimeout) {
		return false, r.putBack(ctx, "", 0)
	}
	quiet, err := r.asksForQuiet(ctx, Host(u.URL))
	if err != nil {
		return false, err
	}
	if quiet > 0 && r.isMain(Host(u.URL)) {
		res.Stop = schemas.FailSlow
		return false, r.putBack(ctx, Host(u.URL), quiet)
	}
	if err := r.renew(ctx); err != nil {
		return false, err
	}
	page, err := r.visit(ctx, u, quiet > 0)
	var late *laterError
	if errors.As(err, &late) {
		return false, r.putBack(ctx, late.host, late.wait)
	}
	if err != nil {
		return false, err
	}
	stored, err := r.Frontier.Finish(ctx, r.job.SyncRef, page)
	if err != nil {
		return false, err
	}
	r.held = r.held[1:]
	r.count(u, page, stored, res)
	if r.stop != "" {
		res.Stop = r.stop
		return false, r.putBack(ctx, "", 0)
	}
	return true, nil
}

// count notes what the store made of a page.
func (r *run) count(u schemas.FrontierURL, page schemas.PageRead, stored schemas.PageStored, res *schemas.CrawlBatchResult) {
	res.Left += stored.Added
	switch stored.Outcome {
	case schemas.PageQueued:
		return
	case schemas.PageFailed, schemas.PageStale:
		res.Failed++
	default:
		res.Done++
	}
	res.Left--
	r.full = r.full || stored.Reason == schemas.FailLimitReached
	if u.Class != schemas.ClassLink && u.Class != schemas.ClassQuery {
		return
	}
	switch stored.Outcome {
	case schemas.PageNew, schemas.PageUpdated, schemas.PageUnchanged:
		r.tallies.page(r.job.Sync, u.Key, true)
	default:
		// What could not be read, or leads elsewhere, says nothing of its text.
		if stored.Reason == schemas.FailDuplicate && page.Document != nil || stored.Reason == schemas.FailSoft404 {
			r.tallies.page(r.job.Sync, u.Key, false)
		}
	}
}

// spent reports whether the run has made all requests that it may.
func (r *run) spent() bool {
	limit := r.job.Source.MaxPages
	return limit > 0 && r.job.Requests+r.requests >= requestsPerPage*limit
}

// asksForQuiet returns how long a host has asked to be left alone, if that is
// longer than a run can wait.
func (r *run) asksForQuiet(ctx context.Context, host string) (time.Duration, error) {
	state, err := r.Frontier.Host(ctx, host)
	if err != nil || state.BusyUntil.IsZero() {
		return 0, err
	}
	now, err := r.Frontier.Now(ctx)
	if err != nil {
		return 0, err
	}
	if wait := state.BusyUntil.Sub(now); wait > maxBusy {
		return wait, nil
	}
	return 0, nil
}

// isMain reports whether a run cannot go on without a host.
func (r *run) isMain(host string) bool { return slices.Contains(r.mainHosts(), host) }

// putBack returns what the batch has not begun: addresses of a host whose turn
// is far off for that time, all others for now.
func (r *run) putBack(ctx context.Context, host string, wait time.Duration) error {
	now, err := r.Frontier.Now(ctx)
	if err != nil {
		return err
	}
	for len(r.held) > 0 {
		u := r.held[0]
		page := schemas.PageRead{Key: u.Key, URL: u.URL, Outcome: schemas.PageQueued, Again: now}
		if Host(u.URL) == host {
			page.Again = now.Add(wait)
		}
		if _, err := r.Frontier.Finish(ctx, r.job.SyncRef, page); err != nil {
			return err
		}
		r.held = r.held[1:]
	}
	return nil
}
