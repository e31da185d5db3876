package evil

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/schemas"
)

// The canaries: what must never come out anywhere. The keys go to the model's
// server and to the shop alone, the others are values that nobody may see.
const (
	modelKey    = "mk-canary-5f1e7a90c2"
	shopKey     = "sk-canary-93ab17de44"
	hiddenValue = "hidden-canary-7731"
	otherMail   = "canary.other@customer.test"
)

func canaries() []string { return []string{modelKey, shopKey, hiddenValue, otherMail} }

// shopLines are the actions of the shop, one of each kind that a gate is for.
func shopLines() []string {
	const order = `{"name":"order_id","title":"Order","required":true,"schema":{"type":"string","pattern":"^[A-Z]-[0-9]+$"}}`
	return []string{
		`action {"name":"order_status","title":"Order status","description":"Says where an order is.","inputs":[` + order + `],"http":{"connection":"shop","method":"GET","path":"/orders/{order_id}"},"outputs":[{"path":"status","name":"status","visibility":"customer"},{"path":"note","name":"note","visibility":"model_only"},{"path":"internal","name":"internal","visibility":"hidden"}]}`,
		`action {"name":"my_orders","title":"My orders","description":"Lists the customer's own orders.","inputs":[{"name":"email","source":"contact","path":"email"}],"http":{"connection":"shop","method":"GET","path":"/mine","query":{"email":"{email}"}}}`,
		`action {"name":"find","title":"Find","description":"Finds products.","inputs":[{"name":"q","title":"Words","required":true,"schema":{"type":"string","maxLength":200}}],"http":{"connection":"shop","method":"GET","path":"/search/{q}","query":{"page":"{q}"},"headers":{"X-Words":"{q}"}}}`,
		`action {"name":"refund","title":"Refund","description":"Refunds an order.","effect":"write","inputs":[` + order + `,{"name":"amount","title":"Amount","schema":{"type":"number","minimum":0,"maximum":500}}],"http":{"connection":"shop","method":"POST","path":"/refunds","body":{"order":"{order_id}","amount":"{amount}"}}}`,
		`action {"name":"cancel_order","title":"Cancel order","description":"Cancels an order.","effect":"destructive","inputs":[` + order + `],"http":{"connection":"shop","method":"POST","path":"/cancel","body":{"order":"{order_id}"}}}`,
		`action {"name":"add_note","title":"Add note","description":"Adds a note.","effect":"write","confirm":"never","inputs":[{"name":"text","title":"Note","required":true,"schema":{"type":"string","maxLength":200}}],"http":{"connection":"shop","method":"POST","path":"/notes","body":{"text":"{text}"}}}`,
		`action {"name":"read_account","title":"Account","description":"Reads the account.","protection":"verify_email","http":{"connection":"shop","method":"GET","path":"/account"}}`,
		`action {"name":"pay_out","title":"Pay out","description":"Pays out.","effect":"write","confirm":"never","approval":{},"inputs":[{"name":"amount","title":"Amount","required":true,"schema":{"type":"number","minimum":0,"maximum":500}}],"http":{"connection":"shop","method":"POST","path":"/payouts","body":{"amount":"{amount}"}}}`,
		`action {"name":"old_refund","title":"Old","description":"Out of use.","effect":"write","confirm":"never","disabled":true,"http":{"connection":"shop","method":"POST","path":"/old"}}`,
		`action {"name":"mail_label","title":"Label","description":"Sends a label.","effect":"write","confirm":"never","channels":["email"],"http":{"connection":"shop","method":"POST","path":"/labels"}}`,
		`action {"name":"ping","title":"Ping","description":"Asks whether the shop is open.","per_hour":2,"http":{"connection":"shop","method":"GET","path":"/ping"}}`,
	}
}

// confirmed are the actions that run on the customer's yes alone.
func confirmed() []string { return []string{"refund", "cancel_order"} }

// pages are the content of the shop: a public page, a private note and a short
// answer.
func pages() []schemas.Passage {
	page := func(n int, title, url, text string, citable bool) schemas.Passage {
		return schemas.Passage{
			Number: n, Chunk: schemas.ChunkID("chunk_0000000000000000000000000000000" + string(rune('0'+n))),
			Document: schemas.DocumentID("doc_0000000000000000000000000000000" + string(rune('0'+n))),
			Source:   "src_00000000000000000000000000000001", Title: title, URL: url, Text: text, Language: "en", Score: 1, Citable: citable,
		}
	}
	short := page(3, "Gift cards", "", "We have gift cards.", true)
	short.Question = "Are there gift cards?"
	return []schemas.Passage{
		page(1, "Help", "https://shop.example/help", "You can return an order within 30 days. Our shop opens at 9. Read https://shop.example/help?from=faq for more.", true),
		page(2, "Internal", "https://intranet.shop.example/notes", "Staff may extend the time to 45 days.", false),
		short,
	}
}

// found is a search that finds the pages of the shop and more, or what an
// attack finds for the question.
type found struct {
	more []schemas.Passage
	find func(question string) []schemas.Passage
}

// Find implements activities.Searcher.
func (f found) Find(_ context.Context, _ schemas.AgentID, question string) ([]schemas.Passage, bool, error) {
	out := append(pages(), f.more...)
	if f.find != nil {
		out = append(pages(), f.find(question)...)
	}
	for i := range out {
		out[i].Number = i + 1
	}
	return out, false, nil
}

// secrets knows the one secret of the shop.
type secrets struct{}

// Secret implements actions.Secrets.
func (secrets) Secret(context.Context, string) (string, error) { return shopKey, nil }

// shop is another system on loopback that records every call.
type shop struct {
	address string
	replies map[string]string

	mu    sync.Mutex
	calls []string
	// unsigned counts the calls without the shop's own key.
	unsigned int
}

// openShop starts the shop; it closes with the test.
func openShop(t testing.TB, replies map[string]string) *shop {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{address: listener.Addr().String(), replies: replies}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return s
}

// ServeHTTP implements http.Handler.
func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	call := strings.TrimSpace(r.Method + " " + r.URL.RequestURI() + " " + string(body))
	s.mu.Lock()
	s.calls = append(s.calls, call)
	if r.Header.Get("Authorization") != "Bearer "+shopKey {
		s.unsigned++
	}
	s.mu.Unlock()
	reply, ok := s.replies[r.Method+" "+r.URL.Path]
	if !ok {
		reply = `{"status":"done","note":"nothing to add","key":"` + shopKey + `"}`
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, reply)
}

func (s *shop) connection() schemas.Connection {
	return schemas.Connection{
		Name: "shop", BaseURL: "http://" + s.address, Auth: schemas.AuthBearer, Secret: "env:SHOP_KEY", PrivateHosts: []string{s.address},
	}
}

func (s *shop) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.calls...)
}
