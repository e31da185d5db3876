package store

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"steward/schemas"
)

func TestSessionsEndWhenUnused(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	shift := func(d time.Duration) {
		t.Helper()
		if err := b.store.SetClock(ctx, nil, d); err != nil {
			t.Fatal(err)
		}
	}
	shift(50 * time.Minute)
	got, err := b.store.Session(ctx, b.session.ID, time.Hour)
	if err != nil || got != b.session {
		t.Fatalf("got %+v, %v, want %+v", got, err, b.session)
	}
	shift(100 * time.Minute)
	if _, err := b.store.Session(ctx, b.session.ID, time.Hour); err != nil {
		t.Fatalf("use did not move the end: %v", err)
	}
	shift(161 * time.Minute)
	if _, err := b.store.Session(ctx, b.session.ID, time.Hour); schemas.KindOf(err) != schemas.KindNotFound {
		t.Fatalf("an unused session lives on: %v", err)
	}
	if _, err := b.store.OpenSession(ctx, "unknown", "en", time.Hour); schemas.KindOf(err) != schemas.KindNotFound {
		t.Fatalf("unknown channel: %v", err)
	}
	if _, err := b.store.Session(ctx, "sess_x", time.Hour); schemas.KindOf(err) != schemas.KindNotFound {
		t.Fatalf("wrong id: %v", err)
	}
}

// say stores a message of the agent's side, as sending one makes it visible.
func (b chatBundle) reply(t *testing.T, r Received, seq int64, visibility, text string) {
	t.Helper()
	var class any = "reply"
	if visibility == "private" {
		class = nil
	}
	citations, err := json.Marshal([]schemas.Citation{{Number: 1, Title: "Returns", URL: "https://example.com/returns"}})
	if err != nil {
		t.Fatal(err)
	}
	var n *int64
	if seq > 0 {
		n = &seq
	}
	b.exec(t, `insert into messages (id, conversation_id, seq, direction, speaker, speaker_name, visibility, text, citations, ask_email, class, effect_key, engagement, created_at)
		values ($1, $2, $3, 'out', 'agent', 'Luma', $4, $5, $6, true, $7, $8, 1, clock())`,
		newID(), mustUUID(t, r.Conversation), n, visibility, text, citations, class, uuid.NewString())
	if n != nil {
		b.exec(t, "update conversations set last_seq = $1 where id = $2", seq, mustUUID(t, r.Conversation))
	}
}

