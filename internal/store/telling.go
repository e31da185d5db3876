package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Tellings are customers who agreed to hear of an answer that there is now,
// oldest first. Who has no address, or has been told, is not among them.
// Spec: D22.
func (s *Store) Tellings(ctx context.Context, most int) ([]schemas.Telling, error) {
	rows, err := s.q.Tellings(ctx, s.pool, int32(most))
	if err != nil {
		return nil, fmt.Errorf("find customers to tell: %w", Unavailable(err))
	}
	out := make([]schemas.Telling, 0, len(rows))
	for _, r := range rows {
		settings, err := decodeSettings(r.Settings)
		if err != nil {
			return nil, err
		}
		t := schemas.Telling{
			Conversation: show[schemas.ConversationID](schemas.PrefixConversation, r.ConversationID), Turn: int(r.Turn),
			Gap: showPtr[schemas.GapID](schemas.PrefixGap, r.GapID), Closing: int(r.Closings), Email: r.Email,
			Question: clip(r.Question, maxGapText), Answer: r.Answer, Language: r.Language, Settings: settings,
			InChat: r.Lifecycle != string(schemas.LifecycleClosed),
		}
		if r.ClosedAt != nil && !t.InChat {
			within := schemas.ChannelKind(r.ChannelKind).ReopenWithin()
			t.InChat = r.Outcome == "" && r.ClosedAt.Add(within).After(r.Now)
		}
		out = append(out, t)
	}
	return out, nil
}

// TellInChat stores the answer as a notice of its conversation, once per
// closing of the gap, and wakes the conversation to send it. Settled: rule 16.
func (s *Store) TellInChat(ctx context.Context, t schemas.Telling, text string) error {
	conv, err := conversationUUID(t.Conversation)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		l, ok, err := s.lock(ctx, tx, conv)
		if err != nil || !ok {
			return err
		}
		told, err := s.markTold(ctx, tx, conv, t, schemas.ToldNotice)
		if err != nil || !told {
			return err
		}
		key := fmt.Sprintf("gap/%s/%d/%d", t.Gap, t.Closing, t.Turn)
		if err := s.notice(ctx, tx, l, schemas.Notice{Event: key, Text: text}); err != nil {
			return err
		}
		return s.putControl(ctx, tx, control{conversation: conv, kind: schemas.ControlWake, dedupe: key + "/" + conv.String()})
	})
	if err != nil {
		return fmt.Errorf("tell in conversation: %w", Unavailable(err))
	}
	return nil
}

func (s *Store) markTold(ctx context.Context, tx dbq.DBTX, conv uuid.UUID, t schemas.Telling, how schemas.Told) (bool, error) {
	n, err := s.q.MarkTold(ctx, tx, dbq.MarkToldParams{Told: string(how), ConversationID: conv, Turn: int32(t.Turn)})
	if err != nil {
		return false, fmt.Errorf("mark told: %w", err)
	}
	return n > 0, nil
}

// ClaimMail takes a customer to be written to, before the mail goes out; false
// when somebody else has.
func (s *Store) ClaimMail(ctx context.Context, t schemas.Telling) (bool, error) {
	conv, err := conversationUUID(t.Conversation)
	if err != nil {
		return false, err
	}
	mine, err := s.markTold(ctx, s.pool, conv, t, schemas.ToldEmail)
	if err != nil {
		return false, fmt.Errorf("claim mail: %w", Unavailable(err))
	}
	return mine, nil
}

// SettleMail stores what became of a claimed mail that did not go out: ToldNot
// has it tried again.
func (s *Store) SettleMail(ctx context.Context, t schemas.Telling, told schemas.Told) error {
	conv, err := conversationUUID(t.Conversation)
	if err != nil {
		return err
	}
	if err := s.q.SettleTold(ctx, s.pool, dbq.SettleToldParams{Told: string(told), ConversationID: conv, Turn: int32(t.Turn)}); err != nil {
		return fmt.Errorf("settle mail: %w", Unavailable(err))
	}
	return nil
}
