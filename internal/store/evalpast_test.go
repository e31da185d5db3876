package store

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// answered stores a conversation of one turn that the agent has answered.
func (b adminBundle) answered(t *testing.T, set string) schemas.ConversationID {
	t.Helper()
	id := b.conversation(t, set)
	b.turnOf(t, id, 1, "composed", "Where is order A-17?", "It has shipped.")
	return id
}

// turnOf stores a turn with what was asked and answered in it.
func (b adminBundle) turnOf(t *testing.T, id schemas.ConversationID, turn int, state, asked, reply string) {
	t.Helper()
	conv := mustUUID(t, id)
	b.exec(t, `insert into turns (conversation_id, turn, opened_by, engagement, config_version, state, kind, deadline, created_at)
		values ($1, $2::int, $2::text, 1, 1, $3, case when $3 = 'composed' then 'answer' else '' end, clock(), clock())`, conv, turn, state)
	b.exec(t, "update conversations set turn = $2 where id = $1", conv, turn)
	if asked != "" {
		b.exec(t, `insert into messages (id, conversation_id, seq, direction, speaker, text, effect_key, engagement, turn, created_at)
			values ($1, $2, $3, 'in', 'customer', $4, $5, 1, $6, clock())`, newID(), conv, 10*turn-1, asked, fmt.Sprint("asked-", turn), turn)
	}
	if reply != "" {
		b.exec(t, `insert into messages (id, conversation_id, seq, direction, speaker, text, effect_key, engagement, class, created_at)
			values ($1, $2, $3, 'out', 'agent', $4, $5, 1, 'reply', clock())`, newID(), conv, 10*turn, reply, fmt.Sprintf("%s/%d/1", conv, turn))
	}
}

// run stores a call that was made in a turn, with its arguments as JSON.
func (b adminBundle) run(t *testing.T, id schemas.ConversationID, turn, step int, args, state, detail string) {
	t.Helper()
	b.exec(t, `insert into action_runs (conversation_id, turn, step, decision_step, place, call_id, action, arguments, state, status, detail,
		attempts, created_at, claimed_at) values ($1, $2, $3, 1, 0, 'c', 'order_status', $4::jsonb, $5, $5, $6, 1, clock(),
		case when $5 <> 'denied' then clock() end)`, mustUUID(t, id), turn, step, args, state, detail)
}

// hand stores that people got a conversation, as its change number epoch.
func (b adminBundle) hand(t *testing.T, id schemas.ConversationID, epoch int, reason schemas.Reason) {
	t.Helper()
	b.exec(t, `insert into ownership_log (conversation_id, epoch, was, becomes, by_whom, reason, at)
		values ($1, $2, 'agent', 'queue', 'steward', $3, clock())`, mustUUID(t, id), epoch, string(reason))
}

// left stores a message that no turn took.
func (b adminBundle) left(t *testing.T, id schemas.ConversationID, seq int, text string) {
	t.Helper()
	b.exec(t, `insert into messages (id, conversation_id, seq, direction, speaker, text, effect_key, engagement, turn, created_at)
		values ($1, $2, $3, 'in', 'customer', $4, $5, 1, 0, clock())`, newID(), mustUUID(t, id), seq, text, fmt.Sprint("left-", seq))
}

func (b adminBundle) past(t *testing.T, in schemas.NewEvalPast) (schemas.EvalRunID, error) {
	t.Helper()
	return b.StartEvalPast(t.Context(), NewEvalPast{Agent: b.Agent, Engine: "scripted", NewEvalPast: in.Defaults()})
}

// cases are the ids of the conversations of a run.
func (b adminBundle) cases(t *testing.T, run schemas.EvalRunID) []schemas.ConversationID {
	t.Helper()
	var raw []byte
	if err := b.pool.QueryRow(t.Context(), "select cases from eval_runs where id = $1", plainUUID(t, schemas.PrefixEvalRun, string(run))).Scan(&raw); err != nil {
		t.Fatal(err)
	}
	var out []schemas.ConversationID
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("the cases are not ids alone: %s", raw)
	}
	return out
}

