package crm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"steward/schemas"
)

// ErrAmbiguous says that more than one record matches.
var ErrAmbiguous = errors.New("more than one record matches")

// Kind sorts the ways a call to a CRM can fail.
type Kind string

// The kinds and what callers do about them.
const (
	// KindNotFound: no such record, or none that this token may see.
	KindNotFound Kind = "not_found"
	// KindConflict: the record has changed meanwhile, a unique value belongs to
	// another record, or a key was used for another write.
	KindConflict Kind = "conflict"
	// KindInvalidProperty: Property is unknown, read-only or missing.
	KindInvalidProperty Kind = "invalid_property"
	// KindInvalidValue: the value of Property is not of its type; Allowed lists
	// the options of an enum.
	KindInvalidValue Kind = "invalid_value"
	// KindRateLimited: wait RetryAfter, then ask again.
	KindRateLimited Kind = "rate_limited"
	// KindQuota: the day's calls are used up until Until. Go on without the CRM.
	KindQuota Kind = "quota"
	// KindUnavailable: down, too slow, or an answer that cannot be read. What
	// became of a write is not known; its key makes the next try safe.
	KindUnavailable Kind = "unavailable"
	// KindAuth: the token is refused or may not do this. An admin has to act.
	KindAuth Kind = "auth"
	// KindRefused: the request itself is refused.
	KindRefused Kind = "refused"
)

// Error is a failed call. It holds no value, address, token or text of the
// other system, so it may be logged and shown to an admin.
type Error struct {
	Kind Kind
	// Property is the name of the property in question, empty for none.
	Property string
	// Allowed are the options of that property, if it has any.
	Allowed []string
	// RetryAfter is set for KindRateLimited, 0 when the system does not say.
	RetryAfter time.Duration
	// Until is set for KindQuota.
	Until time.Time
	// Status is the HTTP status, 0 when there was none.
	Status int
	// Cause is a context error or nil; other causes could quote the request.
	Cause error
}

// Fail makes an error of a kind.
func Fail(kind Kind) *Error { return &Error{Kind: kind} }

// FailProperty makes an error about a property with the options it allows.
func FailProperty(kind Kind, property string, allowed []string) *Error {
	return &Error{Kind: kind, Property: property, Allowed: allowed}
}

// FailContext is the error of a call that ended because ctx did, nil when ctx
// goes on.
func FailContext(ctx context.Context) *Error {
	if ctx.Err() == nil {
		return nil
	}
	return &Error{Kind: KindUnavailable, Cause: ctx.Err()}
}

// Error names the kind, the property and the status only.
func (e *Error) Error() string {
	text := "call CRM: " + string(e.Kind)
	if e.Property != "" {
		text += " (property " + e.Property + ")"
	}
	if e.Status != 0 {
		text += fmt.Sprintf(" (status %d)", e.Status)
	}
	return text
}

// Unwrap returns the context error, if that was the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Again reports whether the same call may work within minutes.
func (e *Error) Again() bool { return e.Kind == KindRateLimited || e.Kind == KindUnavailable }

// KindOf returns the kind of the first Error in the chain, empty for none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// Shown is the kind that people see for a kind of failure.
func (k Kind) Shown() schemas.ErrorKind {
	switch k {
	case KindNotFound:
		return schemas.KindNotFound
	case KindConflict:
		return schemas.KindConflict
	case KindInvalidProperty, KindInvalidValue, KindRefused:
		return schemas.KindInvalid
	case KindRateLimited, KindQuota:
		return schemas.KindRateLimited
	case KindUnavailable, KindAuth:
		return schemas.KindUnavailable
	}
	return schemas.KindInternal
}
