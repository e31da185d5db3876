package schemas

import "errors"

// ErrorKind sorts every error the product can show. Two tables map it: to an
// HTTP status in internal/httpkit, and to Temporal's retry rule in activities.
type ErrorKind string

// The kinds of error.
const (
	// KindInvalid: the input is wrong; Message says what and what is allowed.
	KindInvalid ErrorKind = "invalid"
	// KindNotFound: no such thing, or none that this caller may see.
	KindNotFound ErrorKind = "not_found"
	// KindUnauthorized: no or a wrong credential.
	KindUnauthorized ErrorKind = "unauthorized"
	// KindConflict: the thing has changed meanwhile, or its state forbids it.
	KindConflict ErrorKind = "conflict"
	// KindTooLarge: over a limit that Message names.
	KindTooLarge ErrorKind = "too_large"
	// KindRateLimited: too many requests; try again later.
	KindRateLimited ErrorKind = "rate_limited"
	// KindUnavailable: a dependency is down; the same call may work later.
	KindUnavailable ErrorKind = "unavailable"
	// KindInternal: everything else. Message is never shown for it.
	KindInternal ErrorKind = "internal"
)

// Error is the one error type with a message for people. Message is the only
// text a customer or an admin sees; Cause stays in logs.
type Error struct {
	Kind    ErrorKind
	Message string
	Cause   error
}

// Error renders the message and its cause for logs.
func (e *Error) Error() string {
	if e.Cause == nil {
		return string(e.Kind) + ": " + e.Message
	}
	return string(e.Kind) + ": " + e.Message + ": " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// NewError makes an error of a kind with a message for people.
func NewError(kind ErrorKind, message string) *Error {
	return &Error{Kind: kind, Message: message}
}

// KindOf returns the kind of the first Error in the chain, else KindInternal.
func KindOf(err error) ErrorKind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}
