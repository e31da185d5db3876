package client

import (
	"context"
	"net/http"

	"steward/schemas"
)

// StartPreview begins to try settings as a customer.
func (c *Client) StartPreview(ctx context.Context, in schemas.NewPreview) (schemas.PreviewStarted, error) {
	return send[schemas.PreviewStarted](ctx, c, http.MethodPost, "/preview/conversations", in)
}

// WritePreview writes in the customer's place.
func (c *Client) WritePreview(ctx context.Context, conversation schemas.ConversationID, in schemas.PreviewMessage) (schemas.PreviewReceived, error) {
	return send[schemas.PreviewReceived](ctx, c, http.MethodPost, "/preview/conversations/"+id(conversation)+"/messages", in)
}
