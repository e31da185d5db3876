package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/schemas"
)

// sweepBatch bounds what one sweep looks at.
const sweepBatch = 500

// WakeOverdue wakes every conversation whose deadline, turn or unsent part has
// been overdue for the given time, and those in which something lies that no
// run has taken up. A run that was reset, terminated or lost starts
// again that way. Settled: rule 1.
func (s *Store) WakeOverdue(ctx context.Context, overdue time.Duration) (int, error) {
	ids, err := s.q.OverdueConversations(ctx, s.pool, overdue, sweepBatch)
	if err != nil {
		return 0, fmt.Errorf("find overdue conversations: %w", err)
	}
	now, err := s.Now(ctx)
	if err != nil {
		return 0, fmt.Errorf("read clock: %w", err)
	}
	// One wake per conversation and period, however often the sweep runs.
	period := now.Truncate(overdue).Unix()
	for _, id := range ids {
		if err := s.wake(ctx, id, fmt.Sprintf("wake/%s/%d", id, period)); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// OverdueHandoffs returns handoffs that should have looked at their row again
// by now, at the latest the given time ago, or have something to tell a
// destination for as long: their run, or the wake, was lost. Settled: rule 1.
func (s *Store) OverdueHandoffs(ctx context.Context, overdue time.Duration) ([]schemas.HandoffID, error) {
	ids, err := s.q.OverdueHandoffs(ctx, s.pool, overdue, sweepBatch)
	if err != nil {
		return nil, fmt.Errorf("find overdue handoffs: %w", err)
	}
	desks, err := s.q.OverdueDesks(ctx, s.pool, overdue, sweepBatch)
	if err != nil {
		return nil, fmt.Errorf("find overdue steps of destinations: %w", err)
	}
	for _, id := range desks {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	out := make([]schemas.HandoffID, 0, len(ids))
	for _, id := range ids {
		out = append(out, show[schemas.HandoffID](schemas.PrefixHandoff, id))
	}
	return out, nil
}

func (s *Store) wake(ctx context.Context, id uuid.UUID, dedupe string) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		return s.putControl(ctx, tx, control{conversation: id, kind: schemas.ControlWake, dedupe: dedupe})
	})
}

// ReapSends settles network steps that have had no result for two minutes and
// wakes their conversations.
func (s *Store) ReapSends(ctx context.Context, repeatable func(schemas.ChannelKind) bool) (int, error) {
	rows, err := s.q.LostSends(ctx, s.pool, lostAfter, sweepBatch)
	if err != nil {
		return 0, fmt.Errorf("find lost sends: %w", err)
	}
	for _, r := range rows {
		id := show[schemas.ConversationID](schemas.PrefixConversation, r)
		if _, err := s.SettleLost(ctx, id, repeatable); err != nil {
			return 0, err
		}
		if err := s.wake(ctx, r, "reaped/"+newID().String()); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}