func TestTranscriptShowsWhatTheCustomerMaySee(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	in := b.session.Inbound(uuid.NewString(), "How long?")
	r, err := b.store.Receive(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	b.reply(t, r, 2, "private", "a note")
	b.reply(t, r, 3, "public", "30 days. [1]")
	b.reply(t, r, 0, "public", "not out yet")
	other := b.open(t)
	if _, err := b.store.Receive(ctx, other.Inbound(uuid.NewString(), "somebody else")); err != nil {
		t.Fatal(err)
	}

	page, err := b.store.Transcript(ctx, b.session, Cursor{}, 1)
	if err != nil || len(page.Messages) != 1 || !page.More || page.Messages[0].Seq != 1 || page.Messages[0].ClientID != in.ClientID {
		t.Fatalf("first page: %+v, %v", page, err)
	}
	page, err = b.store.Transcript(ctx, b.session, Cursor{Conversation: r.Conversation, Seq: 1}, 10)
	if err != nil || len(page.Messages) != 1 || page.More {
		t.Fatalf("second page: %+v, %v", page, err)
	}
	m := page.Messages[0]
	if m.Seq != 3 || m.Speaker != schemas.SpeakerAgent || m.Name != "Luma" || !m.AskEmail || m.Text != "30 days. [1]" || m.ClientID != "" {
		t.Errorf("got %+v", m)
	}
	want := []schemas.Citation{{Number: 1, Title: "Returns", URL: "https://example.com/returns"}}
	if diff := cmp.Diff(want, m.Citations); diff != "" {
		t.Error(diff)
	}
	if page.Thread == nil || page.Thread.Conversation != r.Conversation || page.Thread.LastSeq != 3 || page.Thread.CustomerLast {
		t.Errorf("thread %+v", page.Thread)
	}
	for _, c := range []struct {
		session ChatSession
		at      Cursor
		valid   bool
		kind    schemas.ErrorKind
	}{
		{session: b.session, valid: true},
		{session: b.session, at: Cursor{r.Conversation, 3}, valid: true},
		{session: b.session, at: Cursor{r.Conversation, 4}},
		{session: other, at: Cursor{r.Conversation, 1}, kind: schemas.KindNotFound},
		{session: b.session, at: Cursor{"conv_x", 1}, kind: schemas.KindNotFound},
	} {
		valid, err := b.store.CheckCursor(ctx, c.session, c.at)
		if valid != c.valid || (err != nil) != (c.kind != "") || err != nil && schemas.KindOf(err) != c.kind {
			t.Errorf("cursor %+v: %t, %v", c.at, valid, err)
		}
	}
}

func TestEmailIsClaimedAndTellsAnOpenConversation(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	set := func(email string) {
		t.Helper()
		if err := b.store.SetEmail(ctx, b.session, email); err != nil {
			t.Fatal(err)
		}
	}
	if known, err := b.store.EmailKnown(ctx, b.session); known || err != nil {
		t.Fatalf("known %t, %v", known, err)
	}
	set("ada@example.com")
	if n := b.count(t, "select count(*) from inbox_events"); n != 0 {
		t.Errorf("%d control rows without a conversation", n)
	}
	r := b.say(t, "hello")
	set("ada@example.com")
	set("ada@example.com")
	set("ada@example.org")
	if n := b.count(t, "select count(*) from inbox_events where control = 'email'"); n != 2 {
		t.Errorf("%d control rows, want one per address", n)
	}
	if n := b.count(t, "select count(*) from inbox_events where dedupe_key like '%example%'"); n != 0 {
		t.Error("a key holds an address")
	}
	if n := b.count(t, "select count(*) from contact_identities where kind = 'email' and proof = 'claimed'"); n != 2 {
		t.Errorf("%d addresses, want 2 claimed", n)
	}
	if known, err := b.store.EmailKnown(ctx, b.session); !known || err != nil {
		t.Errorf("known %t, %v", known, err)
	}
	// The same address typed by somebody else joins nobody.
	other := b.open(t)
	if err := b.store.SetEmail(ctx, other, "ada@example.com"); err != nil {
		t.Fatal(err)
	}
	if n := b.count(t, "select count(distinct contact_id) from contact_identities where value = 'ada@example.com'"); n != 2 {
		t.Errorf("the address belongs to %d contacts, want 2", n)
	}
	b.close(t, r.Conversation)
	set("ada@example.net")
	if n := b.count(t, "select count(*) from inbox_events where control = 'email'"); n != 2 {
		t.Error("a closed conversation was told of an address")
	}
}

func TestEndAndRating(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	if err := b.store.Rate(ctx, b.session, 5); schemas.KindOf(err) != schemas.KindNotFound {
		t.Errorf("rating nothing: %v", err)
	}
	if err := b.store.EndChat(ctx, b.session); err != nil {
		t.Errorf("ending nothing: %v", err)
	}
	r := b.say(t, "hello")
	for range 2 {
		if err := b.store.EndChat(ctx, b.session); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.count(t, "select count(*) from inbox_events where control = 'end' and conversation_id = $1", mustUUID(t, r.Conversation)); n != 1 {
		t.Errorf("%d control rows, want 1", n)
	}
	if _, err := b.store.ClaimInbox(ctx, "r", 10, 0); err != nil {
		t.Fatal(err)
	}
	if err := b.store.MarkRelayed(ctx, int64(b.count(t, "select min(id) from inbox_events"))); err != nil {
		t.Fatal(err)
	}
	rows, err := b.store.ClaimInbox(ctx, "r", 10, time.Minute)
	if err != nil || len(rows) != 1 || rows[0].Delivery.Kind != schemas.DeliveryControl || rows[0].Delivery.Control != schemas.ControlEnd {
		t.Errorf("delivery %+v, %v", rows, err)
	}
	for _, rating := range []int{5, 2} {
		if err := b.store.Rate(ctx, b.session, rating); err != nil {
			t.Fatal(err)
		}
	}
	page, err := b.store.Transcript(ctx, b.session, Cursor{}, 10)
	if err != nil || page.Thread.Rating != 2 {
		t.Errorf("rating %+v, %v, want the last", page.Thread, err)
	}
}

// listenerLog keeps what a Listener is told.
type listenerLog struct {
	mu    sync.Mutex
	told  []string
	ready chan struct{}
	news  chan struct{}
}

func (l *listenerLog) Listening() { close(l.ready) }

func (l *listenerLog) Notified(channel, payload string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, channel+" "+payload)
	l.news <- struct{}{}
}

func TestListenHearsAMessage(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx, stop := context.WithCancel(t.Context())
	l := &listenerLog{ready: make(chan struct{}), news: make(chan struct{}, 100)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.store.Listen(ctx, l)
	}()
	defer func() {
		stop()
		<-ended
	}()
	select {
	case <-l.ready:
	case <-time.After(10 * time.Second):
		t.Fatal("never listening")
	}
	r := b.say(t, "hello")
	for range 3 {
		select {
		case <-l.news:
		case <-time.After(10 * time.Second):
			t.Fatal("a notification is missing")
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	want := map[string]bool{"inbox ": true, "chat " + b.session.Key(): true, "chat " + ChatTopic(r.Conversation): true}
	for _, told := range l.told {
		if !want[told] {
			t.Errorf("unexpected %q", told)
		}
	}
}
