package policy

import (
	"time"

	"steward/schemas"
)

// warnAt is the part of a target after which people are warned.
const warnAt = 0.8

// AddOpen is the moment at which h has been open for d since from. A time that
// never comes within 400 days is far away.
func AddOpen(h schemas.Hours, from time.Time, d time.Duration) time.Time {
	at := from
	for range 1000 {
		open, ok := NextOpen(h, at)
		if !ok {
			break
		}
		change, ok := NextChange(h, open)
		if !ok || !change.Before(open.Add(d)) {
			return open.Add(d)
		}
		d -= change.Sub(open)
		at = change
	}
	return from.AddDate(10, 0, 0)
}

// wait is the wait of a customer that a target bounds.
func wait(f schemas.HandoffFacts) (since time.Time, target time.Duration) {
	if f.Deferred {
		return time.Time{}, 0
	}
	if !f.Replied {
		return f.CreatedAt, f.Settings.Service.FirstResponse.Duration()
	}
	return f.WaitingSince, f.Settings.Service.NextResponse.Duration()
}

// watch tells people once when the target of a wait is near, and once when it is
// missed; otherwise it is v, which looks again in time for that. The time runs in
// the hours of the settings, and stands still while the customer owes the next
// word. Spec: D19.
func watch(f schemas.HandoffFacts, v schemas.HandoffVerdict) schemas.HandoffVerdict {
	since, target := wait(f)
	if v.Do != schemas.HandoffDoWait || since.IsZero() || target <= 0 {
		return v
	}
	hours := f.Settings.Service.Hours
	due := AddOpen(hours, since, target)
	near := AddOpen(hours, since, time.Duration(float64(target)*warnAt))
	at := due
	switch {
	case f.BreachedFor.Equal(since):
		return v
	case !f.Now.Before(due):
		return schemas.HandoffVerdict{Do: schemas.HandoffDoBreach, Tier: f.Tier, Since: since}
	case f.WarnedFor.Equal(since):
	case !f.Now.Before(near):
		return schemas.HandoffVerdict{Do: schemas.HandoffDoWarn, Tier: f.Tier, Since: since}
	default:
		at = near
	}
	if v.Until.IsZero() || at.Before(v.Until) {
		v.Until = at
	}
	return v
}
