package handofftest

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
)

// ledger is what every fake remembers.
type ledger struct {
	mu      sync.Mutex
	tickets []string
	posts   []string
}

// Tickets are the handoffs that were opened.
func (l *ledger) Tickets() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.tickets)
}

// Posts are the texts of what followed.
func (l *ledger) Posts() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.posts)
}

// body reads a JSON body into v; on failure it answers 400.
func body(w http.ResponseWriter, r *http.Request, v any) bool {
	if json.NewDecoder(r.Body).Decode(v) != nil {
		write(w, http.StatusBadRequest, "application/json", `{"error":"bad json"}`)
		return false
	}
	return true
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		write(w, http.StatusInternalServerError, "text/plain", "marshal")
		return
	}
	write(w, status, "application/json; charset=utf-8", string(text))
}
