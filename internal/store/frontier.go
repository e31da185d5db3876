package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Frontier is the Store as crawls see it: the addresses of their runs and what
// is known of hosts.
type Frontier struct {
	Store *Store
	// StartDelay is the pause before a host's own pace is known. Default 500 ms.
	StartDelay time.Duration
	// NoPause gives every turn at once: for sites of one's own.
	NoPause bool
}

// Claim gives up to limit addresses to a batch for the time of the lease.
func (f Frontier) Claim(ctx context.Context, in schemas.SyncRef, limit int, lease time.Duration) (urls []schemas.FrontierURL, next time.Time, left int, err error) {
	r, err := readRef(in)
	if err != nil {
		return nil, next, 0, err
	}
	s := f.Store
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		urls = nil
		if _, err := s.claimed(ctx, tx, r); err != nil {
			return err
		}
		if err := s.q.FreeLeases(ctx, tx, r.run); err != nil {
			return err
		}
		room, err := s.q.RoomForNew(ctx, tx, r.run)
		if err != nil {
			return noRows(err, "sync")
		}
		rows, err := s.q.ClaimURLs(ctx, tx, dbq.ClaimURLsParams{RunID: r.run, Room: room, Most: int32(limit), LeaseS: lease.Seconds(), SourceID: r.source})
		if err != nil {
			return err
		}
		for _, row := range rows {
			u := schemas.FrontierURL{
				Key: row.Key, URL: row.Url, Class: schemas.URLClass(row.Class), Depth: int(row.Depth), Tries: int(row.Tries), Misses: int(row.Misses),
			}
			if row.DocumentID != nil {
				u.Document = show[schemas.DocumentID](schemas.PrefixDocument, *row.DocumentID)
				u.ETag, u.LastModified, u.BytesHash, u.TextHash = row.Etag, row.LastModified, row.BytesHash, row.TextHash
			}
			urls = append(urls, u)
		}
		waiting, err := s.q.FrontierNext(ctx, tx, room, r.run)
		if err != nil {
			return err
		}
		left, next = int(waiting.Waiting), time.Time{}
		if waiting.NextAt.Unix() > 0 {
			next = waiting.NextAt
		}
		return nil
	})
	if err != nil {
		return nil, time.Time{}, 0, fmt.Errorf("claim addresses: %w", err)
	}
	return urls, next, left, nil
}

// Renew extends the lease of addresses that a batch still holds.
func (f Frontier) Renew(ctx context.Context, in schemas.SyncRef, keys []string, lease time.Duration) error {
	r, err := readRef(in)
	if err != nil {
		return err
	}
	if err := f.Store.q.RenewURLs(ctx, f.Store.pool, dbq.RenewURLsParams{LeaseS: lease.Seconds(), RunID: r.run, Keys: keys}); err != nil {
		return fmt.Errorf("renew lease: %w", err)
	}
	return nil
}

// Add puts addresses into the frontier that are not in it.
func (f Frontier) Add(ctx context.Context, in schemas.SyncRef, urls []schemas.FrontierURL) (added int, err error) {
	r, err := readRef(in)
	if err != nil {
		return 0, err
	}
	s, grown := f.Store, false
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		hold, err := s.claimed(ctx, tx, r)
		if err != nil {
			return err
		}
		if err := s.lockURLs(ctx, tx, r, "", urls); err != nil {
			return err
		}
		if added, grown, err = s.addURLs(ctx, tx, r, hold.MaxPages, urls); err != nil {
			return err
		}
		return s.q.CountPage(ctx, tx, dbq.CountPageParams{Added: int32(added), ID: r.run})
	})
	if err != nil {
		return 0, fmt.Errorf("add addresses: %w", err)
	}
	if grown {
		s.analyze(ctx)
	}
	return added, nil
}

// Seed puts the pages of earlier runs into the frontier: those with a text, or,
// when the run reads what failed, those that did. All else is seen then.
func (f Frontier) Seed(ctx context.Context, in schemas.SyncRef) (added int, err error) {
	r, err := readRef(in)
	if err != nil {
		return 0, err
	}
	s := f.Store
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := s.claimed(ctx, tx, r); err != nil {
			return err
		}
		n, err := s.seed(ctx, tx, r)
		if err != nil {
			return err
		}
		added = int(n)
		return s.q.CountPage(ctx, tx, dbq.CountPageParams{Added: n, ID: r.run})
	})
	if err != nil {
		return 0, fmt.Errorf("seed frontier: %w", err)
	}
	if added >= analyzeFrom {
		s.analyze(ctx)
	}
	return added, nil
}

func (s *Store) seed(ctx context.Context, tx pgx.Tx, r ref) (added int32, err error) {
	run, err := s.q.SyncByID(ctx, tx, r.run)
	if err != nil {
		return 0, noRows(err, "sync")
	}
	retry := run.Trigger == string(schemas.TriggerRetry)
	if retry {
		if err := s.q.SeeOthers(ctx, tx, r.run, r.source); err != nil {
			return 0, err
		}
	}
	return s.q.SeedFrontier(ctx, tx, dbq.SeedFrontierParams{RunID: r.run, SourceID: r.source, Failed: retry})
}

// Size returns how many addresses the frontier has, done or not.
func (f Frontier) Size(ctx context.Context, in schemas.SyncRef) (int, error) {
	r, err := readRef(in)
	if err != nil {
		return 0, err
	}
	size, err := f.Store.q.FrontierSize(ctx, f.Store.pool, r.run)
	return int(size), noRows(err, "sync")
}

