package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/httpkit"
	"steward/internal/store"
	"steward/internal/testkit"
	"steward/schemas"
	"steward/starter/gateway"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// site is a database with one agent and one channel, and a gateway on it.
type site struct {
	t       *testing.T
	url     string
	store   *store.Store
	answers *atomic.Bool
	base    string
	stop    func()
}

const channelKey = "shop-key"

// setupSite starts a gateway. change may alter its options.
func setupSite(t *testing.T, change func(*gateway.Options)) *site {
	t.Helper()
	return setupSiteOn(t, testkit.Database(t), change)
}

func setupSiteOn(t *testing.T, url string, change func(*gateway.Options)) *site {
	t.Helper()
	s := &site{t: t, url: url, answers: &atomic.Bool{}}
	s.answers.Store(true)
	agent := uuid.Must(uuid.NewV7())
	s.exec("insert into agents (id, name) values ($1, 'Luma')", agent)
	s.exec("insert into channels (id, agent_id, kind, name, public_key) values ($1, $2, 'live_chat', 'Shop', $3)",
		uuid.Must(uuid.NewV7()), agent, channelKey)
	var err error
	if s.store, err = store.Open(t.Context(), s.url, store.Options{MaxConns: 16}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.store.Close)
	s.start(change)
	return s
}

func (s *site) Answers(context.Context, schemas.ChannelID) (bool, error) {
	return s.answers.Load(), nil
}

// start serves a gateway on a free port, without deliveries to Temporal.
func (s *site) start(change func(*gateway.Options)) {
	s.t.Helper()
	o := gateway.Options{
		Chats: s.store, Admission: s, Keys: [][]byte{bytes.Repeat([]byte("k"), 32)}, NoModel: true,
		Limits: gateway.Limits{Off: true}, Log: testkit.Logger(s.t),
	}
	if change != nil {
		change(&o)
	}
	g, err := gateway.New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.base = "http://" + l.Addr().String()
	ctx, cancel := context.WithCancel(s.t.Context())
	served, ran := make(chan error, 1), make(chan struct{})
	relay := gateway.NewRelay(gateway.RelayOptions{Inbox: emptyInbox{}, Name: "none", Log: o.Log})
	go func() { served <- httpkit.Serve(ctx, l, httpkit.Wrap(g.Handler(), o.Log), patience) }()
	go func() {
		defer close(ran)
		g.Run(ctx, s.store, relay)
	}()
	stopped := false
	s.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-served; err != nil {
			s.t.Errorf("stop server: %v", err)
		}
		<-ran
	}
	s.t.Cleanup(s.stop)
}

// emptyInbox has nothing to relay.
type emptyInbox struct{}

func (emptyInbox) ClaimInbox(context.Context, string, int, time.Duration) ([]store.InboxRow, error) {
	return nil, nil
}
func (emptyInbox) MarkRelayed(context.Context, int64) error               { return nil }
func (emptyInbox) RetryInbox(context.Context, int64, time.Duration) error { return nil }
func (emptyInbox) MarkDead(context.Context, int64, string) error          { return nil }
func (emptyInbox) ReleaseLeases(context.Context, string) error            { return nil }

func (s *site) exec(sql string, args ...any) {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(s.t.Context())
	if _, err := conn.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) count(sql string, args ...any) int {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(s.t.Context())
	var n int
	if err := conn.QueryRow(s.t.Context(), sql, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// reply makes an answer of the agent visible, as sending one does.
func (s *site) reply(conversation schemas.ConversationID, text string) {
	s.t.Helper()
	id, err := schemas.ParseID(schemas.PrefixConversation, string(conversation))
	if err != nil {
		s.t.Fatal(err)
	}
	s.exec(`with c as (update conversations set last_seq = last_seq + 1, owner = 'agent', lifecycle = 'waiting_customer' where id = $1 returning id, last_seq),
		m as (insert into messages (id, conversation_id, seq, direction, speaker, speaker_name, text, class, effect_key, engagement, created_at)
			select $2, c.id, c.last_seq, 'out', 'agent', 'Luma', $3, 'reply', $4, 1, clock() from c)
		select pg_notify('chat', $1::text)`, uuid.UUID(id), uuid.Must(uuid.NewV7()), text, uuid.NewString())
}

// answer is what came back to a request.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("decode %q: %v", a.body, err)
	}
}

