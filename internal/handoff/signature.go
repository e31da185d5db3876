package handoff

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"time"

	"steward/schemas"
)

// SignatureWindow is how old a signed call may be, and how far ahead its clock.
const SignatureWindow = 5 * time.Minute

// ErrSignature is a call whose signature is missing or wrong, and ErrStale one
// whose time is not within the window. Whoever answers it says nothing more.
var (
	ErrSignature = schemas.NewError(schemas.KindUnauthorized, "the signature is missing or wrong")
	ErrStale     = schemas.NewError(schemas.KindUnauthorized, "the time of the request is missing or too far from now")
)

// MAC is the HMAC-SHA256 of the parts, one after the other.
func MAC(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// Equal compares a signature with the expected one in constant time. An empty
// one is never equal.
func Equal(want, got string) bool {
	return want != "" && hmac.Equal([]byte(want), []byte(got))
}

// Fresh returns nil when a time in seconds since 1970 is within the window
// around o's clock, else ErrStale.
func (o Options) Fresh(seconds string) error {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return ErrStale
	}
	return o.FreshAt(time.Unix(n, 0))
}

// FreshAt is Fresh for a time.
func (o Options) FreshAt(at time.Time) error {
	if age := o.now().Sub(at); age > SignatureWindow || age < -SignatureWindow {
		return ErrStale
	}
	return nil
}

// Clock is the time by o's clock.
func (o Options) Clock() time.Time { return o.now() }
