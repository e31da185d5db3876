package client

import (
	"context"
	"net/http"

	"steward/schemas"
)

// Connections returns the systems that actions call.
func (c *Client) Connections(ctx context.Context) ([]schemas.ConnectionShown, error) {
	page, err := get[schemas.List[schemas.ConnectionShown]](ctx, c, "/connections")
	return page.Items, err
}

// Connection returns a connection by its name.
func (c *Client) Connection(ctx context.Context, name string) (schemas.ConnectionShown, error) {
	return get[schemas.ConnectionShown](ctx, c, "/connections/"+id(name))
}

// PutConnection makes or replaces the connection of its name.
func (c *Client) PutConnection(ctx context.Context, one schemas.Connection) (schemas.ConnectionShown, error) {
	return send[schemas.ConnectionShown](ctx, c, http.MethodPut, "/connections/"+id(one.Name), one)
}

// SetConnectionSecret has the secret of a connection kept encrypted.
func (c *Client) SetConnectionSecret(ctx context.Context, name, secret string) error {
	_, _, err := c.do(ctx, call{method: http.MethodPut, path: "/connections/" + id(name) + "/secret", in: map[string]string{"secret": secret}}, nil)
	return err
}

// DeleteConnection deletes a connection that no action uses.
func (c *Client) DeleteConnection(ctx context.Context, name string) error {
	_, _, err := c.do(ctx, call{method: http.MethodDelete, path: "/connections/" + id(name)}, nil)
	return err
}

// Actions returns the actions of the draft and of the published settings, and
// the draft's ETag.
func (c *Client) Actions(ctx context.Context) ([]schemas.ActionShown, string, error) {
	var page schemas.List[schemas.ActionShown]
	_, h, err := c.do(ctx, call{method: http.MethodGet, path: "/actions"}, &page)
	return page.Items, h.Get("ETag"), err
}

// Action returns an action by its name.
func (c *Client) Action(ctx context.Context, name string) (schemas.ActionShown, error) {
	return get[schemas.ActionShown](ctx, c, "/actions/"+id(name))
}

// PutAction adds or replaces the action of its name in the draft that was read
// with an ETag, and returns the new ETag.
func (c *Client) PutAction(ctx context.Context, one schemas.Action, etag string) (schemas.ActionShown, string, error) {
	var out schemas.ActionShown
	_, h, err := c.do(ctx, call{
		method: http.MethodPut, path: "/actions/" + id(one.Name), in: one, headers: map[string]string{"If-Match": etag},
	}, &out)
	return out, h.Get("ETag"), err
}

// DeleteAction takes an action out of the draft that was read with an ETag.
func (c *Client) DeleteAction(ctx context.Context, name, etag string) error {
	_, _, err := c.do(ctx, call{method: http.MethodDelete, path: "/actions/" + id(name), headers: map[string]string{"If-Match": etag}}, nil)
	return err
}

// TestAction calls the other system as an action would.
func (c *Client) TestAction(ctx context.Context, name string, t schemas.ActionTest) (schemas.ActionTested, error) {
	var out schemas.ActionTested
	_, _, err := c.do(ctx, call{method: http.MethodPost, path: "/actions/" + id(name) + "/test", in: t, slow: true}, &out)
	return out, err
}

// NewActions is what actions are made of: an OpenAPI document with operations,
// or a connection to an MCP server with tools.
type NewActions struct {
	Document     string            `json:"document,omitempty"`
	Operations   []string          `json:"operations,omitempty"`
	Connection   string            `json:"connection,omitempty"`
	Tools        []string          `json:"tools,omitempty"`
	Descriptions map[string]string `json:"descriptions,omitempty"`
	Save         bool              `json:"save,omitempty"`
}

// ImportOpenAPI makes actions of operations, or lists them. The ETag of the draft
// is needed to save.
func (c *Client) ImportOpenAPI(ctx context.Context, n NewActions, etag string) (schemas.ActionImport, error) {
	return c.importActions(ctx, "openapi", n, etag)
}

// ImportMCP makes actions of tools, or lists them. The ETag of the draft is
// needed to save.
func (c *Client) ImportMCP(ctx context.Context, n NewActions, etag string) (schemas.ActionImport, error) {
	return c.importActions(ctx, "mcp", n, etag)
}

func (c *Client) importActions(ctx context.Context, from string, n NewActions, etag string) (schemas.ActionImport, error) {
	r := call{method: http.MethodPost, path: "/actions/import/" + from, in: n, slow: true}
	if etag != "" {
		r.headers = map[string]string{"If-Match": etag}
	}
	var out schemas.ActionImport
	_, _, err := c.do(ctx, r, &out)
	return out, err
}
