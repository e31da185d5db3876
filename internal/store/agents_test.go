package store

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"steward/internal/testkit"
	"steward/schemas"
)

// adminBundle is a deployment after its first start, at a fixed time.
type adminBundle struct {
	*Store
	Deployment
	now time.Time
}

func setupAdmin(t *testing.T) adminBundle {
	t.Helper()
	s, err := Open(t.Context(), testkit.Database(t), Options{MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	b := adminBundle{Store: s, now: time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)}
	b.at(t, b.now)
	if b.Deployment, err = s.Bootstrap(t.Context(), Bootstrap{}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b adminBundle) at(t *testing.T, now time.Time) {
	t.Helper()
	if err := b.SetClock(t.Context(), &now, 0); err != nil {
		t.Fatal(err)
	}
}

func (b adminBundle) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := b.pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// conversation stores a conversation whose columns are then set as given.
func (b adminBundle) conversation(t *testing.T, set string) schemas.ConversationID {
	t.Helper()
	id, contact := newID(), newID()
	agent, err := parse(schemas.PrefixAgent, b.Agent, "agent")
	if err != nil {
		t.Fatal(err)
	}
	channel, err := parse(schemas.PrefixChannel, b.Channel, "channel")
	if err != nil {
		t.Fatal(err)
	}
	b.exec(t, "insert into contacts (id) values ($1)", contact)
	b.exec(t, `insert into conversations (id, agent_id, channel_id, contact_id, conversation_key, recipient, created_at, updated_at)
		values ($1, $2, $3, $4, $5, 'x', clock(), clock())`, id, agent, channel, contact, id.String())
	b.exec(t, "update conversations set "+set+" where id = $1", id)
	return show[schemas.ConversationID](schemas.PrefixConversation, id)
}

func (b adminBundle) turn(t *testing.T, id schemas.ConversationID) {
	t.Helper()
	b.exec(t, `insert into turns (conversation_id, turn, opened_by, engagement, config_version, deadline, created_at)
		values ($1, 1, '1', 1, 1, clock(), clock())`, mustUUID(t, id))
}

// controls are the conversations with a control row of a kind, sorted.
func (b adminBundle) controls(t *testing.T, kind schemas.ControlKind) map[schemas.ConversationID]int {
	t.Helper()
	rows, err := b.pool.Query(t.Context(), "select conversation_id from inbox_events where control = $1 and state = 'pending'", string(kind))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[schemas.ConversationID]int{}
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		out[show[schemas.ConversationID](schemas.PrefixConversation, id)]++
	}
	return out
}

// command applies a command as the next state number.
func (b adminBundle) command(t *testing.T, c schemas.AgentCommand) schemas.AgentState {
	t.Helper()
	now, err := b.AgentState(t.Context(), b.Agent)
	if err != nil {
		t.Fatal(err)
	}
	out, err := b.ApplyAgentCommand(t.Context(), schemas.AgentCommandInput{Agent: b.Agent, Command: c, Number: now.Number + 1})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func pauseOf(in schemas.PauseInput) schemas.AgentCommand {
	return schemas.AgentCommand{Kind: schemas.CommandPause, Pause: in}
}

func resumeOf(in schemas.PauseInput) schemas.AgentCommand {
	return schemas.AgentCommand{Kind: schemas.CommandResume, Pause: in}
}

func wantKind(t *testing.T, err error, kind schemas.ErrorKind) {
	t.Helper()
	if err == nil || schemas.KindOf(err) != kind {
		t.Fatalf("error = %v, want kind %s", err, kind)
	}
}

func TestBootstrapIsOnce(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), testkit.Database(t), Options{MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	_, err = s.TheAgent(t.Context())
	wantKind(t, err, schemas.KindNotFound)
	var wg sync.WaitGroup
	found := make([]Deployment, 8)
	for i := range found {
		wg.Go(func() {
			d, err := s.Bootstrap(t.Context(), Bootstrap{Name: fmt.Sprint("agent ", i)})
			if err != nil {
				t.Error(err)
			}
			found[i] = d
		})
	}
	wg.Wait()
	again, err := s.TheAgent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		if d != again {
			t.Fatalf("processes see %+v and %+v", d, again)
		}
	}
	if len(again.PublicKey) < 20 {
		t.Errorf("public key %q is short", again.PublicKey)
	}
	settings, number, err := s.Published(t.Context(), again.Agent)
	if err != nil || number != 1 {
		t.Fatalf("published %d, %v", number, err)
	}
	if diff := cmp.Diff(schemas.DefaultSettings(), settings); diff != "" {
		t.Error(diff)
	}
	state, err := s.AgentState(t.Context(), again.Agent)
	if err != nil || !state.On || state.Number != 0 || state.Published != 1 || !strings.HasPrefix(state.Name, "agent ") {
		t.Errorf("state %+v, %v", state, err)
	}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	conv := string(b.conversation(t, "language = ''"))
	b.command(t, pauseOf(schemas.PauseInput{Reason: "first"}))
	until := b.now.Add(time.Hour)
	b.command(t, pauseOf(schemas.PauseInput{Scope: schemas.ScopeAgent, Reason: "second", Until: until}))
	b.command(t, pauseOf(schemas.PauseInput{Scope: schemas.ScopeChannel, Target: "live_chat"}))
	state := b.command(t, pauseOf(schemas.PauseInput{Scope: schemas.ScopeConversation, Target: conv}))
	if state.Number != 4 || len(state.Pauses) != 3 || !state.Paused() || !state.Next.Equal(until) {
		t.Fatalf("state %+v", state)
	}
	if p := state.Pauses[0]; p.Reason != "second" || !p.Until.Equal(until) || !p.Since.Equal(b.now) {
		t.Errorf("the second pause has not replaced the first: %+v", p)
	}
	state = b.command(t, resumeOf(schemas.PauseInput{Scope: schemas.ScopeChannel, Target: "live_chat"}))
	if state.Number != 5 || len(state.Pauses) != 2 {
		t.Fatalf("after resume of the channel: %+v", state)
	}
	if state = b.command(t, resumeOf(schemas.PauseInput{Scope: "everything"})); state.Number != 5 {
		t.Fatalf("a resume that cannot be read: %+v", state)
	}
	if state = b.command(t, resumeOf(schemas.PauseInput{})); state.Number != 6 || len(state.Pauses) != 0 || !state.Next.IsZero() {
		t.Fatalf("after resume: %+v", state)
	}
	if state = b.command(t, resumeOf(schemas.PauseInput{})); state.Number != 6 {
		t.Fatalf("a resume without a pause: %+v", state)
	}
}

func TestAPauseThatCannotBeReadPausesTheAgent(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]schemas.PauseInput{
		"unknown scope":           {Scope: "everything", Reason: "stop\x00 \xff"},
		"unknown channel":         {Scope: schemas.ScopeChannel, Target: "fax"},
		"broken conversation":     {Scope: schemas.ScopeConversation, Target: "conv_1"},
		"target without a scope":  {Target: "live_chat"},
		"reason longer than kept": {Reason: strings.Repeat("ä", 5000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupAdmin(t)
			state := b.command(t, pauseOf(in))
			if !state.Paused() || state.Number != 1 || len([]rune(state.Pauses[0].Reason)) > 500 {
				t.Fatalf("state %+v", state)
			}
		})
	}
}

