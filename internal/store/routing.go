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

// maxRouting bounds the steps of one call: one for each member and tier that
// can be passed over at once, and then some.
const maxRouting = 50

// HandoffStep asks the rules what a handoff does next and applies it, until
// the handoff waits or has ended. Every change is conditional on the state and
// the offer it was decided on, under the conversation's row lock.
// Spec: D19. Settled: rule 20.
func (s *Store) HandoffStep(ctx context.Context, in schemas.HandoffStepInput, route func(schemas.HandoffFacts) schemas.HandoffVerdict) (schemas.HandoffStepResult, error) {
	var out schemas.HandoffStepResult
	id, err := parse(schemas.PrefixHandoff, in.Handoff, "handoff")
	if err != nil {
		return schemas.HandoffStepResult{State: schemas.HandoffClosed}, nil
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		conv, err := s.q.HandoffConversation(ctx, tx, id)
		if noSuch(err) {
			out = schemas.HandoffStepResult{State: schemas.HandoffClosed}
			return nil
		}
		if err != nil {
			return err
		}
		for range maxRouting {
			done, err := s.routeOnce(ctx, tx, conv, id, route, &out)
			if err != nil || done {
				return err
			}
		}
		return fmt.Errorf("the routing rules do not come to an end for this handoff")
	})
	if err != nil {
		return out, fmt.Errorf("handoff step: %w", err)
	}
	return out, nil
}

func (s *Store) routeOnce(ctx context.Context, tx pgx.Tx, conv, id uuid.UUID, route func(schemas.HandoffFacts) schemas.HandoffVerdict, out *schemas.HandoffStepResult) (bool, error) {
	l, ok, err := s.lock(ctx, tx, conv)
	if err != nil {
		return false, err
	}
	h, err := s.q.HandoffRow(ctx, tx, id)
	if err != nil || !ok {
		return false, err
	}
	f, err := s.handoffFacts(ctx, tx, l, h)
	if err != nil {
		return false, err
	}
	v := route(f)
	*out = schemas.HandoffStepResult{
		State: f.State, Reason: f.Reason, Tier: f.Tier, Offer: f.Offer, Offered: f.Offered,
		Accepted: f.Accepted, Escalated: f.Escalated, Wake: v.Until.UTC(),
	}
	if v.Do == schemas.HandoffDoWait || v.Do == schemas.HandoffDoEnd {
		if err := s.endStaleOffer(ctx, tx, h, f, out); err != nil {
			return true, err
		}
		if err := s.beside(ctx, tx, l, h, out); err != nil {
			return true, err
		}
		return true, s.setLook(ctx, tx, id, f.Now, out.Wake)
	}
	return false, s.applyRouting(ctx, tx, l, h, v)
}

// longestLook is when a handoff that waits for nothing in particular is looked
// at again. Settled: rule 22.
const longestLook = 12 * time.Hour

// setLook stores when the handoff's workflow looks again, by which the sweep
// finds one whose run was lost. An offer has its own deadline.
func (s *Store) setLook(ctx context.Context, tx pgx.Tx, id uuid.UUID, now, until time.Time) error {
	if until.IsZero() {
		until = now.Add(longestLook)
	}
	if err := s.q.SetHandoffLook(ctx, tx, until, id); err != nil {
		return fmt.Errorf("store the handoff's next look: %w", err)
	}
	return nil
}

// endStaleOffer ends an offer that timed out with nobody left to ask, so that
// the handoff shows as waiting.
func (s *Store) endStaleOffer(ctx context.Context, tx pgx.Tx, h dbq.HandoffRowRow, f schemas.HandoffFacts, out *schemas.HandoffStepResult) error {
	if f.State != schemas.HandoffOffered || f.Deadline.After(f.Now) {
		return nil
	}
	if err := s.q.EndOffer(ctx, tx, "timed_out", h.ID); err != nil {
		return fmt.Errorf("end offer: %w", err)
	}
	out.State, out.Offered = schemas.HandoffWaiting, ""
	return s.q.UnofferHandoff(ctx, tx, h.ID)
}

