package scripted

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxRequest bounds a request body in bytes.
const maxRequest = 8 << 20

// Request is one call that the server received.
type Request struct {
	// Model is the model asked for.
	Model string
	// System is the system messages, Messages all others, in order.
	System   []string
	Messages []string
	// Format is the type of response_format, empty when not sent.
	Format string
	// Authorization is the header as sent.
	Authorization string
	// Raw is the whole body.
	Raw string
}

// Last is the text of the last message.
func (r Request) Last() string {
	if len(r.Messages) == 0 {
		return ""
	}
	return r.Messages[len(r.Messages)-1]
}

// Fallback answers a request for which no step is left; ok false means that
// there is no answer and the request is refused.
type Fallback func(Request) (Step, bool)

// Server is an OpenAI-compatible Chat Completions server on loopback.
type Server struct {
	fallback Fallback
	listener net.Listener
	server   *http.Server
	done     chan struct{}

	mu sync.Mutex
	// arrived is closed and replaced with every request.
	arrived  chan struct{}
	steps    []Step
	requests []Request
	refused  []string
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
	s := &Server{fallback: fallback, listener: listener, done: make(chan struct{}), arrived: make(chan struct{}), steps: slices.Clone(steps)}
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
	for {
		s.mu.Lock()
		count, arrived := len(s.requests), s.arrived
		s.mu.Unlock()
		if count >= n {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return fmt.Errorf("await %d requests, %d arrived: %w", n, count, ctx.Err())
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
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/chat/completions") {
		s.refuse("no such path: " + r.Method + " " + r.URL.Path)
		writeError(w, http.StatusNotFound, "unknown_url", "only chat/completions is served")
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		writeError(w, http.StatusBadRequest, "invalid_request_error", "the body cannot be read")
		return
	}
	req, err := parseRequest(raw)
	if err != nil {
		s.refuse(err.Error())
		writeError(w, http.StatusBadRequest, "invalid_request_error", err.Error())
		return
	}
	req.Authorization = r.Header.Get("Authorization")
	step, ok := s.next(req)
	if !ok {
		s.refuse("asked more often than scripted")
		// 400 is not retried, so a test ends here with the reason in view.
		writeError(w, http.StatusBadRequest, "script_exhausted", "asked more often than scripted")
		return
	}
	if !wait(r.Context(), step) {
		return
	}
	step.write(w, req)
}

func (s *Server) next(req Request) (Step, bool) {
	s.mu.Lock()
	s.requests = append(s.requests, req)
	close(s.arrived)
	s.arrived = make(chan struct{})
	step, rest, ok := take(s.steps, Question(req.Last()))
	s.steps = rest
	s.mu.Unlock()
	if !ok && s.fallback != nil {
		return s.fallback(req)
	}
	return step, ok
}

// wait applies a step's delay and hold; false means that the caller gave up.
func wait(ctx context.Context, step Step) bool {
	if step.Delay > 0 {
		timer := time.NewTimer(step.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	if step.Hold != nil {
		select {
		case <-step.Hold:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// write sends the step's answer.
func (s Step) write(w http.ResponseWriter, req Request) {
	for name, values := range s.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if s.Status >= http.StatusBadRequest && s.Body == "" {
		writeError(w, s.Status, s.Code, "scripted error")
		return
	}
	body, contentType := []byte(s.Body), "application/json"
	if s.ContentType != "" {
		contentType = s.ContentType
	}
	if s.Body == "" {
		body = s.completion(req)
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if s.Status != 0 {
		w.WriteHeader(s.Status)
	}
	if s.Cut {
		body = body[:len(body)/2]
	}
	// A caller that hangs up is part of many scripts.
	_, _ = w.Write(body)
	if s.Cut {
		// What was written must arrive before the connection breaks.
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"error": map[string]any{"message": message, "type": "scripted", "code": code, "param": ""},
	})
}
