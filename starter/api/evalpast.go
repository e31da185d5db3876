package api

import (
	"context"
	"net/http"

	"steward/internal/store"
	"steward/schemas"
)

func (a *API) evalPast() {
	serve(a, route{
		method: http.MethodPost, path: "/eval/past", id: "run-past",
		summary: "Play past conversations again with the draft, or a published version; calls get the results of then, and none is made",
		status:  http.StatusCreated, errors: []int{409, 503},
	}, a.runPast)
}

func (a *API) runPast(ctx context.Context, in *struct{ Body schemas.NewEvalPast }) (*body[schemas.EvalRunSummary], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	run, err := a.o.Store.StartEvalPast(ctx, store.NewEvalPast{Agent: d.Agent, Engine: a.o.Info.Engine, NewEvalPast: in.Body.Defaults()})
	if err != nil {
		return nil, err
	}
	return a.evaluate(ctx, run)
}
