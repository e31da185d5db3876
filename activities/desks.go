package activities

import (
	"context"
	"time"

	"steward/internal/handoff"
	"steward/schemas"
)

// DeskStore keeps what destinations have to be told.
type DeskStore interface {
	ClaimDeskStep(ctx context.Context, in schemas.DeskStepInput, again func(schemas.Desk) bool) (*schemas.DeskClaim, error)
	FinishDeskStep(ctx context.Context, handoff schemas.HandoffID, d schemas.DeskDone) error
}

// Destinations opens destinations by their settings.
type Destinations interface {
	Destination(d schemas.Desk) (handoff.Destination, error)
}

// deskWithin is how long a step at a destination may take, which is up to three
// calls; the activity's own time is longer, so that the result can be stored.
const deskWithin = 45 * time.Second

// DeskStep tells one destination of a handoff the next thing: it claims the
// step, makes it and stores what became of it. It is never repeated by Temporal.
// When storing fails, the result is returned all the same and the next step
// stores it. Spec: S50, D17. Settled: rule 8.
func (a *Handoffs) DeskStep(ctx context.Context, in schemas.DeskStepInput) (schemas.DeskStepResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	reach(a.Fault, "desk_step.before")
	if in.Last != nil {
		if err := a.Store.FinishDeskStep(ctx, in.Handoff, doneOf(*in.Last)); err != nil {
			return schemas.DeskStepResult{}, failure(ctx, err)
		}
	}
	claim, err := a.Store.ClaimDeskStep(ctx, in, a.again)
	if err != nil {
		return schemas.DeskStepResult{}, failure(ctx, err)
	}
	if claim == nil {
		return schemas.DeskStepResult{Result: schemas.SentNothing, Stored: true}, nil
	}
	reach(a.Fault, "desk_step.after_claim")
	out := a.tell(ctx, *claim)
	reach(a.Fault, "desk_step.after_step")
	done := doneOf(out)
	done.Again = a.again(claim.Desk)
	// The step was made, whatever becomes of this activity.
	if err := a.Store.FinishDeskStep(context.WithoutCancel(ctx), in.Handoff, done); err != nil {
		return out, nil
	}
	reach(a.Fault, "desk_step.after_commit")
	out.Stored = true
	return out, nil
}

func doneOf(r schemas.DeskStepResult) schemas.DeskDone {
	return schemas.DeskDone{
		Attempt:   r.Attempt,
		Delivered: schemas.Delivered{Result: r.Result, Code: r.Code, ProviderID: r.Ref, RetryAfter: r.RetryAfter}, URL: r.URL,
	}
}

// again reports whether a destination lets a step be made again that may have
// had its effect: it finds what it has, or shows it once.
func (a *Handoffs) again(d schemas.Desk) bool {
	destination, err := a.destination(d)
	if err != nil {
		return false
	}
	c := destination.Capabilities()
	return c.Finds || c.Repeatable
}

func (a *Handoffs) destination(d schemas.Desk) (handoff.Destination, error) {
	if a.Desks == nil {
		return nil, handoff.Failed(handoff.CodeConfig)
	}
	return a.Desks.Destination(d)
}

// tell makes the network step.
func (a *Handoffs) tell(ctx context.Context, c schemas.DeskClaim) schemas.DeskStepResult {
	ctx, cancel := context.WithTimeout(ctx, deskWithin)
	defer cancel()
	out := schemas.DeskStepResult{Attempt: c.Attempt}
	destination, err := a.destination(c.Desk)
	if err != nil {
		out.Result, out.Code = schemas.SentFailed, handoff.CodeConfig
		return out
	}
	ref := c.Ref
	switch c.Kind {
	case schemas.DeskStepOpen:
		ref, err = destination.Open(ctx, *c.Ticket)
	case schemas.DeskStepMessage:
		_, err = destination.Post(ctx, ref, *c.Message)
	case schemas.DeskStepUpdate:
		err = destination.Update(ctx, ref, *c.Update)
	}
	d := handoff.Outcome(ref.ID, err)
	out.Result, out.Code, out.Ref, out.URL, out.RetryAfter = d.Result, d.Code, d.ProviderID, ref.URL, d.RetryAfter
	return out
}
