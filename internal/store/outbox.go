package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// lostAfter is how old a network step without a result is before the sweep
// calls it lost.
const lostAfter = 2 * time.Minute

// ClaimPart takes the conversation's next outbound part for one network step,
// in the order the parts were made. It checks owner, epoch and pauses under
// the row's lock and cancels what may no longer go out. Settled: rules 8, 15, 16.
func (s *Store) ClaimPart(ctx context.Context, id schemas.ConversationID) (schemas.Claim, error) {
	var out schemas.Claim
	conv, err := conversationUUID(id)
	if err != nil {
		return out, nil
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		out = schemas.Claim{}
		l, ok, err := s.lock(ctx, tx, conv)
		if err != nil || !ok {
			return err
		}
		if err := s.claimNext(ctx, tx, l, &out); err != nil || out.Part != nil {
			// With a part, storing its result reads the head.
			return err
		}
		out.Head, err = s.head(ctx, tx, conv)
		return err
	})
	if err != nil {
		return schemas.Claim{}, fmt.Errorf("claim part: %w", err)
	}
	return out, nil
}

func (s *Store) claimNext(ctx context.Context, tx pgx.Tx, l locked, out *schemas.Claim) error {
	for {
		p, err := s.q.NextPart(ctx, tx, l.conv.ID)
		if noSuch(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read next part: %w", err)
		}
		code := forbidden(l, speaking{class: schemas.PartClass(p.Class), epoch: p.Epoch, at: p.CreatedAt})
		if code != "" && p.State == string(schemas.PartQueued) {
			if err := s.q.CancelPart(ctx, tx, code, p.ID); err != nil {
				return fmt.Errorf("cancel part: %w", err)
			}
			if code == codePaused {
				// The question stays open, and is answered when the pause ends.
				if err := s.q.ReopenQuestion(ctx, tx, p.MessageID); err != nil {
					return fmt.Errorf("reopen question: %w", err)
				}
			}
			out.Cancelled++
			continue
		}
		if p.State == string(schemas.PartSending) {
			// A network step of an earlier run is still under way, or was lost:
			// then the sweep settles it.
			out.Retry = p.AttemptAt.Add(lostAfter).UTC()
			return nil
		}
		if p.NextAttemptAt.After(l.row.Now) {
			out.Retry = p.NextAttemptAt.UTC()
			return nil
		}
		attempt := newID()
		if err := s.q.ClaimPart(ctx, tx, attempt, p.ID); err != nil {
			return fmt.Errorf("claim part: %w", err)
		}
		out.Part = &schemas.Part{
			ID: show[schemas.PartID](schemas.PrefixPart, p.ID), Attempt: show[schemas.AttemptID](schemas.PrefixAttempt, attempt),
			Conversation: show[schemas.ConversationID](schemas.PrefixConversation, l.conv.ID),
			Message:      show[schemas.MessageID](schemas.PrefixMessage, p.MessageID),
			Channel:      schemas.ChannelKind(l.row.ChannelKind), ChannelID: show[schemas.ChannelID](schemas.PrefixChannel, l.conv.ChannelID),
			Class: schemas.PartClass(p.Class), Recipient: l.conv.Recipient, Text: p.Text, Tries: int(p.Tries) + 1,
		}
		return nil
	}
}

// codePaused marks a reply that a pause has stopped.
const codePaused = "agent_paused"

// speaking is what decides whether a part may go out.
type speaking struct {
	class schemas.PartClass
	epoch int64
	at    time.Time
}

// forbidden says why a part may not go out now; empty when it may.
func forbidden(l locked, p speaking) string {
	switch p.class {
	case schemas.ClassReply:
		switch {
		case l.conv.Owner != string(schemas.OwnerAgent) || p.epoch != l.conv.Epoch:
			return "owner_changed"
		case l.counts.Paused:
			return codePaused
		}
	case schemas.ClassNotice:
		if l.conv.LastHumanAt != nil && l.conv.LastHumanAt.After(p.at) {
			return "human_spoke"
		}
	case schemas.ClassHuman:
	}
	return ""
}

