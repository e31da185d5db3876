package client

import (
	"context"
	"strconv"

	"steward/schemas"
)

// Trace returns how the replies of a conversation came about; turn 0 is all.
func (c *Client) Trace(ctx context.Context, conversation schemas.ConversationID, turn int) (schemas.ConversationTrace, error) {
	return get[schemas.ConversationTrace](ctx, c, "/conversations/"+id(conversation)+"/trace?turn="+strconv.Itoa(turn))
}
