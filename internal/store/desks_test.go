package store

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"steward/schemas"
)

// desking is a conversation in the queue whose handoff went to a destination.
type desking struct {
	adminBundle
	desk    schemas.Desk
	conv    schemas.ConversationID
	handoff schemas.HandoffID
}

func webhookDesk(name string) schemas.Desk {
	return schemas.Desk{Kind: schemas.DeskWebhook, Name: name, BaseURL: "https://desk.example/hook", Secret: "env:DESK"}
}

func setupDesk(t *testing.T) desking {
	t.Helper()
	b := desking{adminBundle: setupAdmin(t)}
	b.conv, b.handoff = b.handedOver(t)
	var err error
	if b.desk, err = b.PutDesk(t.Context(), webhookDesk("Tickets")); err != nil {
		t.Fatal(err)
	}
	b.exec(t, "insert into handoff_desks (handoff_id, desk_id, state, external_ref, seen_seq, created_at) values ($1, $2, 'opening', 'T1', 0, clock())",
		b.uuidOf(t, schemas.PrefixHandoff, string(b.handoff)), b.uuidOf(t, schemas.PrefixDesk, string(b.desk.ID)))
	return b
}

func (b desking) uuidOf(t *testing.T, prefix, id string) uuid.UUID {
	t.Helper()
	out, err := parse(prefix, id, "id")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// handedOver makes a conversation that waits for people.
func (b adminBundle) handedOver(t *testing.T) (schemas.ConversationID, schemas.HandoffID) {
	t.Helper()
	conv, id := b.conversation(t, "owner = 'queue', lifecycle = 'waiting_human', epoch = 1"), newID()
	b.exec(t, "insert into handoffs (id, conversation_id, epoch, engagement, state, reason, created_at) values ($1, $2, 1, 1, 'waiting', 'customer_request', clock())",
		id, mustUUID(t, conv))
	b.exec(t, "update conversations set handoff_id = $1 where id = $2", id, mustUUID(t, conv))
	return conv, show[schemas.HandoffID](schemas.PrefixHandoff, id)
}

func TestPutDeskKeepsItsIDAndUser(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	first, err := b.PutDesk(t.Context(), webhookDesk("Tickets"))
	if err != nil {
		t.Fatal(err)
	}
	changed := webhookDesk("Tickets")
	changed.Disabled = true
	second, err := b.PutDesk(t.Context(), changed)
	if err != nil || second.ID != first.ID || !second.Disabled {
		t.Fatalf("changed: %+v, %v", second, err)
	}
	users, err := b.ListUsers(t.Context())
	if err != nil || len(users) != 0 {
		t.Errorf("destinations are listed as people: %+v, %v", users, err)
	}
	if err := b.DeleteDesk(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.DeleteDesk(t.Context(), first.ID); schemas.KindOf(err) != schemas.KindNotFound {
		t.Errorf("deleted twice: %v", err)
	}
	again, err := b.PutDesk(t.Context(), webhookDesk("Tickets"))
	if err != nil || again.ID == first.ID || b.number(t, "select count(*) from users where desk") != 1 {
		t.Errorf("made again: %+v, %v", again, err)
	}
	if _, err := b.AddUser(t.Context(), schemas.User{Name: "Desk: Mail"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.PutDesk(t.Context(), webhookDesk("Mail")); schemas.KindOf(err) != schemas.KindConflict {
		t.Errorf("a person's name was taken: %v", err)
	}
}

// An event that comes many times at once is done once.
func TestDeskEventOnce(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	var mu sync.Mutex
	results := map[schemas.DeskResult]int{}
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			r, err := b.DeskEvent(t.Context(), b.desk.ID, schemas.DeskEvent{ID: "e1", Kind: schemas.DeskReply, Ref: "T1", Author: "Kim", Text: "Hello"})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			results[r]++
			mu.Unlock()
		})
	}
	all.Wait()
	if results[schemas.DeskDidIt] != 1 || results[schemas.DeskTwice] != 11 {
		t.Errorf("results are %v, want one done and the others duplicates", results)
	}
	if n := b.number(t, "select count(*) from messages where class = 'human' and speaker_name = 'Kim'"); n != 1 {
		t.Errorf("%d answers, want 1", n)
	}
}

// A destination reaches only what went to it.
func TestDeskEventOfAnother(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	other, err := b.PutDesk(t.Context(), webhookDesk("Other"))
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range []schemas.DeskEvent{
		{Kind: schemas.DeskReply, Handoff: b.handoff, Text: "x"},
		{Kind: schemas.DeskReply, Ref: "T1", Text: "x"},
		{Kind: schemas.DeskTake, Handoff: "hand_nonsense"},
		{Kind: schemas.DeskClose},
	} {
		e.ID = fmt.Sprint("e", i)
		if got, err := b.DeskEvent(t.Context(), other.ID, e); err != nil || got != schemas.DeskIgnored {
			t.Errorf("%+v: %s, %v, want it ignored", e, got, err)
		}
	}
	if n := b.number(t, "select count(*) from conversations where owner = 'queue'"); n != 1 {
		t.Error("a destination took a conversation that did not go there")
	}
}

// One step is on its way at a time, however many workers ask.
func TestClaimDeskStepOnce(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	b.exec(t, `insert into desk_outbox (handoff_id, desk_id, kind, key, next_attempt_at, created_at)
		select handoff_id, desk_id, 'open', 'open', clock(), clock() from handoff_desks`)
	b.exec(t, `insert into desk_outbox (handoff_id, desk_id, kind, key, update_state, next_attempt_at, created_at)
		select handoff_id, desk_id, 'update', 'state/accepted', 'accepted', clock(), clock() from handoff_desks`)
	again := func(schemas.Desk) bool { return false }
	var mu sync.Mutex
	var got []*schemas.DeskClaim
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			c, err := b.ClaimDeskStep(t.Context(), schemas.DeskStepInput{Handoff: b.handoff}, again)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if c != nil {
				got = append(got, c)
			}
		})
	}
	all.Wait()
	if len(got) != 1 || got[0].Kind != schemas.DeskStepOpen || got[0].Ticket.Tries != 1 {
		t.Fatalf("%d claims, want the opening once", len(got))
	}
	// The destination answered, and the answer comes twice.
	done := schemas.DeskDone{Attempt: got[0].Attempt, Delivered: schemas.Delivered{Result: schemas.SentDone, ProviderID: "T9"}, URL: "https://desk.example/9"}
	for range 2 {
		if err := b.FinishDeskStep(t.Context(), b.handoff, done); err != nil {
			t.Fatal(err)
		}
	}
	next, err := b.ClaimDeskStep(t.Context(), schemas.DeskStepInput{Handoff: b.handoff}, again)
	if err != nil || next == nil || next.Update == nil || next.Ref.ID != "T9" {
		t.Fatalf("next is %+v, %v, want the update of T9", next, err)
	}
	// Its worker died: where nothing can be looked for, it is never made again.
	b.at(t, b.now.Add(5*time.Minute))
	if c, err := b.ClaimDeskStep(t.Context(), schemas.DeskStepInput{Handoff: b.handoff}, again); err != nil || c != nil {
		t.Errorf("claimed again: %+v, %v", c, err)
	}
	if n := b.number(t, "select count(*) from desk_outbox where state = 'unknown'"); n != 1 {
		t.Errorf("%d steps of unknown fate, want 1", n)
	}
	shown, err := b.Handoff(t.Context(), b.handoff)
	if err != nil || len(shown.Desks) != 1 || shown.Desks[0].URL != "https://desk.example/9" || shown.Desks[0].Failed != 1 {
		t.Errorf("shown is %+v, %v", shown.Desks, err)
	}
}

