package weaviate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/weaviate/weaviate-go-client/v4/weaviate/fault"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"steward/schemas"
)

// tenantName is what the server takes as the name of a tenant.
var tenantName = regexp.MustCompile(`^[A-Za-z0-9_-]{4,64}$`)

func checkTenant(tenant schemas.AgentID) error {
	if !tenantName.MatchString(string(tenant)) {
		return schemas.NewError(schemas.KindInvalid, "not an agent id")
	}
	return nil
}

// clean makes a string safe for the client, which writes queries with Go's
// quoting: escapes that GraphQL does not know make the server refuse them.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return r
		case r < 0x20 || r == 0x7f:
			return ' '
		case r > 0xFFFF && !strconv.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// unknownTenant reports whether an error says that the agent never had content.
func unknownTenant(err error) bool {
	return err != nil && strings.Contains(err.Error(), "tenant not found")
}

// failed gives an error its kind: a server that is down, overloaded or slow is
// unavailable, everything else is a fault of ours.
func failed(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case cancelled(err):
		return fmt.Errorf("%s: %w", doing, context.Canceled)
	case away(err):
		return &schemas.Error{
			Kind: schemas.KindUnavailable, Message: "the search index cannot be reached",
			Cause: fmt.Errorf("%s: %w", doing, err),
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func cancelled(err error) bool {
	inner := innermost(err)
	return inner != nil && errors.Is(inner.DerivedFromError, context.Canceled) ||
		errors.Is(err, context.Canceled) || status.Code(err) == codes.Canceled
}

func away(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if inner := innermost(err); inner != nil {
		return !inner.IsUnexpectedStatusCode || inner.StatusCode >= 500 || inner.StatusCode == http.StatusTooManyRequests
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted, codes.Internal:
		return true
	}
	return false
}

// innermost returns the client's own error inside err, or nil. A query's error
// hides that of the request, which has the status.
func innermost(err error) *fault.WeaviateClientError {
	var found *fault.WeaviateClientError
	for errors.As(err, &found) {
		err = found.DerivedFromError
	}
	return found
}