func TestPausesExpire(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	expire := schemas.AgentCommand{Kind: schemas.CommandExpire}
	b.command(t, pauseOf(schemas.PauseInput{Until: b.now.Add(time.Hour)}))
	b.command(t, pauseOf(schemas.PauseInput{Scope: schemas.ScopeChannel, Target: "live_chat", Until: b.now.Add(2 * time.Hour)}))
	if state := b.command(t, expire); state.Number != 2 || len(state.Pauses) != 2 {
		t.Fatalf("expired too early: %+v", state)
	}
	b.at(t, b.now.Add(time.Hour))
	state, err := b.AgentState(t.Context(), b.Agent)
	if err != nil || !state.Next.Equal(b.now.Add(time.Hour)) {
		t.Fatalf("next %v, %v", state.Next, err)
	}
	if state = b.command(t, expire); state.Number != 3 || len(state.Pauses) != 1 || !state.Next.Equal(b.now.Add(2*time.Hour)) {
		t.Fatalf("after expiry: %+v", state)
	}
}

func TestCommandsAreAppliedOnce(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	off := schemas.AgentCommandInput{Agent: b.Agent, Number: 1, Command: schemas.AgentCommand{
		Kind: schemas.CommandSwitchOff, Switch: schemas.SwitchInput{Reason: "inventory"},
	}}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			state, err := b.ApplyAgentCommand(t.Context(), off)
			if err != nil || state.Number != 1 || state.On || state.Reason != "inventory" {
				t.Errorf("state %+v, %v", state, err)
			}
		})
	}
	wg.Wait()
	on := schemas.AgentCommandInput{Agent: b.Agent, Number: 2, Command: schemas.AgentCommand{Kind: schemas.CommandSwitchOn}}
	if state, err := b.ApplyAgentCommand(t.Context(), on); err != nil || !state.On || state.Number != 2 {
		t.Fatalf("state %+v, %v", state, err)
	}
	if state, err := b.ApplyAgentCommand(t.Context(), off); err != nil || !state.On || state.Number != 2 {
		t.Fatalf("an old number was applied again: %+v, %v", state, err)
	}
	off.Number = 9
	_, err := b.ApplyAgentCommand(t.Context(), off)
	wantKind(t, err, schemas.KindConflict)
	_, err = b.ApplyAgentCommand(t.Context(), schemas.AgentCommandInput{Agent: "agent_x", Number: 1})
	wantKind(t, err, schemas.KindNotFound)
	_, err = b.ApplyAgentCommand(t.Context(), schemas.AgentCommandInput{Agent: b.Agent, Number: 3, Command: schemas.AgentCommand{Kind: "dance"}})
	wantKind(t, err, schemas.KindInvalid)
	read := schemas.AgentCommandInput{Agent: b.Agent, Number: 3, Command: schemas.AgentCommand{Kind: schemas.CommandRead}}
	if state, err := b.ApplyAgentCommand(t.Context(), read); err != nil || state.Number != 2 {
		t.Fatalf("read: %+v, %v", state, err)
	}
}

