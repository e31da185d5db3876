package policy

import (
	"math/rand/v2"
	"testing"
	"time"

	"steward/schemas"
)

// grid says minute by minute, straight from the definition, when hours are
// open: an interval holds from the first minute at which a clock has reached
// its start to the last one at which it has not yet passed its end.
type grid struct {
	from    time.Time
	highest []time.Time // latest local time shown so far
	lowest  []time.Time // earliest local time still to be shown
}

func newGrid(from time.Time, days int, loc *time.Location) grid {
	g := grid{from: from}
	for n := range days * 24 * 60 {
		wall := clock(from.Add(time.Duration(n) * time.Minute).In(loc))
		g.highest = append(g.highest, wall)
		g.lowest = append(g.lowest, wall)
		if n > 0 && g.highest[n-1].After(wall) {
			g.highest[n] = g.highest[n-1]
		}
	}
	for n := len(g.lowest) - 2; n >= 0; n-- {
		if g.lowest[n+1].Before(g.lowest[n]) {
			g.lowest[n] = g.lowest[n+1]
		}
	}
	return g
}

func (g grid) open(h schemas.Hours, n int) bool {
	inside := false
	day := g.lowest[n].Truncate(24 * time.Hour)
	for back := -2; back <= 2; back++ {
		date := day.AddDate(0, 0, back)
		if dayOff(h, date) {
			continue
		}
		for _, i := range h.Weekly {
			end := i.End
			if end <= i.Start {
				end += 1440
			}
			if i.Day == date.Weekday() &&
				!g.highest[n].Before(date.Add(time.Duration(i.Start)*time.Minute)) &&
				g.lowest[n].Before(date.Add(time.Duration(end)*time.Minute)) {
				inside = true
			}
		}
	}
	return inside == (h.Mode == schemas.HoursDuring)
}

func dayOff(h schemas.Hours, date time.Time) bool {
	for _, d := range h.Holidays {
		if d == date.Format(time.DateOnly) {
			return true
		}
	}
	return false
}

// randomHours favours the small hours, where clocks change.
func randomHours(r *rand.Rand, tz string, near time.Time) schemas.Hours {
	h := schemas.Hours{Mode: schemas.HoursDuring, TimeZone: tz}
	if r.IntN(2) == 0 {
		h.Mode = schemas.HoursOutside
	}
	for range 1 + r.IntN(6) {
		i := schemas.Interval{Day: time.Weekday(r.IntN(7)), Start: r.IntN(1440), End: r.IntN(1441)}
		if r.IntN(2) == 0 {
			i.Day, i.Start = time.Sunday, r.IntN(240)
		}
		if r.IntN(2) == 0 {
			i.End = r.IntN(300)
		}
		// Clocks change at round times.
		if r.IntN(3) == 0 {
			i.Start = i.Start / 30 * 30
		}
		if r.IntN(3) == 0 {
			i.End = i.End / 30 * 30
		}
		if i.Start != i.End {
			h.Weekly = append(h.Weekly, i)
		}
	}
	if len(h.Weekly) == 0 {
		h.Weekly = []schemas.Interval{{Day: time.Monday, Start: 0, End: 1440}}
	}
	for range r.IntN(3) {
		h.Holidays = append(h.Holidays, near.AddDate(0, 0, r.IntN(8)-4).Format(time.DateOnly))
	}
	return h
}

func checkHours(t *testing.T, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	for _, zone := range []struct {
		name string
		days []string
	}{
		{"Europe/Rome", []string{"2026-03-29", "2026-10-25"}},
		{"America/New_York", []string{"2026-03-08", "2026-11-01"}},
		{"Australia/Lord_Howe", []string{"2026-04-05", "2026-10-04"}},
		{"Asia/Kathmandu", []string{"2026-05-03"}},
	} {
		near, err := time.Parse(time.DateOnly, zone.days[r.IntN(len(zone.days))])
		if err != nil {
			t.Fatal(err)
		}
		loc, err := time.LoadLocation(zone.name)
		if err != nil {
			t.Fatal(err)
		}
		const wide, inner = 12, 5
		g := newGrid(near.AddDate(0, 0, -wide/2), wide, loc)
		h := randomHours(r, zone.name, near)
		open := make([]bool, wide*1440)
		for n := range open {
			open[n] = g.open(h, n)
		}
		first := (wide - inner) / 2 * 1440
		for n := first; n < first+inner*1440; n += 1 + r.IntN(80) {
			checkMinute(t, g.from, open, h, n)
		}
	}
}

func checkMinute(t *testing.T, from time.Time, open []bool, h schemas.Hours, n int) {
	t.Helper()
	at := from.Add(time.Duration(n) * time.Minute)
	if got := OpenAt(h, at); got != open[n] {
		t.Fatalf("%+v: OpenAt(%v) = %v", h, at, got)
	}
	limit := n + 2*1440
	change := n + 1
	for change < limit && open[change] == open[n] {
		change++
	}
	got, ok := NextChange(h, at)
	want := from.Add(time.Duration(change) * time.Minute)
	if change == limit {
		if ok && got.Before(want) {
			t.Fatalf("%+v: NextChange(%v) = %v, want none before %v", h, at, got, want)
		}
		return
	}
	if !ok || !got.Equal(want) {
		t.Fatalf("%+v: NextChange(%v) = %v %v, want %v", h, at, got.UTC(), ok, want)
	}
}

func TestHoursAgainstGrid(t *testing.T) {
	t.Parallel()
	for seed := range uint64(16) {
		checkHours(t, seed)
	}
}

func FuzzHours(f *testing.F) {
	f.Add(uint64(0))
	f.Fuzz(checkHours)
}
