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

// How steps at destinations are repeated.
const (
	deskPauseMin = 5 * time.Second
	deskPauseMax = 10 * time.Minute
	// deskGivesUp is after which time a step that cannot be made is given up.
	deskGivesUp = 24 * time.Hour
	// deskUnknowns is how often a step is made that may have had its effect.
	deskUnknowns = 8
)

// ClaimDeskStep claims the next step of a handoff that is due at one of its
// destinations; nil when none is. It first settles the step before: by its
// result, or as one whose worker died. again says whether a destination lets a
// step be made again of which nobody knows whether it had its effect.
// Settled: rule 8.
func (s *Store) ClaimDeskStep(ctx context.Context, in schemas.DeskStepInput, again func(schemas.Desk) bool) (*schemas.DeskClaim, error) {
	var out *schemas.DeskClaim
	id, err := parse(schemas.PrefixHandoff, in.Handoff, "handoff")
	if err != nil {
		return nil, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		out = nil
		conv, err := s.q.HandoffConversation(ctx, tx, id)
		if err != nil {
			return noRows(err, "handoff")
		}
		// The conversation's row is locked first, as everywhere.
		l, ok, err := s.lock(ctx, tx, conv)
		if err != nil || !ok {
			return err
		}
		if err := s.settleLostDesk(ctx, tx, l, id, in.Lost, again); err != nil {
			return err
		}
		row, err := s.q.NextDeskStep(ctx, tx, id)
		if noSuch(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find next step: %w", err)
		}
		out, err = s.claimDesk(ctx, tx, id, row)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim step of destination: %w", err)
	}
	return out, nil
}

// settleLostDesk settles the steps whose workers died.
func (s *Store) settleLostDesk(ctx context.Context, tx pgx.Tx, l locked, id uuid.UUID, lost bool, again func(schemas.Desk) bool) error {
	rows, err := s.q.SendingDeskSteps(ctx, tx, id)
	if err != nil {
		return fmt.Errorf("find steps on their way: %w", err)
	}
	for _, r := range rows {
		if !lost && r.AttemptAt != nil && l.row.Now.Sub(*r.AttemptAt) < lostAfter {
			continue
		}
		var d schemas.Desk
		if err := json.Unmarshal(r.Definition, &d); err != nil {
			return fmt.Errorf("read destination: %w", err)
		}
		step := deskStep{id: r.ID, handoff: id, desk: r.DeskID, kind: r.Kind, tries: r.Tries, created: r.CreatedAt}
		done := schemas.DeskDone{Delivered: schemas.Delivered{Result: schemas.SentUnknown, Code: "lost"}, Again: again(d)}
		if err := s.settleDesk(ctx, tx, l, step, done); err != nil {
			return err
		}
	}
	return nil
}

// claimDesk claims a step and reads what it tells.
func (s *Store) claimDesk(ctx context.Context, tx pgx.Tx, id uuid.UUID, row dbq.NextDeskStepRow) (*schemas.DeskClaim, error) {
	attempt := newID()
	if err := s.q.ClaimDeskStep(ctx, tx, attempt, row.ID); err != nil {
		return nil, fmt.Errorf("claim step: %w", err)
	}
	d, err := s.q.DeskByID(ctx, tx, row.DeskID)
	if err != nil {
		return nil, fmt.Errorf("read destination: %w", err)
	}
	desk, err := deskFrom(d.Desks)
	if err != nil {
		return nil, err
	}
	handoff := show[schemas.HandoffID](schemas.PrefixHandoff, id)
	out := &schemas.DeskClaim{
		Attempt: show[schemas.AttemptID](schemas.PrefixAttempt, attempt), Desk: desk, Kind: schemas.DeskStepKind(row.Kind),
		Ref: schemas.ExternalRef{Desk: desk.ID, Handoff: handoff, ID: row.ExternalRef, URL: row.Url},
	}
	tries := int(row.Tries) + 1
	switch out.Kind {
	case schemas.DeskStepOpen:
		out.Ticket, err = s.ticket(ctx, tx, id, row.SeenSeq)
		if err == nil {
			out.Ticket.Tries = tries
		}
	case schemas.DeskStepMessage:
		out.Message, err = s.deskMessage(ctx, tx, id, *row.MessageID, tries)
	case schemas.DeskStepUpdate:
		out.Update = &schemas.DeskUpdate{
			Key: string(handoff) + "/" + row.Key, State: schemas.HandoffState(row.UpdateState), By: row.UpdateBy, At: row.CreatedAt.UTC(), Tries: tries,
		}
	}
	return out, err
}

