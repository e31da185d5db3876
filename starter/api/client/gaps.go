package client

import (
	"context"
	"net/http"
	"net/url"

	"steward/schemas"
)

// Gaps returns questions without an answer; state is open, closed or all.
func (c *Client) Gaps(ctx context.Context, state string) ([]schemas.Gap, error) {
	page, err := get[schemas.List[schemas.Gap]](ctx, c, "/knowledge-gaps?limit=200&state="+url.QueryEscape(state))
	return page.Items, err
}

// Gap returns one gap with its latest questions.
func (c *Client) Gap(ctx context.Context, gap schemas.GapID) (schemas.GapShown, error) {
	return get[schemas.GapShown](ctx, c, "/knowledge-gaps/"+id(gap))
}

// CloseGap closes a gap.
func (c *Client) CloseGap(ctx context.Context, gap schemas.GapID, in schemas.CloseGap) (schemas.GapShown, error) {
	return send[schemas.GapShown](ctx, c, http.MethodPost, "/knowledge-gaps/"+id(gap)+"/close", in)
}

// ReopenGap opens a closed gap again.
func (c *Client) ReopenGap(ctx context.Context, gap schemas.GapID) (schemas.GapShown, error) {
	return send[schemas.GapShown](ctx, c, http.MethodPost, "/knowledge-gaps/"+id(gap)+"/reopen", nil)
}
