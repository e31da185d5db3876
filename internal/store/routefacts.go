package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/schemas"
)

// routeFacts is what the routing rules decide on.
func (s *Store) routeFacts(ctx context.Context, tx pgx.Tx, l locked, v schemas.Verdict) (schemas.RouteFacts, error) {
	f := schemas.RouteFacts{
		Now: l.row.Now, Reason: v.Reason, Language: l.conv.Language, Channel: schemas.ChannelKind(l.row.ChannelKind), Settings: l.settings.Handoff,
	}
	var err error
	if f.Properties, f.ContactOwner, err = s.properties(ctx, tx, l.conv.ContactID); err != nil {
		return f, err
	}
	previous, err := s.q.PreviousHuman(ctx, tx, l.conv.ContactID)
	switch {
	case noSuch(err):
	case err != nil:
		return f, fmt.Errorf("find whoever had the customer before: %w", err)
	default:
		f.PreviousHuman, f.PreviousHumanAt = show[schemas.UserID](schemas.PrefixUser, previous.UserID), previous.Until
	}
	return f, nil
}

// properties are what the embedded CRM knows of a contact, by kind of record,
// and the user who owns the record; nothing without a record. Another CRM is not
// asked inside a transaction.
func (s *Store) properties(ctx context.Context, tx pgx.Tx, contact uuid.UUID) (map[schemas.ObjectType]map[string]string, schemas.UserID, error) {
	rows, err := s.q.ContactProperties(ctx, tx, contact)
	if err != nil {
		return nil, "", fmt.Errorf("read properties of the customer: %w", err)
	}
	var owner schemas.UserID
	out := make(map[schemas.ObjectType]map[string]string, len(rows))
	for _, r := range rows {
		var props map[string]string
		if err := json.Unmarshal(r.Props, &props); err != nil {
			return nil, "", fmt.Errorf("read properties of the customer: %w", err)
		}
		out[schemas.ObjectType(r.Type)] = props
		if r.Owner != uuid.Nil {
			owner = show[schemas.UserID](schemas.PrefixUser, r.Owner)
		}
	}
	return out, owner, nil
}

// people says who could take a conversation that goes along a plan now: those
// who are named, and the team.
func (s *Store) people(ctx context.Context, tx pgx.Tx, plan schemas.RoutePlan, l locked) (schemas.PeopleFacts, error) {
	out := schemas.PeopleFacts{Now: l.row.Now, Plan: plan}
	named, err := s.namedMembers(ctx, tx, plan.People, schemas.TierPeople, nil)
	if err != nil {
		return out, err
	}
	team, err := s.members(ctx, tx, plan.Team, schemas.TierTeam, nil)
	if err != nil {
		return out, err
	}
	out.Members = union(named, team)
	queued, err := s.q.QueuedConversations(ctx, tx)
	if err != nil {
		return out, fmt.Errorf("count queue: %w", err)
	}
	out.Queued = int(queued)
	return out, nil
}
