package store

import (
	"context"
	"fmt"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// RunConfirmed reports whether a run rests on a yes of the customer to this very
// content that was used up for it. Spec: D7. Settled: rule 7.
func (s *Store) RunConfirmed(ctx context.Context, id schemas.ConversationID, run schemas.RunRef) (bool, error) {
	conv, err := conversationUUID(id)
	if err != nil {
		return false, err
	}
	confirmed, err := s.q.RunConfirmation(ctx, s.pool, dbq.RunConfirmationParams{
		ConversationID: conv, Turn: int32(run.Turn), Step: int32(run.Step),
	})
	if err != nil {
		return false, fmt.Errorf("read confirmation of run: %w", Unavailable(err))
	}
	return confirmed, nil
}
