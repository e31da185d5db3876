package handofftest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
)

// Receiver is a company's own system that takes webhooks as it should: it
// verifies each delivery, and takes each id once.
type Receiver struct {
	ledger
	seen map[string]bool
}

var _ Vendor = (*Receiver)(nil)

// delivery is what a receiver reads.
type delivery struct {
	Type string `json:"type"`
	Data struct {
		Handoff string `json:"handoff_id"`
		Text    string `json:"text"`
		State   string `json:"state"`
		By      string `json:"by"`
	} `json:"data"`
}

// ServeHTTP takes a delivery.
func (c *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	id := r.Header.Get("webhook-id")
	if id == "" || r.Header.Get("webhook-signature") != StandardSignature(Token, id, r.Header.Get("webhook-timestamp"), text) {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "signature"})
		return
	}
	var d delivery
	if json.Unmarshal(text, &d) != nil || d.Data.Handoff == "" {
		answer(w, http.StatusBadRequest, map[string]any{"error": "shape"})
		return
	}
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	if !c.seen[id] {
		c.seen[id] = true
		switch d.Type {
		case "handoff.created":
			c.tickets = append(c.tickets, d.Data.Handoff)
		case "message.created":
			c.posts = append(c.posts, d.Data.Text)
		case "handoff.updated":
			c.posts = append(c.posts, d.Data.State+" "+d.Data.By)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// StandardSignature is that of Standard Webhooks under a plain secret.
func StandardSignature(secret, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