func (s *Store) applyRouting(ctx context.Context, tx pgx.Tx, l locked, h dbq.HandoffRowRow, v schemas.HandoffVerdict) error {
	switch v.Do {
	case schemas.HandoffDoOffer:
		return s.offer(ctx, tx, h, v)
	case schemas.HandoffDoNextTier:
		if err := s.q.EndOffer(ctx, tx, "timed_out", h.ID); err != nil {
			return err
		}
		return s.q.SetTier(ctx, tx, string(v.Tier), h.ID)
	case schemas.HandoffDoTell:
		if err := s.notice(ctx, tx, l, v.Notice); err != nil {
			return err
		}
		if err := s.q.SetFallbackTold(ctx, tx, h.ID); err != nil {
			return fmt.Errorf("mark fallback told: %w", err)
		}
		return s.putControl(ctx, tx, control{conversation: l.conv.ID, kind: schemas.ControlHandoff, dedupe: v.Notice.Event})
	case schemas.HandoffDoGiveBack:
		return s.giveBackUnanswered(ctx, tx, l, h, v)
	case schemas.HandoffDoEscalate:
		n, err := s.q.Escalate(ctx, tx, h.ID)
		if err != nil {
			return fmt.Errorf("escalate: %w", err)
		}
		return s.note(ctx, tx, l, fmt.Sprintf("escalation/%s/%d", h.ID, n), "The customer is still waiting for an answer. The handoff was escalated.")
	case schemas.HandoffDoTake:
		return s.takeFromAgent(ctx, tx, l, h, v)
	case schemas.HandoffDoWarn, schemas.HandoffDoBreach:
		return s.missTarget(ctx, tx, l, h, v)
	case schemas.HandoffDoWait, schemas.HandoffDoEnd:
		return nil
	}
	return fmt.Errorf("the routing rules returned the unknown step %q", v.Do)
}

func (s *Store) offer(ctx context.Context, tx pgx.Tx, h dbq.HandoffRowRow, v schemas.HandoffVerdict) error {
	user, err := parse(schemas.PrefixUser, v.User, "user")
	if err != nil {
		return err
	}
	if err := s.q.EndOffer(ctx, tx, "timed_out", h.ID); err != nil {
		return fmt.Errorf("end offer: %w", err)
	}
	next := h.Offer + 1
	n, err := s.q.OfferHandoff(ctx, tx, dbq.OfferHandoffParams{Offer: next, UserID: user, Deadline: v.Until, ID: h.ID})
	if err != nil || n == 0 {
		return err
	}
	if err := s.q.PutOffer(ctx, tx, dbq.PutOfferParams{HandoffID: h.ID, Offer: next, Tier: h.Tier, UserID: user}); err != nil {
		return fmt.Errorf("write offer: %w", err)
	}
	return s.q.MarkOffered(ctx, tx, user)
}

// giveBackUnanswered returns a conversation to the agent because nobody took
// it. The question that led to the handoff stays with people's summary; the
// agent answers what the customer writes next.
func (s *Store) giveBackUnanswered(ctx context.Context, tx pgx.Tx, l locked, h dbq.HandoffRowRow, v schemas.HandoffVerdict) error {
	if l.conv.Owner != string(schemas.OwnerQueue) {
		return s.endHandoff(ctx, tx, l.conv, schemas.HandoffClosed)
	}
	if err := s.q.EndOffer(ctx, tx, "timed_out", h.ID); err != nil {
		return fmt.Errorf("end offer: %w", err)
	}
	if err := s.endHandoff(ctx, tx, l.conv, schemas.HandoffReturned); err != nil {
		return err
	}
	if err := s.notice(ctx, tx, l, v.Notice); err != nil {
		return err
	}
	if err := s.toAgent(ctx, tx, l, "steward", "nobody_accepted"); err != nil {
		return err
	}
	return s.putControl(ctx, tx, control{
		conversation: l.conv.ID, kind: schemas.ControlHandoff, dedupe: v.Notice.Event,
	})
}
