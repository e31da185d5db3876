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

// human is a locked conversation and the person who acts on it.
type human struct {
	locked
	user uuid.UUID
	name string
}

// asHuman runs f on the conversation under its lock for a member of staff.
// Each command is one transaction in Postgres, so it works with every worker
// stopped. Settled: rule 15.
func (s *Store) asHuman(ctx context.Context, id schemas.ConversationID, user schemas.UserID, f func(tx pgx.Tx, h human) error) error {
	conv, err := conversationUUID(id)
	if err != nil {
		return err
	}
	uid, err := parse(schemas.PrefixUser, user, "user")
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		u, err := s.q.UserByID(ctx, tx, uid)
		if err != nil {
			return noRows(err, "user")
		}
		l, ok, err := s.lock(ctx, tx, conv)
		if err != nil {
			return err
		}
		if !ok {
			return notFound("conversation")
		}
		if l.conv.Preview {
			return schemas.NewError(schemas.KindConflict, "a preview has no customer to talk to")
		}
		return f(tx, human{locked: l, user: uid, name: u.Name})
	})
}

// TakeOver gives the conversation to a person: from the agent, or from the
// queue, where it accepts the handoff. Repeating it is harmless.
func (s *Store) TakeOver(ctx context.Context, id schemas.ConversationID, user schemas.UserID) error {
	return s.asHuman(ctx, id, user, func(tx pgx.Tx, h human) error { return s.takeOver(ctx, tx, h) })
}

func (s *Store) takeOver(ctx context.Context, tx pgx.Tx, h human) error {
	switch schemas.Owner(h.conv.Owner) {
	case schemas.OwnerHuman:
		if *h.conv.AssignedTo == h.user {
			return nil
		}
		return schemas.NewError(schemas.KindConflict, "another person has this conversation")
	case schemas.OwnerNone:
		return schemas.NewError(schemas.KindConflict, "nobody has this conversation; it is closed or has just begun")
	case schemas.OwnerAgent, schemas.OwnerQueue:
	}
	reason := schemas.ReasonManual
	handoff := h.conv.HandoffID
	live := handoff != nil && !h.facts.HandoffState.Ended()
	if live {
		row, err := s.q.HandoffRow(ctx, tx, *handoff)
		if err != nil {
			return fmt.Errorf("read handoff: %w", err)
		}
		reason = schemas.Reason(row.Reason)
	}
	epoch, err := s.changeOwner(ctx, tx, h.locked, change{to: schemas.OwnerHuman, assignee: &h.user, by: h.name, reason: string(reason)})
	if err != nil {
		return err
	}
	switch {
	case live:
		if err := s.q.EndOffer(ctx, tx, "accepted", *handoff); err != nil {
			return err
		}
		if _, err := s.q.AcceptHandoff(ctx, tx, h.user, *handoff); err != nil {
			return err
		}
		if err := s.tellState(ctx, tx, *handoff, schemas.HandoffAccepted, h.name); err != nil {
			return err
		}
	default:
		// A takeover is a handoff already accepted, so that the timers for an
		// idle person always run. Settled: rule 20.
		made := newID()
		handoff = &made
		if err := s.q.PutHandoff(ctx, tx, dbq.PutHandoffParams{
			ID: made, ConversationID: h.conv.ID, Epoch: epoch, Engagement: h.conv.Engagement,
			State: string(schemas.HandoffAccepted), Reason: string(reason), AcceptedBy: &h.user,
		}); err != nil {
			return fmt.Errorf("write handoff: %w", err)
		}
	}
	if err := s.q.SetHandoff(ctx, tx, dbq.SetHandoffParams{HandoffID: *handoff, Reason: string(reason), ByHuman: true, ID: h.conv.ID}); err != nil {
		return fmt.Errorf("set handoff: %w", err)
	}
	return s.putControl(ctx, tx, control{
		conversation: h.conv.ID, kind: schemas.ControlTakeOver, dedupe: fmt.Sprintf("take-over/%s/%d", h.conv.ID, epoch),
	})
}

// GiveBack returns the conversation to the agent, which answers the customer's
// next message.
func (s *Store) GiveBack(ctx context.Context, id schemas.ConversationID, user schemas.UserID) error {
	return s.asHuman(ctx, id, user, func(tx pgx.Tx, h human) error { return s.giveBack(ctx, tx, h) })
}

func (s *Store) giveBack(ctx context.Context, tx pgx.Tx, h human) error {
	if h.conv.Owner != string(schemas.OwnerHuman) {
		return schemas.NewError(schemas.KindConflict, "only a conversation that a person has can be given back")
	}
	if err := s.endHandoff(ctx, tx, h.conv, schemas.HandoffReturned); err != nil {
		return err
	}
	if err := s.toAgent(ctx, tx, h.locked, h.name, "given_back"); err != nil {
		return err
	}
	return s.putControl(ctx, tx, control{
		conversation: h.conv.ID, kind: schemas.ControlGiveBack, dedupe: fmt.Sprintf("give-back/%s/%d", h.conv.ID, h.conv.Epoch+1),
	})
}

