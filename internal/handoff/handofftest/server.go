// Package handofftest has the conformance suite of destinations and fakes of
// the systems behind them: HTTP servers that keep what they are told, and that
// can be made to misbehave at any step.
//
// A fake knows as much of its vendor as the adapter uses, and refuses what the
// vendor would refuse. The package owns no state beyond a test, and must not be
// used outside of tests.
package handofftest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Vendor is a fake of a system behind a destination.
type Vendor interface {
	http.Handler
	// Tickets are the handoffs that were opened, in order, by their id.
	Tickets() []string
	// Posts are the texts of what followed, in order.
	Posts() []string
}

// Fault is a way to misbehave at one step that has an effect.
type Fault string

// The faults. Up to Broken the step is done and its answer is bad; from Dropped
// on the step is not done.
const (
	// Lost: the connection ends without an answer.
	Lost Fault = "answer lost"
	// Cut: the answer ends in the middle.
	Cut Fault = "answer cut"
	// Garbled: the answer is no JSON, and Page is a page of HTML.
	Garbled Fault = "answer garbled"
	Page    Fault = "a page of HTML"
	// Empty: the answer is an empty object.
	Empty Fault = "empty object"
	// Huge: the answer does not end within any bound.
	Huge Fault = "huge answer"
	// Broken: the answer is status 502.
	Broken Fault = "status 502"

	// Dropped: the connection ends before anything is done.
	Dropped Fault = "request dropped"
	// Hang: no answer until the caller gives up.
	Hang Fault = "no answer"
	// Busy: status 429, to come back in 7 seconds.
	Busy Fault = "status 429"
	// Forbidden, Missing and Wrong: status 403, 404, 422.
	Forbidden Fault = "status 403"
	Missing   Fault = "status 404"
	Wrong     Fault = "status 422"
	// Away: a redirect to another path, which counts who follows it.
	Away Fault = "redirect"
)

// done reports whether the step has its effect.
func (f Fault) done() bool {
	switch f {
	case Lost, Cut, Garbled, Page, Empty, Huge, Broken:
		return true
	}
	return false
}

// UpstreamText stands in every bad answer. It must not come out of an adapter.
const UpstreamText = "UPSTREAM-WORDS"

// elsewhere is where Away leads.
const elsewhere = "/elsewhere"

// Server runs a vendor and misbehaves as it is told.
type Server struct {
	*httptest.Server
	vendor Vendor
	// hanging gets a value when a request hangs.
	hanging chan struct{}

	mu       sync.Mutex
	at       int
	fault    Fault
	effects  int
	followed int
}

// Start runs v until the test ends.
func Start(t *testing.T, v Vendor) *Server {
	t.Helper()
	s := &Server{vendor: v, hanging: make(chan struct{}, 10)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// Misbehave makes the at-th step with an effect from now on, counted from 1,
// meet f.
func (s *Server) Misbehave(at int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.fault, s.effects = at, f, 0
}

// Met reports whether the fault happened, and takes it back.
func (s *Server) Met() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	met := s.at > 0 && s.effects >= s.at
	s.at = 0
	return met
}

// Followed counts redirects that were followed.
func (s *Server) Followed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.followed
}

// next is what the step of r meets, empty for nothing.
func (s *Server) next(r *http.Request) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasPrefix(r.URL.Path, elsewhere) {
		s.followed++
	}
	if r.Method == http.MethodGet {
		return ""
	}
	s.effects++
	if s.at == 0 || s.effects != s.at {
		return ""
	}
	return s.fault
}

// ServeHTTP lets the vendor answer, or misbehaves.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault := s.next(r)
	if fault == "" {
		s.vendor.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	if fault.done() {
		s.vendor.ServeHTTP(answer, r)
	}
	switch fault {
	case Lost, Dropped:
		panic(http.ErrAbortHandler)
	case Hang:
		// Only after the body has been read does the server see that the caller
		// is gone.
		_, _ = io.Copy(io.Discard, r.Body)
		s.hanging <- struct{}{}
		<-r.Context().Done()
	case Cut:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "500")
		fmt.Fprint(w, `{"text":"`+UpstreamText)
		panic(http.ErrAbortHandler)
	case Garbled:
		write(w, answer.Code, "application/json", `{"ok":true,"`+UpstreamText)
	case Page:
		write(w, http.StatusOK, "text/html; charset=utf-8", "<html><body>"+UpstreamText+"</body></html>")
	case Empty:
		write(w, answer.Code, "application/json", `{}`)
	case Huge:
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"text":"`)
		for line := strings.Repeat(UpstreamText, 1000); ; {
			if _, err := fmt.Fprint(w, line); err != nil {
				return
			}
		}
	case Broken:
		write(w, http.StatusBadGateway, "application/json", `{"error":"`+UpstreamText+`"}`)
	case Busy:
		w.Header().Set("Retry-After", "7")
		write(w, http.StatusTooManyRequests, "application/json", `{"error":"`+UpstreamText+`"}`)
	case Away:
		w.Header().Set("Location", elsewhere)
		write(w, http.StatusTemporaryRedirect, "text/plain", UpstreamText)
	case Forbidden, Missing, Wrong:
		status := map[Fault]int{Forbidden: http.StatusForbidden, Missing: http.StatusNotFound, Wrong: http.StatusUnprocessableEntity}[fault]
		write(w, status, "application/json", `{"error":"`+UpstreamText+`"}`)
	}
}

func write(w http.ResponseWriter, status int, kind, body string) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}
