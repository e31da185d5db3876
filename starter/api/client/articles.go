package client

import (
	"context"
	"net/http"
	"net/url"

	"steward/schemas"
)

// NewArticle is an article as it is written.
type NewArticle struct {
	ExternalID string                `json:"external_id,omitempty"`
	Type       schemas.ArticleType   `json:"type,omitempty"`
	Title      string                `json:"title"`
	Body       string                `json:"body"`
	Format     schemas.ArticleFormat `json:"format,omitempty"`
	URL        string                `json:"url,omitempty"`
	Language   string                `json:"language,omitempty"`
}

// Articles returns items of the knowledge system whose title holds query.
func (c *Client) Articles(ctx context.Context, query string) ([]schemas.Article, error) {
	var out []schemas.Article
	q := url.Values{"limit": {"1000"}}
	if query != "" {
		q.Set("q", query)
	}
	for {
		var page schemas.List[schemas.Article]
		if _, _, err := c.do(ctx, call{method: http.MethodGet, path: "/articles", query: q}, &page); err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.NextCursor == nil {
			return out, nil
		}
		q.Set("cursor", *page.NextCursor)
	}
}

// AddArticle adds an article.
func (c *Client) AddArticle(ctx context.Context, a NewArticle) (schemas.Article, error) {
	return send[schemas.Article](ctx, c, http.MethodPost, "/articles", a)
}

// PutArticle changes an article; the source made of it is read again.
func (c *Client) PutArticle(ctx context.Context, article schemas.ArticleID, a NewArticle) (schemas.Article, error) {
	return send[schemas.Article](ctx, c, http.MethodPut, "/articles/"+id(article), a)
}

// DeleteArticle deletes an article and the source made of it.
func (c *Client) DeleteArticle(ctx context.Context, article schemas.ArticleID) error {
	_, _, err := c.do(ctx, call{method: http.MethodDelete, path: "/articles/" + id(article)}, nil)
	return err
}

// NewConnector is a connection as it is made.
type NewConnector struct {
	Kind     schemas.ConnectorKind `json:"kind"`
	Name     string                `json:"name"`
	URL      string                `json:"url,omitempty"`
	TokenEnv string                `json:"token_env,omitempty"`
	AddNew   bool                  `json:"add_new,omitempty"`
}

// Connectors returns the connections to outside knowledge systems.
func (c *Client) Connectors(ctx context.Context) ([]schemas.Connector, error) {
	page, err := get[schemas.List[schemas.Connector]](ctx, c, "/connectors")
	return page.Items, err
}

// AddConnector connects an outside knowledge system.
func (c *Client) AddConnector(ctx context.Context, n NewConnector) (schemas.Connector, error) {
	return send[schemas.Connector](ctx, c, http.MethodPost, "/connectors", n)
}

// PullConnector reads a connector now.
func (c *Client) PullConnector(ctx context.Context, connector schemas.ConnectorID) error {
	_, _, err := c.do(ctx, call{method: http.MethodPost, path: "/connectors/" + id(connector) + "/pull"}, nil)
	return err
}

// RemoveConnector removes a connector with everything made of it.
func (c *Client) RemoveConnector(ctx context.Context, connector schemas.ConnectorID) error {
	_, _, err := c.do(ctx, call{method: http.MethodDelete, path: "/connectors/" + id(connector)}, nil)
	return err
}