func (s *site) call(method, path, token, body string) answer {
	s.t.Helper()
	a, err := s.try(method, path, token, body)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *site) try(method, path, token, body string) (answer, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.base+gateway.Prefix+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{status: resp.StatusCode, header: resp.Header, body: string(data)}, err
}

// opened is what the tests read of a new session.
type opened struct {
	Token      string
	Agent      struct{ Name string }
	Greeting   bool
	EmailKnown bool `json:"email_known"`
	State      shownState
}

type shownState struct {
	Conversation schemas.ConversationID
	Lifecycle    schemas.Lifecycle
	Owner        schemas.Owner
	Human, Label string
	Rating       int
}

func (s *site) visit(token string) opened {
	s.t.Helper()
	a := s.call(http.MethodPost, "/session", "", `{"channel": "`+channelKey+`", "language": "sv-SE", "token": "`+token+`"}`)
	if a.status != http.StatusCreated {
		s.t.Fatalf("session: %d %s", a.status, a.body)
	}
	var o opened
	a.decode(s.t, &o)
	return o
}

// receipt is what the tests read of an accepted message.
type receipt struct {
	Message      schemas.MessageID `json:"message_id"`
	Conversation schemas.ConversationID
	Seq          int64
	Duplicate    bool
}

func (s *site) say(token, text string) receipt {
	s.t.Helper()
	return s.sayAs(token, uuid.NewString(), text)
}

func (s *site) sayAs(token, id, text string) receipt {
	s.t.Helper()
	body, err := json.Marshal(map[string]string{"client_message_id": id, "text": text})
	if err != nil {
		s.t.Fatal(err)
	}
	a := s.call(http.MethodPost, "/messages", token, string(body))
	if a.status != http.StatusAccepted {
		s.t.Fatalf("message: %d %s", a.status, a.body)
	}
	var r receipt
	a.decode(s.t, &r)
	return r
}

// event is one server-sent event.
type event struct{ id, name, data string }

// listener reads one stream.
type listener struct {
	t      *testing.T
	status int
	events chan event
	cancel context.CancelFunc
}

// listen opens a stream from a place; its events come on a channel, which is
// closed with the stream.
func (s *site) listen(token, from string) *listener {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+gateway.Prefix+"/events", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if from != "" {
		req.Header.Set("Last-Event-ID", from)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	l := &listener{t: s.t, status: resp.StatusCode, events: make(chan event, 1000), cancel: cancel}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(l.events)
		defer resp.Body.Close()
		readEvents(resp.Body, l.events)
	}()
	s.t.Cleanup(func() {
		cancel()
		<-ended
	})
	return l
}

func readEvents(r io.Reader, out chan<- event) {
	var e event
	for lines := bufio.NewScanner(r); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if e.name != "" {
				out <- e
			}
			e = event{}
		}
	}
}

// next returns the next event of a name and skips others.
func (l *listener) next(name string) event {
	l.t.Helper()
	for deadline := time.After(patience); ; {
		select {
		case e, ok := <-l.events:
			if !ok {
				l.t.Fatalf("stream ended while waiting for %s", name)
			}
			if e.name == name {
				return e
			}
		case <-deadline:
			l.t.Fatalf("no event %s", name)
		}
	}
}

// text returns the text of the next message.
func (l *listener) text() (id, text string) {
	l.t.Helper()
	e := l.next("message")
	var m struct{ Text string }
	if err := json.Unmarshal([]byte(e.data), &m); err != nil {
		l.t.Fatal(err)
	}
	return e.id, m.Text
}
