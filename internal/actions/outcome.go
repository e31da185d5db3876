package actions

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"steward/schemas"
)

// maxRetryAfter bounds how long another system may make us wait.
const maxRetryAfter = time.Hour

// repeatable reports whether the same call may be made again.
func repeatable(a schemas.Action) bool {
	return !a.Effect.Changes() || a.HTTP != nil && a.HTTP.IdempotencyHeader != ""
}

// broken is the result of a call without an answer. sent tells whether the
// system may have got it.
func broken(a schemas.Action, sent bool, err error) schemas.RunResult {
	kind, transient := errorKind(err)
	result := schemas.RunResult{State: schemas.RunFailed, Error: kind, Retryable: transient && repeatable(a)}
	if sent && a.Effect.Changes() && kind != schemas.RunErrorAuth && kind != schemas.RunErrorBlocked {
		result.State = schemas.RunUnknown
	}
	return result
}

// errorKind sorts an error of the network; transient ones may pass.
func errorKind(err error) (kind schemas.RunError, transient bool) {
	timeout, isTimeout := errors.AsType[net.Error](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	switch {
	case errors.Is(err, errBlocked):
		return schemas.RunErrorBlocked, false
	case errors.Is(err, errTooLarge):
		return schemas.RunErrorTooLarge, false
	case errors.Is(err, errCredential):
		return schemas.RunErrorAuth, false
	case errors.Is(err, context.DeadlineExceeded), isTimeout && timeout.Timeout():
		return schemas.RunErrorTimeout, true
	case certificate, authority:
		return schemas.RunErrorUnavailable, false
	}
	return schemas.RunErrorUnavailable, true
}

// refused is the result of an answer whose status is no success.
func refused(a schemas.Action, status int, after time.Duration) schemas.RunResult {
	result := schemas.RunResult{State: schemas.RunFailed, Error: statusError(status), Status: status}
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if result.Retryable = repeatable(a); result.Retryable {
			result.RetryAfter = after
		}
	}
	// A gateway that lost the answer does not know what has happened behind it.
	if a.Effect.Changes() && (status == http.StatusBadGateway || status == http.StatusGatewayTimeout) {
		result.State = schemas.RunUnknown
	}
	return result
}

func statusError(status int) schemas.RunError {
	switch {
	case status == http.StatusNotFound, status == http.StatusGone:
		return schemas.RunErrorNotFound
	case status == http.StatusUnauthorized, status == http.StatusProxyAuthRequired:
		return schemas.RunErrorAuth
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		return schemas.RunErrorTimeout
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return schemas.RunErrorUnavailable
	}
	return schemas.RunErrorRejected
}

// unreadable is the result of a successful answer that the action cannot read: a
// write has had its effect, as far as one can tell.
func unreadable(a schemas.Action, status int, kind schemas.RunError) schemas.RunResult {
	result := schemas.RunResult{State: schemas.RunFailed, Error: kind, Status: status}
	if a.Effect.Changes() {
		result.State = schemas.RunUnknown
	}
	return result
}

// toolBroken is broken for an MCP call. The client of the protocol hides what the
// network said, which the proof has kept.
func toolBroken(ctx context.Context, a schemas.Action, p *proof, called bool, err error, now time.Time) schemas.RunResult {
	p.mu.Lock()
	failure, status, after := p.failure, p.status, p.after
	p.mu.Unlock()
	if status != 0 {
		result := refused(a, status, retryAfter(after, now))
		if !called {
			result.State = schemas.RunFailed
		}
		return result
	}
	switch {
	case failure != nil && !errors.Is(failure, context.Canceled):
		err = failure
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	return broken(a, called, err)
}

// succeeded reports whether a status counts as done.
func succeeded(s *schemas.Success, status int) bool {
	if s == nil || len(s.Statuses) == 0 {
		return status >= 200 && status <= 299
	}
	return slices.Contains(s.Statuses, status)
}

// settledByStatus: a write of which nothing is read has succeeded by its status.
func settledByStatus(a schemas.Action) bool {
	return a.Effect.Changes() && len(a.Outputs) == 0 && (a.HTTP.Success == nil || a.HTTP.Success.Path == "")
}

// retryAfter reads the header: seconds or a date, at most an hour, else 0.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return min(time.Duration(max(0, min(seconds, 1<<20)))*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(0, at.Sub(now)), maxRetryAfter)
}
