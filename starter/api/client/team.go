package client

import (
	"context"
	"net/http"

	"steward/schemas"
)

// Teams returns the teams with their members.
func (c *Client) Teams(ctx context.Context) ([]schemas.Team, error) {
	page, err := get[schemas.List[schemas.Team]](ctx, c, "/teams")
	return page.Items, err
}

// AddTeam adds a team.
func (c *Client) AddTeam(ctx context.Context, name string) (schemas.Team, error) {
	return send[schemas.Team](ctx, c, http.MethodPost, "/teams", schemas.NewTeam{Name: name})
}

// AddMember puts a user into a team.
func (c *Client) AddMember(ctx context.Context, team schemas.TeamID, user schemas.UserID) error {
	return c.member(ctx, http.MethodPut, team, user)
}

// RemoveMember takes a user out of a team.
func (c *Client) RemoveMember(ctx context.Context, team schemas.TeamID, user schemas.UserID) error {
	return c.member(ctx, http.MethodDelete, team, user)
}

func (c *Client) member(ctx context.Context, method string, team schemas.TeamID, user schemas.UserID) error {
	_, _, err := c.do(ctx, call{method: method, path: "/teams/" + id(team) + "/members/" + id(user)}, nil)
	return err
}

// Users returns the people who take conversations.
func (c *Client) Users(ctx context.Context) ([]schemas.User, error) {
	page, err := get[schemas.List[schemas.User]](ctx, c, "/users")
	return page.Items, err
}

// AddUser adds a person who takes conversations.
func (c *Client) AddUser(ctx context.Context, u schemas.NewUser) (schemas.User, error) {
	return send[schemas.User](ctx, c, http.MethodPost, "/users", u)
}

// SetPresence says whether a person takes conversations now.
func (c *Client) SetPresence(ctx context.Context, user schemas.UserID, p schemas.Presence) (schemas.User, error) {
	return send[schemas.User](ctx, c, http.MethodPatch, "/users/"+id(user), schemas.UserChange{Presence: p})
}

// Info says what is running and where.
func (c *Client) Info(ctx context.Context) (schemas.Info, error) {
	return get[schemas.Info](ctx, c, "/system/info")
}

// Health says whether the parts of the system work.
func (c *Client) Health(ctx context.Context) (schemas.Health, error) {
	return get[schemas.Health](ctx, c, "/system/health")
}
