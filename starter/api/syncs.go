package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"steward/internal/httpkit"
	"steward/schemas"
)

func (a *API) syncs(mux *http.ServeMux) {
	serve(a, route{
		method: http.MethodPost, path: "/sources/{id}/sync", id: "sync-source",
		summary: "Read a content source again", status: http.StatusAccepted, errors: []int{404, 409, 503},
	}, a.syncSource)
	serve(a, route{
		method: http.MethodGet, path: "/sources/{id}/sync", id: "get-sync",
		summary: "How far the latest synchronisation has come", errors: []int{404},
	}, a.getSync)
	serve(a, route{
		method: http.MethodGet, path: "/sources/{id}/syncs", id: "list-syncs",
		summary: "The runs of a source, newest first", errors: []int{404},
	}, a.getSyncs)
	for _, c := range []struct{ word, signal, summary string }{
		{"cancel", schemas.SignalStop, "Stop the run; what was read is kept and indexed"},
		{"pause", schemas.SignalPause, "Hold the crawl"},
		{"resume", schemas.SignalResume, "Let a held crawl go on"},
	} {
		serve(a, route{
			method: http.MethodPost, path: "/sources/{id}/sync/" + c.word, id: c.word + "-sync",
			summary: c.summary, status: http.StatusNoContent, errors: []int{404, 409, 503},
		}, func(ctx context.Context, in *SourcePath) (*nothing, error) {
			return nil, a.commandSync(ctx, in.ID, c.signal)
		})
	}
	serve(a, route{
		method: http.MethodPost, path: "/sources/{id}/sync/retry", id: "retry-sync",
		summary: "Read only the pages again that failed, and what they link to that is new", status: http.StatusAccepted, errors: []int{404, 409, 503},
	}, a.retrySync)
	serve(a, route{
		method: http.MethodPost, path: "/sources/{id}/review", id: "review-source",
		summary: "Decide about documents whose removal was held back", errors: []int{404, 409},
	}, a.reviewSource)
	a.raw(mux, rawRoute{
		path: "/sources/{id}/sync/events", id: "follow-sync", kind: "text/event-stream",
		summary: "Follow a synchronisation: an event `sync` with the body of get-sync at each change, until it has ended",
		query:   map[string]string{"after": "A run that does not count: the stream goes on until a later one has ended."},
	}, a.syncEvents)
}

func (a *API) start(ctx context.Context, id schemas.SourceID, trigger schemas.SyncTrigger) (*sourceAnswer, error) {
	source, err := a.o.Store.Source(ctx, id)
	if err != nil {
		return nil, err
	}
	if source.Status == schemas.SourceRemoving {
		return nil, schemas.NewError(schemas.KindConflict, "the source is being removed")
	}
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	err = a.inTime(ctx, func(ctx context.Context) error {
		in := schemas.SyncSourceInput{Source: id, Agent: d.Agent, Trigger: trigger}
		if source.Status.Resting() {
			// A run that has just ended may still be there: it takes another round.
			return a.o.Workflows.Resync(ctx, in)
		}
		return a.o.Workflows.StartSync(ctx, in)
	})
	if err != nil {
		return nil, err
	}
	return &sourceAnswer{Status: http.StatusAccepted, Location: syncLocation(id), Body: source}, nil
}

func (a *API) syncSource(ctx context.Context, in *SourcePath) (*sourceAnswer, error) {
	return a.start(ctx, in.ID, schemas.TriggerManual)
}

func (a *API) retrySync(ctx context.Context, in *SourcePath) (*sourceAnswer, error) {
	source, err := a.o.Store.Source(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	failed, err := a.o.Store.RetryPages(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if failed == 0 && source.Status == schemas.SourceFailed {
		// The run failed as a whole: no page of it did.
		return a.start(ctx, in.ID, schemas.TriggerManual)
	}
	return a.start(ctx, in.ID, schemas.TriggerRetry)
}

func (a *API) getSync(ctx context.Context, in *SourcePath) (*body[schemas.SourceSync], error) {
	return answer(a.sourceSync(ctx, in.ID))
}

func (a *API) sourceSync(ctx context.Context, id schemas.SourceID) (schemas.SourceSync, error) {
	source, err := a.o.Store.Source(ctx, id)
	out := schemas.SourceSync{Source: source}
	if err != nil || source.Sync == "" {
		return out, err
	}
	run, err := a.o.Store.Sync(ctx, source.Sync)
	if schemas.KindOf(err) == schemas.KindNotFound && err != nil {
		return out, nil
	}
	out.Run = &run
	return out, err
}

// maxRuns is how many runs of a source are kept and shown.
const maxRuns = 50

func (a *API) getSyncs(ctx context.Context, in *SourcePath) (*body[schemas.List[schemas.SyncRun]], error) {
	if _, err := a.o.Store.Source(ctx, in.ID); err != nil {
		return nil, err
	}
	return list(a.o.Store.Syncs(ctx, in.ID, maxRuns))
}

// commandSync gives a command to the run that reads a source.
func (a *API) commandSync(ctx context.Context, id schemas.SourceID, signal string) error {
	sync, err := a.sourceSync(ctx, id)
	if err != nil {
		return err
	}
	if sync.Run == nil || sync.Run.State.Ended() {
		return schemas.NewError(schemas.KindConflict, "the source is not being read now")
	}
	return a.inTime(ctx, func(ctx context.Context) error { return a.o.Workflows.CommandSync(ctx, sync.Run.Workflow, signal) })
}

// decision is what an admin says to removals that were held back.
type decision struct {
	Approve bool `json:"approve" doc:"true: remove them; false: keep them until a later run."`
}

func (a *API) reviewSource(ctx context.Context, in *struct {
	SourcePath
	Body decision
},
) (*body[schemas.Source], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	removed, err := a.o.Store.ReviewSource(ctx, in.ID, in.Body.Approve)
	if err != nil {
		return nil, err
	}
	if removed > 0 {
		// Answers do without them already; only the index has to hear of it.
		a.later(ctx, "read "+string(in.ID), func(ctx context.Context) error { return a.reread(ctx, d.Agent, in.ID) })
	}
	return answer(a.o.Store.Source(ctx, in.ID))
}

const (
	// syncLook is how often a run is looked at for its followers.
	syncLook = time.Second
	// syncFollow bounds how long one request follows a run; the client asks again.
	syncFollow = 10 * time.Minute
)

// syncEvents streams how far a source's synchronisation is, one event `sync`
// for each change, until it has ended. Server-sent events.
func (a *API) syncEvents(w http.ResponseWriter, r *http.Request) {
	id, before := schemas.SourceID(r.PathValue("id")), schemas.SyncID(r.URL.Query().Get("after"))
	if _, err := a.o.Store.Source(r.Context(), id); err != nil {
		a.fail(w, r, err)
		return
	}
	stream, err := httpkit.OpenStream(w, syncLook)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), syncFollow)
	defer cancel()
	tick := time.NewTicker(syncLook)
	defer tick.Stop()
	for last := ""; ; {
		sync, err := a.sourceSync(ctx, id)
		if err != nil {
			return
		}
		raw, err := json.Marshal(sync)
		switch {
		case err != nil:
			return
		case string(raw) != last:
			err = stream.Send("sync", "", json.RawMessage(raw))
			last = string(raw)
		default:
			err = stream.Heartbeat()
		}
		ended := sync.Source.Status.Resting() && (before == "" || sync.Source.Sync != before)
		if err != nil || ended {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-httpkit.Stopping(ctx):
			return
		case <-tick.C:
		}
	}
}
