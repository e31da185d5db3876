package policy

import (
	"slices"
	"time"

	"steward/schemas"
)

// How far hours are looked at. A stretch that does not change within farDays
// counts as one that never does.
const (
	// backDays covers an interval over midnight and a day that a zone skips.
	backDays = 3
	nearDays = 16
	farDays  = 400
)

// OpenAt reports whether h is open at a moment. An interval is open from the
// first moment at which a local clock has reached its start to the last moment
// before it has passed its end for good. So an interval that starts at an hour
// that a clock change skips opens at the change, and one that ends at an hour
// that comes twice ends at the second. Spec: S38, D3.
func OpenAt(h schemas.Hours, at time.Time) bool {
	if h.Mode != schemas.HoursDuring && h.Mode != schemas.HoursOutside {
		return true
	}
	w := look(h, at, nearDays)
	_, inside := w.around(at)
	return inside == (h.Mode == schemas.HoursDuring)
}

// NextOpen is the first moment from at on when h is open: at itself when it is
// open then. The time is in h's zone. ok is false when h does not open within
// 400 days.
func NextOpen(h schemas.Hours, at time.Time) (open time.Time, ok bool) {
	if OpenAt(h, at) {
		return at.In(zone(h)), true
	}
	return NextChange(h, at)
}

// NextChange is the first moment after at when h opens or closes, in h's zone.
// ok is false when that does not happen within 400 days.
func NextChange(h schemas.Hours, at time.Time) (change time.Time, ok bool) {
	if h.Mode != schemas.HoursDuring && h.Mode != schemas.HoursOutside {
		return time.Time{}, false
	}
	for _, days := range []int{nearDays, farDays} {
		w := look(h, at, days)
		if s, inside := w.around(at); inside {
			// Days not looked at could go on where the last stretch ends.
			if s.end.Before(w.edge) {
				return s.end, true
			}
			continue
		}
		for _, s := range w.stretches {
			if s.start.After(at) {
				return s.start, true
			}
		}
	}
	return time.Time{}, false
}

// stretch is one time span of h's intervals, end excluded.
type stretch struct{ start, end time.Time }

// window is what h's intervals cover around a moment, merged and in order.
// Nothing that starts before edge is missing.
type window struct {
	stretches []stretch
	edge      time.Time
}

func (w window) around(at time.Time) (stretch, bool) {
	for _, s := range w.stretches {
		if !at.Before(s.start) && at.Before(s.end) {
			return s, true
		}
	}
	return stretch{}, false
}

// look computes the window from backDays before at to days after it.
func look(h schemas.Hours, at time.Time, days int) window {
	loc := zone(h)
	holidays := make(map[string]bool, len(h.Holidays))
	for _, d := range h.Holidays {
		holidays[d] = true
	}
	year, month, day := at.In(loc).Date()
	var found []stretch
	for n := -backDays; n < days; n++ {
		// A date is kept in UTC, where every day exists and has 24 hours.
		date := time.Date(year, month, day+n, 0, 0, 0, 0, time.UTC)
		if holidays[date.Format(time.DateOnly)] {
			continue
		}
		for _, i := range h.Weekly {
			if i.Day != date.Weekday() {
				continue
			}
			end := i.End
			if end <= i.Start {
				end += 24 * 60
			}
			s := stretch{start: firstReached(date, i.Start, loc), end: lastPassed(date, end, loc)}
			if s.start.Before(s.end) {
				found = append(found, s)
			}
		}
	}
	edge := firstReached(time.Date(year, month, day+days, 0, 0, 0, 0, time.UTC), 0, loc)
	return window{stretches: merge(found), edge: edge}
}

// merge joins stretches that touch or overlap.
func merge(found []stretch) []stretch {
	slices.SortFunc(found, func(a, b stretch) int { return a.start.Compare(b.start) })
	var out []stretch
	for _, s := range found {
		if last := len(out) - 1; last >= 0 && !s.start.After(out[last].end) {
			if s.end.After(out[last].end) {
				out[last].end = s.end
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// firstReached is the first moment when a clock in loc shows the given minute
// of the date or more.
func firstReached(date time.Time, minute int, loc *time.Location) time.Time {
	first, _ := moments(date, minute, loc)
	return first
}

// lastPassed is the first moment from which on clocks in loc never again show
// less than the given minute of the date.
func lastPassed(date time.Time, minute int, loc *time.Location) time.Time {
	_, last := moments(date, minute, loc)
	return last
}

// moments are when a local time is first reached and when it is passed for
// good. They differ when a clock change repeats it; for a time that a change
// skips both are the change itself.
func moments(date time.Time, minute int, loc *time.Location) (first, last time.Time) {
	wall := date.Add(time.Duration(minute) * time.Minute)
	near := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), 0, 0, loc)
	from, to := near.ZoneBounds()
	for _, t := range []time.Time{from.Add(-1), near, to} {
		if t.IsZero() || (from.IsZero() && t.Before(from)) {
			continue
		}
		_, offset := t.Zone()
		at := wall.Add(-time.Duration(offset) * time.Second).In(loc)
		if !shows(at, wall) {
			continue
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	if !first.IsZero() {
		// Where the repetition begins with this very time, no clock shows less
		// after its first coming.
		if start, _ := last.ZoneBounds(); last.Equal(start) {
			last = first
		}
		return first, last
	}
	// Skipped: near lies on one side of the change.
	if clock(near).After(wall) {
		return from, from
	}
	return to, to
}

// clock is the local time of t, written as if it were UTC.
func clock(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

func shows(t, wall time.Time) bool { return clock(t).Equal(wall) }

// zone is h's location. Validate refuses unknown zones before they are stored,
// so UTC stands only for the empty name.
func zone(h schemas.Hours) *time.Location {
	loc, err := time.LoadLocation(h.TimeZone)
	if err != nil {
		return time.UTC
	}
	return loc
}
