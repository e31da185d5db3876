package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Channels of Postgres notifications. They only wake: whoever listens reads
// the rows, and polls too, so that a lost notification costs a second.
const (
	// NotifyInbox wakes the relays.
	NotifyInbox = "inbox"
	// NotifyChat carries a conversation id whose visible transcript has grown.
	NotifyChat = "chat"
	// NotifyHandoff carries the id of a handoff whose row wants to be looked at.
	NotifyHandoff = "handoff"
)

// control is a row that must reach a conversation in order and is no customer
// message. Settled: rule 6.
type control struct {
	conversation uuid.UUID
	kind         schemas.ControlKind
	// dedupe makes the row once, however often it is written.
	dedupe string
}

// putControl writes a control row into the conversation's inbox, once per
// dedupe key. The caller holds the conversation's row lock or inserts it for
// rows it does not change.
func (s *Store) putControl(ctx context.Context, tx pgx.Tx, c control) error {
	err := s.q.PutControl(ctx, tx, dbq.PutControlParams{
		ConversationID: c.conversation, Control: string(c.kind), DedupeKey: c.dedupe,
	})
	if err != nil {
		return fmt.Errorf("write control row %s: %w", c.kind, err)
	}
	return s.notify(ctx, tx, NotifyInbox, "")
}

// notify sends a notification when the transaction commits.
func (s *Store) notify(ctx context.Context, tx pgx.Tx, channel, payload string) error {
	if err := s.q.Notify(ctx, tx, channel, payload); err != nil {
		return fmt.Errorf("notify %s: %w", channel, err)
	}
	return nil
}
