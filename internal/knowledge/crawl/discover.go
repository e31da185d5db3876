package crawl

import (
	"context"
	"errors"
	"net/http"
	"time"

	"steward/internal/knowledge"
	"steward/internal/language"
	"steward/schemas"
)

const (
	// startTries is how often the first address is asked for before the site
	// counts as down.
	startTries = 3
	// startRetry is the pause before the second of them; it doubles.
	startRetry = 5 * time.Second
	// peekBytes is how much of an answer is read of which only the status and
	// the address are wanted.
	peekBytes = 64 << 10
	// fewestWords is below how many words an answer has no print to compare.
	fewestWords = 3
)

// discovery is the first step of a run.
type discovery struct {
	*run
	// entered is the address that the admin gave, start where it leads.
	entered, start string
	// closed is true when robots.txt forbids the first address.
	closed bool
	res    schemas.DiscoverResult
}

// Discover finds out where a run begins: the rules of the site, where its first
// address leads, what the site answers for an address that does not exist, the
// pages of earlier runs and those of sitemaps. A site that cannot be read has a
// Reason in the result. Errors are those of the frontier and of ctx. It may be
// called again. beat as in Batch. Spec: S16, S17.
func (c *Crawler) Discover(ctx context.Context, job schemas.CrawlJob, beat func(any)) (schemas.DiscoverResult, error) {
	d := &discovery{run: c.open(job)}
	defer d.beats(ctx, beat)()
	entered, err := Normalize("", job.Source.URL)
	if err != nil {
		code, _ := knowledge.CodeOf(err)
		return schemas.DiscoverResult{Reason: code}, nil
	}
	d.entered, d.start = entered, entered
	steps := []func(context.Context) error{d.readRules, d.reach, d.settleScope, d.seed, d.sitemaps, d.probe, d.count, d.notePause}
	for _, step := range steps {
		err := step(ctx)
		var late *laterError
		if errors.As(err, &late) {
			d.res.Reason = schemas.FailSlow
		} else if err != nil {
			return schemas.DiscoverResult{}, err
		}
		if d.res.Reason != "" {
			break
		}
	}
	return d.res, nil
}

// readRules reads the robots.txt of the first host.
func (d *discovery) readRules(ctx context.Context) error {
	d.res.Scope = Host(d.entered)
	if d.scope.links {
		d.res.Scope = scopeOf(d.entered)
	}
	quiet, err := d.asksForQuiet(ctx, Host(d.entered))
	if err != nil {
		return err
	}
	if quiet > 0 {
		d.res.Reason = schemas.FailSlow
		return nil
	}
	rules, err := d.rules(ctx, d.entered)
	switch {
	case err != nil:
		return err
	case rules.CrawlDelay > maxPause:
		d.res.Reason = schemas.FailSlow
		return nil
	case d.job.Source.IgnoreRobots:
		return nil
	case rules.reason != "":
		d.res.Reason = rules.reason
		return nil
	}
	reason, _, err := d.forbids(ctx, d.entered)
	d.closed = reason != ""
	if d.closed && !d.scope.links {
		d.res.Reason = reason
	}
	return err
}

// reach asks for the first address to learn where it leads. A site that is
// down for a moment must not end a run.
func (d *discovery) reach(ctx context.Context) error {
	if d.closed {
		return nil
	}
	for try := range startTries {
		if try > 0 {
			if err := d.pause(ctx, startRetry<<(try-1)); err != nil {
				return err
			}
		}
		again, err := d.tryStart(ctx)
		if err != nil || !again {
			return err
		}
	}
	return nil
}

func (d *discovery) tryStart(ctx context.Context) (again bool, err error) {
	got, err := d.ask(ctx, d.entered, peekBytes)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	var failure *knowledge.Failure
	if errors.As(err, &failure) {
		d.res.Reason = failure.Code
		return failure.Again, nil
	}
	if err != nil {
		return false, err
	}
	d.res.Reason = schemas.FailNone
	d.start = got.URL
	switch status := got.Status; {
	case askedToWait(got) > maxBusy:
		d.res.Reason = schemas.FailSlow
		return false, nil
	case status == http.StatusUnauthorized, status == http.StatusProxyAuthRequired:
		d.res.Reason = schemas.FailLoginRequired
	case isPassing(status):
		d.res.Reason = statusReason(status)
		return status != http.StatusForbidden, nil
	}
	switch reason := misled(d.entered, got.URL, schemas.NotFoundProbe{}); {
	case reason == schemas.FailLoginRequired, reason != "" && !d.scope.links:
		d.res.Reason = reason
	}
	return false, nil
}