// FinishPart stores what a network step found, by its attempt. A result whose
// attempt is no longer the part's latest changes nothing.
func (s *Store) FinishPart(ctx context.Context, id schemas.ConversationID, attempt schemas.AttemptID, d schemas.Delivered) (schemas.Head, error) {
	var head schemas.Head
	conv, err := conversationUUID(id)
	if err != nil {
		return head, err
	}
	try, err := parse(schemas.PrefixAttempt, attempt, "attempt")
	if err != nil {
		return head, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		l, ok, err := s.lock(ctx, tx, conv)
		if err != nil || !ok {
			return err
		}
		p, err := s.q.AttemptedPart(ctx, tx, conv, try)
		switch {
		case noSuch(err) || (err == nil && p.State != string(schemas.PartSending) && p.State != string(schemas.PartUnknown)):
		case err != nil:
			return fmt.Errorf("read part: %w", err)
		default:
			g := settling{part: p.ID, message: p.MessageID, delivered: d}
			if code := forbidden(l, speaking{class: schemas.PartClass(p.Class), epoch: p.Epoch, at: p.CreatedAt}); code != "" && d.Revocable {
				g.delivered = schemas.Delivered{Result: schemas.SentCancelled, Code: code}
			}
			if err := s.settle(ctx, tx, l, g); err != nil {
				return err
			}
		}
		head, err = s.head(ctx, tx, conv)
		return err
	})
	if err != nil {
		return head, fmt.Errorf("finish part: %w", err)
	}
	return head, nil
}

// settling is a part with what became of its network step.
type settling struct {
	part, message uuid.UUID
	delivered     schemas.Delivered
}

func (s *Store) settle(ctx context.Context, tx pgx.Tx, l locked, g settling) error {
	d := g.delivered
	state := partState(d.Result)
	var provider *string
	if d.ProviderID != "" {
		provider = &d.ProviderID
	}
	if err := s.q.SettlePart(ctx, tx, dbq.SettlePartParams{
		State: string(state), Code: d.Code, ProviderID: provider, RetryAfter: d.RetryAfter, ID: g.part,
	}); err != nil {
		return fmt.Errorf("settle part: %w", err)
	}
	if state == schemas.PartCancelled && d.Code == codePaused {
		return s.q.ReopenQuestion(ctx, tx, g.message)
	}
	if state == schemas.PartFailed && l.conv.Lifecycle == string(schemas.LifecycleWaitingCustomer) {
		// What cannot be sent must not keep the conversation open for ever.
		return s.startInactivity(ctx, tx, l)
	}
	if state != schemas.PartSent && state != schemas.PartUnknown {
		return nil
	}
	if _, err := s.q.ShowMessage(ctx, tx, g.message); err != nil && !noSuch(err) {
		return fmt.Errorf("show message: %w", err)
	}
	if err := s.tellMessage(ctx, tx, l.conv.HandoffID, g.message); err != nil {
		return err
	}
	if l.conv.Lifecycle == string(schemas.LifecycleWaitingCustomer) {
		if err := s.startInactivity(ctx, tx, l); err != nil {
			return err
		}
	}
	return s.notify(ctx, tx, NotifyChat, l.conv.ID.String())
}

// partState is the state a network step's result leads to.
func partState(r schemas.Sent) schemas.PartState {
	switch r {
	case schemas.SentDone:
		return schemas.PartSent
	case schemas.SentLater:
		return schemas.PartQueued
	case schemas.SentFailed:
		return schemas.PartFailed
	case schemas.SentCancelled:
		return schemas.PartCancelled
	case schemas.SentUnknown, schemas.SentNothing:
	}
	return schemas.PartUnknown
}

// SettleLost settles a network step of the conversation whose activity was
// lost. On a channel where a repeat is harmless the part is queued again; on
// any other it is unknown, and never blindly repeated. Spec: D17.
func (s *Store) SettleLost(ctx context.Context, id schemas.ConversationID, repeatable func(schemas.ChannelKind) bool) (schemas.Head, error) {
	var head schemas.Head
	conv, err := conversationUUID(id)
	if err != nil {
		return head, nil
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		l, ok, err := s.lock(ctx, tx, conv)
		if err != nil || !ok {
			return err
		}
		if err := s.settleLost(ctx, tx, l, repeatable(schemas.ChannelKind(l.row.ChannelKind))); err != nil {
			return err
		}
		head, err = s.head(ctx, tx, conv)
		return err
	})
	if err != nil {
		return head, fmt.Errorf("settle lost part: %w", err)
	}
	return head, nil
}

func (s *Store) settleLost(ctx context.Context, tx pgx.Tx, l locked, repeatable bool) error {
	p, err := s.q.SendingPart(ctx, tx, l.conv.ID)
	if noSuch(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read sending part: %w", err)
	}
	result := schemas.SentUnknown
	if repeatable {
		result = schemas.SentLater
	}
	return s.settle(ctx, tx, l, settling{
		part: p.ID, message: p.MessageID, delivered: schemas.Delivered{Result: result, Code: "lost"},
	})
}
