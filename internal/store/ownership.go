package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// change is one change of who may speak.
type change struct {
	to       schemas.Owner
	assignee *uuid.UUID
	by       string
	reason   string
	// release gives the messages of an open turn back instead of leaving them
	// with it, so that the agent answers them when it has the conversation again.
	release bool
}

// changeOwner is the only writer of owner and epoch. In the caller's
// transaction it moves the epoch, stops the open turn, cancels the agent's
// parts that have not begun to go out, and logs the change. The caller holds
// the row's lock. Settled: rules 15, 17.
func (s *Store) changeOwner(ctx context.Context, tx pgx.Tx, l locked, c change) (int64, error) {
	was := schemas.Owner(l.conv.Owner)
	if !was.MayBecome(c.to) {
		return 0, schemas.NewError(schemas.KindConflict, fmt.Sprintf("the conversation is with %s and cannot pass to %s", was, c.to))
	}
	epoch, err := s.q.ChangeOwner(ctx, tx, dbq.ChangeOwnerParams{Owner: string(c.to), AssignedTo: c.assignee, ID: l.conv.ID})
	if err != nil {
		return 0, fmt.Errorf("change owner: %w", err)
	}
	if err := s.q.LogOwnership(ctx, tx, dbq.LogOwnershipParams{
		ConversationID: l.conv.ID, Epoch: epoch, Was: string(was), Becomes: string(c.to), ByWhom: c.by, Reason: c.reason,
	}); err != nil {
		return 0, fmt.Errorf("log ownership: %w", err)
	}
	if c.release {
		if err := s.reopenQuestions(ctx, tx, l.conv.ID); err != nil {
			return 0, err
		}
		if err := s.q.VoidReplies(ctx, tx, l.conv.ID); err != nil {
			return 0, fmt.Errorf("void replies: %w", err)
		}
	}
	if err := s.q.CancelReplies(ctx, tx, l.conv.ID); err != nil {
		return 0, fmt.Errorf("cancel replies: %w", err)
	}
	if was == schemas.OwnerAgent {
		if err := s.voidPendings(ctx, tx, l.conv.ID); err != nil {
			return 0, err
		}
	}
	if l.counts.OpenTurn > 0 {
		if err := s.endTurn(ctx, tx, l, c); err != nil {
			return 0, err
		}
	}
	return epoch, s.notify(ctx, tx, NotifyChat, l.conv.ID.String())
}

// reopenQuestions opens the questions again whose answers have not begun to go
// out and now never will.
func (s *Store) reopenQuestions(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	replies, err := s.q.QueuedReplies(ctx, tx, id)
	if err != nil {
		return fmt.Errorf("find replies: %w", err)
	}
	for _, reply := range replies {
		if err := s.q.ReopenQuestion(ctx, tx, reply); err != nil {
			return fmt.Errorf("reopen question: %w", err)
		}
	}
	return nil
}

func (s *Store) endTurn(ctx context.Context, tx pgx.Tx, l locked, c change) error {
	state := "dropped"
	if c.to == schemas.OwnerQueue && !c.release {
		state = "handed_off"
	}
	if err := s.q.EndTurn(ctx, tx, state, l.conv.ID); err != nil {
		return fmt.Errorf("end turn: %w", err)
	}
	if !c.release {
		return nil
	}
	if err := s.q.ReleaseTurn(ctx, tx, l.conv.ID, l.counts.OpenTurn); err != nil {
		return fmt.Errorf("release turn: %w", err)
	}
	return nil
}

// closing is how a conversation is closed.
type closing struct {
	reason schemas.CloseReason
	by     string
	notice schemas.Notice
}

// closeNow closes a conversation. It is refused while a customer message
// exists that nobody has taken. Settled: rule 13.
func (s *Store) closeNow(ctx context.Context, tx pgx.Tx, l locked, c closing) error {
	if l.facts.Untaken > 0 && l.conv.Owner == string(schemas.OwnerAgent) {
		return schemas.NewError(schemas.KindConflict, "a customer message is waiting for an answer")
	}
	if c.reason == schemas.CloseByCustomer {
		if err := s.q.LeaveBeforeEnd(ctx, tx, l.conv.ID); err != nil {
			return fmt.Errorf("leave messages to people: %w", err)
		}
	}
	if err := s.q.ApplyControls(ctx, tx, l.conv.ID); err != nil {
		return err
	}
	if err := s.endHandoff(ctx, tx, l.conv, schemas.HandoffClosed); err != nil {
		return err
	}
	if l.conv.Owner != string(schemas.OwnerNone) {
		epoch, err := s.changeOwner(ctx, tx, l, change{to: schemas.OwnerNone, by: c.by, reason: string(c.reason)})
		if err != nil {
			return err
		}
		l.conv.Epoch = epoch
	}
	if err := s.notice(ctx, tx, l, c.notice); err != nil {
		return err
	}
	if err := s.q.CloseConversation(ctx, tx, dbq.CloseConversationParams{
		CloseReason: string(c.reason), OutcomeAfter: schemas.OutcomeAfter, ID: l.conv.ID,
	}); err != nil || !l.conv.Preview {
		return err
	}
	// A preview has no outcome to wait for.
	return s.setDeadline(ctx, tx, l.conv.ID, time.Time{}, schemas.DeadlineNone)
}

// setDeadline says when the row wants to be looked at next; a zero time is
// never.
func (s *Store) setDeadline(ctx context.Context, tx pgx.Tx, id uuid.UUID, at time.Time, kind schemas.DeadlineKind) error {
	if at.IsZero() {
		kind = schemas.DeadlineNone
	}
	err := s.q.SetDeadline(ctx, tx, dbq.SetDeadlineParams{Deadline: timePtr(at), Kind: string(kind), ID: id})
	if err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	return nil
}

// startInactivity sets the deadline of a conversation that now waits for its
// customer: the reminder first, when there is one. Spec: S27, D5.
func (s *Store) startInactivity(ctx context.Context, tx pgx.Tx, l locked) error {
	c := l.settings.For(schemas.ChannelKind(l.row.ChannelKind))
	switch {
	case c.InactivityClose == 0, waitsForOthers(l.facts.Pending):
		return s.setDeadline(ctx, tx, l.conv.ID, time.Time{}, schemas.DeadlineNone)
	case l.conv.Reminded:
		return s.setDeadline(ctx, tx, l.conv.ID, l.row.Now.Add(c.Reminder.Duration()), schemas.DeadlineInactivity)
	case c.Reminder > 0:
		at := l.row.Now.Add((c.InactivityClose - c.Reminder).Duration())
		return s.setDeadline(ctx, tx, l.conv.ID, at, schemas.DeadlineReminder)
	}
	return s.setDeadline(ctx, tx, l.conv.ID, l.row.Now.Add(c.InactivityClose.Duration()), schemas.DeadlineInactivity)
}

// waitsForOthers: it is not the customer's turn while a person or a system has
// been asked.
func waitsForOthers(pending []schemas.Pending) bool {
	for _, p := range pending {
		if p.State == schemas.PendingOpen && p.Kind != schemas.PendingConfirmation && p.Kind != schemas.PendingIdentity {
			return true
		}
	}
	return false
}

func noSuch(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