// toAgent makes the agent the owner of a conversation that waits for its
// customer; what the customer wrote to people stays with them.
func (s *Store) toAgent(ctx context.Context, tx pgx.Tx, l locked, by, reason string) error {
	if err := s.q.LeaveToPeople(ctx, tx, l.conv.ID); err != nil {
		return fmt.Errorf("leave messages to people: %w", err)
	}
	if _, err := s.changeOwner(ctx, tx, l, change{to: schemas.OwnerAgent, by: by, reason: reason}); err != nil {
		return err
	}
	if err := s.q.Admit(ctx, tx, false, l.conv.ID); err != nil {
		return err
	}
	if err := s.q.SetLifecycle(ctx, tx, string(schemas.LifecycleWaitingCustomer), l.conv.ID); err != nil {
		return err
	}
	return s.startInactivity(ctx, tx, l)
}

// HumanReply stores what a person writes to the customer, once per key. From
// the queue it accepts the conversation; while the agent has it, the person
// takes over first.
func (s *Store) HumanReply(ctx context.Context, r HumanReply) (schemas.MessageID, error) {
	var shown schemas.MessageID
	err := s.asHuman(ctx, r.Conversation, r.User, func(tx pgx.Tx, h human) error {
		switch schemas.Owner(h.conv.Owner) {
		case schemas.OwnerQueue:
			if err := s.takeOver(ctx, tx, h); err != nil {
				return err
			}
		case schemas.OwnerHuman:
			if *h.conv.AssignedTo != h.user {
				return schemas.NewError(schemas.KindConflict, "another person has this conversation")
			}
		case schemas.OwnerAgent:
			return schemas.NewError(schemas.KindConflict, "the agent has this conversation; take it over first")
		case schemas.OwnerNone:
			return schemas.NewError(schemas.KindConflict, "the conversation is closed")
		}
		var err error
		shown, err = s.humanReply(ctx, tx, h, r)
		return err
	})
	return shown, err
}

// humanReply stores what a person writes in a conversation that is theirs.
func (s *Store) humanReply(ctx context.Context, tx pgx.Tx, h human, r HumanReply) (schemas.MessageID, error) {
	id, err := s.put(ctx, tx, h.locked, outgoing{
		class: schemas.ClassHuman, speaker: schemas.SpeakerHuman, name: h.name, text: r.Text, key: "human/" + r.Key,
	})
	if err != nil {
		return "", err
	}
	if err := s.q.LeaveToPeople(ctx, tx, h.conv.ID); err != nil {
		return "", err
	}
	if err := s.q.TouchHuman(ctx, tx, h.conv.ID); err != nil {
		return "", err
	}
	return id, s.putControl(ctx, tx, control{
		conversation: h.conv.ID, kind: schemas.ControlHumanMessage, dedupe: "human/" + h.conv.ID.String() + "/" + r.Key,
	})
}

// HumanReply is what a person writes to the customer.
type HumanReply struct {
	Conversation schemas.ConversationID
	User         schemas.UserID
	Text         string
	// Key makes the reply once, however often it is posted.
	Key string
}

// CloseByHuman closes a conversation for a person. It is refused while the agent has
// a customer message that it has not answered.
func (s *Store) CloseByHuman(ctx context.Context, id schemas.ConversationID, user schemas.UserID) error {
	return s.asHuman(ctx, id, user, func(tx pgx.Tx, h human) error { return s.closeByHuman(ctx, tx, h) })
}

func (s *Store) closeByHuman(ctx context.Context, tx pgx.Tx, h human) error {
	if h.conv.Lifecycle == string(schemas.LifecycleClosed) {
		return nil
	}
	if h.counts.OpenTurn > 0 {
		return schemas.NewError(schemas.KindConflict, "the agent is answering a customer message")
	}
	if h.facts.Untaken > 0 {
		// Nobody has seen it, or nobody has answered. Settled: rule 13.
		return schemas.NewError(schemas.KindConflict, "a customer message is waiting; take the conversation over and read it first")
	}
	if err := s.closeNow(ctx, tx, h.locked, closing{reason: schemas.CloseByHuman, by: h.name}); err != nil {
		return err
	}
	return s.putControl(ctx, tx, control{
		conversation: h.conv.ID, kind: schemas.ControlClose, dedupe: fmt.Sprintf("close/%s/%d", h.conv.ID, h.conv.Engagement),
	})
}

