package store

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func TestDraftAndPublish(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	draft, revision, err := b.Draft(t.Context(), b.Agent)
	if err != nil || revision != 1 {
		t.Fatalf("revision %d, %v", revision, err)
	}
	draft.Profile.Name = "Vera"
	if err := b.SaveDraft(t.Context(), b.Agent, draft, revision); err != nil {
		t.Fatal(err)
	}
	wantKind(t, b.SaveDraft(t.Context(), b.Agent, draft, revision), schemas.KindConflict)
	_, err = b.Publish(t.Context(), b.Agent, "stale", revision)
	wantKind(t, err, schemas.KindConflict)
	if live, number, err := b.Published(t.Context(), b.Agent); err != nil || number != 1 || live.Profile.Name == "Vera" {
		t.Fatalf("a draft is in force: %d %v", number, err)
	}
	number, err := b.Publish(t.Context(), b.Agent, "new name", revision+1)
	if err != nil || number != 2 {
		t.Fatalf("published %d, %v", number, err)
	}
	live, number, err := b.Published(t.Context(), b.Agent)
	if err != nil || number != 2 {
		t.Fatalf("in force %d, %v", number, err)
	}
	if diff := cmp.Diff(draft, live); diff != "" {
		t.Error(diff)
	}
	if state, err := b.AgentState(t.Context(), b.Agent); err != nil || state.Published != 2 || state.Number != 0 {
		t.Errorf("state %+v, %v", state, err)
	}
	if _, err := b.pool.Exec(t.Context(), "update agent_versions set note = 'x' where number = 1"); err == nil {
		t.Error("a published version was changed")
	}
}

func TestSettingsOfUnknownAgents(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	unknown := show[schemas.AgentID](schemas.PrefixAgent, newID())
	_, _, err := b.Draft(t.Context(), unknown)
	wantKind(t, err, schemas.KindNotFound)
	_, err = b.Publish(t.Context(), unknown, "", 1)
	wantKind(t, err, schemas.KindNotFound)
	if _, number, err := b.Published(t.Context(), unknown); err != nil || number != 0 {
		t.Errorf("published %d, %v", number, err)
	}
}

func TestOneOfManyEditorsWins(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	var saved atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			err := b.SaveDraft(t.Context(), b.Agent, schemas.DefaultSettings(), 1)
			if err == nil {
				saved.Add(1)
			} else if schemas.KindOf(err) != schemas.KindConflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if saved.Load() != 1 {
		t.Fatalf("%d editors saved", saved.Load())
	}
}

func TestPublishWakesThoseThatWaitForHours(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	waits := b.conversation(t, "lifecycle = 'waiting_human', owner = 'queue', deadline_kind = 'hours', deadline = clock()")
	b.conversation(t, "owner = 'agent'")
	b.conversation(t, "lifecycle = 'waiting_customer', owner = 'agent', deadline_kind = 'inactivity', deadline = clock()")
	for want := 1; want <= 2; want++ {
		if _, err := b.Publish(t.Context(), b.Agent, "", 1); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[schemas.ConversationID]int{waits: want}, b.controls(t, schemas.ControlSettings)); diff != "" {
			t.Fatal(diff)
		}
	}
}
