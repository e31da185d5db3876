package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"steward/internal/agent/llm"
	"steward/schemas"
)

// failure turns an error into what Temporal may see of it: a type by which
// retries are decided and the message for people, never the cause, which can
// hold customer text and stays in the worker's log. It has to be returned
// outermost. Settled: rule 5.
func failure(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	kind := schemas.KindOf(err)
	if kind == schemas.KindInternal || kind == schemas.KindUnavailable {
		activity.GetLogger(ctx).Error("activity failed", "error", err)
	}
	message := "internal error; see the worker's log"
	var e *schemas.Error
	if errors.As(err, &e) && kind != schemas.KindInternal {
		message = e.Message
	}
	switch kind {
	case schemas.KindInvalid, schemas.KindNotFound, schemas.KindConflict, schemas.KindTooLarge, schemas.KindUnauthorized:
		return temporal.NewNonRetryableApplicationError(message, string(kind), nil)
	case schemas.KindRateLimited, schemas.KindUnavailable, schemas.KindInternal:
	}
	return temporal.NewApplicationError(message, string(kind))
}

// ofModel turns an engine's error into a retry rule: a provider's Retry-After
// is honoured when it ends before the deadline; a longer one goes to the next
// engine at once. left is the time until the deadline, 0 when there is none.
// Spec: D20.
func ofModel(ctx context.Context, err error, left time.Duration) error {
	var m *llm.Error
	if !errors.As(err, &m) {
		return failure(ctx, err)
	}
	if !m.Retryable || (left > 0 && m.RetryAfter >= left) {
		return temporal.NewNonRetryableApplicationError("the model cannot answer", string(m.Kind), nil)
	}
	return temporal.NewApplicationErrorWithOptions("the model cannot answer now", string(m.Kind), temporal.ApplicationErrorOptions{
		NextRetryDelay: m.RetryAfter, Category: temporal.ApplicationErrorCategoryBenign,
	})
}
