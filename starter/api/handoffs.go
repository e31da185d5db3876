package api

import (
	"context"
	"net/http"

	"steward/internal/store"
	"steward/schemas"
)

type handoffAct struct {
	ID   schemas.HandoffID `path:"id" maxLength:"64"`
	Body schemas.Acting
}

func (a *API) handoffs() {
	serve(a, route{
		method: http.MethodGet, path: "/handoffs", id: "list-handoffs",
		summary: "Handoffs, newest first: the live ones, or all",
	}, a.getHandoffs)
	serve(a, route{
		method: http.MethodGet, path: "/handoffs/{id}", id: "get-handoff",
		summary: "A handoff with its summary, its route and its destinations", errors: []int{404},
	}, a.getHandoff)
	serve(a, route{
		method: http.MethodPost, path: "/handoffs/{id}/accept", id: "accept-handoff",
		summary: "Accept a handoff, whoever it is offered to", errors: []int{404, 409},
	}, a.acceptHandoff)
	serve(a, route{
		method: http.MethodPost, path: "/handoffs/{id}/decline", id: "decline-handoff",
		summary: "Decline an offer; the next in line is asked", errors: []int{404, 409},
	}, a.declineHandoff)
}

func (a *API) getHandoffs(ctx context.Context, in *struct {
	State string `query:"state" enum:"live,all" default:"live"`
	Late  bool   `query:"late" doc:"Only those in which a promised time of an answer was missed."`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
},
) (*body[schemas.List[schemas.Offer]], error) {
	return list(a.o.Store.Handoffs(ctx, store.HandoffQuery{All: in.State == "all", Breached: in.Late, Limit: in.Limit}))
}

func (a *API) getHandoff(ctx context.Context, in *struct {
	ID schemas.HandoffID `path:"id" maxLength:"64"`
},
) (*body[schemas.HandoffShown], error) {
	return answer(a.o.Store.Handoff(ctx, in.ID))
}

func (a *API) acceptHandoff(ctx context.Context, in *handoffAct) (*body[schemas.ConversationSummary], error) {
	return a.onHandoff(ctx, in, a.o.Store.AcceptHandoff)
}

func (a *API) declineHandoff(ctx context.Context, in *handoffAct) (*body[schemas.ConversationSummary], error) {
	return a.onHandoff(ctx, in, a.o.Store.DeclineHandoff)
}

func (a *API) onHandoff(ctx context.Context, in *handoffAct, do func(context.Context, schemas.HandoffID, schemas.UserID) (schemas.ConversationID, error)) (*body[schemas.ConversationSummary], error) {
	user, err := a.acting(ctx, in.Body.As)
	if err != nil {
		return nil, err
	}
	conversation, err := do(ctx, in.ID, user)
	if err != nil {
		return nil, err
	}
	a.wake(ctx, in.ID)
	return answer(a.o.Store.ConversationSummary(ctx, conversation))
}
