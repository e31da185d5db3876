package crawl

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// robotsAge is how long a robots.txt serves: RFC 9309, section 2.4.
	robotsAge = 24 * time.Hour
	// outageAge is how soon a robots.txt that could not be had is asked for again.
	outageAge = 10 * time.Minute
	// oldCopyAge is how long the last copy serves while the file cannot be had:
	// RFC 9309, section 2.3.1.4.
	oldCopyAge = 30 * 24 * time.Hour
)

// hostRules is a host's robots.txt as an activity knows it.
type hostRules struct {
	*Robots
	Rules
	// reason is why the host is closed; empty when it is open.
	reason schemas.FailCode
	until  time.Time
}

// laterError says that a host's turn comes too late for this activity.
type laterError struct {
	host string
	wait time.Duration
}

// Error implements error.
func (*laterError) Error() string { return "the host's turn is after the activity's time" }

// rules returns the robots.txt of an address's host. Its error is one of the
// frontier or of ctx. Spec: S17, RFC 9309.
func (r *run) rules(ctx context.Context, address string) (hostRules, error) {
	host := Host(address)
	if known, ok := r.known[host]; ok && time.Now().Before(known.until) {
		return known, nil
	}
	now, err := r.Frontier.Now(ctx)
	if err != nil {
		return hostRules{}, err
	}
	state, err := r.Frontier.Host(ctx, host)
	if err != nil {
		return hostRules{}, err
	}
	state.Host = host
	left := robotsLife(state.RobotsStatus) - now.Sub(state.RobotsAt)
	if !state.RobotsAt.IsZero() && left > 0 {
		return r.learn(state, left, closedBy(state.RobotsStatus)), nil
	}
	return r.askRules(ctx, address, state, now)
}

// askRules reads a robots.txt anew and stores it. While it cannot be had, the
// last copy serves and is not overwritten.
func (r *run) askRules(ctx context.Context, address string, state schemas.HostState, now time.Time) (hostRules, error) {
	// A host with a pause that is too long is asked for nothing else, and its
	// next turn would be too far off if it has changed its mind.
	if state.CrawlDelay <= maxPause {
		if err := r.turn(ctx, state.Host, DefaultTimeout); err != nil {
			return hostRules{}, err
		}
	}
	origin, _, err := split(address)
	if err != nil {
		return hostRules{}, err
	}
	text, status, err := FetchRobots(ctx, r.Fetcher, origin)
	if ctx.Err() != nil {
		return hostRules{}, ctx.Err()
	}
	reason := closedBy(status)
	if err != nil {
		text, status = "", 0
		reason, _ = knowledge.CodeOf(err)
	}
	old := !state.RobotsAt.IsZero() && closedBy(state.RobotsStatus) == "" && now.Sub(state.RobotsAt) < oldCopyAge
	if reason != "" && old {
		return r.learn(state, outageAge, schemas.FailNone), nil
	}
	before := state.CrawlDelay
	state.CrawlDelay = RobotsOf(text, status).For(r.Product).CrawlDelay
	state.Delay = max(state.Delay, StartDelay, state.CrawlDelay)
	state.Robots, state.RobotsStatus, state.RobotsAt = text, status, now
	if err := r.Frontier.SaveRobots(ctx, state); err != nil {
		return hostRules{}, err
	}
	if before > state.CrawlDelay {
		// The pace was that of the old rules.
		if err := r.Frontier.Pace(ctx, state.Host, max(StartDelay, state.CrawlDelay), time.Time{}); err != nil {
			return hostRules{}, err
		}
	}
	return r.learn(state, robotsLife(status), reason), nil
}

// learn keeps a robots.txt for as long as it serves, by the worker's clock.
func (r *run) learn(state schemas.HostState, life time.Duration, reason schemas.FailCode) hostRules {
	robots := RobotsOf(state.Robots, state.RobotsStatus)
	known := hostRules{Robots: robots, Rules: robots.For(r.Product), reason: reason, until: time.Now().Add(life)}
	r.known[state.Host] = known
	return known
}

func robotsLife(status int) time.Duration {
	if closedBy(status) != "" {
		return outageAge
	}
	return robotsAge
}

// closedBy says why a host is closed whose robots.txt was answered so.
func closedBy(status int) schemas.FailCode {
	switch {
	case status == 0:
		return schemas.FailUnreachable
	case status == http.StatusTooManyRequests, status >= 500:
		return schemas.FailRobots
	}
	return schemas.FailNone
}

// forbids says why robots.txt keeps us from an address: robots when it says so,
// site_busy when it asks for a longer pause than a run can keep to, another
// reason, which passes, when it cannot be had. An admin may switch it off for a
// company's own site.
func (r *run) forbids(ctx context.Context, address string) (reason schemas.FailCode, passing bool, err error) {
	if r.job.Source.IgnoreRobots {
		return schemas.FailNone, false, nil
	}
	_, path, err := split(address)
	if err != nil {
		return schemas.FailUnreachable, false, nil
	}
	rules, err := r.rules(ctx, address)
	switch {
	case err != nil:
		return schemas.FailNone, false, err
	case rules.reason != "":
		return rules.reason, true, nil
	case !rules.Allows(path):
		return schemas.FailRobots, false, nil
	case rules.CrawlDelay > maxPause:
		return schemas.FailSlow, false, nil
	}
	return schemas.FailNone, false, nil
}

// turn waits for the next turn of a host. It returns a laterError when there
// would be no time left for the work that follows.
func (r *run) turn(ctx context.Context, host string, work time.Duration) error {
	at, err := r.Frontier.Turn(ctx, host)
	if err != nil {
		return err
	}
	now, err := r.Frontier.Now(ctx)
	if err != nil {
		return err
	}
	wait := at.Sub(now)
	if !hasTime(ctx, max(0, wait), work) {
		return &laterError{host: host, wait: wait}
	}
	return r.pause(ctx, wait)
}

// pace sets a host's next delay by how it answered, and until when it is left
// alone if it asks for that.
func (r *run) pace(ctx context.Context, host string, got knowledge.Response, failed bool) error {
	state, err := r.Frontier.Host(ctx, host)
	if err != nil {
		return err
	}
	var until time.Time
	if wait := askedToWait(got); wait > 0 {
		now, err := r.Frontier.Now(ctx)
		if err != nil {
			return err
		}
		until = now.Add(wait)
	}
	return r.Frontier.Pace(ctx, host, NextDelay(state.Delay, got.Took, got.Status, failed, state.CrawlDelay), until)
}

// askedToWait is how long a busy site asks to be left alone.
func askedToWait(got knowledge.Response) time.Duration {
	if got.Status == http.StatusTooManyRequests || got.Status == http.StatusServiceUnavailable {
		return got.RetryAfter
	}
	return 0
}

// split returns the origin of an address in normal form and its path with the
// query, as they are sent.
func split(address string) (origin, path string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", "", knowledge.Fail(schemas.FailUnreachable, fmt.Errorf("not an address of a page"))
	}
	return u.Scheme + "://" + u.Host, u.RequestURI(), nil
}
