package activities

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
)

// heartbeatEvery is how often a running call says that it lives; a cancellation
// reaches it that way.
const heartbeatEvery = 800 * time.Millisecond

// heartbeat beats until stop is called. A call that is over before the first
// beat costs none.
func heartbeat(ctx context.Context) (stop func()) {
	_, stop = progress(ctx)
	return stop
}

// progress beats until stop is called, with what was noted last. Details are
// counts and hashes: histories hold nothing else.
func progress(ctx context.Context) (note func(details any), stop func()) {
	var latest atomic.Value
	done := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		tick := time.NewTicker(heartbeatEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if details := latest.Load(); details != nil {
				activity.RecordHeartbeat(ctx, details)
			} else {
				activity.RecordHeartbeat(ctx)
			}
		}
	})
	// A beat under way when the activity ends would be reported as a failure.
	return latest.Store, func() { close(done); beating.Wait() }
}
