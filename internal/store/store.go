// Package store keeps what Steward knows in Postgres. It owns every table, the
// transactions in which state changes, and the rules that only a transaction
// can hold: who owns a conversation, which message belongs to which
// conversation, what may be sent. It takes decisions from callers as pure
// functions and applies them under the row's lock; it never talks to anything
// but the database. Row types of the generated code never leave it.
package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Store is the database. It is safe for concurrent use.
type Store struct {
	pool    *pgxpool.Pool
	q       *dbq.Queries
	inbound schemas.InboundRules

	mu sync.Mutex
	// key is that of identityKey, nil before it was read.
	key []byte
}

// Options shape a Store's pool.
type Options struct {
	// MaxConns is the size of the pool. Default 10.
	MaxConns int
	// Inbound reads who a customer is from the messages that Receive stores.
	// Without it codes are not recognised: only processes that receive need it.
	Inbound schemas.InboundRules
}

// Open connects to the database at url. Callers that must not starve each
// other, such as the gateway's intake and its relay, open a Store each.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("open database: the database URL cannot be read")
	}
	cfg.MaxConns = 10
	if o.MaxConns > 0 {
		cfg.MaxConns = int32(min(o.MaxConns, 1000))
	}
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &Store{pool: pool, q: dbq.New(), inbound: o.Inbound}, nil
}

// Close closes the pool.
func (s *Store) Close() { s.pool.Close() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

// Now is the database's clock, by which everything is decided.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	return s.q.Clock(ctx, s.pool)
}

// SetClock moves the database's clock, for tests and development: to a fixed
// time, or by a shift. A nil time and a zero shift set it right again.
func (s *Store) SetClock(ctx context.Context, at *time.Time, shift time.Duration) error {
	return s.q.FixClock(ctx, s.pool, at, shift.Seconds())
}

// Secret returns the deployment's secret of that name, storing value when
// there is none yet. All processes of a deployment get the same one.
func (s *Store) Secret(ctx context.Context, name string, value []byte) ([]byte, error) {
	return s.q.PutSecret(ctx, s.pool, name, value)
}

// inTx runs f in a transaction, again when the database asks for it (deadlock
// or serialization failure), at most five times.
func (s *Store) inTx(ctx context.Context, f func(tx pgx.Tx) error) error {
	var err error
	for range 5 {
		err = pgx.BeginFunc(ctx, s.pool, f)
		if !retryable(err) {
			return err
		}
	}
	return err
}

func retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
}

// isUnique reports whether err is a violation of the named unique constraint
// or index.
func isUnique(err error, name string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == name
}

func notFound(what string) error {
	return schemas.NewError(schemas.KindNotFound, "no such "+what)
}

// noRows turns "no rows" into a not-found error that names what was asked for.
func noRows(err error, what string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return notFound(what)
	}
	return err
}

// newID makes a UUIDv7, whose order is that of its making.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// parse reads the shown form of an id; a wrong form is "no such thing", so
// that guesses learn nothing.
func parse[T ~string](prefix string, id T, what string) (uuid.UUID, error) {
	u, err := schemas.ParseID(prefix, string(id))
	if err != nil {
		return uuid.Nil, notFound(what)
	}
	return uuid.UUID(u), nil
}

// show is the shown form of an id.
func show[T ~string](prefix string, id uuid.UUID) T { return T(schemas.FormatID(prefix, id)) }

// showPtr is the shown form of an id that may be absent.
func showPtr[T ~string](prefix string, id *uuid.UUID) T {
	if id == nil {
		return ""
	}
	return show[T](prefix, *id)
}

// timeOf is the time, or the zero time when there is none.
func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// timePtr is nil for the zero time.
func timePtr(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func conversationUUID(id schemas.ConversationID) (uuid.UUID, error) {
	return parse(schemas.PrefixConversation, id, "conversation")
}
