package store

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"steward/schemas"
)

// Unavailable sorts a database error: one that a later call may not meet
// becomes an Error of KindUnavailable, everything else stays as it is.
func Unavailable(err error) error {
	if err == nil || !down(err) {
		return err
	}
	return &schemas.Error{
		Kind: schemas.KindUnavailable, Message: "The service is not available at the moment. Try again.", Cause: err,
	}
}

func down(err error) bool {
	var known *schemas.Error
	if errors.As(err, &known) {
		return false
	}
	if errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err) {
		return true
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// Connection trouble, no resources, and a server that is stopping.
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57P0")
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || brokenConnection(err)
}

// brokenConnection recognises a connection that ended under a statement, which
// the driver reports as the end of the stream or as a closed connection.
func brokenConnection(err error) bool {
	text := err.Error()
	return strings.Contains(text, "unexpected EOF") || strings.Contains(text, "conn closed") ||
		strings.Contains(text, "closed network connection")
}
