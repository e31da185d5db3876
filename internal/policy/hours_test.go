package policy

import (
	"testing"
	"time"
	_ "time/tzdata"

	"steward/schemas"
)

func week(tz string, ivs ...schemas.Interval) schemas.Hours {
	return schemas.Hours{Mode: schemas.HoursDuring, TimeZone: tz, Weekly: ivs}
}

func iv(day time.Weekday, start, end int) schemas.Interval {
	return schemas.Interval{Day: day, Start: start, End: end}
}

// workdays is Monday to Friday from 9 to 17.
func workdays(tz string) schemas.Hours {
	h := week(tz)
	for d := time.Monday; d <= time.Friday; d++ {
		h.Weekly = append(h.Weekly, iv(d, 9*60, 17*60))
	}
	return h
}

func always(tz string) schemas.Hours {
	h := week(tz)
	for d := time.Sunday; d <= time.Saturday; d++ {
		h.Weekly = append(h.Weekly, iv(d, 0, 24*60))
	}
	return h
}

func outside(h schemas.Hours) schemas.Hours {
	h.Mode = schemas.HoursOutside
	return h
}

func holiday(h schemas.Hours, days ...string) schemas.Hours {
	h.Holidays = days
	return h
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestHours gives times in UTC. In 2026 clocks change on 29 March and
// 25 October in Rome, on 8 March and 1 November in New York, on 5 April and
// 4 October (by half an hour) on Lord Howe Island.
func TestHours(t *testing.T) {
	t.Parallel()
	const rome, york = "Europe/Rome", "America/New_York"
	sunday := time.Sunday
	checkTable(t, map[string]hoursCase{
		"zero value":                     {schemas.Hours{}, "2026-06-01T00:00:00Z", true, ""},
		"all":                            {schemas.Hours{Mode: schemas.HoursAll}, "2026-06-01T00:00:00Z", true, ""},
		"in the morning":                 {workdays(rome), "2026-06-01T07:00:00Z", true, "2026-06-01T15:00:00Z"},
		"a moment before opening":        {workdays(rome), "2026-06-01T06:59:59Z", false, "2026-06-01T07:00:00Z"},
		"at closing":                     {workdays(rome), "2026-06-01T15:00:00Z", false, "2026-06-02T07:00:00Z"},
		"weekend":                        {workdays(rome), "2026-06-05T15:00:00Z", false, "2026-06-08T07:00:00Z"},
		"weekend over the change":        {workdays(rome), "2026-03-28T12:00:00Z", false, "2026-03-30T07:00:00Z"},
		"weekend over the autumn change": {workdays(rome), "2026-10-24T12:00:00Z", false, "2026-10-26T08:00:00Z"},
		"weekend in New York":            {workdays(york), "2026-03-07T12:00:00Z", false, "2026-03-09T13:00:00Z"},
		"outside is the rest":            {outside(workdays(rome)), "2026-06-05T15:00:00Z", true, "2026-06-08T07:00:00Z"},
		"outside is closed inside":       {outside(workdays(rome)), "2026-06-01T10:00:00Z", false, "2026-06-01T15:00:00Z"},
		"no zone is UTC":                 {workdays(""), "2026-06-01T08:59:00Z", false, "2026-06-01T09:00:00Z"},

		"holiday is skipped":         {holiday(workdays(rome), "2026-06-02"), "2026-06-01T16:00:00Z", false, "2026-06-03T07:00:00Z"},
		"holiday outside is open":    {outside(holiday(workdays(rome), "2026-06-02")), "2026-06-02T10:00:00Z", true, "2026-06-03T07:00:00Z"},
		"holiday of the first day":   {holiday(week(rome, iv(sunday, 22*60, 6*60)), "2026-06-07"), "2026-06-07T21:00:00Z", false, "2026-06-14T20:00:00Z"},
		"holiday of the second day":  {holiday(week(rome, iv(sunday, 22*60, 6*60)), "2026-06-08"), "2026-06-08T03:00:00Z", true, "2026-06-08T04:00:00Z"},
		"three weeks of holidays":    {holiday(week("", iv(sunday, 60, 120)), "2026-06-07", "2026-06-14", "2026-06-21"), "2026-06-01T00:00:00Z", false, "2026-06-28T01:00:00Z"},
		"always but one far holiday": {holiday(always(""), "2026-12-25"), "2026-06-01T00:00:00Z", true, "2026-12-25T00:00:00Z"},

		"overnight":                {week(rome, iv(sunday, 22*60, 6*60)), "2026-06-07T23:00:00Z", true, "2026-06-08T04:00:00Z"},
		"overnight over the week":  {week(rome, iv(time.Saturday, 22*60, 6*60)), "2026-06-07T03:59:59Z", true, "2026-06-07T04:00:00Z"},
		"until midnight":           {week("", iv(sunday, 600, 1440)), "2026-06-07T23:59:59Z", true, "2026-06-08T00:00:00Z"},
		"from midnight to 0":       {week("", iv(sunday, 600, 0)), "2026-06-07T23:59:59Z", true, "2026-06-08T00:00:00Z"},
		"adjacent merge":           {week("", iv(sunday, 600, 720), iv(sunday, 720, 800)), "2026-06-07T11:00:00Z", true, "2026-06-07T13:20:00Z"},
		"overlapping merge":        {week("", iv(sunday, 600, 780), iv(sunday, 660, 720)), "2026-06-07T11:30:00Z", true, "2026-06-07T13:00:00Z"},
		"adjacent over midnight":   {week("", iv(sunday, 600, 1440), iv(time.Monday, 0, 60)), "2026-06-07T11:00:00Z", true, "2026-06-08T01:00:00Z"},
		"every minute of the week": {always(rome), "2026-03-29T01:00:00Z", true, ""},
		"never outside of always":  {outside(always(rome)), "2026-10-25T01:00:00Z", false, ""},
	})
}

// TestHoursOnChangeDays covers the days on which clocks change.
func TestHoursOnChangeDays(t *testing.T) {
	t.Parallel()
	const rome, york, howe = "Europe/Rome", "America/New_York", "Australia/Lord_Howe"
	sunday := time.Sunday
	checkTable(t, map[string]hoursCase{
		"start in the skipped hour opens at the change": {week(rome, iv(sunday, 150, 540)), "2026-03-29T00:59:59Z", false, "2026-03-29T01:00:00Z"},
		"start in the skipped hour is open after it":    {week(rome, iv(sunday, 150, 540)), "2026-03-29T01:00:00Z", true, "2026-03-29T07:00:00Z"},
		"end in the skipped hour closes at the change":  {week(rome, iv(sunday, 60, 150)), "2026-03-29T00:30:00Z", true, "2026-03-29T01:00:00Z"},
		"all in the skipped hour is empty":              {week(rome, iv(sunday, 135, 165)), "2026-03-29T00:30:00Z", false, "2026-04-05T00:15:00Z"},
		"start in the repeated hour is the first":       {week(rome, iv(sunday, 150, 540)), "2026-10-25T00:29:59Z", false, "2026-10-25T00:30:00Z"},
		"start in the repeated hour stays open":         {week(rome, iv(sunday, 150, 540)), "2026-10-25T01:10:00Z", true, "2026-10-25T08:00:00Z"},
		"end in the repeated hour is the second":        {week(rome, iv(sunday, 60, 150)), "2026-10-25T00:45:00Z", true, "2026-10-25T01:30:00Z"},
		"end where the repeated hour begins":            {week(rome, iv(sunday, 60, 120)), "2026-10-24T23:30:00Z", true, "2026-10-25T00:00:00Z"},
		"start where the repeated hour begins":          {week(rome, iv(sunday, 120, 180)), "2026-10-25T00:00:00Z", true, "2026-10-25T02:00:00Z"},
		"skipped start in New York":                     {week(york, iv(sunday, 150, 540)), "2026-03-08T06:59:59Z", false, "2026-03-08T07:00:00Z"},
		"repeated end in New York":                      {week(york, iv(sunday, 0, 90)), "2026-11-01T05:45:00Z", true, "2026-11-01T06:30:00Z"},
		"half an hour skipped on Lord Howe":             {week(howe, iv(sunday, 135, 540)), "2026-10-03T15:29:59Z", false, "2026-10-03T15:30:00Z"},
		"half an hour repeated on Lord Howe":            {week(howe, iv(sunday, 60, 105)), "2026-04-04T14:50:00Z", true, "2026-04-04T15:15:00Z"},
		"a day that Samoa skipped":                      {week("Pacific/Apia", iv(time.Friday, 540, 1020)), "2011-12-30T12:00:00Z", false, "2012-01-05T19:00:00Z"},
	})
}

type hoursCase struct {
	hours  schemas.Hours
	at     string
	open   bool
	change string // empty is never
}

func checkTable(t *testing.T, cases map[string]hoursCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := c.hours.Validate(); err != nil && c.hours.Mode != "" {
				t.Fatal(err)
			}
			at := moment(t, c.at)
			if got := OpenAt(c.hours, at); got != c.open {
				t.Errorf("OpenAt = %v, want %v", got, c.open)
			}
			change, ok := NextChange(c.hours, at)
			if ok != (c.change != "") || ok && !change.Equal(moment(t, c.change)) {
				t.Errorf("NextChange = %v %v, want %q", change.UTC(), ok, c.change)
			}
			next, ok := NextOpen(c.hours, at)
			switch {
			case c.open && (!ok || !next.Equal(at)):
				t.Errorf("NextOpen = %v %v, want now", next.UTC(), ok)
			case !c.open && (ok != (c.change != "") || ok && !next.Equal(change)):
				t.Errorf("NextOpen = %v %v, want %q", next.UTC(), ok, c.change)
			}
		})
	}
}

func TestNextOpenIsLocal(t *testing.T) {
	t.Parallel()
	next, ok := NextOpen(workdays("Europe/Rome"), moment(t, "2026-06-05T15:00:00Z"))
	if got := next.Format("Mon 15:04 -0700"); !ok || got != "Mon 09:00 +0200" {
		t.Errorf("NextOpen = %s", got)
	}
}

func TestUnknownZoneIsUTC(t *testing.T) {
	t.Parallel()
	if !OpenAt(workdays("Nowhere/Here"), moment(t, "2026-06-01T09:00:00Z")) {
		t.Error("hours of an unknown zone are not read as UTC")
	}
}

// TestNoIntervals guards against hours that Validate refuses: nothing loops.
func TestNoIntervals(t *testing.T) {
	t.Parallel()
	if _, ok := NextOpen(week("Europe/Rome"), moment(t, "2026-06-01T09:00:00Z")); ok {
		t.Error("hours without intervals open")
	}
}
