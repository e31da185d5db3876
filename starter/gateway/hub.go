package gateway

import (
	"sync"

	"steward/schemas"
)

// hub knows the streams that are open in this process and wakes those that a
// notification concerns. A wake only says "read again": a stream that is slow
// has at most one waiting and holds up nobody.
type hub struct {
	mu       sync.Mutex
	topics   map[string]map[*watch]struct{}
	sessions map[schemas.SessionID]int
}

func newHub() *hub {
	return &hub{topics: map[string]map[*watch]struct{}{}, sessions: map[schemas.SessionID]int{}}
}

// watch is one stream's place in the hub.
type watch struct {
	hub     *hub
	session schemas.SessionID
	topics  map[string]struct{}
	// wake holds one wake until the stream takes it.
	wake chan struct{}
}

// open adds a stream of a session, or returns nil when the session has limit
// streams already.
func (h *hub) open(session schemas.SessionID, limit int) *watch {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sessions[session] >= limit {
		return nil
	}
	h.sessions[session]++
	return &watch{hub: h, session: session, topics: map[string]struct{}{}, wake: make(chan struct{}, 1)}
}

// follow adds a topic to what wakes the stream. It reports whether the topic is
// new to it: what happened before was then not heard.
func (w *watch) follow(topic string) bool {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	if _, known := w.topics[topic]; known {
		return false
	}
	w.topics[topic] = struct{}{}
	all, ok := w.hub.topics[topic]
	if !ok {
		all = map[*watch]struct{}{}
		w.hub.topics[topic] = all
	}
	all[w] = struct{}{}
	return true
}

// close takes the stream out of the hub.
func (w *watch) close() {
	h := w.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	for topic := range w.topics {
		delete(h.topics[topic], w)
		if len(h.topics[topic]) == 0 {
			delete(h.topics, topic)
		}
	}
	if h.sessions[w.session]--; h.sessions[w.session] == 0 {
		delete(h.sessions, w.session)
	}
}

// wake wakes the streams that follow a topic.
func (h *hub) wake(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.topics[topic] {
		w.poke()
	}
}

// wakeAll wakes every stream: notifications may have been lost.
func (h *hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, watches := range h.topics {
		for w := range watches {
			w.poke()
		}
	}
}

func (w *watch) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
