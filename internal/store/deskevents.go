package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// maxDeskText bounds what comes from a destination, in characters, and
// maxDeskReply what of it can be sent to a customer.
const (
	maxDeskText  = 16000
	maxDeskReply = 4000
)

// DeskEvent does what somebody did in a destination, once per destination and
// event, in the name of the destination's user, as a person does it. Only a
// handoff that went there can be reached. An answer takes the conversation first
// where nobody has it; what cannot be done any more is noted for people, text
// and all. Spec: S50. Settled: rules 14, 15.
func (s *Store) DeskEvent(ctx context.Context, desk schemas.DeskID, e schemas.DeskEvent) (schemas.DeskResult, error) {
	id, err := parse(schemas.PrefixDesk, desk, "destination")
	if err != nil {
		return "", err
	}
	if !e.Kind.Valid() || e.Kind == schemas.DeskChallenge || e.ID == "" {
		return schemas.DeskIgnored, nil
	}
	result := schemas.DeskTwice
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		result = schemas.DeskTwice
		row, found, err := s.handoffOfEvent(ctx, tx, id, e)
		if err != nil {
			return err
		}
		p := dbq.PutDeskEventParams{DeskID: id, EventID: plain(e.ID, maxReason), Kind: string(e.Kind)}
		if found {
			p.HandoffID = &row.HandoffID
		}
		n, err := s.q.PutDeskEvent(ctx, tx, p)
		if err != nil || n == 0 {
			return err
		}
		if result = schemas.DeskIgnored; !found {
			return nil
		}
		if result, err = s.doDeskEvent(ctx, tx, id, row, e); err != nil {
			return err
		}
		return s.q.SettleDeskEvent(ctx, tx, dbq.SettleDeskEventParams{Result: string(result), DeskID: id, EventID: p.EventID})
	})
	if err != nil {
		return "", fmt.Errorf("take event of destination: %w", Unavailable(err))
	}
	return result, nil
}

func (s *Store) handoffOfEvent(ctx context.Context, tx pgx.Tx, desk uuid.UUID, e schemas.DeskEvent) (dbq.HandoffOfDeskRow, bool, error) {
	p := dbq.HandoffOfDeskParams{DeskID: desk, ExternalRef: e.Ref}
	if e.Handoff != "" {
		h, err := parse(schemas.PrefixHandoff, e.Handoff, "handoff")
		if err != nil {
			return dbq.HandoffOfDeskRow{}, false, nil
		}
		p.HandoffID = &h
	}
	row, err := s.q.HandoffOfDesk(ctx, tx, p)
	if noSuch(err) {
		return row, false, nil
	}
	if err != nil {
		return row, false, fmt.Errorf("find handoff of event: %w", err)
	}
	return row, true, nil
}

// doDeskEvent acts on the conversation under its lock.
func (s *Store) doDeskEvent(ctx context.Context, tx pgx.Tx, desk uuid.UUID, row dbq.HandoffOfDeskRow, e schemas.DeskEvent) (schemas.DeskResult, error) {
	l, ok, err := s.lock(ctx, tx, row.ConversationID)
	if err != nil || !ok {
		return schemas.DeskIgnored, err
	}
	h := human{locked: l, user: row.UserID, name: e.Author}
	if h.name == "" {
		h.name = row.Name
	}
	key := "desk/" + desk.String() + "/" + e.ID
	e.Text = plain(e.Text, maxDeskText)
	if e.Kind == schemas.DeskNote {
		return schemas.DeskDidIt, s.note(ctx, tx, l, key, h.name+" ("+row.Name+"): "+e.Text)
	}
	current := l.conv.HandoffID != nil && *l.conv.HandoffID == row.HandoffID && !l.facts.HandoffState.Ended()
	if current {
		err = s.deskActs(ctx, tx, h, key, e)
		if schemas.KindOf(err) != schemas.KindConflict {
			return schemas.DeskDidIt, err
		}
	}
	text := fmt.Sprintf("%s (%s) did “%s”, which is no longer possible here.", h.name, row.Name, e.Kind)
	if e.Text != "" {
		text += " Their text was not sent: " + e.Text
	}
	return schemas.DeskNoted, s.note(ctx, tx, l, key, text)
}

// deskActs does what a person would. A refusal is KindConflict and changes
// nothing.
func (s *Store) deskActs(ctx context.Context, tx pgx.Tx, h human, key string, e schemas.DeskEvent) error {
	switch e.Kind {
	case schemas.DeskTake:
		return s.takeOver(ctx, tx, h)
	case schemas.DeskReply:
		if e.Text == "" || len([]rune(e.Text)) > maxDeskReply {
			return schemas.NewError(schemas.KindConflict, "the text is empty or too long for the customer")
		}
		if err := s.takeOver(ctx, tx, h); err != nil {
			return err
		}
		l, ok, err := s.lock(ctx, tx, h.conv.ID)
		if err != nil || !ok {
			return err
		}
		h.locked = l
		_, err = s.humanReply(ctx, tx, h, HumanReply{Text: e.Text, Key: key})
		return err
	case schemas.DeskGiveBack:
		if h.conv.AssignedTo == nil || *h.conv.AssignedTo != h.user {
			return schemas.NewError(schemas.KindConflict, "the destination does not have this conversation")
		}
		return s.giveBack(ctx, tx, h)
	case schemas.DeskClose:
		if h.conv.Owner == string(schemas.OwnerQueue) {
			if err := s.takeOver(ctx, tx, h); err != nil {
				return err
			}
			// Whoever closes it has read what the customer wrote.
			if err := s.q.LeaveToPeople(ctx, tx, h.conv.ID); err != nil {
				return err
			}
			l, ok, err := s.lock(ctx, tx, h.conv.ID)
			if err != nil || !ok {
				return err
			}
			h.locked = l
		}
		return s.closeByHuman(ctx, tx, h)
	case schemas.DeskNote, schemas.DeskChallenge:
	}
	return nil
}
