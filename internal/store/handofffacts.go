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

func (s *Store) handoffFacts(ctx context.Context, tx pgx.Tx, l locked, h dbq.HandoffRowRow) (schemas.HandoffFacts, error) {
	f := schemas.HandoffFacts{
		Now: l.row.Now, Exists: true, Handoff: show[schemas.HandoffID](schemas.PrefixHandoff, h.ID),
		State: schemas.HandoffState(h.State), Reason: schemas.Reason(h.Reason), Tier: schemas.Tier(h.Tier), Offer: int(h.Offer),
		Offered: showPtr[schemas.UserID](schemas.PrefixUser, h.OfferedTo), Accepted: showPtr[schemas.UserID](schemas.PrefixUser, h.AcceptedBy),
		Deadline: timeOf(h.Deadline), Settings: l.settings.Handoff, Profile: l.settings.Profile, FallbackTold: h.FallbackTold,
		Escalated: int(h.Escalations), EscalatedAt: timeOf(h.EscalatedAt), Language: l.conv.Language,
		EmailKnown: l.counts.EmailKnown, EmailAsked: l.conv.EmailAsked,
		AskEmail: l.settings.For(schemas.ChannelKind(l.row.ChannelKind)).AskEmail, Deferred: h.Deferred,
		CreatedAt: h.CreatedAt, WarnedFor: timeOf(h.WarnedFor), BreachedFor: timeOf(h.BreachedFor),
	}
	if f.State.Ended() {
		return f, nil
	}
	var err error
	if f.Plan, err = planFrom(h.Plan); err != nil {
		return f, err
	}
	if len(h.Plan) == 0 {
		f.Plan = schemas.RoutePlan{Team: l.settings.Handoff.Team, Fallback: l.settings.Handoff.Fallback}
	}
	if f.Replied, err = s.q.HasReplied(ctx, tx, h.ID); err != nil {
		return f, fmt.Errorf("read whether a person has answered: %w", err)
	}
	if err := s.tierMembers(ctx, tx, h.ID, &f); err != nil {
		return f, err
	}
	return f, s.waitingSince(ctx, tx, l, h, &f)
}

// tierMembers reads the members of the current tier. The shared queue is
// everybody's, and a handoff that the agent keeps for now waits for anybody.
func (s *Store) tierMembers(ctx context.Context, tx pgx.Tx, id uuid.UUID, f *schemas.HandoffFacts) error {
	fallback := f.Plan.Fallback
	everybody := f.Tier == schemas.TierShared || f.Deferred
	if f.Tier == schemas.TierPeople || f.Deferred {
		named, err := s.namedMembers(ctx, tx, f.Plan.People, f.Tier, &id)
		if err != nil {
			return err
		}
		f.Members = named
	}
	if f.Tier == schemas.TierTeam || everybody {
		members, err := s.members(ctx, tx, f.Plan.Team, f.Tier, &id)
		if err != nil {
			return err
		}
		f.Members = union(f.Members, members)
	}
	if fallback == "" {
		return nil
	}
	members, err := s.members(ctx, tx, fallback, f.Tier, &id)
	if err != nil {
		return err
	}
	f.HasFallback = len(members) > 0
	if f.Tier == schemas.TierFallback || everybody {
		f.Members = union(f.Members, members)
	}
	return nil
}

// namedMembers are users by id, in the order of ids; no ids are nobody.
func (s *Store) namedMembers(ctx context.Context, tx pgx.Tx, users []schemas.UserID, tier schemas.Tier, handoff *uuid.UUID) ([]schemas.Member, error) {
	if len(users) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, 0, len(users))
	for _, u := range users {
		// A plan may name somebody who is gone.
		if id, err := parse(schemas.PrefixUser, u, "user"); err == nil {
			ids = append(ids, id)
		}
	}
	rows, err := s.q.MembersOf(ctx, tx, dbq.MembersOfParams{HandoffID: handoff, Tier: string(tier), Named: ids})
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	return membersFrom(rows)
}

func membersFrom(rows []dbq.MembersOfRow) ([]schemas.Member, error) {
	out := make([]schemas.Member, 0, len(rows))
	for _, r := range rows {
		m := schemas.Member{
			User: show[schemas.UserID](schemas.PrefixUser, r.ID), Name: r.Name, Presence: schemas.Presence(r.Presence),
			Capacity: int(r.Capacity), Load: int(r.Load), LastOffered: timeOf(r.LastOffered), Asked: r.Asked, Skills: r.Skills,
		}
		if err := json.Unmarshal(r.Hours, &m.Hours); err != nil {
			return nil, fmt.Errorf("read a user's hours: %w", err)
		}
		out = append(out, m)
	}
	return out, nil
}

// waitingSince reads since when the customer waits for the person who accepted.
func (s *Store) waitingSince(ctx context.Context, tx pgx.Tx, l locked, h dbq.HandoffRowRow, f *schemas.HandoffFacts) error {
	if f.State != schemas.HandoffAccepted {
		return nil
	}
	since, err := s.q.WaitingSince(ctx, tx, l.conv.ID)
	switch {
	case noSuch(err):
	case err != nil:
		return fmt.Errorf("read how long the customer waits: %w", err)
	case since.Before(timeOf(h.AcceptedAt)):
		f.WaitingSince = timeOf(h.AcceptedAt)
	default:
		f.WaitingSince = since
	}
	return nil
}

// union is a with those of b who are not in it.
func union(a, b []schemas.Member) []schemas.Member {
	in := make(map[schemas.UserID]bool, len(a))
	for _, m := range a {
		in[m.User] = true
	}
	for _, m := range b {
		if !in[m.User] {
			a = append(a, m)
		}
	}
	return a
}
