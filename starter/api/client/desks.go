package client

import (
	"context"
	"net/http"

	"steward/schemas"
)

// Desks returns the destinations that handoffs also go to.
func (c *Client) Desks(ctx context.Context) ([]schemas.Desk, error) {
	page, err := get[schemas.List[schemas.Desk]](ctx, c, "/desks")
	return page.Items, err
}

// PutDesk makes a destination, or changes the one of the same name.
func (c *Client) PutDesk(ctx context.Context, d schemas.NewDesk) (schemas.Desk, error) {
	return send[schemas.Desk](ctx, c, http.MethodPut, "/desks", d)
}

// DeleteDesk removes a destination.
func (c *Client) DeleteDesk(ctx context.Context, desk schemas.DeskID) error {
	_, _, err := c.do(ctx, call{method: http.MethodDelete, path: "/desks/" + id(desk)}, nil)
	return err
}

// TestDesk opens a ticket at a destination that says that it is a test.
func (c *Client) TestDesk(ctx context.Context, desk schemas.DeskID) (schemas.DeskTest, error) {
	return send[schemas.DeskTest](ctx, c, http.MethodPost, "/desks/"+id(desk)+"/test", nil)
}

// Handoff returns a handoff with its summary, its route and its destinations.
func (c *Client) Handoff(ctx context.Context, handoff schemas.HandoffID) (schemas.HandoffShown, error) {
	return get[schemas.HandoffShown](ctx, c, "/handoffs/"+id(handoff))
}

// SetSkills says what a person can do.
func (c *Client) SetSkills(ctx context.Context, user schemas.UserID, skills []string) (schemas.User, error) {
	return send[schemas.User](ctx, c, http.MethodPatch, "/users/"+id(user), schemas.UserChange{Skills: &skills})
}
