package activities

import (
	"context"
	"time"

	"steward/internal/channels"
	"steward/schemas"
)

// OutboxStore keeps the outbound parts of conversations.
type OutboxStore interface {
	ClaimPart(ctx context.Context, id schemas.ConversationID) (schemas.Claim, error)
	FinishPart(ctx context.Context, id schemas.ConversationID, attempt schemas.AttemptID, d schemas.Delivered) (schemas.Head, error)
	SettleLost(ctx context.Context, id schemas.ConversationID, repeatable func(schemas.ChannelKind) bool) (schemas.Head, error)
}

// Channel sends parts on one kind of channel.
type Channel = channels.Channel

// sendWithin is how long a network step may take; the activity's own time is
// longer, so that the result can still be stored.
const sendWithin = 7 * time.Second

// Send claims the conversation's next part, makes its one network step and
// stores what became of it. When storing fails, the result is returned all the
// same and SettleSend stores it. Spec: D17. Settled: rule 8.
func (a *Conversations) Send(ctx context.Context, in schemas.SendInput) (schemas.SendResult, error) {
	a.fault("send.before")
	claim, err := a.Outbox.ClaimPart(ctx, in.Conversation)
	if err != nil {
		// Nothing was claimed, so there is nothing to settle.
		return schemas.SendResult{}, failure(ctx, err)
	}
	if claim.Part == nil {
		out := schemas.SendResult{Result: schemas.SentNothing, Stored: true, Retry: claim.Retry, Head: claim.Head}
		if claim.Cancelled > 0 {
			out.Result = schemas.SentCancelled
		}
		return out, nil
	}
	a.fault("send.after_claim")
	d := a.step(ctx, *claim.Part)
	a.fault("send.after_step")
	out := schemas.SendResult{
		Result: d.Result, Part: claim.Part.ID, Attempt: claim.Part.Attempt, Code: d.Code, Revocable: d.Revocable, RetryAfter: d.RetryAfter,
	}
	head, err := a.Outbox.FinishPart(ctx, in.Conversation, claim.Part.Attempt, d)
	if err != nil {
		return out, nil
	}
	a.fault("send.after_commit")
	out.Head, out.Stored = head, true
	return out, nil
}

// step makes the network step. An error of the channel is certain: nothing was
// handed over, so the part is tried again later.
func (a *Conversations) step(ctx context.Context, p schemas.Part) schemas.Delivered {
	channel, ok := a.Channels[p.Channel]
	if !ok {
		return schemas.Delivered{Result: schemas.SentFailed, Code: "no_channel"}
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	d, err := channel.Send(ctx, p)
	if err != nil {
		return schemas.Delivered{Result: schemas.SentLater, Code: "not_sent", RetryAfter: sendBackoff(p.Tries)}
	}
	return d
}

// sendBackoff doubles from one second to a minute.
func sendBackoff(tries int) time.Duration {
	return min(time.Second<<min(max(tries-1, 0), 6), time.Minute)
}

// SettleSend stores the result of a network step whose activity could not, or
// settles one whose activity was lost with its worker. A local activity.
func (a *Conversations) SettleSend(ctx context.Context, in schemas.SettleSendInput) (schemas.SettleSendResult, error) {
	if r := in.Result; r != nil {
		head, err := a.Outbox.FinishPart(ctx, in.Conversation, r.Attempt, schemas.Delivered{
			Result: r.Result, Code: r.Code, Revocable: r.Revocable, RetryAfter: r.RetryAfter,
		})
		return schemas.SettleSendResult{Head: head}, failure(ctx, err)
	}
	head, err := a.Outbox.SettleLost(ctx, in.Conversation, repeatable(a.Channels))
	a.fault("settle_send.after_commit")
	return schemas.SettleSendResult{Head: head}, failure(ctx, err)
}

// repeatable tells on which channels a repeated send shows once.
func repeatable(all map[schemas.ChannelKind]Channel) func(schemas.ChannelKind) bool {
	return func(kind schemas.ChannelKind) bool {
		c, ok := all[kind]
		return ok && c.Capabilities().Repeatable
	}
}
