// Package handoff is the port to destinations: where a conversation that was
// handed over also goes, beside the built-in inbox, which stays the truth. It
// has what their adapters share: one bounded HTTP exchange, the checking of
// signatures, the cutting of long texts, and the words in which people read a
// handoff.
//
// Each destination is a subpackage. The port owns no state: which handoff was
// opened where is a row of the caller's. It never repeats a step that may have
// had an effect, and it never passes on what another system wrote in an error.
package handoff

import (
	"context"
	"errors"
	"net/http"
	"time"

	"steward/schemas"
)

// Destination opens handoffs in another system and keeps them up to date
// there. An error is always a *Failure, and says what is known of the step; the
// caller decides what follows. Calls for one handoff are made one after the
// other. Spec: S50, D19. Settled: rule 20.
type Destination interface {
	// Open creates the ticket, or finds it when an earlier try did.
	Open(ctx context.Context, ticket schemas.Ticket) (schemas.ExternalRef, error)
	// Post adds a message or a note, and returns the destination's id of it,
	// which may be empty. A text longer than the limit goes out in several.
	Post(ctx context.Context, ref schemas.ExternalRef, message schemas.DeskMessage) (string, error)
	// Update tells of a changed state.
	Update(ctx context.Context, ref schemas.ExternalRef, update schemas.DeskUpdate) error
	// Capabilities is the same on every call.
	Capabilities() Capabilities
}

// Receiver is a Destination that calls us.
type Receiver interface {
	// Parse verifies a request on its raw bytes and returns what people did,
	// without the echoes of our own posts. ErrSignature and ErrStale mean that
	// nothing of it may be believed; any other error is a request that proves
	// itself and cannot be read.
	Parse(ctx context.Context, request Request) ([]schemas.DeskEvent, error)
}

// Request is a call that a destination made to us.
type Request struct {
	// Method and URL are those the caller used: the public address with its
	// query, as it stands in the destination's settings.
	Method string
	URL    string
	Header http.Header
	// Body is the raw body, bounded by whoever read it.
	Body []byte
}

// Unit is what a destination counts its limit of a text in.
type Unit string

// The units.
const (
	UnitRune Unit = "rune"
	UnitByte Unit = "byte"
)

// Capabilities is what a destination can do, as data.
type Capabilities struct {
	// Finds is true when it can be asked whether it has something by our key,
	// so that a step of unknown result may be made again with Tries above 1.
	Finds bool
	// Repeatable is true when the same step made twice shows once there, so
	// that a step of unknown result may be made again.
	Repeatable bool
	// Replies is true when people can answer from there.
	Replies bool
	// MaxText is the longest text of one post, in Unit; 0 is no limit.
	MaxText int
	Unit    Unit
}

// Options is what every adapter is made of.
type Options struct {
	Desk schemas.Desk
	// Client makes the calls. It must dial through the guard of the network,
	// and take no proxy from the environment. Email takes none.
	Client *http.Client
	// Secret resolves a reference to a secret.
	Secret func(ctx context.Context, reference string) (string, error)
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// now is the time by the clock of o.
func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// ErrUnreadable is a call to us that is signed as it should be and has another
// shape than the destination's.
var ErrUnreadable = schemas.NewError(schemas.KindInvalid, "the request is not one of this destination")

// The codes of failures, beside http_<status>.
const (
	CodeUnreachable = "unreachable"
	CodeTimeout     = "timeout"
	CodeThrottled   = "throttled"
	CodeBlocked     = "blocked"
	CodeRedirect    = "redirect"
	CodeAuth        = "auth"
	CodeNotFound    = "not_found"
	CodeRejected    = "rejected"
	CodeMalformed   = "malformed"
	CodeTooLarge    = "too_large"
	CodeCut         = "cut"
	CodeConfig      = "configuration"
	CodeSecret      = "secret"
)

// Failure is a step that was not done for certain. It holds no address, secret,
// customer text or text of the destination, so it may be logged and stored.
type Failure struct {
	// Result is SentLater (nothing was accepted, it may work later), SentFailed
	// (nothing was accepted, and the same step will not work) or SentUnknown
	// (it may have been accepted).
	Result schemas.Sent
	// Code is a short reason.
	Code string
	// RetryAfter is how long the destination wants to be left alone; 0 is not
	// said.
	RetryAfter time.Duration
}

// Error says what is known in words for a log.
func (f *Failure) Error() string {
	switch f.Result {
	case schemas.SentLater:
		return "the destination cannot take it now: " + f.Code
	case schemas.SentUnknown:
		return "the destination may have taken it: " + f.Code
	}
	return "the destination did not take it: " + f.Code
}

// Failed, Later and Unknown make failures.
func Failed(code string) *Failure { return &Failure{Result: schemas.SentFailed, Code: code} }

// Later makes a failure of a step that may work after a while; 0 leaves the
// while to the caller.
func Later(code string, after time.Duration) *Failure {
	return &Failure{Result: schemas.SentLater, Code: code, RetryAfter: after}
}

// Unknown makes a failure of a step that may have had its effect.
func Unknown(code string) *Failure { return &Failure{Result: schemas.SentUnknown, Code: code} }

// Outcome puts what Open, Post or Update returned into the words that sends of
// channels use. An error that is no Failure counts as unknown.
func Outcome(id string, err error) schemas.Delivered {
	if err == nil {
		return schemas.Delivered{Result: schemas.SentDone, ProviderID: id}
	}
	var f *Failure
	if !errors.As(err, &f) {
		return schemas.Delivered{Result: schemas.SentUnknown, Code: CodeMalformed}
	}
	return schemas.Delivered{Result: f.Result, Code: f.Code, RetryAfter: f.RetryAfter}
}

// MayHaveArrived reports whether err leaves open that the step had its effect.
func MayHaveArrived(err error) bool {
	return err != nil && Outcome("", err).Result == schemas.SentUnknown
}
