package handofftest

import (
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// HubSpotChannel and HubSpotAccount are those of the fake.
const (
	HubSpotChannel = "71"
	HubSpotAccount = "710001"
)

// hubSpotMessage is a message or a comment of a thread.
type hubSpotMessage struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Thread     string `json:"conversationsThreadId"`
	Account    string `json:"channelAccountId"`
	Direction  string `json:"messageDirection"`
	ThreadKey  string `json:"integrationThreadId"`
	Key        string `json:"integrationIdempotencyId"`
	Text       string `json:"text"`
	Senders    []any  `json:"senders"`
	Recipients []any  `json:"recipients"`
}

// HubSpot is a fake of a custom channel and the threads of its inbox, with pages
// of two messages.
type HubSpot struct {
	ledger
	messages []hubSpotMessage
	threads  []string
	status   string
}

var _ Vendor = (*HubSpot)(nil)

// ServeHTTP answers like the endpoints that are used.
func (h *HubSpot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+Token {
		answer(w, http.StatusUnauthorized, map[string]any{"category": "INVALID_AUTHENTICATION"})
		return
	}
	if r.URL.Path == "/conversations/v3/custom-channels/"+HubSpotChannel+"/messages" {
		h.publish(w, r)
		return
	}
	path, ours := strings.CutPrefix(r.URL.Path, "/conversations/v3/conversations/threads/")
	thread, verb, _ := strings.Cut(path, "/")
	n, err := strconv.Atoi(thread)
	if !ours || err != nil || n < 9001 || n > 9000+len(h.threads) {
		answer(w, http.StatusNotFound, map[string]any{"category": "OBJECT_NOT_FOUND"})
		return
	}
	switch {
	case verb == "messages" && r.Method == http.MethodGet:
		h.list(w, r, thread)
	case verb == "messages" && r.Method == http.MethodPost:
		var m hubSpotMessage
		if !body(w, r, &m) {
			return
		}
		if m.Type != "COMMENT" {
			answer(w, http.StatusBadRequest, map[string]any{"category": "VALIDATION_ERROR"})
			return
		}
		m.Thread = thread
		h.add(w, m)
	case verb == "" && r.Method == http.MethodPatch:
		var in struct {
			Status string `json:"status"`
		}
		if !body(w, r, &in) {
			return
		}
		h.status = in.Status
		answer(w, http.StatusOK, map[string]any{"id": thread, "status": in.Status})
	}
}

func (h *HubSpot) publish(w http.ResponseWriter, r *http.Request) {
	var m hubSpotMessage
	if !body(w, r, &m) {
		return
	}
	direction := m.Direction == "INCOMING" || m.Direction == "OUTGOING"
	if m.Account != HubSpotAccount || !direction || len(m.Senders) != 1 || len(m.Recipients) != 1 || m.ThreadKey == "" || utf8.RuneCountInString(m.Text) > 65_000 {
		answer(w, http.StatusBadRequest, map[string]any{"category": "VALIDATION_ERROR"})
		return
	}
	for _, known := range h.messages {
		if m.Key != "" && known.Key == m.Key {
			answer(w, http.StatusOK, known)
			return
		}
	}
	for i, key := range h.threads {
		if key == m.ThreadKey {
			m.Thread = strconv.Itoa(9001 + i)
		}
	}
	if m.Thread == "" {
		h.threads = append(h.threads, m.ThreadKey)
		m.Thread = strconv.Itoa(9000 + len(h.threads))
		h.tickets = append(h.tickets, m.ThreadKey)
		m.Type, m.ID = "MESSAGE", strconv.Itoa(len(h.messages)+1)
		h.messages = append(h.messages, m)
		answer(w, http.StatusOK, m)
		return
	}
	m.Type = "MESSAGE"
	h.add(w, m)
}

func (h *HubSpot) add(w http.ResponseWriter, m hubSpotMessage) {
	m.ID = strconv.Itoa(len(h.messages) + 1)
	h.messages = append(h.messages, m)
	h.posts = append(h.posts, m.Text)
	answer(w, http.StatusOK, m)
}

func (h *HubSpot) list(w http.ResponseWriter, r *http.Request, thread string) {
	var all []hubSpotMessage
	for _, m := range h.messages {
		if m.Thread == thread {
			all = append(all, m)
		}
	}
	start, _ := strconv.Atoi(r.URL.Query().Get("after"))
	end := min(start+2, len(all))
	out := map[string]any{"results": all[min(start, end):end]}
	if end < len(all) {
		out["paging"] = map[string]any{"next": map[string]any{"after": strconv.Itoa(end)}}
	}
	answer(w, http.StatusOK, out)
}

// Status is what the thread's status was set to last.
func (h *HubSpot) Status() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.status
}
