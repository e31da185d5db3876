package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// clockSlack is the shortest wait of a timer; shorter ones fire after it.
const clockSlack = time.Second

// maxStill is the longest pause between looks at a row that stays at a deadline
// that has passed.
const maxStill = 5 * time.Minute

// alarm is the one timer for a row's deadline. It is moved only when the
// deadline comes earlier; when it rings the row is read again.
// Settled: rules 21, 22.
type alarm struct {
	timer  workflow.Future
	cancel workflow.CancelFunc
	// until is when it rings, last the deadline it was set for.
	until, last time.Time
	// looks counts the readings that left the row at a deadline that had passed.
	looks int
}

// rang reports whether the row's deadline has come.
func (a *alarm) rang() bool { return a.timer != nil && a.timer.IsReady() }

// stop forgets an alarm that has rung, once the row is read for it.
func (a *alarm) stop() {
	if a.rang() {
		a.cancel()
		a.timer = nil
	}
}

// set sets the alarm for a deadline of the given kind; a zero deadline leaves
// it as it is.
func (a *alarm) set(ctx workflow.Context, deadline time.Time, kind string) {
	now := workflow.Now(ctx)
	if deadline.IsZero() || a.rang() {
		return
	}
	left := min(max(deadline.Sub(now), clockSlack), maxSleep)
	if a.timer != nil && !now.Add(left).Before(a.until.Add(-clockSlack)) {
		return
	}
	switch {
	case !deadline.Equal(a.last):
		a.looks = 0
	case !now.Before(deadline):
		// The row was read for this deadline and did not move: look ever more
		// seldom.
		a.looks++
		left = max(left, min(backoff(a.looks), maxStill))
	}
	if a.timer != nil {
		a.cancel()
	}
	timed, cancel := workflow.WithCancel(ctx)
	a.timer = workflow.NewTimerWithOptions(timed, left, workflow.TimerOptions{Summary: kind})
	a.cancel, a.until, a.last = cancel, now.Add(left), deadline
}
