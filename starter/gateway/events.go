package gateway

import (
	"context"
	"net/http"
	"time"

	"steward/internal/httpkit"
	"steward/internal/store"
	"steward/schemas"
)

// How a stream treats its client.
const (
	// streamRetry is what clients are told to wait before they connect again.
	streamRetry = time.Second
	streamPage  = 100
)

// getEvents streams what happens to a visitor's conversations, from where the
// client was: Last-Event-ID, or `after` for clients that cannot send it. All of
// it is read from Postgres, so a stream goes on over restarts of any process.
func (g *Gateway) getEvents(w http.ResponseWriter, r *http.Request, session store.ChatSession) error {
	from := r.Header.Get("Last-Event-ID")
	if from == "" {
		from = r.URL.Query().Get("after")
	}
	s := &stream{g: g, session: session}
	if err := s.resume(r.Context(), from); err != nil {
		return err
	}
	s.watch = g.hub.open(session.ID, g.limits.streams)
	if s.watch == nil {
		return schemas.NewError(schemas.KindRateLimited, "Too many streams are open. Close one and try again.")
	}
	defer s.watch.close()
	s.watch.follow(session.Key())
	out, err := httpkit.OpenStream(w, streamRetry)
	if err != nil {
		// The answer has begun; the client sees a cut stream and comes back.
		g.o.Log.DebugContext(r.Context(), "stream not opened", "error", err)
		return nil
	}
	s.out = out
	s.run(r.Context(), httpkit.Stopping(r.Context()))
	return nil
}

// stream is one client's open stream.
type stream struct {
	g       *Gateway
	session store.ChatSession
	watch   *watch
	out     *httpkit.Stream
	at      store.Cursor
	// lost is true when the place to resume from does not exist any more.
	lost bool
	// shown and typing are what the client was told.
	shown  *state
	typing bool
}

// resume sets the place from which the stream begins.
func (s *stream) resume(ctx context.Context, from string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	at, err := parseCursor(from)
	if err != nil {
		s.lost = true
		return nil
	}
	valid, err := s.g.o.Chats.CheckCursor(ctx, s.session, at)
	if err != nil {
		return err
	}
	if s.lost = !valid; valid {
		s.at = at
	}
	return nil
}

// run sends until the client goes away or the server stops.
func (s *stream) run(ctx context.Context, stopping <-chan struct{}) {
	if s.lost && s.out.Send(eventResync, "", resync{Reason: "unknown_cursor"}) != nil {
		return
	}
	heartbeat := time.NewTicker(s.g.o.Heartbeat)
	defer heartbeat.Stop()
	for {
		if err := s.catchUp(ctx); err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-stopping:
			return
		case <-s.watch.wake:
		case <-heartbeat.C:
			// Reading again here makes up for a lost notification.
			if s.out.Heartbeat() != nil {
				return
			}
		}
	}
}

// catchUp sends everything the client has not seen. It returns an error only
// when the client is gone: while the database is down the stream stays open and
// reads again at the next wake.
func (s *stream) catchUp(ctx context.Context) error {
	for {
		t, err := s.read(ctx)
		if err != nil {
			if ctx.Err() == nil {
				s.g.o.Log.DebugContext(ctx, "stream waits for the database", "error", err)
			}
			return ctx.Err()
		}
		for _, m := range t.Messages {
			next := store.Cursor{Conversation: m.Conversation, Seq: m.Seq}
			if err := s.out.Send(eventMessage, cursorText(next), showMessage(m)); err != nil {
				return err
			}
			s.at = next
		}
		// A conversation that is new to the stream may have grown before it was
		// followed, so it is read once more.
		unheard := t.Thread != nil && s.watch.follow(store.ChatTopic(t.Thread.Conversation))
		if t.More || unheard {
			continue
		}
		return s.sendState(ctx, t.Thread)
	}
}

// read reads the next page, a few streams at a time.
func (s *stream) read(ctx context.Context) (store.Transcript, error) {
	select {
	case s.g.reads <- struct{}{}:
	case <-ctx.Done():
		return store.Transcript{}, ctx.Err()
	}
	defer func() { <-s.g.reads }()
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return s.g.o.Chats.Transcript(ctx, s.session, s.at, streamPage)
}

// sendState tells the client what has changed beside the messages.
func (s *stream) sendState(ctx context.Context, t *store.Thread) error {
	now := s.g.stateOf(ctx, s.session, t)
	if s.shown == nil || *s.shown != now {
		if err := s.out.Send(eventState, "", now); err != nil {
			return err
		}
		s.shown = &now
	}
	// The agent is at work while the customer has spoken last and nobody else
	// has taken over.
	on := t != nil && t.CustomerLast && now.Lifecycle == schemas.LifecycleOpen &&
		(now.Owner == schemas.OwnerAgent || now.Owner == schemas.OwnerNone) && now.Label != ""
	if on == s.typing {
		return nil
	}
	s.typing = on
	return s.out.Send(eventTyping, "", typing{On: on})
}
