package gateway_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"

	"steward/schemas"
	"steward/starter/gateway"
)

func TestBadRequests(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	mine, theirs := s.visit("").Token, s.visit("").Token
	foreign := s.say(theirs, "secret of somebody else")
	id := uuid.NewString()
	forged := mine[:len(mine)-4] + "AAAA"
	long, err := json.Marshal(strings.Repeat("é", 4001))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, method, path, token, body string
		status                          int
		want                            string
	}{
		{"unknown channel", "POST", "/session", "", `{"channel": "no-such"}`, 404, "Not found."},
		{"no channel", "POST", "/session", "", `{}`, 404, "Not found."},
		{"no JSON", "POST", "/session", "", `hello`, 422, "JSON"},
		{"two values", "POST", "/session", "", `{} {}`, 422, "JSON"},
		{"unknown field", "POST", "/session", "", `{"channel": "shop-key", "admin": true}`, 422, "JSON"},
		{"no token", "POST", "/messages", "", `{}`, 401, "Unauthorized."},
		{"forged token", "POST", "/messages", forged, `{}`, 401, "Unauthorized."},
		{"garbage token", "GET", "/messages", "a.b", ``, 401, "Unauthorized."},
		{"token in the address", "GET", "/messages?token=" + mine, "", ``, 401, "Unauthorized."},
		{"stream without token", "GET", "/events", "", ``, 401, "Unauthorized."},
		{"unknown call", "GET", "/nothing", mine, ``, 404, "Not found."},
		{"no client id", "POST", "/messages", mine, `{"text": "hi"}`, 422, "client_message_id"},
		{"wrong client id", "POST", "/messages", mine, `{"client_message_id": "1", "text": "hi"}`, 422, "client_message_id"},
		{"empty", "POST", "/messages", mine, `{"client_message_id": "` + id + `", "text": " \u0000\u200b "}`, 422, "empty"},
		{"too long", "POST", "/messages", mine, `{"client_message_id": "` + id + `", "text": ` + string(long) + `}`, 413, "4000"},
		{"body too large", "POST", "/messages", mine, `{"text": "` + strings.Repeat("x", 300<<10) + `"}`, 413, "large"},
		{"text is no string", "POST", "/messages", mine, `{"text": 7}`, 422, "text"},
		{"foreign cursor", "GET", "/messages?after=" + string(foreign.Conversation) + "/0", mine, ``, 404, "Not found."},
		{"foreign stream", "GET", "/events?after=" + string(foreign.Conversation) + "/0", mine, ``, 404, "Not found."},
		{"wrong cursor", "GET", "/messages?after=x", mine, ``, 422, "cursor"},
		{"wrong limit", "GET", "/messages?limit=0", mine, ``, 422, "limit"},
		{"no address", "PUT", "/email", mine, `{"email": "boss@bank"}`, 422, "email"},
		{"two addresses", "PUT", "/email", mine, `{"email": "a@b.com, c@d.com"}`, 422, "email"},
		{"wrong rating", "POST", "/csat", mine, `{"rating": 6}`, 422, "rating"},
		{"nothing to rate", "POST", "/csat", mine, `{"rating": 5}`, 404, "Not found."},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.call(c.method, c.path, c.token, c.body)
			if a.status != c.status || !strings.Contains(a.body, c.want) {
				t.Fatalf("got %d %s, want %d with %q", a.status, a.body, c.status, c.want)
			}
			var p struct {
				Status                  int
				Title, Detail, Instance string
			}
			a.decode(t, &p)
			if p.Status != c.status || p.Title == "" || p.Instance == "" || p.Instance != a.header.Get("X-Request-ID") ||
				a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("not a problem document: %s %v", a.body, a.header)
			}
			for _, leak := range []string{"secret", "no-such", mine, string(foreign.Conversation), "pgx", "SQL", "boss@bank"} {
				if strings.Contains(a.body, leak) {
					t.Errorf("the answer gives away %q: %s", leak, a.body)
				}
			}
		})
	}
	if n := s.count("select count(*) from messages"); n != 1 {
		t.Errorf("%d messages stored, want the one good one", n)
	}
}

func TestSessionsAndLabel(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	first := s.visit("")
	const label = "Automated assistant, no AI model"
	if first.Agent.Name != "Luma" || !first.Greeting || first.State.Label != label || first.EmailKnown {
		t.Errorf("new visitor: %+v", first)
	}
	r := s.say(first.Token, "hello")
	s.reply(r.Conversation, "hi")
	if a := s.call("PUT", "/email", first.Token, `{"email": "ada@example.com"}`); a.status != http.StatusNoContent {
		t.Errorf("email: %d %s", a.status, a.body)
	}
	s.answers.Store(false)
	again := s.visit(first.Token)
	if again.State.Conversation != r.Conversation || again.State.Label != label || again.Greeting || !again.EmailKnown {
		t.Errorf("a thread the agent serves lost its label or was not taken up: %+v", again)
	}
	if fresh := s.visit("v1.x.y"); fresh.State.Label != "" || fresh.Greeting || fresh.State.Conversation != "" {
		t.Errorf("new visitor while the agent is off: %+v", fresh)
	}
	s.answers.Store(true)
	user := uuid.Must(uuid.NewV7())
	s.exec("insert into users (id, name) values ($1, 'Dana')", user)
	s.exec("update conversations set owner = 'human', assigned_to = $1, lifecycle = 'waiting_human'", user)
	if human := s.visit(first.Token); human.State.Label != "" || human.State.Human != "Dana" || human.State.Owner != schemas.OwnerHuman {
		t.Errorf("thread of a person: %+v", human)
	}
	if n := s.count("select count(*) from chat_sessions where language = 'sv'"); n != 2 {
		t.Errorf("%d sessions with their language, want 2", n)
	}
}

