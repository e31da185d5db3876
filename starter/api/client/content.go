package client

import (
	"context"
	"net/http"
	"net/url"

	"steward/schemas"
)

// Document returns the text of a document with its passages and versions.
func (c *Client) Document(ctx context.Context, document schemas.DocumentID) (schemas.DocumentView, error) {
	return get[schemas.DocumentView](ctx, c, "/documents/"+id(document))
}

// RestoreDocument makes an earlier version of a document the current one.
func (c *Client) RestoreDocument(ctx context.Context, document schemas.DocumentID, version int) error {
	_, _, err := c.do(ctx, call{method: http.MethodPost, path: "/documents/" + id(document) + "/restore", in: map[string]int{"version": version}}, nil)
	return err
}

// Search returns what the agent finds for a question, and how.
func (c *Client) Search(ctx context.Context, question string) (schemas.SearchResult, error) {
	return send[schemas.SearchResult](ctx, c, http.MethodPost, "/search", map[string]string{"question": question})
}

// Rebuild makes the search index anew from what is stored.
func (c *Client) Rebuild(ctx context.Context) (schemas.ReindexInput, error) {
	return send[schemas.ReindexInput](ctx, c, http.MethodPost, "/knowledge/rebuild", nil)
}

// Files returns uploaded files whose name holds query.
func (c *Client) Files(ctx context.Context, query string) ([]schemas.File, error) {
	var page schemas.List[schemas.File]
	q := url.Values{}
	if query != "" {
		q.Set("q", query)
	}
	_, _, err := c.do(ctx, call{method: http.MethodGet, path: "/files", query: q}, &page)
	return page.Items, err
}

// AddFile uploads a file that sources can be made of.
func (c *Client) AddFile(ctx context.Context, name string, content []byte) (schemas.File, error) {
	var file schemas.File
	_, err := c.upload(ctx, "/files", name, content, nil, &file)
	return file, err
}

// DeleteFile deletes a file that no source uses.
func (c *Client) DeleteFile(ctx context.Context, file schemas.FileID) error {
	_, _, err := c.do(ctx, call{method: http.MethodDelete, path: "/files/" + id(file)}, nil)
	return err
}
