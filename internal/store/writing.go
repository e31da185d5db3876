package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// SummaryMaterial is what a model writes the summary of a handoff from: the
// conversation, as history, and the settings that hold now.
func (s *Store) SummaryMaterial(ctx context.Context, id schemas.HandoffID) (schemas.Material, schemas.Reason, error) {
	var m schemas.Material
	var reason schemas.Reason
	err := s.onHandoff(ctx, id, func(tx pgx.Tx, hid uuid.UUID, l locked) error {
		h, err := s.q.HandoffRow(ctx, tx, hid)
		if err != nil {
			return noRows(err, "handoff")
		}
		reason = schemas.Reason(h.Reason)
		m = schemas.Material{Settings: l.settings, Language: l.conv.Language, Channel: schemas.ChannelKind(l.row.ChannelKind)}
		m.Conversation = show[schemas.ConversationID](schemas.PrefixConversation, l.conv.ID)
		m.History, err = s.tail(ctx, tx, l.conv.ID, l.conv.LastSeq+1, summaryLines, nil)
		return err
	})
	if err != nil {
		return m, reason, fmt.Errorf("read conversation for a summary: %w", err)
	}
	return m, reason, nil
}

// SaveBrief puts the model's summary in place of the template's, and its words
// in the place of the short text; nil only notes that the model was asked.
func (s *Store) SaveBrief(ctx context.Context, id schemas.HandoffID, brief *schemas.HandoffSummary) error {
	hid, err := parse(schemas.PrefixHandoff, id, "handoff")
	if err != nil {
		return err
	}
	if brief == nil {
		return s.q.BriefAsked(ctx, s.pool, hid)
	}
	raw, err := json.Marshal(brief)
	if err != nil {
		return fmt.Errorf("encode summary: %w", err)
	}
	text := brief.Problem
	if text == "" {
		text = brief.SuggestedNext
	}
	if _, err := s.q.SetBrief(ctx, s.pool, dbq.SetBriefParams{Brief: raw, Summary: plain(text, schemas.SummaryLength), ID: hid}); err != nil {
		return fmt.Errorf("store summary: %w", err)
	}
	return nil
}

// DraftMaterial is what a draft of an answer to a customer's message is made of.
// It is not needed any more when the message is not the latest or a person has
// answered.
func (s *Store) DraftMaterial(ctx context.Context, in schemas.HandoffWriteInput) (schemas.Material, bool, error) {
	var m schemas.Material
	needed := false
	err := s.onHandoff(ctx, in.Handoff, func(tx pgx.Tx, hid uuid.UUID, l locked) error {
		seq, err := s.q.AwaitsPerson(ctx, tx, l.conv.ID)
		if err != nil {
			return fmt.Errorf("read what waits for the person: %w", err)
		}
		if needed = seq == in.Seq; !needed {
			return nil
		}
		q, err := s.q.DraftQuestion(ctx, tx, in.Seq, hid)
		if err != nil {
			return noRows(err, "message")
		}
		m = schemas.Material{
			Agent: show[schemas.AgentID](schemas.PrefixAgent, q.AgentID), Questions: []string{q.Text}, Language: q.Language,
			Channel: schemas.ChannelKind(q.ChannelKind), Identity: schemas.IdentityLevel(q.Identity), Settings: l.settings,
		}
		// A draft makes no calls.
		m.Settings.Actions = nil
		m.Conversation = show[schemas.ConversationID](schemas.PrefixConversation, l.conv.ID)
		m.History, err = s.tail(ctx, tx, l.conv.ID, q.Seq, historyLines, nil)
		return err
	})
	if err != nil {
		return m, false, fmt.Errorf("read conversation for a draft: %w", err)
	}
	return m, needed, nil
}

// KeepDraft notes a draft for the person who has the conversation, once per
// message and only while it still waits for them. An empty text notes that there
// is none.
func (s *Store) KeepDraft(ctx context.Context, in schemas.HandoffWriteInput, text string) (bool, error) {
	saved := false
	err := s.onHandoff(ctx, in.Handoff, func(tx pgx.Tx, hid uuid.UUID, l locked) error {
		saved = false
		seq, err := s.q.AwaitsPerson(ctx, tx, l.conv.ID)
		if err != nil {
			return fmt.Errorf("read what waits for the person: %w", err)
		}
		if err := s.q.Drafted(ctx, tx, in.Seq, hid); err != nil {
			return fmt.Errorf("mark draft: %w", err)
		}
		if text == "" || seq != in.Seq {
			return nil
		}
		saved = true
		return s.note(ctx, tx, l, fmt.Sprintf("draft/%d", in.Seq), text)
	})
	if err != nil {
		return false, fmt.Errorf("store draft: %w", err)
	}
	return saved, nil
}

// onHandoff runs f on a handoff's conversation under its lock.
func (s *Store) onHandoff(ctx context.Context, id schemas.HandoffID, f func(tx pgx.Tx, hid uuid.UUID, l locked) error) error {
	hid, err := parse(schemas.PrefixHandoff, id, "handoff")
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		conv, err := s.q.HandoffConversation(ctx, tx, hid)
		if err != nil {
			return noRows(err, "handoff")
		}
		l, ok, err := s.lock(ctx, tx, conv)
		if err != nil {
			return err
		}
		if !ok {
			return notFound("conversation")
		}
		return f(tx, hid, l)
	})
}
