package handofftest

import (
	"net/http"
	"strconv"
	"strings"
)

// ChatwootAccount and ChatwootInbox are those of the fake.
const (
	ChatwootAccount = "1"
	ChatwootInbox   = "5"
)

type chatwootContact struct {
	ID         int    `json:"id"`
	Name       string `json:"name"`
	Identifier string `json:"identifier"`
	Inboxes    []any  `json:"contact_inboxes"`
}

type chatwootMessage struct {
	ID      int    `json:"id"`
	Content string `json:"content"`
	Kind    string `json:"message_type"`
	Private bool   `json:"private"`
	Source  string `json:"source_id"`
}

type chatwootConversation struct {
	ID         int            `json:"id"`
	Contact    int            `json:"contact_id"`
	Source     string         `json:"source_id"`
	Inbox      int            `json:"inbox_id"`
	Status     string         `json:"status"`
	Attributes map[string]any `json:"custom_attributes"`
	messages   []chatwootMessage
}

// Chatwoot is a fake of an installation with one account and one API inbox, and
// pages of two messages.
type Chatwoot struct {
	ledger
	contacts      []chatwootContact
	conversations []*chatwootConversation
	messages      int
}

var _ Vendor = (*Chatwoot)(nil)

// ServeHTTP answers like the endpoints that are used.
func (c *Chatwoot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	path, ours := strings.CutPrefix(r.URL.Path, "/api/v1/accounts/"+ChatwootAccount+"/")
	if !ours || r.Header.Get("Api_access_token") != Token {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "Invalid Access Token"})
		return
	}
	get := r.Method == http.MethodGet
	switch parts := strings.Split(path, "/"); {
	case get && path == "contacts/search":
		found := []chatwootContact{}
		for _, one := range c.contacts {
			if strings.Contains(one.Identifier, r.URL.Query().Get("q")) {
				found = append(found, one)
			}
		}
		answer(w, http.StatusOK, map[string]any{"payload": found})
	case !get && path == "contacts":
		c.contact(w, r)
	case get && len(parts) == 3 && parts[0] == "contacts":
		found := []*chatwootConversation{}
		for _, one := range c.conversations {
			if strconv.Itoa(one.Contact) == parts[1] {
				found = append(found, one)
			}
		}
		answer(w, http.StatusOK, map[string]any{"payload": found})
	case !get && path == "conversations":
		c.open(w, r)
	case len(parts) == 3 && parts[0] == "conversations":
		c.conversation(w, r, parts[1], parts[2])
	default:
		answer(w, http.StatusNotFound, map[string]any{"error": "not found"})
	}
}

func (c *Chatwoot) contact(w http.ResponseWriter, r *http.Request) {
	var in chatwootContact
	if !body(w, r, &in) {
		return
	}
	for _, one := range c.contacts {
		if one.Identifier == in.Identifier {
			answer(w, http.StatusUnprocessableEntity, map[string]any{"message": "Identifier has already been taken"})
			return
		}
	}
	in.ID = len(c.contacts) + 1
	in.Inboxes = []any{map[string]any{"source_id": "source-" + strconv.Itoa(in.ID), "inbox": map[string]any{"id": 5}}}
	c.contacts = append(c.contacts, in)
	answer(w, http.StatusOK, map[string]any{"payload": map[string]any{"contact": in}})
}

func (c *Chatwoot) open(w http.ResponseWriter, r *http.Request) {
	in := &chatwootConversation{}
	if !body(w, r, in) {
		return
	}
	if in.Inbox != 5 || in.Source == "" || in.Contact < 1 {
		answer(w, http.StatusUnprocessableEntity, map[string]any{"error": "invalid"})
		return
	}
	in.ID = len(c.conversations) + 101
	c.conversations = append(c.conversations, in)
	id, _ := in.Attributes["steward_handoff"].(string)
	c.tickets = append(c.tickets, id)
	answer(w, http.StatusOK, in)
}

func (c *Chatwoot) conversation(w http.ResponseWriter, r *http.Request, id, verb string) {
	n, _ := strconv.Atoi(id)
	if n -= 101; n < 0 || n >= len(c.conversations) {
		answer(w, http.StatusNotFound, map[string]any{"error": "Resource could not be found"})
		return
	}
	one := c.conversations[n]
	switch {
	case verb == "messages" && r.Method == http.MethodGet:
		end := len(one.messages)
		if before, err := strconv.Atoi(r.URL.Query().Get("before")); err == nil {
			for end > 0 && one.messages[end-1].ID >= before {
				end--
			}
		}
		answer(w, http.StatusOK, map[string]any{"payload": one.messages[max(0, end-2):end]})
	case verb == "messages":
		var m chatwootMessage
		if !body(w, r, &m) {
			return
		}
		c.messages++
		m.ID = c.messages
		one.messages = append(one.messages, m)
		// The first private note is the summary.
		if !strings.Contains(m.Source, ":hand_") || strings.Contains(m.Source, "/") {
			c.posts = append(c.posts, m.Content)
		}
		answer(w, http.StatusOK, m)
	case verb == "toggle_status" && r.Method == http.MethodPost:
		var in struct {
			Status string `json:"status"`
		}
		if !body(w, r, &in) {
			return
		}
		one.Status = in.Status
		answer(w, http.StatusOK, map[string]any{"payload": map[string]any{"success": true, "current_status": in.Status}})
	default:
		answer(w, http.StatusNotFound, map[string]any{"error": "not found"})
	}
}

// Status is the state of the first conversation.
func (c *Chatwoot) Status() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.conversations) == 0 {
		return ""
	}
	return c.conversations[0].Status
}