// TestEvalPastPicks the newest conversations of the time that the agent has
// answered, and no other. Spec: D23. Settled: rule 26.
func TestEvalPastPicks(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	if _, err := b.past(t, schemas.NewEvalPast{}); schemas.KindOf(err) != schemas.KindConflict {
		t.Fatalf("nothing to play: %v", err)
	}
	b.at(t, b.now.Add(-8*24*time.Hour))
	older := b.answered(t, "language = 'en'")
	b.at(t, b.now.Add(-time.Hour))
	first := b.answered(t, "language = 'en'")
	b.answered(t, "preview = true")
	b.answered(t, "close_reason = 'erased'")
	b.conversation(t, "turn = 0")
	handed := b.conversation(t, "turn = 0")
	b.turnOf(t, handed, 1, "handed_off", "A person, please", "")
	long := b.answered(t, "language = 'en'")
	b.exec(t, "update conversations set turn = 101 where id = $1", mustUUID(t, long))
	b.at(t, b.now.Add(-time.Minute))
	second := b.answered(t, "language = 'en'")
	b.at(t, b.now)

	for _, c := range []struct {
		in   schemas.NewEvalPast
		want []schemas.ConversationID
	}{
		{schemas.NewEvalPast{}, []schemas.ConversationID{second, first}},
		{schemas.NewEvalPast{Limit: 1, Version: 1}, []schemas.ConversationID{second}},
		{schemas.NewEvalPast{Days: 30}, []schemas.ConversationID{second, first, older}},
	} {
		run, err := b.past(t, c.in)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, b.cases(t, run)); diff != "" {
			t.Errorf("%+v:\n%s", c.in, diff)
		}
		plan, err := b.EvalPlan(t.Context(), run)
		if err != nil || plan != (schemas.EvalPlanResult{Cases: len(c.want)}) {
			t.Errorf("plan %+v, %v", plan, err)
		}
		shown, err := b.EvalRun(t.Context(), b.Agent, run)
		days := c.in.Defaults().Days
		if err != nil || shown.Past == nil || !shown.Past.Until.Equal(b.now) || !shown.Past.From.Equal(b.now.AddDate(0, 0, -days)) ||
			shown.Tries != len(c.want) || shown.Version != c.in.Version || (shown.Draft > 0) != (c.in.Version == 0) || shown.Suite != "" {
			t.Errorf("run %+v, %v", shown.EvalRunSummary, err)
		}
	}
	if _, err := b.past(t, schemas.NewEvalPast{Version: 9}); schemas.KindOf(err) != schemas.KindInvalid {
		t.Errorf("a version that there is not: %v", err)
	}
	runs, err := b.EvalRuns(t.Context(), b.Agent, "")
	if err != nil || len(runs) != 3 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// TestEvalPastTarget: messages that were answered together are one, a turn that
