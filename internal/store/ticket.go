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

// ticketLines is how much of the transcript a destination gets.
const ticketLines = 50

// ticket is a handoff as a destination gets it, with the transcript up to a
// place.
func (s *Store) ticket(ctx context.Context, tx pgx.Tx, id uuid.UUID, seen int64) (*schemas.Ticket, error) {
	f, err := s.q.TicketFacts(ctx, tx, id)
	if err != nil {
		return nil, fmt.Errorf("read handoff: %w", err)
	}
	t := &schemas.Ticket{
		Handoff:      show[schemas.HandoffID](schemas.PrefixHandoff, id),
		Conversation: show[schemas.ConversationID](schemas.PrefixConversation, f.ConversationID),
		Channel:      schemas.ChannelKind(f.ChannelKind), Reason: schemas.Reason(f.Reason), Language: f.Language,
		Priority: schemas.Priority(f.Priority), CreatedAt: f.CreatedAt.UTC(), Contact: contactCard(f),
	}
	plan, err := planFrom(f.Plan)
	if err != nil {
		return nil, err
	}
	t.Team = plan.Team
	if len(f.Brief) > 0 {
		if err := json.Unmarshal(f.Brief, &t.Summary); err != nil {
			return nil, fmt.Errorf("read summary: %w", err)
		}
	}
	if err := s.ticketLines(ctx, tx, t, f.ConversationID, seen); err != nil {
		return nil, err
	}
	t.Actions, err = s.ticketActions(ctx, tx, f.ConversationID)
	return t, err
}

func contactCard(f dbq.TicketFactsRow) schemas.ContactCard {
	return schemas.ContactCard{
		ID: show[schemas.ContactID](schemas.PrefixContact, f.ContactID), Name: f.DisplayName, Email: f.Email,
		Level: schemas.IdentityLevel(f.Identity),
	}
}

func (s *Store) ticketLines(ctx context.Context, tx pgx.Tx, t *schemas.Ticket, conv uuid.UUID, seen int64) error {
	rows, err := s.q.TicketLines(ctx, tx, dbq.TicketLinesParams{ConversationID: conv, Seen: seen, Most: ticketLines})
	if err != nil {
		return fmt.Errorf("read transcript: %w", err)
	}
	known := map[string]bool{}
	for _, r := range rows {
		line := schemas.TicketLine{
			Message: show[schemas.MessageID](schemas.PrefixMessage, r.ID), Speaker: schemas.Speaker(r.Speaker), Text: r.Text, At: r.CreatedAt.UTC(),
		}
		if line.Speaker == schemas.SpeakerHuman {
			line.Name = r.SpeakerName
		}
		t.Transcript = append(t.Transcript, line)
		var cited []schemas.Citation
		if err := json.Unmarshal(r.Citations, &cited); err != nil {
			return fmt.Errorf("read citations: %w", err)
		}
		for _, c := range cited {
			if key := c.Title + "\n" + c.URL; !known[key] {
				known[key] = true
				t.Citations = append(t.Citations, c)
			}
		}
	}
	return nil
}

func (s *Store) ticketActions(ctx context.Context, tx dbq.DBTX, conv uuid.UUID) ([]schemas.ActionRun, error) {
	rows, err := s.q.TicketActions(ctx, tx, conv)
	if err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	var out []schemas.ActionRun
	for _, r := range rows {
		out = append(out, schemas.ActionRun{Action: r.Action, State: schemas.RunState(r.State)})
	}
	return out, nil
}

// deskMessage is a message as a destination gets it.
func (s *Store) deskMessage(ctx context.Context, tx pgx.Tx, handoff, message uuid.UUID, tries int) (*schemas.DeskMessage, error) {
	m, err := s.q.DeskMessageRow(ctx, tx, message)
	if err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	f, err := s.q.TicketFacts(ctx, tx, handoff)
	if err != nil {
		return nil, fmt.Errorf("read handoff: %w", err)
	}
	out := &schemas.DeskMessage{
		Key: string(show[schemas.MessageID](schemas.PrefixMessage, m.ID)), Speaker: schemas.Speaker(m.Speaker), Text: m.Text,
		Note: m.Visibility == "private", At: m.CreatedAt.UTC(), Tries: tries, Contact: contactCard(f),
	}
	if out.Speaker == schemas.SpeakerHuman {
		out.Name = m.SpeakerName
	}
	return out, nil
}

// planFrom reads where a handoff goes; a handoff made by a takeover has no plan.
func planFrom(raw []byte) (schemas.RoutePlan, error) {
	var plan schemas.RoutePlan
	if len(raw) == 0 {
		return plan, nil
	}
	if err := json.Unmarshal(raw, &plan); err != nil {
		return plan, fmt.Errorf("read plan of handoff: %w", err)
	}
	return plan, nil
}
