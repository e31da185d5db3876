package crawl

import (
	"context"
	"errors"
	"net/http"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

// maxTries is how often a page is asked for in a run that cannot be had.
const maxTries = 3

// visit is the work on one address. What it finds out goes into page.
type visit struct {
	*run
	url  schemas.FrontierURL
	page schemas.PageRead
}

// visit reads one address. An error is one of the frontier or of ctx, or a
// laterError; all that the site does wrong is in the page. quiet says that its
// host asked to be left alone for longer than a run can wait.
func (r *run) visit(ctx context.Context, u schemas.FrontierURL, quiet bool) (schemas.PageRead, error) {
	v := &visit{run: r, url: u, page: schemas.PageRead{
		Key: u.Key, URL: u.URL, ETag: u.ETag, LastModified: u.LastModified, BytesHash: u.BytesHash, TextHash: u.TextHash,
	}}
	switch {
	case v.refused():
		return v.page, nil
	case quiet:
		v.fail(schemas.FailSlow)
		return v.page, nil
	}
	reason, passing, err := r.forbids(ctx, u.URL)
	switch {
	case err != nil:
		return v.page, err
	case passing:
		err = v.trouble(ctx, reason, outageAge)
		return v.page, err
	case reason == schemas.FailRobots:
		err = v.missing(ctx, reason)
		return v.page, err
	case reason != "":
		v.fail(reason)
		return v.page, nil
	}
	if err := r.turn(ctx, Host(u.URL), pageTimeout); err != nil {
		return v.page, err
	}
	err = v.fetch(ctx)
	return v.page, err
}

// refused leaves out what need not be asked for.
func (v *visit) refused() bool {
	u := v.url
	linked := u.Class == schemas.ClassLink || u.Class == schemas.ClassQuery
	switch {
	case !v.scope.links:
		// Another page than the one the source names now is one it named before.
		if u.Class != schemas.ClassKnown {
			return false
		}
		v.leave(schemas.FailOutOfScope)
	case !v.scope.covers(u.URL), u.Class != schemas.ClassStart && !v.scope.picks(u.URL):
		v.leave(schemas.FailOutOfScope)
	case v.isKnown():
		return false
	case v.full:
		v.leave(schemas.FailLimitReached)
	case linked && v.tallies.trapped(v.job.Sync, u.Key):
		v.leave(schemas.FailTrap)
	default:
		return false
	}
	return true
}

// isKnown reports whether a text of the page is stored from an earlier run.
func (v *visit) isKnown() bool { return v.url.Document != "" }

// fetch asks for the page and judges the answer.
func (v *visit) fetch(ctx context.Context) error {
	began := time.Now()
	request := knowledge.Request{URL: v.url.URL, Admit: v.admit}
	if v.mayBeUnchanged() {
		request.ETag, request.LastModified = v.url.ETag, v.url.LastModified
	}
	inner, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	got, err := v.Fetcher.Fetch(inner, request)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	v.page.Took = time.Since(began)
	v.requests += 1 + len(got.Redirects)
	host := Host(v.url.URL)
	if got.URL != "" {
		host = Host(got.URL)
	}
	if err != nil {
		return v.unanswered(ctx, host, err)
	}
	v.page.Status, v.page.Bytes = got.Status, len(got.Body)
	v.tallies.answer(v.job.Sync, host, isPassing(got.Status))
	if err := v.pace(ctx, host, got, false); err != nil {
		return err
	}
	return v.judge(ctx, got)
}

// admit is asked for every hop: the address itself, which has been checked, and
// where it redirects to.
func (v *visit) admit(ctx context.Context, address string) error {
	if address == v.url.URL {
		return nil
	}
	switch {
	case !v.scope.covers(address) && isLogin(address):
		return knowledge.Fail(schemas.FailLoginRequired, nil)
	case !v.scope.covers(address), v.url.Class != schemas.ClassStart && !v.scope.picks(address):
		return knowledge.Fail(schemas.FailOutOfScope, nil)
	}
	reason, passing, err := v.forbids(ctx, address)
	switch {
	case err != nil:
		return err
	case passing:
		return knowledge.FailForNow(reason, nil)
	case reason != "":
		return knowledge.Fail(reason, nil)
	case Host(address) == Host(v.url.URL):
		return nil
	}
	return v.turn(ctx, Host(address), DefaultTimeout)
}

// unanswered says what an error of a fetch means.
func (v *visit) unanswered(ctx context.Context, host string, err error) error {
	var failure *knowledge.Failure
	var late *laterError
	switch {
	case errors.As(err, &late):
		// Where it leads has no turn for us in time.
		return v.trouble(ctx, schemas.FailSlow, late.wait)
	case errors.Is(err, context.DeadlineExceeded):
		failure = knowledge.FailForNow(schemas.FailTimeout, err)
	case !errors.As(err, &failure):
		return err
	}
	switch {
	case failure.Code == schemas.FailOutOfScope, failure.Code == schemas.FailRobots && !failure.Again:
		return v.missing(ctx, failure.Code)
	case !failure.Again:
		v.fail(failure.Code)
		return nil
	}
	if failure.Code == schemas.FailTimeout || failure.Code == schemas.FailUnreachable {
		if err := v.pace(ctx, host, knowledge.Response{Took: v.page.Took}, true); err != nil {
			return err
		}
		v.tallies.answer(v.job.Sync, host, true)
	}
	return v.trouble(ctx, failure.Code, 0)
}

// judge says what a status means. Spec: D24: what may pass keeps the last good
// text, what is gone does not.
func (v *visit) judge(ctx context.Context, got knowledge.Response) error {
	status := got.Status
	switch {
	case status == http.StatusNotModified && v.mayBeUnchanged():
		v.unchanged(got)
	case status == http.StatusOK, status == http.StatusNonAuthoritativeInfo:
		return v.content(ctx, got)
	case status == http.StatusNoContent, status == http.StatusResetContent:
		v.fail(schemas.FailNoText)
	case status == http.StatusUnauthorized, status == http.StatusProxyAuthRequired:
		v.fail(schemas.FailLoginRequired)
	case status == http.StatusNotFound:
		return v.missing(ctx, statusReason(status))
	case status == http.StatusGone:
		v.gone(statusReason(status))
	case isPassing(status):
		return v.busy(ctx, got)
	default:
		v.fail(statusReason(status))
	}
	return nil
}

// isPassing reports whether a status may be another one later.
func isPassing(status int) bool {
	switch status {
	case http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= 500
}

// busy tries a page later, after the time that the site asks for. A time longer
// than a run can wait ends the crawl, unless it is a host beside the main one.
func (v *visit) busy(ctx context.Context, got knowledge.Response) error {
	wait := askedToWait(got)
	if wait <= maxBusy {
		return v.trouble(ctx, statusReason(got.Status), wait)
	}
	if !v.isMain(Host(got.URL)) {
		v.fail(schemas.FailSlow)
		return nil
	}
	now, err := v.Frontier.Now(ctx)
	if err != nil {
		return err
	}
	v.stop = schemas.FailSlow
	v.later(schemas.FailSlow, now.Add(wait))
	return nil
}

// unchanged takes over the validators of an answer that says so.
func (v *visit) unchanged(got knowledge.Response) {
	if got.ETag != "" || got.LastModified != "" {
		v.page.ETag, v.page.LastModified = got.ETag, got.LastModified
	}
	v.page.Outcome, v.page.Reason = schemas.PageUnchanged, schemas.FailNone
}
