package crawl

import (
	"context"
	"time"

	"steward/schemas"
)

// Frontier keeps the addresses of a run and what is known of hosts. It is
// shared by all workers; each call is one transaction. KindConflict says that
// the run has lost its source and must end.
type Frontier interface {
	// Claim gives up to limit addresses to a batch for the time of the lease,
	// best first, and counts a try of each. Addresses whose lease has run out
	// are given again. next is when the next address can be had, when there is
	// none now; left counts all that are not done, those of other batches
	// included.
	Claim(ctx context.Context, run schemas.SyncRef, limit int, lease time.Duration) (urls []schemas.FrontierURL, next time.Time, left int, err error)
	// Renew extends the lease of addresses that a batch still holds.
	Renew(ctx context.Context, run schemas.SyncRef, keys []string, lease time.Duration) error
	// Add puts addresses into the frontier that are not in it; it returns how
	// many were new. A full frontier takes no more, which is no error.
	Add(ctx context.Context, run schemas.SyncRef, urls []schemas.FrontierURL) (added int, err error)
	// Seed puts the pages of earlier runs into the frontier.
	Seed(ctx context.Context, run schemas.SyncRef) (added int, err error)
	// Size returns how many addresses the frontier has, done or not.
	Size(ctx context.Context, run schemas.SyncRef) (int, error)
	// Finish stores what was found out about an address, with its document and
	// links. A page over the run's limit of documents, or with the content of
	// another page, is stored as skipped.
	Finish(ctx context.Context, run schemas.SyncRef, page schemas.PageRead) (schemas.PageStored, error)
	// Close marks everything that still waits as skipped for a reason and
	// returns how many there were.
	Close(ctx context.Context, run schemas.SyncRef, reason schemas.FailCode) (int, error)

	// Host returns what is known of a host; the zero state when nothing is.
	Host(ctx context.Context, host string) (schemas.HostState, error)
	// SaveRobots stores a host's robots.txt.
	SaveRobots(ctx context.Context, state schemas.HostState) error
	// Turn takes the next turn of a host and returns when it is. Turns of one
	// host are a delay apart, over all runs and workers.
	Turn(ctx context.Context, host string) (time.Time, error)
	// Pace stores a new delay of a host, and until when it is left alone.
	Pace(ctx context.Context, host string, delay time.Duration, busyUntil time.Time) error
	// Now is the frontier's clock.
	Now(ctx context.Context) (time.Time, error)
}
