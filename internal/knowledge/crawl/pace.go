package crawl

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// StartDelay is the pause between two requests to a host that is not known.
	StartDelay = 500 * time.Millisecond

	minDelay = 200 * time.Millisecond
	maxDelay = 30 * time.Second
	// sharedBy is how many requests a host answers at a time, on average, when
	// its pause has settled.
	sharedBy = 2
	// maxRetryAfter bounds what a site may ask for.
	maxRetryAfter = 30 * 24 * time.Hour
)

// NextDelay returns the pause before the next request to a host, from the pause
// before (0: none yet), how long the last request took, and its status. failed
// is true when there was no answer, or none in time.
//
// The pause follows half the latency, between 200 ms and 30 s. It doubles when
// a site is too busy to answer, and an answer that is an error, which is often
// quick, never shortens it. crawlDelay of robots.txt is kept to, also above 30 s.
func NextDelay(previous, latency time.Duration, status int, failed bool, crawlDelay time.Duration) time.Duration {
	if previous <= 0 {
		previous = StartDelay
	}
	next := (previous + max(0, latency)/sharedBy) / 2
	switch {
	case failed, status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		next = max(next, 2*min(previous, maxDelay))
	case status >= 400:
		next = max(next, previous)
	}
	return max(crawlDelay, min(max(next, minDelay), maxDelay))
}

// ParseRetryAfter reads the Retry-After header: seconds, or a date. It returns
// 0 for none, for what it does not understand, and for a time that has passed.
// RFC 9110, section 10.2.3.
func ParseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	seconds, err := strconv.ParseUint(value, 10, 32)
	if err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if errors.Is(err, strconv.ErrRange) {
		return maxRetryAfter
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(0, at.Sub(now)), maxRetryAfter)
}
