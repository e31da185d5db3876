package llm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Kind sorts the ways a call can fail.
type Kind string

// The kinds and what callers do about them.
const (
	// KindRateLimited: wait RetryAfter, then ask again.
	KindRateLimited Kind = "rate_limited"
	// KindRateLimitedBeyondDeadline: the wait is longer than the call may
	// last; ask the fallback at once.
	KindRateLimitedBeyondDeadline Kind = "rate_limited_beyond_deadline"
	// KindOverloaded: 5xx, 409 or no connection.
	KindOverloaded Kind = "overloaded"
	// KindTimeout: 408 or no answer in time.
	KindTimeout Kind = "timeout"
	// KindTruncated: the answer was cut off.
	KindTruncated Kind = "truncated"
	// KindEmpty: an answer without content.
	KindEmpty Kind = "empty"
	// KindMalformed: not the JSON that was asked for.
	KindMalformed Kind = "malformed"
	// KindContextLength: the prompt is too long for the model.
	KindContextLength Kind = "context_length"
	// KindContentFilter: the provider or the model refused.
	KindContentFilter Kind = "content_filter"
	// KindAuth: the credential is refused, or there is no money behind it.
	KindAuth Kind = "auth"
	// KindBadRequest: the request itself is refused.
	KindBadRequest Kind = "bad_request"
	// KindCancelled: the caller gave the call up.
	KindCancelled Kind = "cancelled"
)

// Retryable reports whether the same call may work later.
func (k Kind) Retryable() bool {
	switch k {
	case KindRateLimited, KindOverloaded, KindTimeout, KindTruncated, KindEmpty, KindMalformed:
		return true
	}
	return false
}

// Error is a failed call. It holds no prompt, reply, address or credential, so
// it may be logged and stored.
type Error struct {
	Kind Kind
	// Status is the HTTP status, 0 when there was none.
	Status int
	// RetryAfter is the wait that the provider asked for, 0 for none.
	RetryAfter time.Duration
	// Retryable follows the kind unless the provider says otherwise.
	Retryable bool
	// Cause is a context error or nil; other causes could quote the request.
	Cause error
}

// NewError makes an error of a kind.
func NewError(kind Kind, status int) *Error {
	return &Error{Kind: kind, Status: status, Retryable: kind.Retryable()}
}

// Error names the kind and the status only.
func (e *Error) Error() string {
	if e.Status == 0 {
		return "call model: " + string(e.Kind)
	}
	return fmt.Sprintf("call model: %s (status %d)", e.Kind, e.Status)
}

// Unwrap returns the context error, if that was the cause.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf returns the kind of the first Error in the chain, empty for none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// ContextError is the error of a call that ended because ctx did.
func ContextError(ctx context.Context) *Error {
	cause := ctx.Err()
	kind := KindCancelled
	if errors.Is(cause, context.DeadlineExceeded) {
		kind = KindTimeout
	}
	e := NewError(kind, 0)
	e.Cause = cause
	return e
}

// tooLong is how providers say that a prompt does not fit, in words or in a code.
var tooLong = regexp.MustCompile(`(?i)prompt is too long|maximum context length|context[ _](length|window|size)[ _](was |is )?exceed|` +
	`exceeds? (the )?(available |model's )?context|exceed_context_size|too many input tokens|input is too long`)

// CodeTooLong is the code of StatusError for a prompt that is too long.
const CodeTooLong = "context_length_exceeded"

// TooLong reports whether a refusal says that the prompt is too long. Few
// providers have a code for it, so words are the provider's code, type and
// message, one after the other.
func TooLong(words ...string) bool {
	for _, w := range words {
		if tooLong.MatchString(w) {
			return true
		}
	}
	return false
}

// StatusError sorts an HTTP error answer. code is the provider's own code and
// may be empty. The header x-should-retry wins over the status. now is the
// clock for dates, deadline the end of the call, zero for none.
func StatusError(status int, code string, h http.Header, now, deadline time.Time) *Error {
	after, asked := RetryAfter(h, now)
	e := NewError(statusKind(status, code, asked), status)
	e.RetryAfter = after
	if e.Kind == KindRateLimited && !deadline.IsZero() && now.Add(after).After(deadline) {
		e.Kind, e.Retryable = KindRateLimitedBeyondDeadline, false
	}
	switch strings.ToLower(h.Get("X-Should-Retry")) {
	case "true":
		e.Retryable = e.Kind != KindRateLimitedBeyondDeadline
	case "false":
		e.Retryable = false
	}
	return e
}

func statusKind(status int, code string, askedToWait bool) Kind {
	switch {
	case code == CodeTooLong:
		return KindContextLength
	case code == "content_filter" || code == "content_policy_violation":
		return KindContentFilter
	case code == "insufficient_quota" || code == "billing_error":
		return KindAuth
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && askedToWait:
		return KindRateLimited
	case status == http.StatusRequestTimeout:
		return KindTimeout
	case status == http.StatusConflict, status >= 500:
		return KindOverloaded
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return KindAuth
	case status == http.StatusRequestEntityTooLarge:
		return KindContextLength
	}
	return KindBadRequest
}

// maxRetryAfter bounds a wait that a header asks for.
const maxRetryAfter = 24 * time.Hour

// RetryAfter reads retry-after-ms, then Retry-After as seconds or an HTTP
// date. ok is false when no header can be read.
func RetryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	if ms, err := strconv.ParseFloat(strings.TrimSpace(h.Get("Retry-After-Ms")), 64); err == nil && ms >= 0 {
		return bounded(ms / 1000), true
	}
	value := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(value, 64); err == nil && s >= 0 {
		return bounded(s), true
	}
	if at, err := http.ParseTime(value); err == nil {
		return bounded(max(0, at.Sub(now).Seconds())), true
	}
	return 0, false
}

func bounded(seconds float64) time.Duration {
	if seconds >= maxRetryAfter.Seconds() {
		return maxRetryAfter
	}
	return time.Duration(seconds * float64(time.Second))
}