// A step whose wake was lost is found by the sweep.
func TestOverdueDesks(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	b.exec(t, `insert into desk_outbox (handoff_id, desk_id, kind, key, next_attempt_at, created_at)
		select handoff_id, desk_id, 'open', 'open', clock(), clock() from handoff_desks`)
	for wait, want := range map[time.Duration]int{4 * time.Minute: 0, 6 * time.Minute: 1} {
		b.at(t, b.now.Add(wait))
		ids, err := b.OverdueHandoffs(t.Context(), 5*time.Minute)
		if err != nil || len(ids) != want {
			t.Errorf("after %s: %v, %v, want %d", wait, ids, err, want)
		}
	}
}

// What the embedded CRM knows of the customer reaches triggers and routes.
func TestContactProperties(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	owner, err := b.AddUser(t.Context(), schemas.User{Name: "Ann", Email: "ann@shop.example"})
	if err != nil {
		t.Fatal(err)
	}
	conv, _ := b.handedOver(t)
	written := b.put(t, person("k", "kim@example.com", "tier", "gold", "hubspot_owner_id", "ANN@shop.example"))
	b.exec(t, `insert into crm_links (contact_id, system, object_type, record_id, created_at)
		select c.contact_id, 'local', 'contact', o.id::text, clock() from conversations c, crm_objects o`)
	if written.Record.ID == "" {
		t.Fatal("no record was made")
	}
	tx, err := b.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	l, ok, err := b.lock(t.Context(), tx, mustUUID(t, conv))
	if err != nil || !ok {
		t.Fatal(err)
	}
	f, err := b.routeFacts(t.Context(), tx, l, schemas.Verdict{Reason: schemas.ReasonVIP})
	if err != nil || f.Properties[schemas.ObjectContact]["tier"] != "gold" || f.ContactOwner != owner.ID {
		t.Errorf("facts are %+v, %v", f, err)
	}
}
