package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"steward/schemas"
)

// bindWait is how long a call may come before the customer's side knows of the
// conversation.
const bindWait = 10 * time.Second

// maxArguments bounds the body of a call in bytes.
const maxArguments = 1 << 20

// api is the other system: it answers the calls of all conversations on
// loopback. Safe for concurrent use.
type api struct {
	tick func()
	// confirmed says whether the customer's yes to a run was used; nil when that is
	// not looked at.
	confirmed func(ctx context.Context, id schemas.ConversationID, run schemas.RunRef) (bool, error)
	changes   func(name string) bool

	server   *http.Server
	listener net.Listener

	mu      sync.Mutex
	changed chan struct{}
	ledgers map[schemas.ConversationID]*ledger
	strays  []string
}

// ledger is what one conversation may call and has called.
type ledger struct {
	mu sync.Mutex
	// expected are the calls in their order.
	expected []call
	// answer is what the system says to a call; nil says what was recorded.
	answer func(c call) (string, error)
	// answered are the answers by key: a repeated call gets the same one and has
	// no second effect.
	answered map[string]answered
	// made counts the calls as expected, repeats those that came again.
	made, repeats, unconfirmed int
	problems                   []string
}

type answered struct {
	call call
	text string
}

func newLedger(s story, answer func(call) (string, error)) *ledger {
	return &ledger{expected: s.calls(), answer: answer, answered: map[string]answered{}}
}

// serve starts the API on a free port.
func serve(a *api) error {
	var err error
	if a.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return fmt.Errorf("listen for calls: %w", err)
	}
	a.changed, a.ledgers = make(chan struct{}), map[schemas.ConversationID]*ledger{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /tools/{name}", a.handle)
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			a.stray("serve: %v", err)
		}
	}()
	return nil
}

func (a *api) url() *url.URL { return &url.URL{Scheme: "http", Host: a.listener.Addr().String()} }

// bind says whose conversation it is.
func (a *api) bind(id schemas.ConversationID, l *ledger) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ledgers[id] == l {
		return
	}
	a.ledgers[id] = l
	close(a.changed)
	a.changed = make(chan struct{})
}

// find waits until the conversation is known.
func (a *api) find(ctx context.Context, id schemas.ConversationID) *ledger {
	ctx, cancel := context.WithTimeout(ctx, bindWait)
	defer cancel()
	for {
		a.mu.Lock()
		l, changed := a.ledgers[id], a.changed
		a.mu.Unlock()
		if l != nil {
			return l
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

func (a *api) stray(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.strays = append(a.strays, fmt.Sprintf(format, args...))
}

func (a *api) handle(w http.ResponseWriter, r *http.Request) {
	a.tick()
	c := call{Name: r.PathValue("name")}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxArguments))
	if err != nil {
		// A killed caller; it comes again.
		return
	}
	c.Arguments = raw
	id, key := schemas.ConversationID(r.Header.Get(headerConversation)), r.Header.Get(headerKey)
	l := a.find(r.Context(), id)
	if l == nil {
		a.stray("a call of %s for a conversation that nobody has", c.Name)
		http.Error(w, "unknown conversation", http.StatusNotFound)
		return
	}
	yes, err := a.agreed(r.Context(), id, key, c.Name)
	if err != nil {
		a.stray("confirmation of %s: %v", c.Name, err)
	}
	text, err := l.take(key, c, yes)
	if err != nil {
		http.Error(w, "unexpected call", http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if json.Valid([]byte(text)) {
		w.Header().Set("Content-Type", "application/json")
	}
	a.tick()
	// A worker that was killed does not read the answer.
	_, _ = io.WriteString(w, text)
}

// agreed reports whether the customer has said yes to a write before its call.
func (a *api) agreed(ctx context.Context, id schemas.ConversationID, key, name string) (bool, error) {
	if a.confirmed == nil || !a.changes(name) {
		return true, nil
	}
	run, err := runOf(key)
	if err != nil {
		return false, err
	}
	return a.confirmed(context.WithoutCancel(ctx), id, run)
}

// runOf reads the turn and the step of a key, conversation/turn/step.
func runOf(key string) (schemas.RunRef, error) {
	parts := strings.Split(key, "/")
	if len(parts) != 3 {
		return schemas.RunRef{}, errors.New("the key is not conversation/turn/step")
	}
	turn, errTurn := strconv.Atoi(parts[1])
	step, errStep := strconv.Atoi(parts[2])
	return schemas.RunRef{Turn: turn, Step: step}, errors.Join(errTurn, errStep)
}

var errUnexpected = errors.New("unexpected call")

// take answers a call once for its key. A key that comes with another call, and
// a call that is not the next one expected, are problems.
func (l *ledger) take(key string, c call, confirmed bool) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	same := func(other call) bool {
		return other.Name == c.Name && sameArguments(other.Arguments, c.Arguments)
	}
	before, again := l.answered[key]
	switch {
	case key == "":
		return "", l.refuse("a call of %s without a key", c.Name)
	case again && !same(before.call):
		return "", l.refuse("a call of %s under the key of another call", c.Name)
	case again:
		l.repeats++
		return before.text, nil
	case l.made >= len(l.expected):
		return "", l.refuse("a call of %s after the last one expected", c.Name)
	case !same(l.expected[l.made]):
		return "", l.refuse("call %d is %s, want %s, or its arguments differ", l.made+1, c.Name, l.expected[l.made].Name)
	}
	if !confirmed {
		l.unconfirmed++
	}
	text := l.expected[l.made].result
	if l.answer != nil {
		var err error
		if text, err = l.answer(c); err != nil {
			return "", l.refuse("%v", err)
		}
	}
	l.made++
	l.answered[key] = answered{call: c, text: text}
	return text, nil
}

func (l *ledger) refuse(format string, args ...any) error {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
	return errUnexpected
}

// count is the ledger's figures so far.
func (l *ledger) count() (made, repeats, unconfirmed int, problems []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.made, l.repeats, l.unconfirmed, slices.Clone(l.problems)
}
