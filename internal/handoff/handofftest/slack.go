package handofftest

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// SlackChannel is the one channel of the fake.
const SlackChannel = "C0123456789"

// slackMessage is one message of the fake.
type slackMessage struct {
	Channel  string `json:"channel"`
	Text     string `json:"text"`
	Thread   string `json:"thread_ts,omitempty"`
	TS       string `json:"ts"`
	Blocks   []any  `json:"blocks,omitempty"`
	Metadata struct {
		Type    string            `json:"event_type"`
		Payload map[string]string `json:"event_payload"`
	} `json:"metadata"`
}

// Slack is a fake of Slack's web interface with pages of two messages.
type Slack struct {
	ledger
	messages []slackMessage
}

var _ Vendor = (*Slack)(nil)

// ServeHTTP answers like the methods of Slack that are used.
func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+Token {
		answer(w, http.StatusOK, map[string]any{"ok": false, "error": "invalid_auth"})
		return
	}
	switch r.URL.Path {
	case "/chat.postMessage":
		s.post(w, r)
	case "/conversations.history", "/conversations.replies":
		s.list(w, r)
	default:
		answer(w, http.StatusOK, map[string]any{"ok": false, "error": "unknown_method"})
	}
}

func (s *Slack) post(w http.ResponseWriter, r *http.Request) {
	var m slackMessage
	if !body(w, r, &m) {
		return
	}
	fail := func(word string) { answer(w, http.StatusOK, map[string]any{"ok": false, "error": word}) }
	switch {
	case m.Channel != SlackChannel:
		fail("channel_not_found")
		return
	case utf8.RuneCountInString(m.Text) > 40_000:
		fail("msg_too_long")
		return
	case strings.ContainsAny(m.Text, "<>"), len(m.Blocks) > 0 && strings.Contains(fmt.Sprint(m.Blocks), "<!"):
		fail("a_mention_of_everybody")
		return
	}
	for _, b := range m.Blocks {
		if section, ok := b.(map[string]any)["text"].(map[string]any); ok && utf8.RuneCountInString(fmt.Sprint(section["text"])) > 3000 {
			fail("invalid_blocks")
			return
		}
	}
	m.TS = fmt.Sprintf("1772445600.%06d", len(s.messages))
	s.messages = append(s.messages, m)
	if m.Thread == "" {
		s.tickets = append(s.tickets, m.Metadata.Payload["key"])
	} else {
		s.posts = append(s.posts, m.Text)
	}
	answer(w, http.StatusOK, map[string]any{"ok": true, "ts": m.TS, "channel": m.Channel})
}

func (s *Slack) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	thread := query.Get("ts")
	var found []slackMessage
	for _, m := range s.messages {
		if thread == "" && m.Thread == "" || thread != "" && (m.TS == thread || m.Thread == thread) {
			if query.Get("include_all_metadata") != "true" {
				m.Metadata.Payload = nil
			}
			found = append(found, m)
		}
	}
	start := 0
	if cursor := query.Get("cursor"); cursor != "" {
		if _, err := fmt.Sscanf(cursor, "from-%d", &start); err != nil || start > len(found) {
			answer(w, http.StatusOK, map[string]any{"ok": false, "error": "invalid_cursor"})
			return
		}
	}
	end := min(start+2, len(found))
	next := ""
	if end < len(found) {
		next = fmt.Sprintf("from-%d", end)
	}
	answer(w, http.StatusOK, map[string]any{
		"ok": true, "messages": found[start:end], "response_metadata": map[string]any{"next_cursor": next},
	})
}