// no message opened belongs to the one before, and what came after people got
// the conversation is not played. One that was erased meanwhile has no turns.
func TestEvalPastTarget(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	b.at(t, b.now.Add(-time.Hour))
	id := b.answered(t, "language = 'it'")
	conv := mustUUID(t, id)
	b.exec(t, `insert into messages (id, conversation_id, seq, direction, speaker, text, effect_key, engagement, turn, created_at)
		values ($1, $2, 11, 'in', 'customer', 'Quick, please', 'more', 1, 1, clock())`, newID(), conv)
	b.run(t, id, 1, 2, `{"order_id": "A-17"}`, "ok", "shipped")
	b.turnOf(t, id, 2, "composed", "", "It has arrived.")
	b.turnOf(t, id, 3, "handed_off", "A person, please", "")
	b.hand(t, id, 1, schemas.ReasonCannotAnswer)
	b.at(t, b.now.Add(-time.Minute))
	b.turnOf(t, id, 4, "composed", "And now?", "Welcome back.")
	b.exec(t, "insert into contact_identities (id, contact_id, kind, value, proof, created_at) select $2, contact_id, 'email', 'ada@example.com', 'claimed', created_at from conversations where id = $1", conv, newID())
	b.at(t, b.now)
	run, err := b.past(t, schemas.NewEvalPast{})
	if err != nil {
		t.Fatal(err)
	}
	target, err := b.EvalTarget(t.Context(), run, 0)
	if err != nil {
		t.Fatal(err)
	}
	if p := target.Past; p == nil || p.Conversation != id || p.Language != "it" || p.Channel != schemas.ChannelLiveChat || p.Known.Email != "ada@example.com" || target.Repeats != 1 {
		t.Fatalf("target %+v", target)
	}
	action := schemas.EvalAction{Name: "order_status", Args: json.RawMessage(`{"order_id":"•••"}`), Exact: json.RawMessage(`{"order_id": "A-17"}`)}
	want := []schemas.EvalTurn{
		{
			Turn: 1, Question: "Where is order A-17?\nQuick, please", Kind: schemas.DecisionAnswer,
			Reply: "It has shipped.\n\nIt has arrived.", Actions: []schemas.EvalAction{action},
		},
		{Turn: 3, Question: "A person, please", Kind: schemas.DecisionHandoff},
	}
	if diff := cmp.Diff(schemas.EvalTranscript{Turns: want, Handoff: schemas.ReasonCannotAnswer}, target.Past.Was); diff != "" {
		t.Error(diff)
	}
	b.exec(t, "update conversations set close_reason = 'erased' where id = $1", conv)
	if target, err = b.EvalTarget(t.Context(), run, 0); err != nil || target.Past == nil || len(target.Past.Was.Turns) > 0 {
		t.Errorf("erased meanwhile: %+v, %v", target.Past, err)
	}
	if _, err = b.EvalTarget(t.Context(), run, 1); schemas.KindOf(err) != schemas.KindNotFound {
		t.Errorf("a case that there is not: %v", err)
	}
}

