package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"steward/schemas"
)

// ConversationFilter says which conversations to list. Empty fields match all.
type ConversationFilter struct {
	Owner     schemas.Owner
	Lifecycle schemas.Lifecycle
	// Limit is how many at most; 0 is 50.
	Limit  int
	Cursor string
}

// Conversations returns conversations by their latest change, newest first.
func (c *Client) Conversations(ctx context.Context, f ConversationFilter) (schemas.List[schemas.ConversationSummary], error) {
	query := url.Values{}
	set := func(name, value string) {
		if value != "" {
			query.Set(name, value)
		}
	}
	set("owner", string(f.Owner))
	set("lifecycle", string(f.Lifecycle))
	set("cursor", f.Cursor)
	if f.Limit > 0 {
		set("limit", strconv.Itoa(f.Limit))
	}
	var out schemas.List[schemas.ConversationSummary]
	_, _, err := c.do(ctx, call{method: http.MethodGet, path: "/conversations", query: query}, &out)
	return out, err
}

// Conversation returns one conversation with what has happened to it.
func (c *Client) Conversation(ctx context.Context, conversation schemas.ConversationID) (schemas.ConversationShown, error) {
	return get[schemas.ConversationShown](ctx, c, "/conversations/"+id(conversation))
}

// Messages returns the whole transcript.
func (c *Client) Messages(ctx context.Context, conversation schemas.ConversationID) ([]schemas.MessageShown, error) {
	var all []schemas.MessageShown
	query := url.Values{"limit": {"200"}}
	for {
		var page schemas.List[schemas.MessageShown]
		r := call{method: http.MethodGet, path: "/conversations/" + id(conversation) + "/messages", query: query}
		if _, _, err := c.do(ctx, r, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.NextCursor == nil {
			return all, nil
		}
		query.Set("cursor", *page.NextCursor)
	}
}

// Reply writes to the customer, once per key.
func (c *Client) Reply(ctx context.Context, conversation schemas.ConversationID, in schemas.NewReply, key string) (schemas.SentReply, error) {
	var out schemas.SentReply
	_, _, err := c.do(ctx, call{
		method: http.MethodPost, path: "/conversations/" + id(conversation) + "/messages", in: in,
		headers: map[string]string{"Idempotency-Key": key},
	}, &out)
	return out, err
}

// TakeOver gives the conversation to a person.
func (c *Client) TakeOver(ctx context.Context, conversation schemas.ConversationID, as string) (schemas.ConversationSummary, error) {
	return c.act(ctx, "/conversations/"+id(conversation)+"/takeover", as)
}

// GiveBack gives the conversation back to the agent.
func (c *Client) GiveBack(ctx context.Context, conversation schemas.ConversationID, as string) (schemas.ConversationSummary, error) {
	return c.act(ctx, "/conversations/"+id(conversation)+"/return", as)
}

// Close closes the conversation.
func (c *Client) Close(ctx context.Context, conversation schemas.ConversationID, as string) (schemas.ConversationSummary, error) {
	return c.act(ctx, "/conversations/"+id(conversation)+"/close", as)
}

// Handoffs returns the live handoffs, or all, newest first.
func (c *Client) Handoffs(ctx context.Context, all bool) ([]schemas.Offer, error) {
	path := "/handoffs"
	if all {
		path += "?state=all"
	}
	page, err := get[schemas.List[schemas.Offer]](ctx, c, path)
	return page.Items, err
}

// AcceptHandoff gives a handoff's conversation to a person.
func (c *Client) AcceptHandoff(ctx context.Context, handoff schemas.HandoffID, as string) (schemas.ConversationSummary, error) {
	return c.act(ctx, "/handoffs/"+id(handoff)+"/accept", as)
}

// DeclineHandoff refuses an offer.
func (c *Client) DeclineHandoff(ctx context.Context, handoff schemas.HandoffID, as string) (schemas.ConversationSummary, error) {
	return c.act(ctx, "/handoffs/"+id(handoff)+"/decline", as)
}

func (c *Client) act(ctx context.Context, path, as string) (schemas.ConversationSummary, error) {
	return send[schemas.ConversationSummary](ctx, c, http.MethodPost, path, schemas.Acting{As: as})
}
