package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"steward/internal/testkit"
	"steward/schemas"
	"steward/starter/gateway"
)

func TestStreamFromTheFirstMessageOn(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	token := s.visit("").Token
	a, b := s.listen(token, ""), s.listen(token, "")
	a.next("state")
	b.next("state")
	r := s.say(token, "How long do I have?")
	for _, tab := range []*listener{a, b} {
		id, text := tab.text()
		if want := string(r.Conversation) + "/1"; id != want || text != "How long do I have?" {
			t.Errorf("got %s %q, want %s", id, text, want)
		}
		if e := tab.next("typing"); e.data != `{"on":true}` || e.id != "" {
			t.Errorf("typing %+v", e)
		}
	}
	s.reply(r.Conversation, "30 days.")
	for _, tab := range []*listener{a, b} {
		if id, text := tab.text(); id != string(r.Conversation)+"/2" || text != "30 days." {
			t.Errorf("got %s %q", id, text)
		}
		var state shownState
		if err := json.Unmarshal([]byte(tab.next("state").data), &state); err != nil || state.Owner != schemas.OwnerAgent || state.Label == "" {
			t.Errorf("state %+v, %v", state, err)
		}
		if e := tab.next("typing"); e.data != `{"on":false}` {
			t.Errorf("typing %+v", e)
		}
	}
}

func TestStreamResumesOverARestart(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	token := s.visit("").Token
	l := s.listen(token, "")
	s.say(token, "m1")
	s.say(token, "m2")
	l.text()
	last, _ := l.text()
	s.stop()
	for range l.events { // the stream ends with the server
	}
	s.start(nil)
	for i := 3; i <= 5; i++ {
		s.say(token, fmt.Sprintf("m%d", i))
	}
	l = s.listen(token, last)
	for i := 3; i <= 6; i++ {
		if i == 6 {
			s.say(token, "m6")
		}
		id, text := l.text()
		if want := fmt.Sprintf("m%d", i); text != want {
			t.Errorf("got %s %q, want %q exactly once and in order", id, text, want)
		}
	}
}

func TestStreamReadsManyPages(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	token := s.visit("").Token
	const many = 230
	for i := range many {
		s.say(token, fmt.Sprint(i))
	}
	l := s.listen(token, "")
	for i := range many {
		if _, text := l.text(); text != fmt.Sprint(i) {
			t.Fatalf("got %q, want %d", text, i)
		}
	}
}

func TestStreamFollowsANewConversation(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	token := s.visit("").Token
	first := s.say(token, "old")
	l := s.listen(token, "")
	l.text()
	s.exec("update conversations set lifecycle = 'closed', owner = 'none', closed_at = clock() - interval '25 hours'")
	s.exec("update messages set turn = 0")
	second := s.say(token, "new")
	if id, text := l.text(); second.Conversation == first.Conversation || text != "new" || id != string(second.Conversation)+"/1" {
		t.Errorf("got %s %q", id, text)
	}
	s.reply(second.Conversation, "answer")
	if _, text := l.text(); text != "answer" {
		t.Errorf("got %q", text)
	}
}

func TestAPlaceThatIsGoneBeginsAnew(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	token := s.visit("").Token
	r := s.say(token, "hello")
	for _, from := range []string{string(r.Conversation) + "/99", "nonsense"} {
		l := s.listen(token, from)
		l.next("resync")
		if _, text := l.text(); text != "hello" {
			t.Errorf("from %q: got %q", from, text)
		}
	}
}

func TestTooManyStreams(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	token, other := s.visit("").Token, s.visit("").Token
	var open []*listener
	for range 10 {
		l := s.listen(token, "")
		l.next("state")
		open = append(open, l)
	}
	if l := s.listen(token, ""); l.status != http.StatusTooManyRequests {
		t.Errorf("stream 11: %d", l.status)
	}
	if l := s.listen(other, ""); l.status != http.StatusOK {
		t.Errorf("another visitor: %d", l.status)
	}
	open[0].cancel()
	for deadline := time.Now().Add(patience); s.listen(token, "").status != http.StatusOK; {
		if time.Now().After(deadline) {
			t.Fatal("a closed stream still counts")
		}
	}
}

// TestASlowReaderHoldsUpNobody leaves one stream unread while another visitor's
// and its own second one go on.
func TestASlowReaderHoldsUpNobody(t *testing.T) {
	t.Parallel()
	s := setupSite(t, nil)
	token := s.visit("").Token
	r := s.say(token, "hello")
	stuck := s.listenRaw(token)
	defer stuck.Body.Close()
	l := s.listen(token, "")
	l.text()
	big := make([]byte, 3900)
	for i := range big {
		big[i] = 'x'
	}
	for range 300 {
		s.reply(r.Conversation, string(big))
		l.text()
	}
}

func (s *site) listenRaw(token string) *http.Response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.base+gateway.Prefix+"/events", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp
}

func TestHeartbeatFindsALostNotification(t *testing.T) {
	t.Parallel()
	s := setupSite(t, func(o *gateway.Options) { o.Heartbeat = 50 * time.Millisecond })
	token := s.visit("").Token
	s.say(token, "hello")
	l := s.listen(token, "")
	l.text()
	l.next("state")
	s.exec("update conversations set owner = 'queue', lifecycle = 'waiting_human'")
	var state shownState
	if err := json.Unmarshal([]byte(l.next("state").data), &state); err != nil || state.Owner != schemas.OwnerQueue || state.Label != "" {
		t.Errorf("state %+v, %v", state, err)
	}
}

// TestNothingIsLeftRunning does not run in parallel, so that only what it
// started can be left.
func TestNothingIsLeftRunning(t *testing.T) {
	url := testkit.Database(t)
	before := goleak.IgnoreCurrent()
	t.Run("site", func(t *testing.T) {
		s := setupSiteOn(t, url, nil)
		token := s.visit("").Token
		l := s.listen(token, "")
		s.say(token, "hello")
		l.text()
		s.stop()
	})
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, before)
}
