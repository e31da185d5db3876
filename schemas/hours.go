package schemas

import (
	"fmt"
	"time"
)

// HoursMode says how a channel's intervals are read. Spec: S38, S39, S40, S41.
type HoursMode string

// The modes. The zero value is read as HoursAll.
const (
	// HoursAll: the agent answers new conversations at any time.
	HoursAll HoursMode = "all"
	// HoursDuring: it answers only inside the intervals.
	HoursDuring HoursMode = "during"
	// HoursOutside: it answers only outside the intervals.
	HoursOutside HoursMode = "outside"
)

// Hours are working hours: of the agent on a channel, or of a team.
type Hours struct {
	Mode HoursMode `json:"mode"`
	// TimeZone is an IANA zone name. Empty is UTC.
	TimeZone string `json:"time_zone,omitempty"`
	// Weekly are the intervals of a week. One that ends at or before its start
	// runs over midnight into the next day.
	Weekly []Interval `json:"weekly,omitempty"`
	// Holidays are local dates, 2006-01-02, on which no interval starts.
	Holidays []string `json:"holidays,omitempty"`
}

// Interval is one stretch of a weekday, in local minutes after midnight.
type Interval struct {
	// Day is 0 for Sunday to 6 for Saturday, the day on which it starts.
	Day time.Weekday `json:"day"`
	// Start and End are minutes from 0 to 1440.
	Start int `json:"start"`
	End   int `json:"end"`
}

// Validate says what is wrong with h and what is allowed.
func (h Hours) Validate() error {
	switch h.Mode {
	case "", HoursAll:
		return nil
	case HoursDuring, HoursOutside:
	default:
		return NewError(KindInvalid, fmt.Sprintf("unknown hours mode %q: use all, during or outside", h.Mode))
	}
	if _, err := time.LoadLocation(h.TimeZone); err != nil || h.TimeZone == "Local" {
		return NewError(KindInvalid, fmt.Sprintf("unknown time zone %q: use an IANA name such as Europe/Rome", h.TimeZone))
	}
	if len(h.Weekly) == 0 {
		return NewError(KindInvalid, "hours need at least one interval")
	}
	for _, i := range h.Weekly {
		if i.Day < time.Sunday || i.Day > time.Saturday {
			return NewError(KindInvalid, "a day is 0 (Sunday) to 6 (Saturday)")
		}
		if i.Start < 0 || i.Start >= 1440 || i.End < 0 || i.End > 1440 || i.Start == i.End {
			return NewError(KindInvalid, "an interval is given in minutes after midnight, 0 to 1440, and is not empty")
		}
	}
	for _, d := range h.Holidays {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			return NewError(KindInvalid, fmt.Sprintf("holiday %q is not a date of the form 2026-12-25", d))
		}
	}
	return nil
}
