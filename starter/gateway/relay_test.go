package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"steward/internal/store"
	"steward/internal/testkit"
	"steward/schemas"
	"steward/starter/dispatch"
	"steward/starter/gateway"
)

// fakeWorkflows accepts deliveries the way conversations do.
type fakeWorkflows struct {
	mu sync.Mutex
	// answer says what happens to a delivery; nil accepts all.
	answer func(ctx context.Context, id schemas.ConversationID, d schemas.Delivery) error
	// accepted lists the rows accepted per conversation, in order.
	accepted map[schemas.ConversationID][]int64
	tries    map[int64]int
	news     chan struct{}
}

func newFakeWorkflows() *fakeWorkflows {
	return &fakeWorkflows{
		accepted: map[schemas.ConversationID][]int64{}, tries: map[int64]int{}, news: make(chan struct{}, 10_000),
	}
}

func (f *fakeWorkflows) Receive(ctx context.Context, id schemas.ConversationID, d schemas.Delivery, _ string) (schemas.Ack, error) {
	f.mu.Lock()
	f.tries[d.Row]++
	answer := f.answer
	f.mu.Unlock()
	defer func() { f.news <- struct{}{} }()
	if answer != nil {
		if err := answer(ctx, id, d); err != nil {
			return schemas.Ack{}, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.accepted[id] = append(f.accepted[id], d.Row)
	return schemas.Ack{Number: int64(len(f.accepted[id]))}, nil
}

func (f *fakeWorkflows) rows(id schemas.ConversationID) []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]int64(nil), f.accepted[id]...)
}

// inbox is a database with visitors, and relays on it.
type inbox struct {
	*site
	flows *fakeWorkflows
}

func setupInbox(t *testing.T) inbox {
	t.Helper()
	return inbox{site: setupSite(t, nil), flows: newFakeWorkflows()}
}

// relay runs a relay until the returned function or the test's end.
func (b inbox) relay(name string, change func(*gateway.RelayOptions)) (stop func()) {
	b.t.Helper()
	o := gateway.RelayOptions{
		Inbox: b.store, Deliverer: b.flows, Name: name, Poll: 20 * time.Millisecond, RetryUnit: 10 * time.Millisecond,
		Log: testkit.Logger(b.t),
	}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		gateway.NewRelay(o).Run(ctx)
	}()
	stop = func() {
		cancel()
		<-ended
	}
	b.t.Cleanup(stop)
	return stop
}

func (b inbox) visitor() store.ChatSession {
	b.t.Helper()
	session, err := b.store.OpenSession(b.t.Context(), channelKey, "en", time.Hour)
	if err != nil {
		b.t.Fatal(err)
	}
	return session
}

func (b inbox) write(session store.ChatSession, n int) schemas.ConversationID {
	b.t.Helper()
	var id schemas.ConversationID
	for range n {
		r, err := b.store.Receive(b.t.Context(), session.Inbound(uuid.NewString(), "x"))
		if err != nil {
			b.t.Fatal(err)
		}
		id = r.Conversation
	}
	return id
}

// until waits until ok, looking again after each delivery and every so often.
func (b inbox) until(what string, ok func() bool) {
	b.t.Helper()
	deadline := time.After(patience)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-b.flows.news:
		case <-look.C:
		case <-deadline:
			b.t.Fatalf("never: %s", what)
		}
	}
}

func (b inbox) inState(state string) int {
	return b.count("select count(*) from inbox_events where state = $1", state)
}

func TestRelayKeepsEachConversationsOrder(t *testing.T) {
	t.Parallel()
	b := setupInbox(t)
	ids := make([]schemas.ConversationID, 5)
	for i := range ids {
		ids[i] = b.write(b.visitor(), 8)
	}
	// Two relays share the work.
	b.relay("one", nil)
	b.relay("two", nil)
	b.until("all relayed", func() bool { return b.inState("relayed") == 40 })
	for _, id := range ids {
		rows := b.flows.rows(id)
		if len(rows) != 8 {
			t.Errorf("%d deliveries, want 8", len(rows))
		}
		for i := 1; i < len(rows); i++ {
			if rows[i] <= rows[i-1] {
				t.Errorf("out of order: %v", rows)
			}
		}
	}
}

func TestABlockedConversationHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	b := setupInbox(t)
	blocked := b.write(b.visitor(), 3)
	release := make(chan struct{})
	b.flows.answer = func(_ context.Context, id schemas.ConversationID, _ schemas.Delivery) error {
		if id != blocked {
			return nil
		}
		<-release
		return nil
	}
	b.relay("one", func(o *gateway.RelayOptions) { o.Concurrency = 2 })
	others := make([]schemas.ConversationID, 10)
	for i := range others {
		others[i] = b.write(b.visitor(), 2)
	}
	b.until("the others relayed", func() bool { return b.inState("relayed") == 20 })
	close(release)
	b.until("all relayed", func() bool { return b.inState("relayed") == 23 })
}

func TestOnlyAValidatorMakesARowDead(t *testing.T) {
	t.Parallel()
	b := setupInbox(t)
	refused, failing := b.write(b.visitor(), 2), b.write(b.visitor(), 2)
	var first int64
	b.flows.answer = func(_ context.Context, id schemas.ConversationID, d schemas.Delivery) error {
		b.flows.mu.Lock()
		defer b.flows.mu.Unlock()
		switch {
		case id == refused && (first == 0 || first == d.Row):
			first = d.Row
			return fmt.Errorf("deliver: %w", &dispatch.RefusedError{Reason: "no message named"})
		case id == failing && b.flows.tries[d.Row] < 12:
			// Every kind of failure but a refusal is tried again, far past a minute's
			// worth of tries.
			return []error{
				context.DeadlineExceeded, errors.New("unknown update Receive"),
				schemas.NewError(schemas.KindInvalid, "wrong"), schemas.NewError(schemas.KindUnavailable, "no worker"),
			}[b.flows.tries[d.Row]%4]
		}
		return nil
	}
	b.relay("one", func(o *gateway.RelayOptions) { o.RetryUnit = time.Millisecond })
	b.until("the rest relayed", func() bool { return b.inState("relayed") == 3 })
	if n := b.count("select count(*) from inbox_events where state = 'dead' and id = $1 and reason = 'no message named'", first); n != 1 {
		t.Error("the refused row is not dead with its reason")
	}
	if n := len(b.flows.rows(refused)); n != 1 {
		t.Errorf("%d rows after a dead one, want 1", n)
	}
}

func TestARelayThatDiedLosesItsRows(t *testing.T) {
	t.Parallel()
	b := setupInbox(t)
	id := b.write(b.visitor(), 1)
	if rows, err := b.store.ClaimInbox(t.Context(), "dead", 10, 200*time.Millisecond); err != nil || len(rows) != 1 {
		t.Fatalf("%v, %v", rows, err)
	}
	b.relay("next", nil)
	b.until("relayed after the lease", func() bool { return b.inState("relayed") == 1 })
	if rows := b.flows.rows(id); len(rows) != 1 {
		t.Errorf("delivered %v", rows)
	}
}

func TestACleanStopGivesLeasesBack(t *testing.T) {
	t.Parallel()
	b := setupInbox(t)
	b.write(b.visitor(), 1)
	began, release := make(chan struct{}, 100), make(chan struct{})
	b.flows.answer = func(context.Context, schemas.ConversationID, schemas.Delivery) error {
		began <- struct{}{}
		<-release
		return context.DeadlineExceeded
	}
	stop := b.relay("one", func(o *gateway.RelayOptions) { o.Lease = time.Hour })
	<-began
	close(release)
	stop()
	if n := b.inState("pending"); n != 1 {
		t.Fatalf("%d pending rows, want 1", n)
	}
	b.flows.answer = nil
	b.relay("two", nil)
	b.until("relayed by the next", func() bool { return b.inState("relayed") == 1 })
}
