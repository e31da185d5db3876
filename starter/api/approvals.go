package api

import (
	"context"
	"net/http"

	"steward/internal/store"
	"steward/schemas"
)

type approvalAct struct {
	ID   schemas.PendingID `path:"id" maxLength:"64"`
	Body schemas.ApprovalDecision
}

func (a *API) approvals() {
	serve(a, route{
		method: http.MethodGet, path: "/approvals", id: "list-approvals",
		summary: "What people are asked to approve, newest first: what is open, or all",
	}, a.getApprovals)
	serve(a, route{
		method: http.MethodPost, path: "/approvals/{id}/approve", id: "approve",
		summary: "Let an action run or a reply go out", errors: []int{404, 409},
	}, a.approve)
	serve(a, route{
		method: http.MethodPost, path: "/approvals/{id}/refuse", id: "refuse",
		summary: "Stop an action or a reply; the customer hears so", errors: []int{404, 409},
	}, a.refuse)
}

func (a *API) getApprovals(ctx context.Context, in *struct {
	State string `query:"state" enum:"open,all" default:"open"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
},
) (*body[schemas.List[schemas.ApprovalRequest]], error) {
	return list(a.o.Store.Requests(ctx, in.State == "all", in.Limit))
}

func (a *API) approve(ctx context.Context, in *approvalAct) (*body[schemas.ApprovalRequest], error) {
	return a.decide(ctx, in, true)
}

func (a *API) refuse(ctx context.Context, in *approvalAct) (*body[schemas.ApprovalRequest], error) {
	return a.decide(ctx, in, false)
}

func (a *API) decide(ctx context.Context, in *approvalAct, yes bool) (*body[schemas.ApprovalRequest], error) {
	user, err := a.acting(ctx, in.Body.As)
	if err != nil {
		return nil, err
	}
	if err := a.o.Store.Approve(ctx, store.Decide{Pending: in.ID, Yes: yes, User: user, Note: in.Body.Note}); err != nil {
		return nil, err
	}
	return answer(a.o.Store.Request(ctx, in.ID))
}
