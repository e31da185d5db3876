package store

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"steward/internal/testkit"
	"steward/schemas"
)

// chatBundle is a database with one agent and one live-chat channel.
type chatBundle struct {
	store   *Store
	session ChatSession
	agent   uuid.UUID
}

func setupChat(t *testing.T) chatBundle {
	t.Helper()
	s, err := Open(t.Context(), testkit.Database(t), Options{MaxConns: 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	b := chatBundle{store: s, agent: newID()}
	b.exec(t, "insert into agents (id, name) values ($1, 'Luma')", b.agent)
	b.exec(t, "insert into channels (id, agent_id, kind, name, public_key) values ($1, $2, 'live_chat', 'Shop', 'key')", newID(), b.agent)
	b.session = b.open(t)
	return b
}

func (b chatBundle) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := b.store.pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func (b chatBundle) open(t *testing.T) ChatSession {
	t.Helper()
	session, err := b.store.OpenSession(t.Context(), "key", "en", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func (b chatBundle) say(t *testing.T, text string) Received {
	t.Helper()
	r, err := b.store.Receive(t.Context(), b.session.Inbound(uuid.NewString(), text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// close closes a conversation as inactivity would, at the database's clock.
func (b chatBundle) close(t *testing.T, id schemas.ConversationID) {
	t.Helper()
	b.exec(t, `update conversations set lifecycle = 'closed', owner = 'none', assigned_to = null, closed_at = clock(),
		close_reason = 'inactivity', deadline = clock() + interval '72 hours', deadline_kind = 'outcome' where id = $1`, mustUUID(t, id))
}

func mustUUID(t *testing.T, id schemas.ConversationID) uuid.UUID {
	t.Helper()
	u, err := conversationUUID(id)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (b chatBundle) count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := b.store.pool.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheSameMessageSixteenTimesIsOne(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	in := b.session.Inbound(uuid.NewString(), "hello")
	got := make([]Received, 16)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			r, err := b.store.Receive(t.Context(), in)
			if err != nil {
				t.Error(err)
			}
			got[i] = r
		})
	}
	all.Wait()
	fresh := 0
	for _, r := range got {
		if !r.Duplicate {
			fresh++
		}
		if r.Message != got[0].Message || r.Seq != 1 || r.Conversation != got[0].Conversation {
			t.Errorf("got %+v, want the message %s", r, got[0].Message)
		}
	}
	if fresh != 1 {
		t.Errorf("%d answers say it is new, want 1", fresh)
	}
	for _, table := range []string{"messages", "inbox_events", "conversations"} {
		if n := b.count(t, "select count(*) from "+table); n != 1 {
			t.Errorf("%d rows in %s, want 1", n, table)
		}
	}
}

func TestADuplicateAfterTheCloseIsStillADuplicate(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	in := b.session.Inbound(uuid.NewString(), "hello")
	first, err := b.store.Receive(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	b.close(t, first.Conversation)
	if err := b.store.SetClock(t.Context(), nil, 48*time.Hour); err != nil {
		t.Fatal(err)
	}
	again, err := b.store.Receive(t.Context(), in)
	first.Duplicate = true
	if err != nil || again != first {
		t.Errorf("got %+v, %v, want %+v", again, err, first)
	}
}

func TestConcurrentWritersKeepOrder(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	sessions := []ChatSession{b.session, b.open(t), b.open(t)}
	var all sync.WaitGroup
	for i := range 90 {
		all.Go(func() {
			_, err := b.store.Receive(t.Context(), sessions[i%len(sessions)].Inbound(uuid.NewString(), "x"))
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	// The relay goes by the row's number, the transcript by seq: they agree.
	inverted := b.count(t, `select count(*) from inbox_events e join messages m on m.id = e.message_id
		join inbox_events f on f.conversation_id = e.conversation_id and f.id > e.id
		join messages n on n.id = f.message_id where n.seq < m.seq`)
	if inverted != 0 {
		t.Errorf("%d pairs out of order", inverted)
	}
	gaps := b.count(t, `select count(*) from conversations c
		where c.last_seq <> (select count(*) from messages m where m.conversation_id = c.id)`)
	if n := b.count(t, "select count(*) from conversations"); gaps != 0 || n != len(sessions) {
		t.Errorf("%d conversations with gaps, %d conversations, want 0 and %d", gaps, n, len(sessions))
	}
}

func TestWhichConversationAMessageJoins(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	at := func(shift time.Duration) {
		t.Helper()
		if err := b.store.SetClock(ctx, nil, shift); err != nil {
			t.Fatal(err)
		}
	}
	first := b.say(t, "one")
	if r := b.say(t, "two"); r.Conversation != first.Conversation || r.Seq != 2 {
		t.Fatalf("an open conversation was not joined: %+v", r)
	}
	b.close(t, first.Conversation)
	at(23*time.Hour + 59*time.Minute)
	if r := b.say(t, "three"); r.Conversation != first.Conversation || r.Seq != 3 {
		t.Fatalf("a conversation closed a day ago was not joined: %+v", r)
	}
	if n := b.count(t, "select count(*) from conversations where lifecycle = 'closed' and deadline_kind = 'outcome'"); n != 1 {
		t.Error("the message changed the closed conversation's state, which is its workflow's to do")
	}
	at(24*time.Hour + time.Minute)
	// While a message waits to reopen it, the next one goes along: a new
	// conversation would keep it closed for ever.
	if r := b.say(t, "four"); r.Conversation != first.Conversation || r.Seq != 4 {
		t.Fatalf("a conversation about to be reopened was not joined: %+v", r)
	}
	if _, err := b.store.pool.Exec(ctx, "update messages set turn = 0"); err != nil {
		t.Fatal(err)
	}
	second := b.say(t, "five")
	if second.Conversation == first.Conversation || second.Seq != 1 {
		t.Fatalf("a conversation closed over a day ago was joined: %+v", second)
	}
	var previous *uuid.UUID
	err := b.store.pool.QueryRow(ctx, "select previous_id from conversations where id = $1", mustUUID(t, second.Conversation)).Scan(&previous)
	if err != nil || previous == nil || *previous != mustUUID(t, first.Conversation) {
		t.Errorf("previous is %v, %v, want %s", previous, err, first.Conversation)
	}
	b.close(t, second.Conversation)
	b.exec(t, "update conversations set close_reason = 'erased' where id = $1", mustUUID(t, second.Conversation))
	if r := b.say(t, "five"); r.Conversation == second.Conversation {
		t.Error("an erased conversation was joined")
	}
}

func TestAMessageMovesTheRow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lifecycle, kind, wantLifecycle, wantKind string }{
		{"waiting_customer", "inactivity", "open", ""},
		{"waiting_customer", "reminder", "open", ""},
		{"waiting_human", "hours", "waiting_human", "hours"},
		{"open", "outcome", "open", "outcome"},
	} {
		t.Run(c.lifecycle+" "+c.kind, func(t *testing.T) {
			t.Parallel()
			b := setupChat(t)
			r := b.say(t, "one")
			b.exec(t, `update conversations set lifecycle = $1, deadline_kind = $2, deadline = clock() + interval '1 hour', reminded = true`, c.lifecycle, c.kind)
			b.say(t, "two")
			var lifecycle, kind string
			var deadline, inboundAt *time.Time
			var reminded bool
			var lastInbound int64
			err := b.store.pool.QueryRow(t.Context(), `select lifecycle, deadline_kind, deadline, reminded, last_inbound, last_inbound_at
				from conversations where id = $1`, mustUUID(t, r.Conversation)).Scan(&lifecycle, &kind, &deadline, &reminded, &lastInbound, &inboundAt)
			if err != nil {
				t.Fatal(err)
			}
			if lifecycle != c.wantLifecycle || kind != c.wantKind || (deadline != nil) != (c.wantKind != "") {
				t.Errorf("got %s %q %v, want %s %q", lifecycle, kind, deadline, c.wantLifecycle, c.wantKind)
			}
			if reminded || lastInbound != 2 || inboundAt == nil {
				t.Errorf("reminded %t, last inbound %d at %v", reminded, lastInbound, inboundAt)
			}
		})
	}
}

func TestBurstLimitsComeFromThePublishedSettings(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	publish := func(number int, status, settings string) {
		var n *int
		var at *time.Time
		if status == "published" {
			now := time.Now()
			n, at = &number, &now
		}
		b.exec(t, `insert into agent_versions (id, agent_id, number, status, settings, published_at) values ($1, $2, $3, $4, $5, $6)`,
			newID(), b.agent, n, status, settings, at)
	}
	want := func(quiet, limit time.Duration) {
		t.Helper()
		b.say(t, "x")
		b.exec(t, "update inbox_events set state = 'relayed' where id < (select max(id) from inbox_events)")
		rows, err := b.store.ClaimInbox(t.Context(), "r", 10, time.Minute)
		if err != nil || len(rows) != 1 || rows[0].Delivery.Quiet != quiet || rows[0].Delivery.Cap != limit {
			t.Errorf("got %+v, %v, want quiet %v and cap %v", rows, err, quiet, limit)
		}
	}
	want(1500*time.Millisecond, 8*time.Second)
	publish(1, "published", `{"channels": {"live_chat": {"quiet_millis": 700, "cap_millis": 900}}}`)
	publish(2, "published", `{"channels": {"live_chat": {"quiet_millis": 0, "cap_millis": 100}}}`)
	publish(0, "draft", `{"channels": {"live_chat": {"quiet_millis": 5000, "cap_millis": 6000}}}`)
	want(0, 100*time.Millisecond)
}

func TestClaimsGoHeadOfLinePerConversation(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	other := b
	other.session = b.open(t)
	first, second := b.say(t, "one"), b.say(t, "two")
	third := other.say(t, "three")
	rows, err := b.store.ClaimInbox(ctx, "r1", 10, time.Minute)
	if err != nil || len(rows) != 2 || rows[0].Delivery.Message != first.Message || rows[1].Delivery.Message != third.Message {
		t.Fatalf("got %+v, %v, want the first row of each conversation", rows, err)
	}
	if more, err := b.store.ClaimInbox(ctx, "r2", 10, time.Minute); err != nil || len(more) != 0 {
		t.Fatalf("leased rows were claimed again: %+v, %v", more, err)
	}
	if err := b.store.RetryInbox(ctx, rows[1].ID, time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := b.store.MarkRelayed(ctx, rows[0].ID); err != nil {
		t.Fatal(err)
	}
	next, err := b.store.ClaimInbox(ctx, "r2", 10, time.Minute)
	if err != nil || len(next) != 1 || next[0].Delivery.Message != second.Message || next[0].Attempts != 1 {
		t.Fatalf("got %+v, %v, want the second row", next, err)
	}
	// A late result of a relay that lost its lease changes nothing.
	if err := b.store.MarkRelayed(ctx, next[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := b.store.RetryInbox(ctx, next[0].ID, 0); err != nil {
		t.Fatal(err)
	}
	if n, _, err := b.store.InboxBacklog(ctx); err != nil || n != 1 {
		t.Errorf("backlog %d, %v, want 1", n, err)
	}
}

func TestLeasesEndAndAreGivenBack(t *testing.T) {
	t.Parallel()
	b := setupChat(t)
	ctx := t.Context()
	claim := func(by string, lease time.Duration) []InboxRow {
		t.Helper()
		rows, err := b.store.ClaimInbox(ctx, by, 10, lease)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	b.say(t, "one")
	if len(claim("dead", 50*time.Millisecond)) != 1 {
		t.Fatal("row not claimed")
	}
	var rows []InboxRow
	for deadline := time.Now().Add(5 * time.Second); len(rows) == 0 && time.Now().Before(deadline); {
		rows = claim("next", time.Hour)
	}
	if len(rows) != 1 || rows[0].Attempts != 2 {
		t.Fatalf("after the lease: %+v", rows)
	}
	if err := b.store.ReleaseLeases(ctx, "dead"); err != nil {
		t.Fatal(err)
	}
	if len(claim("other", time.Hour)) != 0 {
		t.Fatal("somebody else's lease was given back")
	}
	if err := b.store.ReleaseLeases(ctx, "next"); err != nil {
		t.Fatal(err)
	}
	if rows = claim("other", time.Hour); len(rows) != 1 || rows[0].Attempts != 2 {
		t.Fatalf("after giving back: %+v", rows)
	}
	if err := b.store.MarkDead(ctx, rows[0].ID, "no"); err != nil {
		t.Fatal(err)
	}
	b.say(t, "two")
	if rows = claim("other", time.Hour); len(rows) != 1 {
		t.Fatal("a dead row holds up its conversation")
	}
}

func TestAnUnreachableDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), "postgres://nobody@127.0.0.1:1/none", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if _, err := s.Receive(t.Context(), Inbound{Key: "k", Kind: schemas.ChannelLiveChat}); schemas.KindOf(err) != schemas.KindUnavailable {
		t.Errorf("refused connection: %v", err)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if err := Unavailable(fmt.Errorf("x: %w", late.Err())); schemas.KindOf(err) != schemas.KindUnavailable {
		t.Errorf("deadline: %v", err)
	}
	if err := Unavailable(notFound("channel")); schemas.KindOf(err) != schemas.KindNotFound {
		t.Errorf("known error: %v", err)
	}
}
