package render

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"steward/internal/knowledge"
	"steward/internal/netguard"
	"steward/schemas"
)

// Tests with a browser are not parallel: each takes hundreds of megabytes.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a website that counts what it is asked for.
type site struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]int
}

func newSite(t *testing.T, pages map[string]http.HandlerFunc) *site {
	t.Helper()
	s := &site{seen: make(map[string]int)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen[r.URL.Path]++
		s.mu.Unlock()
		page, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		page(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) address() string { return strings.TrimPrefix(s.URL, "http://") }

func (s *site) asked(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[path]
}

// all returns every path that was asked for.
func (s *site) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var paths []string
	for path := range s.seen {
		paths = append(paths, path)
	}
	return paths
}

func send(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>t</title><body>"+body)
	}
}

func script(code string) http.HandlerFunc {
	return send("<p id=out>before</p><script>const say = text => { document.getElementById('out').textContent = text };" + code + "</script>")
}

// hang answers nothing until whoever asks goes away.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// open makes a browser that may reach the given sites. Only a machine without a
// browser skips the test.
func open(t *testing.T, o Options, sites ...*site) *Browser {
	t.Helper()
	var allowed []string
	for _, s := range sites {
		allowed = append(allowed, s.address())
	}
	if o.Dial == nil {
		o.Dial = netguard.New(allowed).DialWeb
	}
	b, err := New(o)
	if errors.Is(err, ErrNoBrowser) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func isCode(err error, want schemas.FailCode) bool {
	code, _ := knowledge.CodeOf(err)
	return code == want
}
