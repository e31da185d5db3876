package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"

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

// UploadSource adds a file as a content source.
func (c *Client) UploadSource(ctx context.Context, n schemas.NewSource) (source schemas.Source, started bool, err error) {
	h, err := c.upload(ctx, "/sources/upload", n.FileName, n.Content, map[string]string{
		"name": n.Name, "url": n.URL, "language": n.Language, "schedule": string(n.Schedule),
		"private": strconv.FormatBool(n.Private), "citations": strconv.FormatBool(n.Citations),
	}, &source)
	return source, h.Get("Location") != "", err
}

// upload sends a file with the fields of its form that are not empty.
func (c *Client) upload(ctx context.Context, path, name string, content []byte, fields map[string]string, out any) (http.Header, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(content)
	}
	for field, value := range fields {
		if err == nil && value != "" {
			err = w.WriteField(field, value)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("write form: %w", err)
	}
	_, h, err := c.do(ctx, call{
		method: http.MethodPost, path: path, raw: &form, headers: map[string]string{"Content-Type": w.FormDataContentType()},
	}, out)
	return h, err
}

// ChangeSource changes a content source.
func (c *Client) ChangeSource(ctx context.Context, source schemas.SourceID, change schemas.SourceChange) (schemas.Source, error) {
	return send[schemas.Source](ctx, c, http.MethodPatch, "/sources/"+id(source), change)
}

// SyncSource starts reading a source again.
func (c *Client) SyncSource(ctx context.Context, source schemas.SourceID) (schemas.Source, error) {
	return send[schemas.Source](ctx, c, http.MethodPost, "/sources/"+id(source)+"/sync", nil)
}

// RetrySync reads again the pages of a source that failed.
func (c *Client) RetrySync(ctx context.Context, source schemas.SourceID) (schemas.Source, error) {
	return send[schemas.Source](ctx, c, http.MethodPost, "/sources/"+id(source)+"/sync/retry", nil)
}

// SourceSync returns how far the latest synchronisation has come.
func (c *Client) SourceSync(ctx context.Context, source schemas.SourceID) (schemas.SourceSync, error) {
	return get[schemas.SourceSync](ctx, c, "/sources/"+id(source)+"/sync")
}

// Syncs returns the runs of a source, newest first.
func (c *Client) Syncs(ctx context.Context, source schemas.SourceID) ([]schemas.SyncRun, error) {
	page, err := get[schemas.List[schemas.SyncRun]](ctx, c, "/sources/"+id(source)+"/syncs")
	return page.Items, err
}

// CommandSync cancels, pauses or resumes the run that reads a source.
func (c *Client) CommandSync(ctx context.Context, source schemas.SourceID, command string) error {
	_, _, err := c.do(ctx, call{method: http.MethodPost, path: "/sources/" + id(source) + "/sync/" + url.PathEscape(command)}, nil)
	return err
}

// ReviewSource decides about documents whose removal was held back.
func (c *Client) ReviewSource(ctx context.Context, source schemas.SourceID, approve bool) (schemas.Source, error) {
	return send[schemas.Source](ctx, c, http.MethodPost, "/sources/"+id(source)+"/review", map[string]bool{"approve": approve})
}

// PageFilter selects pages of a source.
type PageFilter struct {
	Outcome schemas.PageOutcome
	Reason  schemas.FailCode
	// Limit is the largest number of pages; 0: all.
	Limit int
}

func (f PageFilter) query() url.Values {
	q := url.Values{}
	if f.Outcome != "" {
		q.Set("outcome", string(f.Outcome))
	}
	if f.Reason != "" {
		q.Set("reason", string(f.Reason))
	}
	return q
}

// Pages returns the pages of a source by address.
func (c *Client) Pages(ctx context.Context, source schemas.SourceID, f PageFilter) ([]schemas.Page, error) {
	var out []schemas.Page
	q := f.query()
	q.Set("limit", "1000")
	for {
		var page schemas.List[schemas.Page]
		if _, _, err := c.do(ctx, call{method: http.MethodGet, path: "/sources/" + id(source) + "/pages", query: q}, &page); err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if f.Limit > 0 && len(out) >= f.Limit {
			return out[:f.Limit], nil
		}
		if page.NextCursor == nil {
			return out, nil
		}
		q.Set("cursor", *page.NextCursor)
	}
}

// PagesCSV writes the pages of a source as CSV, all that the filter lets
// through.
func (c *Client) PagesCSV(ctx context.Context, source schemas.SourceID, f PageFilter, w io.Writer) error {
	_, _, err := c.do(ctx, call{method: http.MethodGet, path: "/sources/" + id(source) + "/pages.csv", query: f.query(), copyTo: w}, nil)
	return err
}

// RemoveSource removes a content source.
func (c *Client) RemoveSource(ctx context.Context, source schemas.SourceID) error {
	_, _, err := c.do(ctx, call{method: http.MethodDelete, path: "/sources/" + id(source)}, nil)
	return err
}

// RemoveSources removes several content sources.
func (c *Client) RemoveSources(ctx context.Context, sources []schemas.SourceID) (schemas.BulkResult, error) {
	return send[schemas.BulkResult](ctx, c, http.MethodPost, "/sources/bulk", map[string]any{"ids": sources, "action": "remove"})
}
