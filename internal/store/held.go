package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// holdReply keeps a reply until a person has decided about it, and tells the
// customer that. The turn is over; what the reply begins, such as the next
// question of a goal, begins when it is sent. Spec: D21. Settled: rule 7.
func (s *Store) holdReply(ctx context.Context, tx pgx.Tx, l locked, in schemas.ComposeInput, r schemas.Reply) error {
	hold := *r.Hold
	r.Hold = nil
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode reply: %w", err)
	}
	hash := sha256.Sum256([]byte(r.Text))
	p := dbq.PutPendingParams{
		ID: newID(), ConversationID: l.conv.ID, Kind: string(schemas.PendingReply), Turn: int32(in.Turn), Step: int32(in.Step),
		ArgsHash: hex.EncodeToString(hash[:]), Text: r.Text, Reply: raw, Wait: hold.Wait, Escalate: hold.Escalate,
	}
	if hold.Team != "" {
		team, err := parse(schemas.PrefixTeam, hold.Team, "team")
		if err != nil {
			return err
		}
		p.TeamID = &team
	}
	if _, err := s.put(ctx, tx, l, outgoing{
		class: schemas.ClassReply, speaker: schemas.SpeakerAgent, name: l.settings.Profile.Name,
		text: hold.Text, version: l.row.Published, key: fmt.Sprintf("%s/%d/%d", l.conv.ID, in.Turn, in.Step),
	}); err != nil {
		return err
	}
	if err := s.q.PutPending(ctx, tx, p); err != nil {
		return fmt.Errorf("store what is waited for: %w", err)
	}
	if err := s.q.AfterHold(ctx, tx, l.facts.Untaken > 0, l.conv.ID); err != nil {
		return fmt.Errorf("update conversation: %w", err)
	}
	if err := s.notify(ctx, tx, NotifyChat, l.conv.ID.String()); err != nil {
		return err
	}
	return s.finishTurn(ctx, tx, l.conv.ID, in, "composed", r)
}

// composeHeld ends the turn about a reply that waited for a person: it is sent
// as it was approved, or people get the conversation. Spec: D21.
func (s *Store) composeHeld(ctx context.Context, tx pgx.Tx, l locked, in schemas.ComposeInput, row dbq.TurnRowRow, rules schemas.ComposeRules) (schemas.Composed, error) {
	if l.facts.Untaken > 0 {
		// The customer has written meanwhile: this turn takes that up.
		return schemas.ComposedStale, nil
	}
	p, err := s.q.PendingRow(ctx, tx, *row.ResumePending)
	if err != nil {
		return "", fmt.Errorf("read what was asked: %w", err)
	}
	f := schemas.ComposeFacts{Facts: l.facts, Held: &schemas.HeldReply{Answer: schemas.PendingState(row.ResumeAnswer)}}
	if err := json.Unmarshal(p.Pendings.Reply, &f.Held.Reply); err != nil {
		return "", fmt.Errorf("read reply: %w", err)
	}
	if f.Held.Stale, err = s.gone(ctx, tx, l.conv.AgentID, f.Held.Reply.Chunks); err != nil {
		return "", err
	}
	r := rules.Reply(f)
	if r.Verdict == schemas.ComposedHandOff {
		if err := s.q.SettlePending(ctx, tx, row.ResumeAnswer, p.Pendings.ID); err != nil {
			return "", fmt.Errorf("settle what was asked: %w", err)
		}
		return r.Verdict, s.composeHandOff(ctx, tx, l, in, r, rules)
	}
	used, err := s.q.UsePending(ctx, tx, p.Pendings.ID)
	if err != nil || used == 0 {
		return schemas.ComposedStale, err
	}
	return r.Verdict, s.composeReply(ctx, tx, l, in, r)
}

// gone reports whether content that a reply rests on is no longer there.
func (s *Store) gone(ctx context.Context, tx pgx.Tx, agent uuid.UUID, chunks []schemas.ChunkID) (bool, error) {
	ids := make([]uuid.UUID, 0, len(chunks))
	for _, c := range chunks {
		id, err := parse(schemas.PrefixChunk, c, "chunk")
		if err != nil {
			return false, err
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return false, nil
	}
	there, err := s.q.PassagesOf(ctx, tx, ids, agent)
	if err != nil {
		return false, fmt.Errorf("look for cited content: %w", err)
	}
	return len(there) < len(ids), nil
}
