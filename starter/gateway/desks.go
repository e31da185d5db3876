package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"steward/internal/handoff"
	"steward/schemas"
)

// DeskPrefix is where destinations of handoffs call us.
const DeskPrefix = "/api/gateway/v1/desks"

// maxEvent bounds the body of a call of a destination.
const maxEvent = 1 << 20

// eventTimeout is how long an event may wait for the database; the destinations
// repeat what is not answered in time.
const eventTimeout = 3 * time.Second

// DeskStore keeps destinations and does what people do in them.
type DeskStore interface {
	Desk(ctx context.Context, id schemas.DeskID) (schemas.Desk, error)
	DeskEvent(ctx context.Context, id schemas.DeskID, e schemas.DeskEvent) (schemas.DeskResult, error)
}

// Receivers opens destinations that call us; false for those that never do.
type Receivers interface {
	Receiver(d schemas.Desk) (handoff.Receiver, bool)
}

// Waker has a handoff's workflow read its row.
type Waker interface {
	WakeHandoff(ctx context.Context, id schemas.HandoffID) error
}

// DeskHandler serves the calls of destinations under DeskPrefix. A call that
// proves itself is answered once what it says is in Postgres; everything else
// learns nothing.
func (g *Gateway) DeskHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+DeskPrefix+"/{id}/events", g.endpoint(g.postDeskEvents))
	// An installation that cannot sign has its token as the last element.
	mux.Handle("POST "+DeskPrefix+"/{id}/events/{token}", g.endpoint(g.postDeskEvents))
	mux.Handle(DeskPrefix+"/", g.endpoint(func(http.ResponseWriter, *http.Request) error {
		return schemas.NewError(schemas.KindNotFound, "not found")
	}))
	return mux
}

func (g *Gateway) postDeskEvents(w http.ResponseWriter, r *http.Request) error {
	if g.o.Desks == nil || g.o.Receivers == nil {
		return schemas.NewError(schemas.KindNotFound, "not found")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return schemas.NewError(schemas.KindTooLarge, "the request is too large")
		}
		return schemas.NewError(schemas.KindInvalid, "the request could not be read")
	}
	ctx, cancel := context.WithTimeout(r.Context(), eventTimeout)
	defer cancel()
	id := schemas.DeskID(r.PathValue("id"))
	events, err := g.deskEvents(ctx, id, r, body)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Kind == schemas.DeskChallenge {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, e.Text)
			return nil
		}
		result, err := g.o.Desks.DeskEvent(ctx, id, e)
		if err != nil {
			return err
		}
		g.o.Log.InfoContext(ctx, "event of a destination", "desk", string(id), "kind", string(e.Kind), "result", string(result))
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}\n")
	return nil
}

// deskEvents verifies a call and reads what it says. One without a destination
// and one that does not prove itself are answered alike.
func (g *Gateway) deskEvents(ctx context.Context, id schemas.DeskID, r *http.Request, body []byte) ([]schemas.DeskEvent, error) {
	unproved := schemas.NewError(schemas.KindUnauthorized, "the call does not prove where it comes from")
	desk, err := g.o.Desks.Desk(ctx, id)
	if schemas.KindOf(err) == schemas.KindNotFound || err == nil && desk.Disabled {
		return nil, unproved
	}
	if err != nil {
		return nil, err
	}
	receiver, ok := g.o.Receivers.Receiver(desk)
	if !ok {
		return nil, unproved
	}
	events, err := receiver.Parse(ctx, handoff.Request{
		Method: r.Method, URL: strings.TrimSuffix(g.o.PublicURL, "/") + r.URL.RequestURI(), Header: r.Header, Body: body,
	})
	var failed *handoff.Failure
	if errors.As(err, &failed) {
		// The secret that would prove it cannot be read now.
		return nil, &schemas.Error{Kind: schemas.KindUnavailable, Message: "The call cannot be verified now.", Cause: err}
	}
	return events, err
}

// wakeQueue is how many wakes of handoffs wait at most. One that is left out is
// made good by the sweep.
const wakeQueue = 256

// wakeHandoffs passes the notifications of handoffs on until ctx ends.
func (g *Gateway) wakeHandoffs(ctx context.Context, ids <-chan schemas.HandoffID) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-ids:
			if err := g.o.Handoffs.WakeHandoff(ctx, id); err != nil && ctx.Err() == nil {
				g.o.Log.WarnContext(ctx, "wake failed; the sweep wakes the handoff", "handoff", string(id), "error", err)
			}
		}
	}
}
