package knowledge

import (
	"context"
	"errors"

	"steward/schemas"
)

// Failure is why a source could not be read. Its text carries no address and
// no content.
type Failure struct {
	Code schemas.FailCode
	// Again is true when the same attempt may succeed later.
	Again bool
	Cause error
}

// Error names the code, and the cause for logs.
func (f *Failure) Error() string {
	if f.Cause == nil {
		return "read source: " + string(f.Code)
	}
	return "read source: " + string(f.Code) + ": " + f.Cause.Error()
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// Fail makes a Failure that trying again does not help.
func Fail(code schemas.FailCode, cause error) *Failure {
	return &Failure{Code: code, Cause: cause}
}

// FailForNow makes a Failure that may pass.
func FailForNow(code schemas.FailCode, cause error) *Failure {
	return &Failure{Code: code, Again: true, Cause: cause}
}

// CodeOf returns the reason in an error's chain and whether trying again may
// help. An unknown error is FailInternal and may pass.
func CodeOf(err error) (code schemas.FailCode, again bool) {
	if err == nil {
		return schemas.FailNone, false
	}
	var failure *Failure
	if errors.As(err, &failure) {
		return failure.Code, failure.Again
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return schemas.FailTimeout, true
	}
	return schemas.FailInternal, true
}
