package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// summaryLines is how much of the transcript the summary for people rests on.
const summaryLines = 20

// handOff gives the conversation to people: it writes the handoff, passes
// ownership to the queue and stores the one transfer message, all in the
// caller's transaction. Spec: D19. Settled: rules 16, 20.
func (s *Store) handOff(ctx context.Context, tx pgx.Tx, l locked, v schemas.Verdict, rules schemas.Rules) (schemas.HandoffID, error) {
	if l.conv.Preview {
		return "", s.previewHandOff(ctx, tx, l, v, rules)
	}
	id := newID()
	people, err := s.people(ctx, tx, l.settings.Handoff, l.row.Now)
	if err != nil {
		return "", err
	}
	lines, err := s.tail(ctx, tx, l.conv.ID, l.conv.LastSeq+1, summaryLines, nil)
	if err != nil {
		return "", err
	}
	if l.conv.Owner != string(schemas.OwnerQueue) {
		if l.conv.Epoch, err = s.changeOwner(ctx, tx, l, change{
			to: schemas.OwnerQueue, by: "steward", reason: string(v.Reason), release: v.Release,
		}); err != nil {
			return "", err
		}
	}
	if !v.Release {
		if err := s.q.LeaveToPeople(ctx, tx, l.conv.ID); err != nil {
			return "", err
		}
	}
	if err := s.q.PutHandoff(ctx, tx, dbq.PutHandoffParams{
		ID: id, ConversationID: l.conv.ID, Epoch: l.conv.Epoch, Engagement: l.conv.Engagement,
		State: string(schemas.HandoffWaiting), Reason: string(v.Reason), Summary: rules.Summary(l.facts, v, lines),
	}); err != nil {
		return "", fmt.Errorf("write handoff: %w", err)
	}
	if err := s.q.SetHandoff(ctx, tx, dbq.SetHandoffParams{HandoffID: id, Reason: string(v.Reason), ByHuman: false, ID: l.conv.ID}); err != nil {
		return "", fmt.Errorf("set handoff: %w", err)
	}
	if err := s.settleButEnd(ctx, tx, l); err != nil {
		return "", err
	}
	n := rules.Notice(l.facts, v, people)
	n.Event = "handoff/" + id.String()
	if n.Nobody {
		if err := s.q.SetFallbackTold(ctx, tx, id); err != nil {
			return "", fmt.Errorf("mark fallback told: %w", err)
		}
	}
	return show[schemas.HandoffID](schemas.PrefixHandoff, id), s.notice(ctx, tx, l, n)
}

// endHandoff ends the conversation's live handoff, if there is one, and
// withdraws an offer that is out.
func (s *Store) endHandoff(ctx context.Context, tx pgx.Tx, c dbq.Conversations, state schemas.HandoffState) error {
	if c.HandoffID == nil {
		return nil
	}
	if err := s.q.EndOffer(ctx, tx, "withdrawn", *c.HandoffID); err != nil {
		return fmt.Errorf("withdraw offer: %w", err)
	}
	if _, err := s.q.EndHandoff(ctx, tx, string(state), *c.HandoffID); err != nil {
		return fmt.Errorf("end handoff: %w", err)
	}
	return nil
}

// people says who could take a conversation of this configuration now.
func (s *Store) people(ctx context.Context, tx pgx.Tx, h schemas.HandoffSettings, now time.Time) (schemas.PeopleFacts, error) {
	members, err := s.members(ctx, tx, h.Team, schemas.TierTeam, nil)
	if err != nil {
		return schemas.PeopleFacts{}, err
	}
	queued, err := s.q.QueuedConversations(ctx, tx)
	if err != nil {
		return schemas.PeopleFacts{}, fmt.Errorf("count queue: %w", err)
	}
	return schemas.PeopleFacts{Now: now, Members: members, Queued: int(queued)}, nil
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
	out := make([]schemas.Member, 0, len(rows))
	for _, r := range rows {
		m := schemas.Member{
			User: show[schemas.UserID](schemas.PrefixUser, r.ID), Name: r.Name, Presence: schemas.Presence(r.Presence),
			Capacity: int(r.Capacity), Load: int(r.Load), LastOffered: timeOf(r.LastOffered), Asked: r.Asked,
		}
		if err := json.Unmarshal(r.Hours, &m.Hours); err != nil {
			return nil, fmt.Errorf("read a user's hours: %w", err)
		}
		out = append(out, m)
	}
	return out, nil
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
