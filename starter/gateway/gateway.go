package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"steward/internal/fault"
	"steward/internal/httpkit"
	"steward/internal/store"
	"steward/schemas"
)

// Sessions keeps visitors.
type Sessions interface {
	OpenSession(ctx context.Context, channelKey, language string, ttl time.Duration) (store.ChatSession, error)
	Session(ctx context.Context, id schemas.SessionID, ttl time.Duration) (store.ChatSession, error)
	AgentName(ctx context.Context, id schemas.AgentID) (string, error)
	EmailKnown(ctx context.Context, session store.ChatSession) (bool, error)
}

// Messages keeps what was said.
type Messages interface {
	Receive(ctx context.Context, in store.Inbound) (store.Received, error)
	Transcript(ctx context.Context, session store.ChatSession, after store.Cursor, limit int) (store.Transcript, error)
	CheckCursor(ctx context.Context, session store.ChatSession, at store.Cursor) (valid bool, err error)
}

// Commands are what a visitor may do beside writing.
type Commands interface {
	SetEmail(ctx context.Context, session store.ChatSession, email string) error
	EndChat(ctx context.Context, session store.ChatSession) error
	Rate(ctx context.Context, session store.ChatSession, rating int) error
	ConfirmByButton(ctx context.Context, session store.ChatSession, d store.Decide) error
}

// Reports keeps what systems report of actions that take their time.
type Reports interface {
	Reported(ctx context.Context, token string) (schemas.Action, error)
	Report(ctx context.Context, token string, o schemas.RunOutcome) error
}

// Chats is the storage of live chat.
type Chats interface {
	Sessions
	Messages
	Commands
}

// Admission says whether the agent would answer a new visitor of a channel now.
type Admission interface {
	Answers(ctx context.Context, channel schemas.ChannelID) (bool, error)
}

// Options are what a Gateway needs. Chats, Admission, Keys and Log are required.
type Options struct {
	Chats     Chats
	Admission Admission
	// Reports takes the results of actions. Nil: none are taken.
	Reports Reports
	// Keys sign session tokens: the first signs, all are accepted.
	Keys [][]byte
	// NoModel is true when the answer finder writes the replies, which the label
	// then says.
	NoModel bool
	// SessionTTL is how long an unused session lives. Default 365 days.
	SessionTTL time.Duration
	Limits     Limits
	// ClientIP finds the visitor's address for rate limits. Default: the other
	// end of the connection.
	ClientIP func(*http.Request) string
	// Heartbeat is how often a quiet stream is proven alive and read again.
	// Default 15 s.
	Heartbeat time.Duration
	// Desks and Receivers take what destinations of handoffs send; without them
	// nothing is taken. PublicURL is the address that they call us under.
	Desks     DeskStore
	Receivers Receivers
	PublicURL string
	// Handoffs is told of handoffs whose rows want to be looked at; nil tells
	// nobody.
	Handoffs Waker
	Faults   *fault.Points
	Log      *slog.Logger
}

// Gateway is the widget API.
type Gateway struct {
	o      Options
	tokens tokens
	hub    *hub
	limits limits
	errors httpkit.Errors
	// reads bounds how many streams read at once, so that waking all of them
	// leaves connections for messages that come in.
	reads chan struct{}
}

// How the gateway treats its requests.
const (
	// requestTimeout is how long a request may wait for the database before it is
	// answered 503.
	requestTimeout = 2 * time.Second
	maxBody        = 256 << 10
	streamReads    = 4
)

// New makes a Gateway.
func New(o Options) (*Gateway, error) {
	tokens, err := newTokens(o.Keys)
	if err != nil {
		return nil, fmt.Errorf("make gateway: %w", err)
	}
	if o.SessionTTL <= 0 {
		o.SessionTTL = 365 * 24 * time.Hour
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = 15 * time.Second
	}
	if o.ClientIP == nil {
		o.ClientIP = httpkit.RemoteIP
	}
	return &Gateway{
		o: o, tokens: tokens, hub: newHub(), limits: newLimits(o.Limits),
		errors: httpkit.Errors{Log: o.Log}, reads: make(chan struct{}, streamReads),
	}, nil
}

// Prefix is where the widget API is mounted.
const Prefix = "/api/widget/v1"

// ReportPrefix is before the token with which a system reports the result of an
// action.
const ReportPrefix = "/api/gateway/v1/reports/"

// Handler serves the widget API under Prefix and reports under ReportPrefix.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, h func(http.ResponseWriter, *http.Request) error) {
		mux.Handle(pattern, g.endpoint(h))
	}
	known := func(pattern string, h sessionHandler) { open(pattern, g.withSession(h)) }
	open("POST "+Prefix+"/session", g.postSession)
	known("POST "+Prefix+"/messages", g.postMessage)
	known("GET "+Prefix+"/messages", g.getMessages)
	known("GET "+Prefix+"/events", g.getEvents)
	known("POST "+Prefix+"/typing", g.postTyping)
	known("PUT "+Prefix+"/email", g.putEmail)
	known("POST "+Prefix+"/end", g.postEnd)
	known("POST "+Prefix+"/csat", g.postRating)
	known("POST "+Prefix+"/confirmations/{id}", g.postConfirmation)
	open("POST "+ReportPrefix+"{token}", g.postReport)
	mux.Handle(Prefix+"/", g.endpoint(func(http.ResponseWriter, *http.Request) error {
		return schemas.NewError(schemas.KindNotFound, "not found")
	}))
	return mux
}

// endpoint limits requests by address and answers errors as problems.
func (g *Gateway) endpoint(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		err := g.limits.request.take(w, g.o.ClientIP(r))
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			g.errors.Write(w, r, plain(err))
		}
	})
}

// plain takes away from an error what would tell a guess from a miss.
func plain(err error) error {
	switch schemas.KindOf(err) {
	case schemas.KindNotFound:
		return &schemas.Error{Kind: schemas.KindNotFound, Message: "Not found.", Cause: err}
	case schemas.KindUnauthorized:
		return &schemas.Error{Kind: schemas.KindUnauthorized, Message: "Unauthorized.", Cause: err}
	}
	return err
}

// Notifications is where wakes come from.
type Notifications interface {
	Listen(ctx context.Context, l store.Listener)
}

// Run serves the wakes of streams and relay until ctx ends, over one listening
// connection, and runs the relay. It returns after the relay has given its
// leases back.
func (g *Gateway) Run(ctx context.Context, n Notifications, relay *Relay) {
	relayed := make(chan struct{})
	go func() {
		defer close(relayed)
		relay.Run(ctx)
	}()
	handoffs := make(chan schemas.HandoffID, wakeQueue)
	var waking sync.WaitGroup
	if g.o.Handoffs != nil {
		waking.Go(func() { g.wakeHandoffs(ctx, handoffs) })
	}
	n.Listen(ctx, wakes{hub: g.hub, relay: relay, handoffs: handoffs})
	<-relayed
	waking.Wait()
}

// wakes hands notifications to whom they concern.
type wakes struct {
	hub      *hub
	relay    *Relay
	handoffs chan<- schemas.HandoffID
}

func (w wakes) Listening() {
	w.hub.wakeAll()
	w.relay.Wake()
}

func (w wakes) Notified(channel, payload string) {
	switch channel {
	case store.NotifyChat:
		w.hub.wake(payload)
	case store.NotifyInbox:
		w.relay.Wake()
	case store.NotifyHandoff:
		// Waiting here would hold up the others; what is left out is looked at by
		// the sweep.
		select {
		case w.handoffs <- schemas.HandoffID(payload):
		default:
		}
	}
}
