package killtest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// sitePages is how many pages the start page of a site links to: three batches,
// which are read side by side.
const sitePages = 120

// site is a small site on loopback that counts what it is asked for.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int
	// at is called once, with the request for the n-th page.
	n  int
	at func()
}

func startSite(t *testing.T) *site {
	t.Helper()
	s := &site{asked: make(map[string]int)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP answers with the start page, its pages, or 404.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var page int
	if _, err := fmt.Sscanf(r.URL.Path, "/help/topic-%d", &page); err == nil && page < sitePages {
		s.count(r.URL.Path)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<html><title>Topic %d</title><body><main><h1>Topic %d</h1><p>%s</p></main></body></html>", page, page, prose(page))
		return
	}
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<html><title>Help</title><body><main><h1>Help</h1><p>%s</p><ul>", prose(sitePages))
	for i := range sitePages {
		fmt.Fprintf(w, `<li><a href="/help/topic-%d">Topic %d</a></li>`, i, i)
	}
	fmt.Fprint(w, "</ul></main></body></html>")
}

func (s *site) count(path string) {
	s.mu.Lock()
	s.asked[path]++
	all := 0
	for _, times := range s.asked {
		all += times
	}
	call := s.at
	if all != s.n {
		call = nil
	}
	s.mu.Unlock()
	if call != nil {
		call()
	}
}

// again is how many requests were for a page that had been asked for before.
func (s *site) again() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, times := range s.asked {
		n += times - 1
	}
	return n
}

// prose is a text of its own for each n, and always the same.
func prose(n int) string {
	words := rand.New(rand.NewPCG(uint64(n), 1))
	var b strings.Builder
	for sentence := range 8 {
		for word := range 11 {
			if word > 0 {
				b.WriteByte(' ')
			}
			for range 2 + words.IntN(3) {
				b.WriteByte("bdfgklmnprstv"[words.IntN(13)])
				b.WriteByte("aeiou"[words.IntN(5)])
			}
		}
		b.WriteString(". ")
		if sentence == 3 {
			b.WriteString("Write to us about it. ")
		}
	}
	return strings.TrimSpace(b.String())
}
