package crawl

import (
	"testing"
	"time"
)

func TestNextDelay(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, tt := range []struct {
		name              string
		previous, latency time.Duration
		status            int
		failed            bool
		crawlDelay, want  time.Duration
	}{
		{"unknown host", 0, 500 * ms, 200, false, 0, 375 * ms},
		{"settles at half the latency", 500 * ms, time.Second, 200, false, 0, 500 * ms},
		{"quick site", 400 * ms, 100 * ms, 200, false, 0, 225 * ms},
		{"never below 200 ms", 200 * ms, 10 * ms, 200, false, 0, 200 * ms},
		{"slow site", 500 * ms, 8 * time.Second, 200, false, 0, 2250 * ms},
		{"never above 30 s", 30 * time.Second, 5 * time.Minute, 200, false, 0, 30 * time.Second},
		{"not modified counts", 400 * ms, 100 * ms, 304, false, 0, 225 * ms},
		{"redirect counts", 400 * ms, 100 * ms, 301, false, 0, 225 * ms},
		{"quick error does not lower it", 400 * ms, 10 * ms, 404, false, 0, 400 * ms},
		{"quick server error does not lower it", 400 * ms, 10 * ms, 500, false, 0, 400 * ms},
		{"slow error raises it", 400 * ms, 4 * time.Second, 500, false, 0, 1200 * ms},
		{"too many requests", 400 * ms, 10 * ms, 429, false, 0, 800 * ms},
		{"unavailable", 400 * ms, 10 * ms, 503, false, 0, 800 * ms},
		{"no answer", 400 * ms, 0, 0, true, 0, 800 * ms},
		{"late and no answer", 400 * ms, 20 * time.Second, 0, true, 0, 5200 * ms},
		{"doubling ends at 30 s", 20 * time.Second, 0, 429, false, 0, 30 * time.Second},
		{"no answer from an unknown host", 0, 0, 0, true, 0, time.Second},
		{"crawl-delay is a floor", 500 * ms, 100 * ms, 200, false, 10 * time.Second, 10 * time.Second},
		{"crawl-delay above 30 s", 500 * ms, 100 * ms, 200, false, time.Minute, time.Minute},
		{"crawl-delay below the pause", 4 * time.Second, 4 * time.Second, 200, false, time.Second, 3 * time.Second},
		{"busy site with a long crawl-delay", time.Minute, 0, 429, false, time.Minute, time.Minute},
		{"crawl-delay has gone", time.Minute, 0, 200, false, 0, 30 * time.Second},
		{"clock that went back", 400 * ms, -time.Hour, 200, false, 0, 200 * ms},
	} {
		if got := NextDelay(tt.previous, tt.latency, tt.status, tt.failed, tt.crawlDelay); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"120":                            2 * time.Minute,
		" 7 ":                            7 * time.Second,
		"-1":                             0,
		"1.5":                            0,
		"soon":                           0,
		"4294967296":                     maxRetryAfter,
		"99999999999999999999999":        maxRetryAfter,
		"Sun, 01 Mar 2026 12:00:30 GMT":  30 * time.Second,
		"Sunday, 01-Mar-26 12:00:30 GMT": 30 * time.Second,
		"Sun Mar  1 12:00:30 2026":       30 * time.Second,
		"Sun, 01 Mar 2026 11:59:30 GMT":  0,
		"Fri, 01 Mar 2999 12:00:00 GMT":  maxRetryAfter,
		"2026-03-01T12:00:30Z":           0,
	} {
		if got := ParseRetryAfter(value, now); got != want {
			t.Errorf("ParseRetryAfter(%q) = %v, want %v", value, got, want)
		}
	}
}
