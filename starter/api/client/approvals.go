package client

import (
	"context"
	"net/http"

	"steward/schemas"
)

// Approvals are what people are asked to approve, newest first; all also lists
// what has been decided.
func (c *Client) Approvals(ctx context.Context, all bool) ([]schemas.ApprovalRequest, error) {
	path := "/approvals"
	if all {
		path += "?state=all"
	}
	page, err := get[schemas.List[schemas.ApprovalRequest]](ctx, c, path)
	return page.Items, err
}

// Approve lets an action run or a reply go out.
func (c *Client) Approve(ctx context.Context, request schemas.PendingID, d schemas.ApprovalDecision) (schemas.ApprovalRequest, error) {
	return send[schemas.ApprovalRequest](ctx, c, http.MethodPost, "/approvals/"+id(request)+"/approve", d)
}

// Refuse stops an action or a reply.
func (c *Client) Refuse(ctx context.Context, request schemas.PendingID, d schemas.ApprovalDecision) (schemas.ApprovalRequest, error) {
	return send[schemas.ApprovalRequest](ctx, c, http.MethodPost, "/approvals/"+id(request)+"/refuse", d)
}