// AcceptHandoff gives a handoff's conversation to a person, whoever it was
// offered to. The first to accept has it; the others get a conflict.
func (s *Store) AcceptHandoff(ctx context.Context, id schemas.HandoffID, user schemas.UserID) (schemas.ConversationID, error) {
	conv, err := s.conversationOf(ctx, id)
	if err != nil {
		return "", err
	}
	return conv, s.asHuman(ctx, conv, user, func(tx pgx.Tx, h human) error {
		current := showPtr[schemas.HandoffID](schemas.PrefixHandoff, h.conv.HandoffID)
		mine := h.conv.AssignedTo != nil && *h.conv.AssignedTo == h.user
		open := h.conv.Owner == string(schemas.OwnerQueue) || h.facts.Deferred && !h.facts.HandoffState.Ended()
		if current != id || (!open && !mine) {
			return schemas.NewError(schemas.KindConflict, "the handoff is no longer open")
		}
		return s.takeOver(ctx, tx, h)
	})
}

// DeclineHandoff refuses an offer; the next in line is asked.
func (s *Store) DeclineHandoff(ctx context.Context, id schemas.HandoffID, user schemas.UserID) (schemas.ConversationID, error) {
	conv, err := s.conversationOf(ctx, id)
	if err != nil {
		return "", err
	}
	return conv, s.asHuman(ctx, conv, user, func(tx pgx.Tx, h human) error {
		hid, err := parse(schemas.PrefixHandoff, id, "handoff")
		if err != nil {
			return err
		}
		row, err := s.q.HandoffRow(ctx, tx, hid)
		if err != nil {
			return noRows(err, "handoff")
		}
		if row.State != string(schemas.HandoffOffered) || row.OfferedTo == nil || *row.OfferedTo != h.user {
			return schemas.NewError(schemas.KindConflict, "the handoff is not offered to this person")
		}
		if err := s.q.EndOffer(ctx, tx, "declined", hid); err != nil {
			return err
		}
		return s.q.UnofferHandoff(ctx, tx, hid)
	})
}

func (s *Store) conversationOf(ctx context.Context, id schemas.HandoffID) (schemas.ConversationID, error) {
	hid, err := parse(schemas.PrefixHandoff, id, "handoff")
	if err != nil {
		return "", err
	}
	conv, err := s.q.HandoffConversation(ctx, s.pool, hid)
	if err != nil {
		return "", noRows(err, "handoff")
	}
	return show[schemas.ConversationID](schemas.PrefixConversation, conv), nil
}

// HandoffQuery says which handoffs are listed.
type HandoffQuery struct {
	// All lists those that are over too, Breached only those of which a target
	// was missed.
	All, Breached bool
	Limit         int
}

// Handoffs lists handoffs, newest first.
func (s *Store) Handoffs(ctx context.Context, q HandoffQuery) ([]schemas.Offer, error) {
	return s.offers(ctx, dbq.ListHandoffsParams{AllStates: q.All, Breached: q.Breached, Most: int32(min(max(q.Limit, 1), 200))})
}

func (s *Store) offers(ctx context.Context, p dbq.ListHandoffsParams) ([]schemas.Offer, error) {
	rows, err := s.q.ListHandoffs(ctx, s.pool, p)
	if err != nil {
		return nil, fmt.Errorf("list handoffs: %w", err)
	}
	out := make([]schemas.Offer, 0, len(rows))
	for _, r := range rows {
		o := schemas.Offer{
			Handoff:      show[schemas.HandoffID](schemas.PrefixHandoff, r.ID),
			Conversation: show[schemas.ConversationID](schemas.PrefixConversation, r.ConversationID),
			State:        schemas.HandoffState(r.State), Reason: schemas.Reason(r.Reason), Summary: r.Summary,
			OfferedTo: r.OfferedTo, AcceptedBy: r.AcceptedBy, Offers: int(r.Offer), Escalations: int(r.Escalations),
			CreatedAt: r.CreatedAt.UTC(), Task: r.Deferred, Timing: schemas.RouteTiming(r.Timing), Rule: r.Rule,
			Priority: schemas.Priority(r.Priority),
		}
		if o.State == schemas.HandoffOffered {
			o.Deadline = utc(r.Deadline)
		}
		out = append(out, o)
	}
	return out, nil
}

// LiveHandoffs are the handoffs that nobody has accepted, oldest first.
func (s *Store) LiveHandoffs(ctx context.Context, limit int) ([]schemas.HandoffID, error) {
	rows, err := s.q.LiveHandoffs(ctx, s.pool, int32(min(max(limit, 1), 1000)))
	if err != nil {
		return nil, fmt.Errorf("list live handoffs: %w", err)
	}
	out := make([]schemas.HandoffID, 0, len(rows))
	for _, id := range rows {
		out = append(out, show[schemas.HandoffID](schemas.PrefixHandoff, id))
	}
	return out, nil
}

func utc(t *time.Time) time.Time { return timeOf(t).UTC() }
