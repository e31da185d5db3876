package api

import (
	"context"
	"net/http"

	"steward/schemas"
)

func (a *API) traces() {
	serve(a, route{
		method: http.MethodGet, path: "/conversations/{id}/trace", id: "get-trace",
		summary: "How the replies came about, latest turn first: searches, decisions, calls, what they cost", errors: []int{404},
	}, a.getTrace)
}

func (a *API) getTrace(ctx context.Context, in *struct {
	ConversationPath
	Turn int `query:"turn" minimum:"0" doc:"Only this turn; 0 is the latest hundred."`
},
) (*body[schemas.ConversationTrace], error) {
	return answer(a.o.Store.Trace(ctx, in.ID, in.Turn))
}
