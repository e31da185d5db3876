package client

import (
	"context"
	"encoding/json"
	"net/http"

	"steward/schemas"
)

// The deployment's one agent.
const agentPath = "/agents/default"

// Agent returns the agent's switch, pauses and published version.
func (c *Client) Agent(ctx context.Context) (schemas.AgentShown, error) {
	return get[schemas.AgentShown](ctx, c, agentPath)
}

// AgentCommand is what a command of the agent returns: the state, and whether
// it shows the command's effect yet.
type AgentCommand struct {
	State schemas.AgentShown
	// Applied is false when the command is on its way: no worker runs.
	Applied bool
}

// Assign switches the agent on or off for new conversations.
func (c *Client) Assign(ctx context.Context, in schemas.Assignment) (AgentCommand, error) {
	return c.command(ctx, http.MethodPut, "/assignment", in)
}

// Pause stops the agent, in whole or in part.
func (c *Client) Pause(ctx context.Context, in schemas.PauseInput) (AgentCommand, error) {
	return c.command(ctx, http.MethodPost, "/pause", in)
}

// Resume ends a pause.
func (c *Client) Resume(ctx context.Context, in schemas.PauseInput) (AgentCommand, error) {
	return c.command(ctx, http.MethodPost, "/resume", in)
}

func (c *Client) command(ctx context.Context, method, path string, in any) (AgentCommand, error) {
	var out AgentCommand
	status, _, err := c.do(ctx, call{method: method, path: agentPath + path, in: in}, &out.State)
	out.Applied = status == http.StatusOK
	return out, err
}

// Draft returns the settings being edited as JSON, and their ETag.
func (c *Client) Draft(ctx context.Context) (json.RawMessage, string, error) {
	var out json.RawMessage
	_, h, err := c.do(ctx, call{method: http.MethodGet, path: agentPath + "/draft"}, &out)
	return out, h.Get("ETag"), err
}

// PatchDraft changes the draft that was read with an ETag, by a JSON merge
// patch, and returns the new ETag.
func (c *Client) PatchDraft(ctx context.Context, patch any, etag string) (string, error) {
	_, h, err := c.do(ctx, call{
		method: http.MethodPatch, path: agentPath + "/draft", in: patch, headers: map[string]string{"If-Match": etag},
	}, nil)
	return h.Get("ETag"), err
}

// SaveDraft replaces the draft that was read with an ETag.
func (c *Client) SaveDraft(ctx context.Context, settings schemas.Settings, etag string) (string, error) {
	_, h, err := c.do(ctx, call{
		method: http.MethodPut, path: agentPath + "/draft", in: settings, headers: map[string]string{"If-Match": etag},
	}, nil)
	return h.Get("ETag"), err
}

// Publish makes the draft that was read with an ETag the next version.
func (c *Client) Publish(ctx context.Context, note, etag string) (schemas.Version, error) {
	var out schemas.Version
	_, _, err := c.do(ctx, call{
		method: http.MethodPost, path: agentPath + "/versions", headers: map[string]string{"If-Match": etag},
		in: map[string]string{"note": note},
	}, &out)
	return out, err
}

// Versions returns the published versions, newest first.
func (c *Client) Versions(ctx context.Context) ([]schemas.Version, error) {
	page, err := get[schemas.List[schemas.Version]](ctx, c, agentPath+"/versions")
	return page.Items, err
}
