package gateway

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"steward/internal/fault"
	"steward/internal/store"
	"steward/schemas"
	"steward/starter/dispatch"
)

// Inbox is where rows wait for the relay. It should be a store of its own, so
// that messages coming in cannot starve those going on.
type Inbox interface {
	ClaimInbox(ctx context.Context, by string, limit int, lease time.Duration) ([]store.InboxRow, error)
	MarkRelayed(ctx context.Context, id int64) error
	RetryInbox(ctx context.Context, id int64, after time.Duration) error
	Refusals
}

// Refusals are the two ends of a lease beside delivery and retry.
type Refusals interface {
	MarkDead(ctx context.Context, id int64, reason string) error
	ReleaseLeases(ctx context.Context, by string) error
}

// Deliverer hands a row to its conversation. A *dispatch.RefusedError is final;
// every other error is tried again.
type Deliverer interface {
	Receive(ctx context.Context, id schemas.ConversationID, d schemas.Delivery, dedupeKey string) (schemas.Ack, error)
}

// RelayOptions are what a Relay needs. Inbox, Deliverer, Name and Log are
// required.
type RelayOptions struct {
	Inbox     Inbox
	Deliverer Deliverer
	// Name is this process's name on leases, unique among those that run.
	Name string
	// Concurrency is how many deliveries are under way at once. Default 64.
	Concurrency int
	// Lease is how long a row stays with a relay that has died. It is longer than
	// a delivery takes. Default 10 s.
	Lease time.Duration
	// Poll is how often the inbox is looked at without being woken. Default 1 s.
	Poll time.Duration
	// RetryUnit is the wait before the second try; it doubles with each try up to
	// 60 units. Default 1 s.
	RetryUnit time.Duration
	Faults    *fault.Points
	Log       *slog.Logger
}

// Relay hands inbox rows to their conversations: each conversation's rows in
// order, many conversations at once, without limit until they are accepted.
// Settled: rules 11, 12.
type Relay struct {
	o     RelayOptions
	wake  chan struct{}
	done  chan struct{}
	alarm rate.Sometimes
	down  rate.Sometimes
}

// settleTimeout is how long storing the result of a delivery may take.
const settleTimeout = 3 * time.Second

// alarmAfter is the number of tries from which a row counts as late: with
// retries of 1 s doubling, that is after one minute. Settled: rule 12.
const alarmAfter = 7

// quietLog is how often the same trouble is logged at most.
const quietLog = 10 * time.Second

// NewRelay makes a Relay.
func NewRelay(o RelayOptions) *Relay {
	if o.Concurrency <= 0 {
		o.Concurrency = 64
	}
	if o.Lease <= 0 {
		o.Lease = 10 * time.Second
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.RetryUnit <= 0 {
		o.RetryUnit = time.Second
	}
	return &Relay{
		o: o, wake: make(chan struct{}, 1), done: make(chan struct{}, o.Concurrency),
		alarm: rate.Sometimes{First: 1, Interval: quietLog}, down: rate.Sometimes{First: 1, Interval: quietLog},
	}
}

// Wake makes the relay look at the inbox now.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run relays until ctx ends, then finishes the deliveries that are under way
// and gives everything else back.
func (r *Relay) Run(ctx context.Context) {
	poll := time.NewTicker(r.o.Poll)
	defer poll.Stop()
	working := context.WithoutCancel(ctx)
	var deliveries sync.WaitGroup
	busy := 0
	for ctx.Err() == nil {
		rows := r.claim(ctx, r.o.Concurrency-busy)
		if len(rows) == 0 {
			r.rest(ctx)
		}
		for _, row := range rows {
			busy++
			deliveries.Go(func() {
				defer func() { r.done <- struct{}{} }()
				r.deliver(working, row)
			})
		}
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-poll.C:
		case <-r.done:
			// The next row of that conversation may go now.
			busy--
		}
		busy -= r.finished()
	}
	deliveries.Wait()
	closing, cancel := context.WithTimeout(working, settleTimeout)
	defer cancel()
	if err := r.o.Inbox.ReleaseLeases(closing, r.o.Name); err != nil {
		r.o.Log.Warn("leases not given back; they end by themselves", "error", err)
	}
}

// lookPause is the shortest time between two looks that find nothing. Every
// message that comes in wakes the relay, also those that wait behind another.
const lookPause = 10 * time.Millisecond

func (r *Relay) rest(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(lookPause):
	}
}

// finished counts the deliveries that have ended meanwhile.
func (r *Relay) finished() int {
	n := 0
	for {
		select {
		case <-r.done:
			n++
		default:
			return n
		}
	}
}

func (r *Relay) claim(ctx context.Context, free int) []store.InboxRow {
	if free <= 0 {
		return nil
	}
	claiming, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	rows, err := r.o.Inbox.ClaimInbox(claiming, r.o.Name, free, r.o.Lease)
	if err != nil && ctx.Err() == nil {
		r.down.Do(func() { r.o.Log.Error("inbox cannot be read", "error", err) })
	}
	return rows
}

// deliver hands one row over and stores what became of it. A result that
// cannot be stored is found again when the lease ends: the conversation knows
// the row then.
func (r *Relay) deliver(ctx context.Context, row store.InboxRow) {
	_, err := r.o.Deliverer.Receive(ctx, row.Conversation, row.Delivery, row.DedupeKey)
	if err == nil {
		r.o.Faults.At("relay.after_receive")
	}
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	if err := r.settle(ctx, row, err); err != nil {
		r.down.Do(func() { r.o.Log.Error("result of a delivery not stored", "row", row.ID, "error", err) })
	}
}

func (r *Relay) settle(ctx context.Context, row store.InboxRow, err error) error {
	if err == nil {
		return r.o.Inbox.MarkRelayed(ctx, row.ID)
	}
	var refused *dispatch.RefusedError
	if errors.As(err, &refused) {
		r.o.Log.Error("delivery refused for good", "row", row.ID, "conversation", row.Conversation, "reason", refused.Reason)
		return r.o.Inbox.MarkDead(ctx, row.ID, refused.Reason)
	}
	if row.Attempts >= alarmAfter {
		r.alarm.Do(func() {
			r.o.Log.Error("deliveries wait for over a minute", "row", row.ID, "conversation", row.Conversation,
				"tries", row.Attempts, "error", err)
		})
	}
	return r.o.Inbox.RetryInbox(ctx, row.ID, r.backoff(row.Attempts))
}

// maxDoublings is where doubling passes 60 units.
const maxDoublings = 6

// backoff is the wait after a row's n-th try, from one unit doubling to sixty.
func (r *Relay) backoff(tries int) time.Duration {
	return min(r.o.RetryUnit<<min(max(tries-1, 0), maxDoublings), 60*r.o.RetryUnit)
}
