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

// deskUserPrefix begins the names of the users in whose names destinations act.
const deskUserPrefix = "Desk: "

// Desks are the destinations that handoffs also go to, by name.
func (s *Store) Desks(ctx context.Context) ([]schemas.Desk, error) { return s.desks(ctx, s.pool) }

func (s *Store) desks(ctx context.Context, tx dbq.DBTX) ([]schemas.Desk, error) {
	rows, err := s.q.DeskRows(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("list destinations: %w", err)
	}
	out := make([]schemas.Desk, 0, len(rows))
	for _, r := range rows {
		d, err := deskFrom(r.Desks)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// Desk is the destination of an id. It is KindNotFound when there is none.
func (s *Store) Desk(ctx context.Context, id schemas.DeskID) (schemas.Desk, error) {
	did, err := parse(schemas.PrefixDesk, id, "destination")
	if err != nil {
		return schemas.Desk{}, err
	}
	row, err := s.q.DeskByID(ctx, s.pool, did)
	if err != nil {
		return schemas.Desk{}, Unavailable(noRows(err, "destination"))
	}
	return deskFrom(row.Desks)
}

// PutDesk makes a destination or replaces the one of the same name, which keeps
// its id. The caller has validated it. A new one gets a user of its own, in
// whose name it takes and answers conversations; it is KindConflict when a
// person has that user's name. What is under way goes by the new settings at the
// next step.
func (s *Store) PutDesk(ctx context.Context, d schemas.Desk) (schemas.Desk, error) {
	definition, err := json.Marshal(d)
	if err != nil {
		return d, fmt.Errorf("encode destination: %w", err)
	}
	var out schemas.Desk
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		user, err := s.q.DeskUserOf(ctx, tx, d.Name)
		if noSuch(err) {
			user, err = s.q.PutDeskUser(ctx, tx, newID(), deskUserPrefix+d.Name)
			if noSuch(err) {
				return schemas.NewError(schemas.KindConflict, "a person has the name that the destination would act under; name it otherwise")
			}
		}
		if err != nil {
			return fmt.Errorf("make user of destination: %w", err)
		}
		row, err := s.q.PutDesk(ctx, tx, dbq.PutDeskParams{ID: newID(), Name: d.Name, Definition: definition, UserID: user})
		if err != nil {
			return err
		}
		out, err = deskFrom(row.Desks)
		return err
	})
	if err != nil {
		return d, fmt.Errorf("store destination: %w", err)
	}
	return out, nil
}

// DeleteDesk removes a destination with what it was not told yet. Its user stays
// with the conversations it took part in.
func (s *Store) DeleteDesk(ctx context.Context, id schemas.DeskID) error {
	did, err := parse(schemas.PrefixDesk, id, "destination")
	if err != nil {
		return err
	}
	n, err := s.q.DeleteDesk(ctx, s.pool, did)
	if err != nil {
		return fmt.Errorf("delete destination: %w", err)
	}
	if n == 0 {
		return notFound("destination")
	}
	return nil
}

func deskFrom(row dbq.Desks) (schemas.Desk, error) {
	var out schemas.Desk
	if err := json.Unmarshal(row.Definition, &out); err != nil {
		return out, fmt.Errorf("read destination: %w", err)
	}
	out.ID, out.Name, out.CreatedAt = show[schemas.DeskID](schemas.PrefixDesk, row.ID), row.Name, row.CreatedAt
	return out, nil
}

// openDesks has every destination that takes a handoff open it. The transcript
// goes along; what becomes visible later follows.
func (s *Store) openDesks(ctx context.Context, tx pgx.Tx, l locked, handoff uuid.UUID, reason schemas.Reason, team schemas.TeamID) error {
	desks, err := s.desks(ctx, tx)
	if err != nil {
		return err
	}
	for _, d := range desks {
		if !d.Takes(reason, team) {
			continue
		}
		id, err := parse(schemas.PrefixDesk, d.ID, "destination")
		if err != nil {
			return err
		}
		if err := s.q.PutHandoffDesk(ctx, tx, dbq.PutHandoffDeskParams{HandoffID: handoff, DeskID: id, SeenSeq: l.conv.LastSeq}); err != nil {
			return fmt.Errorf("write destination of handoff: %w", err)
		}
		if err := s.q.PutDeskOpening(ctx, tx, dbq.PutDeskOpeningParams{
			HandoffID: handoff, DeskID: id, Key: "open",
		}); err != nil {
			return fmt.Errorf("write opening: %w", err)
		}
	}
	return nil
}

// tellMessage has the destinations of a conversation's live handoff told of a
// message that has become visible, and wakes the handoff.
func (s *Store) tellMessage(ctx context.Context, tx pgx.Tx, handoff *uuid.UUID, message uuid.UUID) error {
	if handoff == nil {
		return nil
	}
	if _, err := s.q.PutDeskMessage(ctx, tx, message); err != nil {
		return fmt.Errorf("tell destinations of a message: %w", err)
	}
	return s.wakeHandoff(ctx, tx, *handoff)
}

// tellState has the destinations of a handoff told of its new state.
func (s *Store) tellState(ctx context.Context, tx pgx.Tx, handoff uuid.UUID, state schemas.HandoffState, by string) error {
	n, err := s.q.PutDeskUpdate(ctx, tx, dbq.PutDeskUpdateParams{
		HandoffID: handoff, Key: "state/" + string(state), UpdateState: string(state), UpdateBy: by,
	})
	if err != nil {
		return fmt.Errorf("tell destinations of a state: %w", err)
	}
	if n == 0 {
		return nil
	}
	return s.wakeHandoff(ctx, tx, handoff)
}

// wakeHandoff has the handoff's workflow read its row when the transaction
// commits. A notification that is lost is made good by the sweep, which finds
// the row overdue.
func (s *Store) wakeHandoff(ctx context.Context, tx pgx.Tx, handoff uuid.UUID) error {
	if err := s.q.LookNow(ctx, tx, handoff); err != nil {
		return fmt.Errorf("have handoff looked at: %w", err)
	}
	return s.notify(ctx, tx, NotifyHandoff, string(show[schemas.HandoffID](schemas.PrefixHandoff, handoff)))
}
