package gateway

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"steward/schemas"
)

// Limits bound what one visitor may do. Zero fields take their defaults.
type Limits struct {
	// Off lifts all limits, for benches.
	Off bool
	// Requests per second and address, and how many at once. Default 20, 100.
	Requests      float64
	RequestsBurst int
	// Sessions opened per second and address. Default 0.5, 30.
	Sessions      float64
	SessionsBurst int
	// Messages per second and session. Default 0.5, 20.
	Messages      float64
	MessagesBurst int
	// Streams open at once per session. Default 10.
	Streams int
}

// limits are the limiters of a gateway; a nil one lets everything pass.
type limits struct {
	request, session, message *limiter
	streams                   int
}

func newLimits(l Limits) limits {
	streams := l.Streams
	if streams <= 0 {
		streams = 10
	}
	if l.Off {
		return limits{streams: streams}
	}
	return limits{
		request: newLimiter(l.Requests, 20, l.RequestsBurst, 100),
		session: newLimiter(l.Sessions, 0.5, l.SessionsBurst, 30),
		message: newLimiter(l.Messages, 0.5, l.MessagesBurst, 20),
		streams: streams,
	}
}

// limiter is one limit, kept per key.
type limiter struct {
	every rate.Limit
	burst int

	mu      sync.Mutex
	buckets map[string]*bucket
	swept   time.Time
}

type bucket struct {
	*rate.Limiter
	used time.Time
}

func newLimiter(perSecond, usualPerSecond float64, burst, usualBurst int) *limiter {
	if perSecond <= 0 {
		perSecond = usualPerSecond
	}
	if burst <= 0 {
		burst = usualBurst
	}
	return &limiter{every: rate.Limit(perSecond), burst: burst, buckets: map[string]*bucket{}}
}

// take uses up one event of key, or returns an error and says in Retry-After
// when there is one again.
func (l *limiter) take(w http.ResponseWriter, key string) error {
	if l == nil || l.allow(key, time.Now()) {
		return nil
	}
	seconds := int(1/float64(l.every)) + 1
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return schemas.NewError(schemas.KindRateLimited, "Too many requests. Wait a moment and try again.")
}

func (l *limiter) allow(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	b, ok := l.buckets[key]
	if !ok {
		b = &bucket{Limiter: rate.NewLimiter(l.every, l.burst)}
		l.buckets[key] = b
	}
	b.used = now
	return b.AllowN(now, 1)
}

// sweep forgets, once a minute, the keys whose bucket is full again anyway.
func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	full := time.Duration(float64(l.burst) / float64(l.every) * float64(time.Second))
	for key, b := range l.buckets {
		if now.Sub(b.used) > full {
			delete(l.buckets, key)
		}
	}
}
