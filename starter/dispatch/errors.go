package dispatch

import (
	"context"
	"errors"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"steward/schemas"
)

// RefusedError means that a validator has refused an update for good.
type RefusedError struct {
	// Reason is the validator's own words.
	Reason string
	cause  error
}

// Error says that and why the update was refused.
func (e *RefusedError) Error() string { return "refused: " + e.Reason }

// Unwrap returns Temporal's error.
func (e *RefusedError) Unwrap() error { return e.cause }

// sortError gives Temporal's errors a kind. Only an application error of type
// KindInvalid is a refusal: an update that meets a worker without its handler
// also fails as an application error, and that one must be tried again.
func sortError(err error) error {
	var app *temporal.ApplicationError
	if errors.As(err, &app) && app.Type() == string(schemas.KindInvalid) {
		return &RefusedError{Reason: app.Message(), cause: err}
	}
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return &schemas.Error{Kind: schemas.KindNotFound, Message: "no such workflow is running", Cause: err}
	}
	if unavailable(err) {
		return &schemas.Error{
			Kind: schemas.KindUnavailable, Message: "Temporal does not answer at the moment, or no worker is running.", Cause: err,
		}
	}
	return err
}

func unavailable(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var (
		down     *serviceerror.Unavailable
		late     *serviceerror.DeadlineExceeded
		busy     *serviceerror.ResourceExhausted
		update   *client.WorkflowUpdateServiceTimeoutOrCanceledError
		notReady *serviceerror.WorkflowNotReady
		queryErr *serviceerror.QueryFailed
	)
	return errors.As(err, &down) || errors.As(err, &late) || errors.As(err, &busy) || errors.As(err, &update) ||
		errors.As(err, &notReady) || errors.As(err, &queryErr)
}
