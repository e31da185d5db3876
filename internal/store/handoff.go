package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// summaryLines is how much of the transcript the summary for people rests on.
const summaryLines = 20

// endHandoff ends the conversation's live handoff, if there is one, and
// withdraws an offer that is out.
func (s *Store) endHandoff(ctx context.Context, tx pgx.Tx, c dbq.Conversations, state schemas.HandoffState) error {
	if c.HandoffID == nil {
		return nil
	}
	if err := s.q.EndOffer(ctx, tx, "withdrawn", *c.HandoffID); err != nil {
		return fmt.Errorf("withdraw offer: %w", err)
	}
	n, err := s.q.EndHandoff(ctx, tx, string(state), *c.HandoffID)
	if err != nil {
		return fmt.Errorf("end handoff: %w", err)
	}
	if n == 0 {
		return nil
	}
	return s.tellState(ctx, tx, *c.HandoffID, state, "")
}

// members are the users of a team, or all users when team is empty.
func (s *Store) members(ctx context.Context, tx pgx.Tx, team schemas.TeamID, tier schemas.Tier, handoff *uuid.UUID) ([]schemas.Member, error) {
	p := dbq.MembersOfParams{HandoffID: handoff, Tier: string(tier)}
	if team != "" {
		id, err := parse(schemas.PrefixTeam, team, "team")
		if err != nil {
			// A setting that names no team finds nobody; it never stops a handoff.
			return nil, nil
		}
		p.TeamID = &id
	}
	rows, err := s.q.MembersOf(ctx, tx, p)
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	return membersFrom(rows)
}

// tail is the end of the visible transcript before a seq, oldest first.
func (s *Store) tail(ctx context.Context, tx dbq.DBTX, conv uuid.UUID, before int64, most int32, since *time.Time) ([]schemas.Line, error) {
	rows, err := s.q.TranscriptTail(ctx, tx, dbq.TranscriptTailParams{ConversationID: conv, Before: before, Most: most, Since: since})
	if err != nil {
		return nil, fmt.Errorf("read transcript: %w", err)
	}
	lines := make([]schemas.Line, 0, len(rows))
	for _, r := range rows {
		lines = append(lines, schemas.Line{Speaker: schemas.Speaker(r.Speaker), Text: r.Text})
	}
	return lines, nil
}

// HandoffStarted notes that the handoff's workflow runs and returns the
// conversation's head.
func (s *Store) HandoffStarted(ctx context.Context, in schemas.StartHandoffInput) (schemas.Head, error) {
	var head schemas.Head
	conv, err := conversationUUID(in.Conversation)
	if err != nil {
		return head, err
	}
	id, err := parse(schemas.PrefixHandoff, in.Handoff, "handoff")
	if err != nil {
		return head, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		// The conversation's row is locked first, as everywhere.
		if _, ok, err := s.lock(ctx, tx, conv); err != nil || !ok {
			return err
		}
		if err := s.q.MarkHandoffStarted(ctx, tx, id); err != nil {
			return err
		}
		head, err = s.head(ctx, tx, conv)
		return err
	})
	if err != nil {
		return head, fmt.Errorf("mark handoff started: %w", err)
	}
	return head, nil
}
