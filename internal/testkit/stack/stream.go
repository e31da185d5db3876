package stack

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Stream reads a visitor's event stream and comes back with Last-Event-ID
// whenever it is cut, as a browser does.
type Stream struct {
	mu   sync.Mutex
	seen []Shown
}

// Listen opens a stream that lives as long as the test.
func (v *Visitor) Listen() *Stream {
	s := &Stream{}
	ctx, cancel := context.WithCancel(context.WithoutCancel(v.t.Context()))
	ended := make(chan struct{})
	v.t.Cleanup(func() {
		cancel()
		<-ended
	})
	go func() {
		defer close(ended)
		last := ""
		for ctx.Err() == nil {
			last = s.read(ctx, v, last)
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	return s
}

// Messages are those that the stream has brought, in order.
func (s *Stream) Messages() []Shown {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Shown(nil), s.seen...)
}

// read reads one connection to its end and returns the last event's id.
func (s *Stream) read(ctx context.Context, v *Visitor, last string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.stack.URL+widget+"/events", http.NoBody)
	if err != nil {
		return last
	}
	req.Header.Set("Authorization", "Bearer "+v.token)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := v.http.Do(req)
	if err != nil {
		return last
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return last
	}
	var id, name, data string
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data = value
		case "":
			var m Shown
			if name == "message" && json.Unmarshal([]byte(data), &m) == nil {
				s.mu.Lock()
				s.seen = append(s.seen, m)
				s.mu.Unlock()
				last = id
			}
			id, name, data = "", "", ""
		}
	}
	return last
}
