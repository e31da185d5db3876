package httpkit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// streamWrite is how long one write to a stream may take. A client that does
// not read for that long is cut off, and resumes when it can.
const streamWrite = 10 * time.Second

// Stream writes server-sent events. It is for one goroutine.
type Stream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// OpenStream starts an answer of server-sent events and tells the client how
// long to wait before it connects again.
func OpenStream(w http.ResponseWriter, retry time.Duration) (*Stream, error) {
	s := &Stream{w: w, rc: http.NewResponseController(w)}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	// Some proxies gather answers before passing them on.
	h.Set("X-Accel-Buffering", "no")
	// The server's limit for reading a request would end the stream.
	if err := s.rc.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("lift read deadline of stream: %w", err)
	}
	w.WriteHeader(http.StatusOK)
	return s, s.write(fmt.Sprintf("retry: %d\n\n", retry.Milliseconds()))
}

// Send writes an event with a JSON body and flushes it. The id is left out when
// empty: only events with an id move the place from which a client resumes.
func (s *Stream) Send(event, id string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", event, err)
	}
	var b strings.Builder
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", event, data)
	return s.write(b.String())
}

// Heartbeat writes a comment, which keeps proxies from closing a quiet stream
// and finds out whether the client is still there.
func (s *Stream) Heartbeat() error { return s.write(": ping\n\n") }

func (s *Stream) write(text string) error {
	if err := s.rc.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
		return fmt.Errorf("set deadline of stream: %w", err)
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return fmt.Errorf("write to stream: %w", err)
	}
	if err := s.rc.Flush(); err != nil {
		return fmt.Errorf("flush stream: %w", err)
	}
	return nil
}
