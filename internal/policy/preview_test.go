package policy_test

import (
	"testing"
	"time"

	"steward/internal/policy"
	"steward/schemas"
)

// TestNextPreview: a preview is admitted whatever the agent's state, asks no
// people, and ends an hour after its last message without an outcome.
// Settled: rule 26.
func TestNextPreview(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)
	preview := func(lifecycle schemas.Lifecycle, owner schemas.Owner, change func(*schemas.Facts)) schemas.Facts {
		f := schemas.Facts{Now: now, Exists: true, Preview: true, Settings: schemas.DefaultSettings(), Head: schemas.Head{
			Lifecycle: lifecycle, Owner: owner, Deadline: now.Add(time.Hour), DeadlineKind: schemas.DeadlineInactivity,
		}}
		if change != nil {
			change(&f)
		}
		return f
	}
	over := func(f *schemas.Facts) { f.Head.Deadline = now }
	asks := func(f *schemas.Facts) { f.Untaken, f.OldestUntaken = 1, now }
	for _, c := range []struct {
		name  string
		facts schemas.Facts
		guard schemas.Guard
		want  schemas.Do
	}{
		{"not begun", preview(schemas.LifecycleOpen, schemas.OwnerNone, nil), "", schemas.DoAdmit},
		{"asks", preview(schemas.LifecycleOpen, schemas.OwnerAgent, asks), "", schemas.DoTurn},
		{"asks for a person", preview(schemas.LifecycleOpen, schemas.OwnerAgent, asks), schemas.GuardHuman, schemas.DoHandOff},
		{"waits", preview(schemas.LifecycleWaitingCustomer, schemas.OwnerAgent, nil), "", schemas.DoWait},
		{"over", preview(schemas.LifecycleWaitingCustomer, schemas.OwnerAgent, over), "", schemas.DoClose},
		{"over without an answer", preview(schemas.LifecycleWaitingCustomer, schemas.OwnerAgent, func(f *schemas.Facts) { over(f); f.Unanswered = true }), "", schemas.DoClose},
		{"over before it began", preview(schemas.LifecycleOpen, schemas.OwnerNone, over), "", schemas.DoClose},
		{"asks at the last moment", preview(schemas.LifecycleOpen, schemas.OwnerAgent, func(f *schemas.Facts) { over(f); asks(f) }), "", schemas.DoTurn},
		{"people would have it", preview(schemas.LifecycleWaitingHuman, schemas.OwnerQueue, nil), "", schemas.DoWait},
		{"writes to people", preview(schemas.LifecycleWaitingHuman, schemas.OwnerQueue, asks), "", schemas.DoLeave},
		{"over with people", preview(schemas.LifecycleWaitingHuman, schemas.OwnerQueue, over), "", schemas.DoClose},
		{"closed", preview(schemas.LifecycleClosed, schemas.OwnerNone, nil), "", schemas.DoEnd},
		{"woken after the close", preview(schemas.LifecycleClosed, schemas.OwnerNone, func(f *schemas.Facts) { f.Controls = []schemas.ControlKind{schemas.ControlWake} }), "", schemas.DoSettle},
		{"written after the close", preview(schemas.LifecycleClosed, schemas.OwnerNone, asks), "", schemas.DoLeave},
	} {
		if got := policy.Next(c.facts, c.guard).Do; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
