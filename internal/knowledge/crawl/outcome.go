package crawl

import (
	"context"
	"fmt"
	"time"

	"steward/schemas"
)

const (
	// firstRetry is the pause before a page is tried again; it doubles twice.
	firstRetry = 30 * time.Second
	// A page that is not there is looked for again when the run should be over.
	minRecheck = 30 * time.Second
	maxRecheck = 15 * time.Minute
)

func statusReason(status int) schemas.FailCode {
	return schemas.FailCode(fmt.Sprintf("http_%d", status))
}

func (v *visit) set(outcome schemas.PageOutcome, reason schemas.FailCode) {
	v.page.Outcome, v.page.Reason = outcome, reason
}

// leave leaves a page out by a rule of ours or by the site's wish: one that is
// stored leaves the answers.
func (v *visit) leave(reason schemas.FailCode) {
	if v.isKnown() {
		v.set(schemas.PageGone, reason)
		return
	}
	v.set(schemas.PageSkipped, reason)
}

// omit leaves out a page whose content is nothing that can be read. The last
// good text of one that is stored is kept.
func (v *visit) omit(reason schemas.FailCode) {
	if v.isKnown() {
		v.set(schemas.PageStale, reason)
		return
	}
	v.set(schemas.PageSkipped, reason)
}

// fail ends with a page that cannot be read. The last good text is kept.
func (v *visit) fail(reason schemas.FailCode) {
	if v.isKnown() {
		v.set(schemas.PageStale, reason)
		return
	}
	v.set(schemas.PageFailed, reason)
}

// gone takes the site's word that a page will not come back.
func (v *visit) gone(reason schemas.FailCode) {
	if v.isKnown() {
		v.set(schemas.PageGone, reason)
		return
	}
	v.set(schemas.PageFailed, reason)
}

// later puts a page back.
func (v *visit) later(reason schemas.FailCode, at time.Time) {
	v.set(schemas.PageQueued, reason)
	v.page.Again = at
}

// trouble tries a page again that may be had later: in half a minute, doubling,
// but not before a given wait is over. After the last try it has failed.
func (v *visit) trouble(ctx context.Context, reason schemas.FailCode, wait time.Duration) error {
	if v.url.Tries >= maxTries {
		v.fail(reason)
		return nil
	}
	now, err := v.Frontier.Now(ctx)
	if err != nil {
		return err
	}
	v.later(reason, now.Add(max(wait, firstRetry<<max(0, v.url.Tries-1))))
	return nil
}

// missing is a page that is not there, or that robots.txt forbids now. One that
// is stored is looked for again at the end of the run before it goes, and on a
// host with many errors it must be missed in two runs.
func (v *visit) missing(ctx context.Context, reason schemas.FailCode) error {
	switch {
	case !v.isKnown() && (reason == schemas.FailRobots || reason == schemas.FailOutOfScope):
		v.set(schemas.PageSkipped, reason)
	case !v.isKnown():
		v.set(schemas.PageFailed, reason)
	case v.url.Tries < 2:
		return v.recheck(ctx, reason)
	case v.url.Misses == 0 && v.tallies.flaky(v.job.Sync, Host(v.url.URL)):
		v.set(schemas.PageStale, reason)
	default:
		v.set(schemas.PageGone, reason)
	}
	return nil
}

// recheck puts a page back to the time when the run should be over, by what
// waits and the pace of the host.
func (v *visit) recheck(ctx context.Context, reason schemas.FailCode) error {
	now, err := v.Frontier.Now(ctx)
	if err != nil {
		return err
	}
	state, err := v.Frontier.Host(ctx, Host(v.url.URL))
	if err != nil {
		return err
	}
	end := time.Duration(v.left) * max(state.Delay, state.CrawlDelay)
	v.later(reason, now.Add(min(max(end, minRecheck), maxRecheck)))
	return nil
}
