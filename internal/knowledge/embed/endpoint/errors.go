package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"steward/schemas"
)

// Refusal is the cause of an error of a server that answered with an error
// status. Callers that must not know this package can ask an error for its
// RetryAfter method.
type Refusal struct {
	Status int
	// After is how long the server asks to wait, 0 when it does not say.
	After time.Duration
}

// Error names the status and the wait.
func (r *Refusal) Error() string {
	if r.After == 0 {
		return fmt.Sprintf("status %d", r.Status)
	}
	return fmt.Sprintf("status %d, wait %s", r.Status, r.After)
}

// RetryAfter is how long the server asks to wait, 0 when it does not say.
func (r *Refusal) RetryAfter() time.Duration { return r.After }

// ErrMalformed is the cause of an error of a server that answered something
// else than its API promises.
var ErrMalformed = errors.New("the answer is not what the API promises")

// maxWait bounds what a server can ask for.
const maxWait = 24 * time.Hour

// StatusError sorts an answer with an error status: KindRateLimited or
// KindUnavailable when the same call may work later, else KindInvalid or
// KindTooLarge. Its cause is a Refusal.
func StatusError(status int, header http.Header, now time.Time) error {
	r := &Refusal{Status: status, After: retryAfter(header, now)}
	kind, message := schemas.KindInvalid, "the endpoint refuses the request: check the model and its settings"
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && r.After > 0:
		kind, message = schemas.KindRateLimited, "the endpoint has too many requests"
	case status == http.StatusRequestTimeout, status == http.StatusConflict, status == http.StatusTooEarly, status >= 500:
		kind, message = schemas.KindUnavailable, "the endpoint does not work at the moment"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		message = "the endpoint refuses the API key"
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status < 400:
		message = "the endpoint has no such address or model"
	case status == http.StatusRequestEntityTooLarge:
		kind, message = schemas.KindTooLarge, "the endpoint refuses a request of this size"
	}
	return &schemas.Error{Kind: kind, Message: message, Cause: r}
}

// CallError sorts a call that has no answer or a broken one. The error of a
// caller that gave up is that of its context.
func CallError(caller context.Context, err error) error {
	if caller.Err() != nil {
		return fmt.Errorf("call endpoint: %w", caller.Err())
	}
	var tooLarge *http.MaxBytesError
	var timeout net.Error
	var before *url.Error
	cause, message := ErrMalformed, "the endpoint does not answer as its API promises"
	switch {
	case errors.As(err, &tooLarge):
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		cause, message = errNoAnswer, "the endpoint did not answer in time"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		cause, message = errCutOff, "the endpoint's answer was cut off"
	case errors.As(err, &before):
		cause, message = errNoConnection, "the endpoint cannot be reached"
	}
	return &schemas.Error{Kind: schemas.KindUnavailable, Message: message, Cause: cause}
}

// What a vendor's error says is not kept: it can quote the request.
var (
	errNoAnswer     = errors.New("no answer in time")
	errCutOff       = errors.New("the answer was cut off")
	errNoConnection = errors.New("no connection")
)

// retryAfter reads retry-after-ms, then Retry-After as seconds or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	seconds := 0.0
	value := strings.TrimSpace(h.Get("Retry-After"))
	if ms, err := strconv.ParseFloat(strings.TrimSpace(h.Get("Retry-After-Ms")), 64); err == nil {
		seconds = ms / 1000
	} else if s, err := strconv.ParseFloat(value, 64); err == nil {
		seconds = s
	} else if at, err := http.ParseTime(value); err == nil {
		seconds = at.Sub(now).Seconds()
	}
	if !(seconds > 0) { // also not a number
		return 0
	}
	return time.Duration(min(seconds, maxWait.Seconds()) * float64(time.Second))
}
