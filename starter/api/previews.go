package api

import (
	"context"
	"crypto/rand"
	"net/http"

	"steward/internal/store"
	"steward/schemas"
)

func (a *API) previews() {
	serve(a, route{
		method: http.MethodPost, path: "/preview/conversations", id: "start-preview",
		summary: "Try the draft, or a published version, as a customer: nothing is sent, written or counted", status: http.StatusCreated,
	}, a.startPreview)
	serve(a, route{
		method: http.MethodPost, path: "/preview/conversations/{id}/messages", id: "write-preview",
		summary: "Write in the customer's place; replies are in the transcript and in the trace", status: http.StatusCreated, errors: []int{404, 409},
	}, a.writePreview)
}

func (a *API) startPreview(ctx context.Context, in *struct{ Body schemas.NewPreview }) (*body[schemas.PreviewStarted], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	n := in.Body.Defaults()
	if err := n.Validate(); err != nil {
		return nil, err
	}
	id, err := a.o.Store.StartPreview(ctx, store.NewPreview{Agent: d.Agent, Key: rand.Text(), NewPreview: n})
	return answer(schemas.PreviewStarted{Conversation: id}, err)
}

func (a *API) writePreview(ctx context.Context, in *struct {
	ConversationPath
	Body schemas.PreviewMessage
},
) (*body[schemas.PreviewReceived], error) {
	text, err := cleanReply(in.Body.Text)
	if err != nil {
		return nil, err
	}
	if in.Body.ClientID == "" {
		in.Body.ClientID = rand.Text()
	}
	got, err := a.o.Store.PreviewMessage(ctx, in.ID, in.Body.ClientID, text)
	return answer(schemas.PreviewReceived{ID: got.Message, Seq: got.Seq}, err)
}