// FinishDeskStep stores what became of a step, by its attempt. A result whose
// attempt is no longer the latest changes nothing.
func (s *Store) FinishDeskStep(ctx context.Context, handoff schemas.HandoffID, d schemas.DeskDone) error {
	id, err := parse(schemas.PrefixHandoff, handoff, "handoff")
	if err != nil {
		return err
	}
	attempt, err := parse(schemas.PrefixAttempt, d.Attempt, "attempt")
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		conv, err := s.q.HandoffConversation(ctx, tx, id)
		if err != nil {
			return noRows(err, "handoff")
		}
		l, ok, err := s.lock(ctx, tx, conv)
		if err != nil || !ok {
			return err
		}
		r, err := s.q.AttemptedDeskStep(ctx, tx, attempt)
		if noSuch(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read step: %w", err)
		}
		return s.settleDesk(ctx, tx, l, deskStep{
			id: r.ID, handoff: r.HandoffID, desk: r.DeskID, kind: r.Kind, tries: r.Tries, created: r.CreatedAt,
		}, d)
	})
	if err != nil {
		return fmt.Errorf("finish step of destination: %w", err)
	}
	return nil
}

// deskStep is a step that was claimed.
type deskStep struct {
	id            int64
	handoff, desk uuid.UUID
	kind          string
	tries         int32
	created       time.Time
}

// settleDesk stores what is known of a step. One that is given up is noted for
// people, so that nothing is lost in silence.
func (s *Store) settleDesk(ctx context.Context, tx pgx.Tx, l locked, step deskStep, d schemas.DeskDone) error {
	state, pause := deskState(l.row.Now, step, d)
	if err := s.q.SettleDeskStep(ctx, tx, dbq.SettleDeskStepParams{State: state, Code: d.Code, RetryAfter: pause, ID: step.id}); err != nil {
		return fmt.Errorf("settle step: %w", err)
	}
	opening := step.kind == string(schemas.DeskStepOpen)
	switch {
	case state == "sent" && opening:
		return s.q.DeskOpened(ctx, tx, dbq.DeskOpenedParams{
			ExternalRef: d.ProviderID, Url: d.URL, HandoffID: step.handoff, DeskID: step.desk,
		})
	case state == "sent" || state == "queued":
		return nil
	case opening:
		if err := s.q.DeskFailed(ctx, tx, step.handoff, step.desk); err != nil {
			return fmt.Errorf("give destination up: %w", err)
		}
	}
	row, err := s.q.DeskByID(ctx, tx, step.desk)
	if err != nil {
		return fmt.Errorf("read destination: %w", err)
	}
	text := "The destination “%s” could not be told of this handoff (%s)."
	if state == "unknown" {
		text = "It is not known whether the destination “%s” was told of this handoff (%s)."
	}
	// The key begins with desk/, so that the note does not go there either.
	return s.note(ctx, tx, l, fmt.Sprintf("desk/%s/%s/%s", step.handoff, step.desk, state), fmt.Sprintf(text, row.Desks.Name, d.Code))
}

// deskState is the state that a result leads to, and the pause before a step is
// made again.
func deskState(now time.Time, step deskStep, d schemas.DeskDone) (string, time.Duration) {
	pause := min(deskPauseMin<<min(max(step.tries-1, 0), 10), deskPauseMax)
	if d.RetryAfter > 0 {
		pause = d.RetryAfter
	}
	switch d.Result {
	case schemas.SentDone:
		return "sent", 0
	case schemas.SentLater:
		if now.Sub(step.created) < deskGivesUp {
			return "queued", pause
		}
	case schemas.SentUnknown:
		if d.Again && step.tries < deskUnknowns {
			return "queued", pause
		}
		return "unknown", 0
	case schemas.SentFailed, schemas.SentNothing, schemas.SentCancelled:
	}
	return "failed", 0
}