func (b adminBundle) fanOut(t *testing.T, number int64, limit int) (woken int) {
	t.Helper()
	for range 100 {
		n, done, err := b.FanOut(t.Context(), schemas.FanOutInput{Agent: b.Agent, Number: number}, limit)
		if err != nil {
			t.Fatal(err)
		}
		if n > limit {
			t.Fatalf("woke %d in a page of %d", n, limit)
		}
		if woken += n; done {
			return woken
		}
	}
	t.Fatal("the fan-out does not end")
	return 0
}

func TestFanOutWakesWhomTheStateMoves(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	inTurn := b.conversation(t, "owner = 'agent'")
	b.turn(t, inTurn)
	hours := b.conversation(t, "lifecycle = 'waiting_human', owner = 'queue', deadline_kind = 'hours', deadline = clock()")
	paused := b.conversation(t, "lifecycle = 'waiting_human', owner = 'queue', reason = 'agent_paused'")
	open := b.conversation(t, "owner = 'agent'")
	b.conversation(t, "lifecycle = 'waiting_customer', owner = 'agent'")
	b.conversation(t, "lifecycle = 'waiting_human', owner = 'queue', reason = 'customer_request'")
	b.conversation(t, "lifecycle = 'closed', closed_at = clock(), deadline_kind = 'outcome'")

	off := b.command(t, schemas.AgentCommand{Kind: schemas.CommandSwitchOff})
	b.fanOut(t, off.Number, 2)
	want := map[schemas.ConversationID]int{hours: 1, paused: 1}
	if diff := cmp.Diff(want, b.controls(t, schemas.ControlAgentState)); diff != "" {
		t.Fatalf("after off: %s", diff)
	}

	pause := b.command(t, pauseOf(schemas.PauseInput{}))
	if n := b.fanOut(t, pause.Number, 3); n != 4 {
		t.Fatalf("a pause woke %d", n)
	}
	want = map[schemas.ConversationID]int{inTurn: 1, hours: 2, paused: 2, open: 1}
	if diff := cmp.Diff(want, b.controls(t, schemas.ControlAgentState)); diff != "" {
		t.Fatalf("after pause: %s", diff)
	}
	if n := b.fanOut(t, pause.Number, 3) + b.fanOut(t, off.Number, 3); n != 0 {
		t.Fatalf("the same fan-out woke %d more", n)
	}
}

func TestFanOutGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	for range 7 {
		b.conversation(t, "owner = 'agent'")
	}
	state := b.command(t, pauseOf(schemas.PauseInput{}))
	in := schemas.FanOutInput{Agent: b.Agent, Number: state.Number}
	n, done, err := b.FanOut(t.Context(), in, 3)
	if err != nil || n != 3 || done {
		t.Fatalf("first page: %d %v %v", n, done, err)
	}
	if n = b.fanOut(t, state.Number, 3); n != 4 {
		t.Fatalf("the other pages: %d", n)
	}
	for id, rows := range b.controls(t, schemas.ControlAgentState) {
		if rows != 1 {
			t.Errorf("%s has %d rows", id, rows)
		}
	}
}

func TestFanOutOfANarrowPause(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	one := b.conversation(t, "owner = 'agent'")
	other := b.conversation(t, "owner = 'agent'")
	state := b.command(t, pauseOf(schemas.PauseInput{Scope: schemas.ScopeConversation, Target: string(one)}))
	b.fanOut(t, state.Number, 10)
	if diff := cmp.Diff(map[schemas.ConversationID]int{one: 1}, b.controls(t, schemas.ControlAgentState)); diff != "" {
		t.Fatal(diff)
	}
	state = b.command(t, pauseOf(schemas.PauseInput{Scope: schemas.ScopeChannel, Target: "live_chat"}))
	b.fanOut(t, state.Number, 10)
	if diff := cmp.Diff(map[schemas.ConversationID]int{one: 2, other: 1}, b.controls(t, schemas.ControlAgentState)); diff != "" {
		t.Fatal(diff)
	}
}