// ask makes a request in the host's turn and sets its pace.
func (d *discovery) ask(ctx context.Context, address string, maxBytes int) (knowledge.Response, error) {
	if err := d.turn(ctx, Host(address), fetchTimeout); err != nil {
		return knowledge.Response{}, err
	}
	inner, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	began := time.Now()
	got, err := d.Fetcher.Fetch(inner, knowledge.Request{
		URL: address, MaxBytes: maxBytes,
		Admit: func(ctx context.Context, hop string) error { return d.admit(ctx, address, hop) },
	})
	host := Host(address)
	if got.URL != "" {
		host = Host(got.URL)
	}
	if _, again := knowledge.CodeOf(err); err != nil && !again {
		return got, err
	}
	if err != nil {
		got.Took = time.Since(began)
	}
	if pace := d.pace(ctx, host, got, err != nil); pace != nil {
		return got, pace
	}
	return got, err
}

// admit holds every hop to the rules of its host. A crawl stays on the site
// that it begins on.
func (d *discovery) admit(ctx context.Context, first, hop string) error {
	if hop == first {
		return nil
	}
	if d.scope.links && Site(hop) != Site(d.entered) {
		if isLogin(hop) {
			return knowledge.Fail(schemas.FailLoginRequired, nil)
		}
		return knowledge.Fail(schemas.FailOutOfScope, nil)
	}
	reason, passing, err := d.forbids(ctx, hop)
	switch {
	case err != nil:
		return err
	case passing:
		return knowledge.FailForNow(reason, nil)
	case reason != "":
		return knowledge.Fail(reason, nil)
	case Host(hop) == Host(first):
		return nil
	}
	return d.turn(ctx, Host(hop), DefaultTimeout)
}

// settleScope binds the run to where the first address leads. Whatever is under
// the host that was entered stays in the scope; else the new host is adopted.
func (d *discovery) settleScope(context.Context) error {
	if !d.scope.links {
		d.res.Scope = Host(d.start)
		return nil
	}
	d.scope.host, d.scope.site = d.res.Scope, Site("http://"+d.res.Scope)
	if !d.scope.covers(d.start) {
		d.res.Scope = scopeOf(d.start)
		d.scope.host = d.res.Scope
	}
	return nil
}

// seed puts the first address and the pages of earlier runs into the frontier.
// The first address comes first, or it would count as one of those. A run that
// reads what failed begins with nothing else.
func (d *discovery) seed(ctx context.Context) error {
	if d.job.Retry {
		_, err := d.Frontier.Seed(ctx, d.job.SyncRef)
		return err
	}
	start := schemas.FrontierURL{Key: Key(d.start), URL: d.start, Class: schemas.ClassStart}
	if _, err := d.Frontier.Add(ctx, d.job.SyncRef, []schemas.FrontierURL{start}); err != nil {
		return err
	}
	_, err := d.Frontier.Seed(ctx, d.job.SyncRef)
	return err
}

// probe asks for an address that does not exist, to know later the pages that
// say so with status 200.
func (d *discovery) probe(ctx context.Context) error {
	if !d.scope.links {
		return nil
	}
	origin, _, err := split(d.start)
	if err != nil {
		return err
	}
	address := origin + "/" + hashOf([]byte("no such page on " + d.res.Scope))[:24]
	if reason, _, err := d.forbids(ctx, address); err != nil || reason != "" {
		return err
	}
	got, err := d.ask(ctx, address, schemas.MaxPageBytes)
	var failure *knowledge.Failure
	var late *laterError
	if ctx.Err() == nil && (errors.As(err, &failure) || errors.As(err, &late)) {
		return nil
	}
	if err != nil {
		return err
	}
	d.res.Probe = schemas.NotFoundProbe{Status: got.Status, URL: got.URL}
	if got.Status != http.StatusOK || got.TooLarge || !isHTML(got.ContentType) {
		return nil
	}
	text, err := d.Reader.Read(ctx, knowledge.Page{URL: got.URL, ContentType: got.ContentType, Body: got.Body})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// A page that needs a browser says nothing of its text.
	if err == nil && !text.NeedsBrowser && len(language.Words(text.Markdown)) >= fewestWords {
		d.res.Probe.Print = Print(text.Title, text.Markdown)
	}
	return nil
}

// count tells what the run begins with. The frontier knows, also when an
// earlier try of this discovery has filled it.
func (d *discovery) count(ctx context.Context) (err error) {
	d.res.Found, err = d.Frontier.Size(ctx, d.job.SyncRef)
	if d.closed && d.res.Found == 1 && !d.job.Retry {
		d.res.Reason = schemas.FailRobots
	}
	return err
}

// notePause tells how fast the site is read.
func (d *discovery) notePause(ctx context.Context) error {
	state, err := d.Frontier.Host(ctx, Host(d.start))
	d.res.PauseSeconds = max(state.Delay, state.CrawlDelay).Seconds()
	return err
}