// Finish stores what was found out about an address, see Store.StorePage.
func (f Frontier) Finish(ctx context.Context, in schemas.SyncRef, page schemas.PageRead) (schemas.PageStored, error) {
	return f.Store.StorePage(ctx, in, page)
}

// Close marks everything that still waits as skipped for a reason.
func (f Frontier) Close(ctx context.Context, in schemas.SyncRef, reason schemas.FailCode) (int, error) {
	return f.Store.CloseFrontier(ctx, in, reason)
}

// CloseFrontier marks every address of a run that still waits as skipped for a
// reason.
func (s *Store) CloseFrontier(ctx context.Context, in schemas.SyncRef, reason schemas.FailCode) (int, error) {
	r, err := readRef(in)
	if err != nil {
		return 0, err
	}
	closed, err := s.q.CloseFrontier(ctx, s.pool, string(reason), r.run)
	if err != nil {
		return 0, fmt.Errorf("close frontier: %w", err)
	}
	return int(closed), nil
}

// Host returns what is known of a host; the zero state when nothing is.
func (f Frontier) Host(ctx context.Context, host string) (schemas.HostState, error) {
	row, err := f.Store.q.HostByName(ctx, f.Store.pool, host)
	if noSuch(err) {
		return schemas.HostState{Host: host}, nil
	}
	if err != nil {
		return schemas.HostState{}, fmt.Errorf("read host: %w", err)
	}
	return schemas.HostState{
		Host: host, Delay: time.Duration(row.DelayMs) * time.Millisecond, CrawlDelay: time.Duration(row.CrawlDelayMs) * time.Millisecond,
		Robots: row.Robots, RobotsStatus: int(row.RobotsStatus), RobotsAt: timeOf(row.RobotsAt), BusyUntil: timeOf(row.BusyUntil),
	}, nil
}

// SaveRobots stores a host's robots.txt.
func (f Frontier) SaveRobots(ctx context.Context, h schemas.HostState) error {
	err := f.Store.q.SaveRobots(ctx, f.Store.pool, dbq.SaveRobotsParams{
		Host: h.Host, DelayMs: millis(max(h.Delay, h.CrawlDelay)), CrawlDelayMs: millis(h.CrawlDelay),
		Robots: plain(h.Robots, maxText), RobotsStatus: int32(h.RobotsStatus),
	})
	if err != nil {
		return fmt.Errorf("save robots: %w", err)
	}
	return nil
}

func millis(d time.Duration) int32 { return int32(min(d.Milliseconds(), 1<<30)) }

// Turn takes the next turn of a host and returns when it is.
func (f Frontier) Turn(ctx context.Context, host string) (time.Time, error) {
	if f.NoPause {
		return f.Store.Now(ctx)
	}
	at, err := f.Store.q.TakeTurn(ctx, f.Store.pool, host, millis(f.StartDelay))
	if err != nil {
		return time.Time{}, fmt.Errorf("take turn of host: %w", err)
	}
	return at, nil
}

// Pace stores a new delay of a host, and until when it is left alone.
func (f Frontier) Pace(ctx context.Context, host string, delay time.Duration, busyUntil time.Time) error {
	err := f.Store.q.SetPace(ctx, f.Store.pool, dbq.SetPaceParams{Host: host, DelayMs: millis(delay), BusyUntil: timePtr(busyUntil)})
	if err != nil {
		return fmt.Errorf("set pace of host: %w", err)
	}
	return nil
}

// Now is the frontier's clock.
func (f Frontier) Now(ctx context.Context) (time.Time, error) { return f.Store.Now(ctx) }

// CrawlJob returns what a batch has to know of its run. KindConflict says that
// the run has lost its source.
func (s *Store) CrawlJob(ctx context.Context, in schemas.SyncRef) (schemas.CrawlJob, error) {
	job := schemas.CrawlJob{SyncRef: in}
	r, err := readRef(in)
	if err != nil {
		return job, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := s.claimed(ctx, tx, r); err != nil {
			return err
		}
		if job.Source, err = s.source(ctx, tx, r.source); err != nil {
			return err
		}
		run, err := s.q.SyncByID(ctx, tx, r.run)
		if err != nil {
			return noRows(err, "sync")
		}
		job.Scope, job.Requests, job.Retry = run.Scope, int(run.Requests), run.Trigger == string(schemas.TriggerRetry)
		job.Probe = schemas.NotFoundProbe{Status: int(run.ProbeStatus), Print: uint64(run.ProbePrint), URL: run.ProbeUrl}
		job.Browser = manyRendered(int(run.Rendered), int(run.Kept))
		return nil
	})
	if err != nil {
		return schemas.CrawlJob{}, fmt.Errorf("read crawl job: %w", err)
	}
	return job, nil
}

// manyRendered says that a run opens every page in a browser: most of its first
// twenty needed one.
func manyRendered(rendered, kept int) bool {
	return kept >= 20 && float64(rendered) > 0.6*float64(kept)
}

// Discovered notes what a crawl begins with.
func (s *Store) Discovered(ctx context.Context, in schemas.SyncRef, d schemas.DiscoverResult) error {
	r, err := readRef(in)
	if err != nil {
		return err
	}
	err = s.q.Discovered(ctx, s.pool, dbq.DiscoveredParams{
		Scope: d.Scope, ProbeStatus: int32(d.Probe.Status), ProbePrint: int64(d.Probe.Print), ProbeUrl: d.Probe.URL, ID: r.run,
	})
	if err != nil {
		return fmt.Errorf("note discovery: %w", err)
	}
	return nil
}
