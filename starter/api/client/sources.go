package client

import (
	"context"
	"net/http"

	"steward/schemas"
)

// Sources returns the content sources.
func (c *Client) Sources(ctx context.Context) ([]schemas.Source, error) {
	page, err := get[schemas.List[schemas.Source]](ctx, c, "/sources")
	return page.Items, err
}

// Source returns one content source.
func (c *Client) Source(ctx context.Context, source schemas.SourceID) (schemas.Source, error) {
	return get[schemas.Source](ctx, c, "/sources/"+id(source))
}

// AddSource adds a content source; started is false when its synchronisation
// could not be started.
func (c *Client) AddSource(ctx context.Context, n schemas.NewSource) (source schemas.Source, started bool, err error) {
	_, h, err := c.do(ctx, call{method: http.MethodPost, path: "/sources", in: n}, &source)
	return source, h.Get("Location") != "", err
}

// SyncSource starts reading a source again.
func (c *Client) SyncSource(ctx context.Context, source schemas.SourceID) (schemas.Source, error) {
	return send[schemas.Source](ctx, c, http.MethodPost, "/sources/"+id(source)+"/sync", nil)
}

// SourceSync returns how far the latest synchronisation has come.
func (c *Client) SourceSync(ctx context.Context, source schemas.SourceID) (schemas.SourceSync, error) {
	return get[schemas.SourceSync](ctx, c, "/sources/"+id(source)+"/sync")
}

// RemoveSource removes a content source.
func (c *Client) RemoveSource(ctx context.Context, source schemas.SourceID) error {
	_, _, err := c.do(ctx, call{method: http.MethodDelete, path: "/sources/" + id(source)}, nil)
	return err
}
