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
	if err == nil {
		return false
	}
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "tenant") && strings.Contains(text, "not found")
}

// failed gives an error its kind: a server that is down, overloaded or slow is
// unavailable, everything else is a fault of ours.
func failed(doing string, err error) error {
	var fromServer *fault.WeaviateClientError
	down := errors.Is(err, context.DeadlineExceeded)
	if errors.As(err, &fromServer) {
		if errors.Is(fromServer.DerivedFromError, context.Canceled) {
			return fmt.Errorf("%s: %w", doing, context.Canceled)
		}
		status := fromServer.StatusCode
		down = down || !fromServer.IsUnexpectedStatusCode || status >= 500 || status == http.StatusTooManyRequests
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: %w", doing, context.Canceled)
	}
	if down {
		return &schemas.Error{
			Kind: schemas.KindUnavailable, Message: "the search index cannot be reached",
			Cause: fmt.Errorf("%s: %w", doing, err),
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
