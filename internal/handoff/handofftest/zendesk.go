package handofftest

import (
	"net/http"
	"strconv"
	"strings"
)

// ZendeskUser is the user of the fake's token.
const ZendeskUser = "bot@example.com"

// zendeskAudit is one change of a ticket.
type zendeskAudit struct {
	ID       int            `json:"id"`
	Metadata map[string]any `json:"metadata"`
}

type zendeskTicket struct {
	ID       int    `json:"id"`
	External string `json:"external_id"`
	Status   string `json:"status"`
	audits   []zendeskAudit
}

// Zendesk is a fake of Zendesk's tickets with pages of two audits.
type Zendesk struct {
	ledger
	all  []*zendeskTicket
	keys map[string]*zendeskTicket
	next int
}

var _ Vendor = (*Zendesk)(nil)

// zendeskWrite is what is written of a ticket.
type zendeskWrite struct {
	Ticket struct {
		Subject  string `json:"subject"`
		External string `json:"external_id"`
		Status   string `json:"status"`
		Group    int    `json:"group_id"`
		Comment  struct {
			Body   string `json:"body"`
			Public *bool  `json:"public"`
		} `json:"comment"`
		Metadata map[string]any `json:"metadata"`
	} `json:"ticket"`
}

// ServeHTTP answers like the endpoints that are used.
func (z *Zendesk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if user, password, ok := r.BasicAuth(); !ok || user != ZendeskUser+"/token" || password != Token {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "Couldn't authenticate you"})
		return
	}
	path := strings.Split(strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/api/v2/"), ".json"), "/")
	switch {
	case len(path) == 1 && path[0] == "tickets" && r.Method == http.MethodPost:
		z.create(w, r)
	case len(path) == 1 && path[0] == "tickets":
		found := []*zendeskTicket{}
		for _, t := range z.all {
			if t.External == r.URL.Query().Get("external_id") {
				found = append(found, t)
			}
		}
		answer(w, http.StatusOK, map[string]any{"tickets": found})
	case len(path) >= 2 && path[0] == "tickets":
		z.ticket(w, r, path)
	default:
		answer(w, http.StatusNotFound, map[string]any{"error": "InvalidEndpoint"})
	}
}

func (z *Zendesk) create(w http.ResponseWriter, r *http.Request) {
	var in zendeskWrite
	if !body(w, r, &in) || z.refuses(w, in) {
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if t := z.keys[key]; key != "" && t != nil {
		w.Header().Set("X-Idempotency-Lookup", "hit")
		answer(w, http.StatusCreated, map[string]any{"ticket": t})
		return
	}
	t := &zendeskTicket{ID: len(z.all) + 1, External: in.Ticket.External, Status: "new"}
	z.all = append(z.all, t)
	if z.keys == nil {
		z.keys = map[string]*zendeskTicket{}
	}
	z.keys[key] = t
	z.audit(t, in.Ticket.Metadata)
	z.tickets = append(z.tickets, in.Ticket.External)
	answer(w, http.StatusCreated, map[string]any{"ticket": t})
}

// refuses answers what the adapter must not do.
func (z *Zendesk) refuses(w http.ResponseWriter, in zendeskWrite) bool {
	c := in.Ticket.Comment
	if c.Public == nil || *c.Public || c.Body == "" || len(c.Body) > 65_535 {
		answer(w, http.StatusUnprocessableEntity, map[string]any{"error": "RecordInvalid"})
		return true
	}
	return false
}

func (z *Zendesk) audit(t *zendeskTicket, custom map[string]any) zendeskAudit {
	z.next++
	a := zendeskAudit{ID: z.next, Metadata: map[string]any{"custom": custom, "system": map[string]any{}}}
	t.audits = append(t.audits, a)
	return a
}

func (z *Zendesk) ticket(w http.ResponseWriter, r *http.Request, path []string) {
	id, err := strconv.Atoi(path[1])
	if err != nil || id < 1 || id > len(z.all) {
		answer(w, http.StatusNotFound, map[string]any{"error": "RecordNotFound"})
		return
	}
	t := z.all[id-1]
	if r.Method == http.MethodGet && len(path) == 3 && path[2] == "audits" {
		start, _ := strconv.Atoi(r.URL.Query().Get("page[after]"))
		end := min(start+2, len(t.audits))
		answer(w, http.StatusOK, map[string]any{
			"audits": t.audits[min(start, end):end],
			"meta":   map[string]any{"has_more": end < len(t.audits), "after_cursor": strconv.Itoa(end)},
		})
		return
	}
	var in zendeskWrite
	if r.Method != http.MethodPut || !body(w, r, &in) || z.refuses(w, in) {
		return
	}
	if in.Ticket.Status != "" {
		t.Status = in.Ticket.Status
	}
	z.posts = append(z.posts, in.Ticket.Comment.Body)
	answer(w, http.StatusOK, map[string]any{"ticket": t, "audit": z.audit(t, in.Ticket.Metadata)})
}

// Status is the state of the first ticket.
func (z *Zendesk) Status() string {
	z.mu.Lock()
	defer z.mu.Unlock()
	if len(z.all) == 0 {
		return ""
	}
	return z.all[0].Status
}
