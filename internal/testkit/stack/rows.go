package stack

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"steward/internal/store"
	"steward/schemas"
)

// Deliveries are the customer's messages as the relay has delivered them, in
// order, so that a test can deliver them once more.
func (s *Stack) Deliveries(id schemas.ConversationID) []store.InboxRow {
	s.t.Helper()
	var out []store.InboxRow
	Until(s.t, "read the inbox", func() bool {
		return s.query(func(ctx context.Context, conn *pgx.Conn) error {
			rows, err := conn.Query(ctx, `select id, dedupe_key, replace(message_id::text, '-', '') from inbox_events
				where conversation_id = $1 and kind = 'message' order by id`, rowID(s, id))
			if err != nil {
				return err
			}
			out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (store.InboxRow, error) {
				r := store.InboxRow{Conversation: id, Delivery: schemas.Delivery{Kind: schemas.DeliveryMessage}}
				var message string
				err := row.Scan(&r.ID, &r.DedupeKey, &message)
				r.Delivery.Row, r.Delivery.Message = r.ID, schemas.MessageID(schemas.PrefixMessage+"_"+message)
				return r, err
			})
			return err
		}) == nil
	})
	return out
}

// Deadline is when the conversation wants to be looked at next; now when there
// is no deadline.
func (s *Stack) Deadline(id schemas.ConversationID) time.Time {
	s.t.Helper()
	var at time.Time
	Until(s.t, "read the deadline", func() bool {
		return s.query(func(ctx context.Context, conn *pgx.Conn) error {
			return conn.QueryRow(ctx, "select coalesce(deadline, clock()) from conversations where id = $1", rowID(s, id)).Scan(&at)
		}) == nil
	})
	return at
}

// AwaitSent waits until n replies of the agent have gone out.
func (s *Stack) AwaitSent(id schemas.ConversationID, n int) {
	s.t.Helper()
	deadline := time.Now().Add(Patience)
	for {
		sent := s.CountOf(id, "select count(*) from outbound_parts where conversation_id = $1 and class = 'reply' and state = 'sent'")
		if sent >= n {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d replies have gone out, want %d\n%s", sent, n, s.Describe(id))
		}
		time.Sleep(10 * time.Millisecond)
	}
}