// TestEvalPastHandedOver: what the rules handed over before a turn began is
// played, unless no settings would bring it about; what people answered is not.
func TestEvalPastHandedOver(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	first := schemas.EvalTurn{Turn: 1, Question: "Where is order A-17?", Kind: schemas.DecisionAnswer, Reply: "It has shipped."}
	second := schemas.EvalTurn{Turn: 2, Question: "Until when?", Kind: schemas.DecisionAnswer, Reply: "Until Friday."}
	for name, c := range map[string]struct {
		store func(id schemas.ConversationID)
		want  schemas.EvalTranscript
	}{
		"by the rules": {func(id schemas.ConversationID) {
			b.left(t, id, 12, "A person")
			b.left(t, id, 13, "please")
			b.hand(t, id, 1, schemas.ReasonCustomerRequest)
		}, schemas.EvalTranscript{Handoff: schemas.ReasonCustomerRequest, Turns: []schemas.EvalTurn{
			first, {Turn: 2, Question: "A person\nplease", Kind: schemas.DecisionHandoff},
		}}},
		"while paused, and answered later": {func(id schemas.ConversationID) {
			b.left(t, id, 12, "Hello?")
			b.hand(t, id, 1, schemas.ReasonAgentPaused)
			b.turnOf(t, id, 2, "composed", "Until when?", "Until Friday.")
		}, schemas.EvalTranscript{Turns: []schemas.EvalTurn{first, second}}},
		"in a turn, for a pause": {func(id schemas.ConversationID) {
			b.turnOf(t, id, 2, "handed_off", "Until when?", "")
			b.hand(t, id, 1, schemas.ReasonAgentPaused)
		}, schemas.EvalTranscript{Turns: []schemas.EvalTurn{first}}},
		"by a takeover": {func(id schemas.ConversationID) { b.left(t, id, 12, "Hello?") }, schemas.EvalTranscript{Turns: []schemas.EvalTurn{first}}},
		"with a turn that was given up": {func(id schemas.ConversationID) {
			b.turnOf(t, id, 2, "dropped", "", "")
			b.turnOf(t, id, 3, "composed", "Until when?", "Until Friday.")
		}, schemas.EvalTranscript{Turns: []schemas.EvalTurn{first, {Turn: 3, Question: second.Question, Kind: second.Kind, Reply: second.Reply}}}},
		"under way": {func(id schemas.ConversationID) { b.turnOf(t, id, 2, "open", "Until when?", "") }, schemas.EvalTranscript{Turns: []schemas.EvalTurn{first}}},
	} {
		t.Run(name, func(t *testing.T) {
			id := b.answered(t, "language = 'en'")
			c.store(id)
			got, err := b.pastCase(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Was); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// playing is a conversation that plays a past one again, in its first turn.
type playing struct {
	adminBundle
	id    schemas.ConversationID
	ref   schemas.TurnRef
	epoch int64
	rules schemas.GateRules
}

// play starts the preview of a conversation and has its turn begin.
func (b adminBundle) play(t *testing.T, past schemas.ConversationID) *playing {
	t.Helper()
	p := &playing{adminBundle: b}
	revision, err := b.PinDraft(t.Context(), b.Agent)
	if err != nil {
		t.Fatal(err)
	}
	target := schemas.EvalTarget{Agent: b.Agent, Draft: revision, Past: &schemas.PastCase{Conversation: past, Channel: schemas.ChannelLiveChat}}
	for range 2 {
		// Begun again, it goes on with its own.
		id, err := b.StartPast(t.Context(), target, schemas.IdentityAnonymous, "key")
		if err != nil || (p.id != "" && id != p.id) {
			t.Fatalf("%s after %s, %v", id, p.id, err)
		}
		p.id = id
	}
	if err := b.WriteTry(t.Context(), p.id, 0, "Where is order A-17?"); err != nil {
		t.Fatal(err)
	}
	next, err := b.NextStep(t.Context(), p.id, schemas.Rules{Next: func(f schemas.Facts) schemas.Verdict {
		if f.Head.Owner == schemas.OwnerNone {
			return schemas.Verdict{Do: schemas.DoAdmit}
		}
		return schemas.Verdict{Do: schemas.DoTurn}
	}})
	if err != nil || next.Do != schemas.DoTurn {
		t.Fatalf("%+v, %v", next, err)
	}
	p.ref, p.epoch = schemas.TurnRef{Conversation: p.id, Turn: next.Head.Turn}, next.Head.Epoch
	p.rules.Read = func(_ schemas.Material, c schemas.Call) schemas.ReadCall {
		return schemas.ReadCall{Action: &schemas.Action{Name: c.Action, Effect: schemas.EffectRead}, Status: schemas.CallOK, Arguments: c.Arguments, Hash: string(c.Arguments)}
	}
	p.rules.Gate = func(schemas.GateFacts) schemas.GateVerdict { return schemas.GateVerdict{Do: schemas.GateRun} }
	p.rules.Beside = func(schemas.ComposeFacts) schemas.Reply { return schemas.Reply{} }
	return p
}

// call has the next step call an action and returns how its run ended, and what
// an engine reads of it. It is claimed twice, as after a crash.
func (p *playing) call(t *testing.T, args string) string {
	t.Helper()
	p.ref.Step += 2
	decision := p.ref
	decision.Step--
	if err := p.SaveDecision(t.Context(), decision, schemas.Decision{
		Kind: schemas.DecisionCallAction, Calls: []schemas.Call{{ID: "c", Action: "order_status", Arguments: json.RawMessage(args)}},
	}, schemas.StepNote{}); err != nil {
		t.Fatal(err)
	}
	checked, err := p.CheckAction(t.Context(), schemas.CheckActionInput{TurnRef: p.ref, Epoch: p.epoch, Decision: decision.Step}, p.rules)
	if err != nil || checked.Verdict != schemas.CheckedRun {
		t.Fatalf("%+v, %v", checked, err)
	}
	in := schemas.RunActionInput{TurnRef: p.ref, Epoch: p.epoch, Run: checked.Run}
	var state schemas.RunState
	for range 2 {
		claimed, err := p.ClaimRun(t.Context(), in, p.rules)
		if err != nil || claimed.Result == nil {
			t.Fatalf("there is something to call: %+v, %v", claimed.Request.Action, err)
		}
		state = claimed.Result.State
	}
	var stored, word, detail string
	if err := p.pool.QueryRow(t.Context(), "select state, error, detail from action_runs where conversation_id = $1 and step = $2",
		mustUUID(t, p.id), p.ref.Step).Scan(&stored, &word, &detail); err != nil || stored != string(state) {
		t.Fatalf("stored %s, claimed %s, %v", stored, state, err)
	}
	return fmt.Sprintf("%s %s%s", state, word, detail)
}

// TestEvalPastAnswersCalls with the results of then, in their order, and with a
// fixed failure when there are none: nothing is ever called. Spec: D23.
func TestEvalPastAnswersCalls(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	past := b.answered(t, "language = 'en'")
	b.run(t, past, 1, 2, `{"order_id":"A-17","lines":[1,2]}`, "ok", "packed")
	b.run(t, past, 1, 4, `{"order_id":"A-17","lines":[1,2]}`, "ok", "shipped")
	b.run(t, past, 1, 6, `{"order_id":"A-18"}`, "denied", "never made")
	b.run(t, past, 1, 8, `{"order_id":"A-19"}`, "unknown", "")
	// That of another conversation is nobody's here.
	b.run(t, b.answered(t, "language = 'en'"), 1, 2, `{"order_id":"A-20"}`, "ok", "somebody else's")
	p := b.play(t, past)
	for _, c := range []struct{ args, want string }{
		{`{"lines": [1, 2], "order_id": "A-17"}`, "ok packed"},
		{`{"order_id":"A-17","lines":[2,1]}`, "failed not_recorded"},
		{`{"order_id":"A-17","lines":[1,2]}`, "ok shipped"},
		{`{"order_id":"A-17","lines":[1,2]}`, "failed not_recorded"},
		{`{"order_id":"A-18"}`, "failed not_recorded"},
		{`{"order_id":"A-19"}`, "unknown "},
		{`{"order_id":"A-20"}`, "failed not_recorded"},
	} {
		if got := p.call(t, c.args); got != c.want {
			t.Errorf("%s gave %q, want %q", c.args, got, c.want)
		}
	}
	got, _, err := p.PastTranscript(t.Context(), p.id)
	if err != nil || len(got.Turns) != 0 {
		t.Errorf("a turn that is not over is in the transcript: %+v, %v", got, err)
	}
}

// TestEvalPastCustomer: what the CRM said then is there, the customer's own row
// stays as it is, and only a preview plays a conversation again.
func TestEvalPastCustomer(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	past := b.answered(t, "language = 'en'")
	if err := b.SaveCustomer(t.Context(), past, schemas.Customer{System: "local", Address: "hash", Match: schemas.MatchOne}); err != nil {
		t.Fatal(err)
	}
	p := b.play(t, past)
	m, err := p.Material(t.Context(), p.ref)
	if err != nil || !m.Known.PlaysPast || m.Known.Customer == nil || m.Known.Customer.Match != schemas.MatchOne || m.Known.Preview != schemas.IdentityAnonymous {
		t.Errorf("known %+v, %v", m.Known, err)
	}
	if _, err := b.pool.Exec(t.Context(), "update conversations set preview_of = $1 where id = $1", mustUUID(t, past)); err == nil {
		t.Error("a conversation with a customer plays another one again")
	}
}