// TestFiftyMessagesOfOneVisitor: what one visitor sends beyond the limits that
// the product has is refused before it is kept, so that nothing is asked about
// it.
func TestFiftyMessagesOfOneVisitor(t *testing.T) {
	t.Parallel()
	s := setupSite(t, func(o *gateway.Options) { o.Limits = gateway.Limits{} })
	token := s.visit("").Token
	refused := 0
	for range 50 {
		a := s.call("POST", "/messages", token, `{"client_message_id": "`+uuid.NewString()+`", "text": "buy now"}`)
		if a.status == http.StatusTooManyRequests {
			refused++
		}
	}
	// Half a message a second comes back while the test runs.
	if refused < 20 {
		t.Errorf("%d of 50 were refused", refused)
	}
	if n := s.count("select count(*) from inbox_events"); n != 50-refused {
		t.Errorf("%d are delivered, and %d were refused", n, refused)
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	old := s.visit("").Token
	s.stop()
	s.start(func(o *gateway.Options) { o.Keys = [][]byte{[]byte(strings.Repeat("n", 32)), o.Keys[0]} })
	if a := s.call("GET", "/messages", old, ""); a.status != http.StatusOK {
		t.Errorf("a token of the older key: %d %s", a.status, a.body)
	}
	s.stop()
	s.start(func(o *gateway.Options) { o.Keys = [][]byte{[]byte(strings.Repeat("n", 32))} })
	if a := s.call("GET", "/messages", old, ""); a.status != http.StatusUnauthorized {
		t.Errorf("a token of a dropped key: %d %s", a.status, a.body)
	}
}

func TestARepeatedMessageIsOne(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	token, id := s.visit("").Token, uuid.NewString()
	first := s.sayAs(token, id, "hello")
	again := s.sayAs(token, strings.ToUpper(id), "hello")
	if first.Duplicate || !again.Duplicate || again.Message != first.Message || again.Seq != first.Seq {
		t.Errorf("got %+v, then %+v", first, again)
	}
	if n := s.count("select count(*) from messages"); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

func TestHistoryPages(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	token := s.visit("").Token
	for _, text := range []string{"one", "two", "three"} {
		s.say(token, text)
	}
	var got []string
	after := ""
	for {
		var page struct {
			Items  []struct{ Text string }
			Cursor string
			More   bool
			State  shownState
		}
		s.call("GET", "/messages?limit=2&after="+after, token, "").decode(t, &page)
		for _, m := range page.Items {
			got = append(got, m.Text)
		}
		if after = page.Cursor; !page.More {
			if page.State.Lifecycle != schemas.LifecycleOpen {
				t.Errorf("state %+v", page.State)
			}
			break
		}
	}
	if strings.Join(got, " ") != "one two three" {
		t.Errorf("got %v", got)
	}
}

func TestEndTypingAndRating(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	token := s.visit("").Token
	s.say(token, "hello")
	for _, c := range [][2]string{{"/typing", "{}"}, {"/csat", `{"rating": 4}`}, {"/end", "{}"}, {"/end", "{}"}} {
		if a := s.call("POST", c[0], token, c[1]); a.status != http.StatusNoContent || a.body != "" {
			t.Errorf("%s: %d %s", c[0], a.status, a.body)
		}
	}
	if n := s.count("select count(*) from inbox_events where control = 'end'"); n != 1 {
		t.Errorf("%d end rows, want 1", n)
	}
	if got := s.visit(token); got.State.Rating != 4 {
		t.Errorf("rating %d, want 4", got.State.Rating)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := setupSite(t, func(o *gateway.Options) {
		o.Limits = gateway.Limits{Messages: 0.01, MessagesBurst: 2, Sessions: 0.01, SessionsBurst: 2}
	})
	token := s.visit("").Token
	other := s.visit("").Token
	s.say(token, "one")
	s.say(token, "two")
	a := s.call("POST", "/messages", token, `{"client_message_id": "`+uuid.NewString()+`", "text": "three"}`)
	if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "101" {
		t.Errorf("third message: %d %s %q", a.status, a.body, a.header.Get("Retry-After"))
	}
	s.say(other, "another visitor is not held up")
	if a := s.call("POST", "/session", "", `{"channel": "`+channelKey+`"}`); a.status != http.StatusTooManyRequests {
		t.Errorf("third session: %d %s", a.status, a.body)
	}
	if again := s.visit(token); again.State.Conversation == "" {
		t.Error("taking a session up again was limited")
	}
}

func TestNaughtyStringsOverHTTP(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	data, err := os.ReadFile("../../internal/channels/livechat/testdata/naughty/blns.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	// JSON itself can carry what no Go string does.
	raw := []string{`"\ud800"`, `"a\u0000b"`, "\"\xff\xfe\"", `"\udfff\ud800"`}
	for _, text := range all {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, string(quoted))
	}
	token, stored := s.visit("").Token, 0
	for i, text := range raw {
		a := s.call("POST", "/messages", token, `{"client_message_id": "`+uuid.NewString()+`", "text": `+text+`}`)
		switch a.status {
		case http.StatusAccepted:
			stored++
		case http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		default:
			t.Errorf("string %d: %d %s", i, a.status, a.body)
		}
	}
	if stored < 500 {
		t.Errorf("%d of %d stored", stored, len(raw))
	}
	if n := s.count("select count(*) from messages"); n != stored {
		t.Errorf("%d rows for %d accepted messages", n, stored)
	}
	a := s.call("GET", "/messages?limit=200", token, "")
	if a.status != http.StatusOK || !utf8.ValidString(a.body) || strings.Contains(a.body, `\u0000`) {
		t.Errorf("history: %d", a.status)
	}
}
