package scripted

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxRequest bounds a request body in bytes.
const maxRequest = 8 << 20

// Fallback answers a request for which no step is left; ok false means that
// there is no answer and the request is refused.
type Fallback func(Request) (Step, bool)

// Server speaks the Chat Completions API (…/chat/completions) and the Messages
// API (…/messages) on loopback; one script serves both.
type Server struct {
	fallback Fallback
	listener net.Listener
	server   *http.Server
	done     chan struct{}

	mu sync.Mutex
	// changed is closed and replaced with every request and every hang-up.
	changed  chan struct{}
	steps    []Step
	requests []Request
	refused  []string
	// hungUp counts the calls whose caller gave up before the answer was sent.
	hungUp int
}

// Start serves a script on a free port of 127.0.0.1. fallback may be nil; with
// QuoteFirst no script is needed. Close it.
func Start(fallback Fallback, steps ...Step) (*Server, error) {
	return Listen("127.0.0.1:0", fallback, steps...)
}

// Listen is Start on a given loopback address.
func Listen(address string, fallback Fallback, steps ...Step) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	s := &Server{fallback: fallback, listener: listener, done: make(chan struct{}), changed: make(chan struct{}), steps: slices.Clone(steps)}
	s.server = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.done)
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.refuse("serve: " + err.Error())
		}
	}()
	return s, nil
}

// Close ends the server and every call under way.
func (s *Server) Close() error {
	err := s.server.Close()
	<-s.done
	return err
}

// BaseURL is the root of the API, with a slash at its end.
func (s *Server) BaseURL() string { return "http://" + s.listener.Addr().String() + "/v1/" }

// Push adds steps to the end of the script.
func (s *Server) Push(steps ...Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = append(s.steps, steps...)
}

// Requests are the calls so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Await returns when n requests have arrived, with ctx's error when it ends
// before.
func (s *Server) Await(ctx context.Context, n int) error {
	return s.await(ctx, n, "requests", func() int { return len(s.requests) })
}

// AwaitHangUps returns when the callers of n requests have given up before
// their answer was sent, with ctx's error when it ends before.
func (s *Server) AwaitHangUps(ctx context.Context, n int) error {
	return s.await(ctx, n, "hang-ups", func() int { return s.hungUp })
}

func (s *Server) await(ctx context.Context, n int, what string, count func() int) error {
	for {
		s.mu.Lock()
		seen, changed := count(), s.changed
		s.mu.Unlock()
		if seen >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("await %d %s, %d seen: %w", n, what, seen, ctx.Err())
		}
	}
}

// Remaining counts the steps not yet used.
func (s *Server) Remaining() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.steps)
}

// Refused are the reasons why calls were refused. A test checks that there are
// none.
func (s *Server) Refused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refused)
}

func (s *Server) refuse(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, reason)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	api := apiOf(r)
	if api.parse == nil {
		s.refuse("no such path: " + r.Method + " " + r.URL.Path)
		writeOpenAIError(w, http.StatusNotFound, "unknown_url", "only chat/completions and messages are served")
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		api.fail(w, http.StatusBadRequest, "invalid_request_error", "the body cannot be read")
		return
	}
	req, err := api.parse(raw)
	if err != nil {
		s.refuse(err.Error())
		api.fail(w, http.StatusBadRequest, "invalid_request_error", err.Error())
		return
	}
	req.Authorization = cmp.Or(r.Header.Get("Authorization"), r.Header.Get("X-Api-Key"))
	step, ok := s.next(req)
	if !ok {
		s.refuse("asked more often than scripted")
		// 400 is not retried, so a test ends here with the reason in view.
		api.fail(w, http.StatusBadRequest, "script_exhausted", "asked more often than scripted")
		return
	}
	if !wait(r.Context(), step) || !api.write(w, r, step, req) {
		s.mu.Lock()
		s.hungUp++
		s.broadcast()
		s.mu.Unlock()
	}
	if step.Cut {
		panic(http.ErrAbortHandler)
	}
}

func (s *Server) next(req Request) (Step, bool) {
	s.mu.Lock()
	s.requests = append(s.requests, req)
	s.broadcast()
	step, rest, ok := take(s.steps, turn{question: req.Question, results: req.Results})
	s.steps = rest
	s.mu.Unlock()
	if !ok && s.fallback != nil {
		return s.fallback(req)
	}
	return step, ok
}

// broadcast wakes everybody who awaits something; mu is held.
func (s *Server) broadcast() {
	close(s.changed)
	s.changed = make(chan struct{})
}
