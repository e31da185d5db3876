package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"steward/schemas"
)

// server answers calls of the admin API with what is put into it.
type server struct {
	t *testing.T

	mu sync.Mutex
	// answers by method and path, one after the other; the last one stays.
	answers map[string][]reply
	// asked are the calls with their bodies.
	asked []string
}

type reply struct {
	status int
	body   any
	header map[string]string
}

func serve(t *testing.T, answers map[string][]reply) (*server, string) {
	t.Helper()
	s := &server{t: t, answers: answers}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	return s, web.URL
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	path := strings.TrimPrefix(r.URL.RequestURI(), "/api/v1")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, strings.TrimSpace(r.Method+" "+path+" "+string(body)))
	key := r.Method + " " + path
	list, ok := s.answers[key]
	if !ok {
		list = []reply{problem(404, "No such source.")}
	}
	if len(list) > 1 {
		s.answers[key] = list[1:]
	}
	for name, value := range list[0].header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(max(list[0].status, 200))
	if text, ok := list[0].body.(string); ok {
		_, _ = io.WriteString(w, text)
		return
	}
	if list[0].body != nil {
		_ = json.NewEncoder(w).Encode(list[0].body)
	}
}

// saw reports whether a call whose text begins so was made.
func (s *server) saw(call string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, asked := range s.asked {
		if strings.HasPrefix(asked, call) {
			return true
		}
	}
	return false
}

func problem(status int, detail string) reply {
	return reply{status: status, body: schemas.ProblemShown{Title: http.StatusText(status), Status: status, Detail: detail, Instance: "REQ1"}}
}
