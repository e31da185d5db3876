package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// pastRuns is how many results of earlier turns an engine sees.
const pastRuns = 40

// rounds reads the turn's decisions that called actions with what came of each
// call, and the results of earlier turns since the customer named their address.
func (s *Store) rounds(ctx context.Context, tx dbq.DBTX, id uuid.UUID, m *schemas.Material, resumed *schemas.RunRef, since *time.Time) error {
	runs, err := s.q.RunsOf(ctx, tx, dbq.RunsOfParams{ConversationID: id, Turn: int32(m.Turn), Step: int32(m.Step), Since: since, Most: pastRuns})
	if err != nil {
		return fmt.Errorf("read runs: %w", err)
	}
	if len(runs) == 0 {
		return nil
	}
	slices.Reverse(runs)
	now := map[int32][]schemas.CallResult{}
	var last *schemas.CallResult
	for _, r := range runs {
		result, err := callResult(r)
		if err != nil {
			return err
		}
		switch {
		case int(r.Turn) == m.Turn:
			result.Arguments = nil
			now[r.DecisionStep] = append(now[r.DecisionStep], result)
		case resumed != nil && int(r.Turn) == resumed.Turn && int(r.Step) == resumed.Step:
			last, m.Resumed = &result, true
		case r.State != string(schemas.RunPending):
			m.Past = append(m.Past, result)
		}
	}
	if last != nil {
		m.Past = append(m.Past, *last)
	}
	decisions, err := s.q.DecisionsOf(ctx, tx, dbq.DecisionsOfParams{ConversationID: id, Turn: int32(m.Turn), Step: int32(m.Step)})
	if err != nil {
		return fmt.Errorf("read decisions: %w", err)
	}
	for _, row := range decisions {
		round := schemas.Round{Results: now[row.Step]}
		if len(round.Results) == 0 {
			// An interrupted turn may have stored calls that were never looked at.
			continue
		}
		if err := json.Unmarshal(row.Result, &round.Decision); err != nil {
			return fmt.Errorf("read decision: %w", err)
		}
		m.Rounds = append(m.Rounds, round)
	}
	return nil
}

func callResult(r dbq.RunsOfRow) (schemas.CallResult, error) {
	out := schemas.CallResult{
		Call: r.CallID, Action: r.Action, Status: schemas.CallStatus(r.Status), Error: r.Error, Detail: r.Detail, Arguments: r.Arguments,
		Level: schemas.IdentityLevel(r.Identity), Changes: schemas.Effect(r.Effect).Changes(),
	}
	if out.Status == "" {
		// Not made, or its result is not known yet.
		out.Status = schemas.CallAsked
	}
	var shown []schemas.RunValue
	if err := json.Unmarshal(r.Shown, &shown); err != nil {
		return out, fmt.Errorf("read shown values: %w", err)
	}
	for _, v := range shown {
		out.Shown = append(out.Shown, v.Name)
		var link string
		if v.Link && json.Unmarshal(v.Value, &link) == nil {
			out.Links = append(out.Links, link)
		}
	}
	return out, nil
}

// ClaimRun takes a run for one call. Under the row's lock it asks the gates
// again, uses up the answer that the run rests on, and says that there is
// nothing to call when the run has ended or when an earlier call of a write
// that cannot be repeated may have had its effect. What plays a past
// conversation again has nothing to call either. Spec: D17. Settled: rules 7,
// 15, 18.
func (s *Store) ClaimRun(ctx context.Context, in schemas.RunActionInput, rules schemas.GateRules) (schemas.Claimed, error) {
	var out schemas.Claimed
	id, err := conversationUUID(in.Conversation)
	if err != nil {
		return schemas.Claimed{Result: &schemas.RunActionResult{Stale: true}}, nil
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		out = schemas.Claimed{Result: &schemas.RunActionResult{Stale: true}}
		l, ok, err := s.lock(ctx, tx, id)
		if err != nil || !ok {
			return err
		}
		return s.claimLocked(ctx, tx, l, in, rules, &out)
	})
	if err != nil {
		return schemas.Claimed{}, fmt.Errorf("claim run: %w", err)
	}
	return out, nil
}

func (s *Store) claimLocked(ctx context.Context, tx pgx.Tx, l locked, in schemas.RunActionInput, rules schemas.GateRules, out *schemas.Claimed) error {
	row, open, err := s.openTurn(ctx, tx, l, in.Turn, in.Epoch)
	if err != nil {
		return err
	}
	check := schemas.CheckActionInput{TurnRef: in.TurnRef, Epoch: in.Epoch, Resume: &in.Run}
	c, err := s.checking(ctx, tx, l, check, row, rules)
	if err != nil {
		return err
	}
	a := c.facts.Read.Action
	switch state := schemas.RunState(c.stored.State); {
	case state.Ended(), state == schemas.RunWaiting:
		out.Result = resultOf(c.stored, a)
		return nil
	case state == schemas.RunRunning && (!open || a == nil || !Repeatable(*a)):
		// The worker died with the call under way, or somebody else has taken
		// over: nobody knows whether it had its effect.
		return s.lose(ctx, tx, c, out)
	case !open:
		return nil
	case state == schemas.RunPending:
		if v := rules.Gate(c.facts); v.Do != schemas.GateRun {
			return nil
		}
		if ok, err := s.use(ctx, tx, c); err != nil || !ok {
			return err
		}
	}
	if l.conv.PreviewOf != nil {
		return s.playRun(ctx, tx, c, out)
	}
	return s.request(ctx, tx, c, out)
}

// lose ends a run whose call may have had its effect.
func (s *Store) lose(ctx context.Context, tx pgx.Tx, c *checking, out *schemas.Claimed) error {
	p := dbq.FinishRunParams{
		ConversationID: c.l.conv.ID, Turn: int32(c.run.Turn), Step: int32(c.run.Step), Attempts: c.stored.Attempts,
		State: string(schemas.RunUnknown), Status: string(schemas.CallUnknown), Shown: json.RawMessage("[]"),
	}
	if c.stored.Effect == string(schemas.EffectRead) {
		p.State, p.Status, p.Error = string(schemas.RunFailed), string(schemas.CallFailed), string(schemas.RunErrorUnavailable)
	}
	if _, err := s.q.FinishRun(ctx, tx, p); err != nil {
		return fmt.Errorf("end lost run: %w", err)
	}
	out.Result = &schemas.RunActionResult{State: schemas.RunState(p.State)}
	return nil
}

// Repeatable reports whether a call of a may be made again after one whose
// outcome is not known.
func Repeatable(a schemas.Action) bool {
	return !a.Effect.Changes() || a.Kind == schemas.ActionCRM || (a.HTTP != nil && a.HTTP.IdempotencyHeader != "")
}

// use takes the answer that the run rests on; an answer is used once.
func (s *Store) use(ctx context.Context, tx pgx.Tx, c *checking) (bool, error) {
	if c.facts.Resume == nil {
		return true, nil
	}
	n, err := s.q.UsePending(ctx, tx, *c.row.ResumePending)
	if err != nil {
		return false, fmt.Errorf("use answer: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	return true, s.q.SetRunConfirmed(ctx, tx, dbq.SetRunConfirmedParams{
		InTurn: int32(c.in.Turn), Pending: *c.row.ResumePending, ConversationID: c.l.conv.ID,
		Turn: int32(c.run.Turn), Step: int32(c.run.Step),
	})
}

// request marks the run as under way and gathers what the call needs.
func (s *Store) request(ctx context.Context, tx pgx.Tx, c *checking, out *schemas.Claimed) error {
	a := *c.facts.Read.Action
	attempt, err := s.q.ClaimRun(ctx, tx, dbq.ClaimRunParams{
		Digest: c.facts.Read.Digest, ArgsHash: c.facts.Read.Hash, Identity: string(c.facts.Material.Identity),
		ConversationID: c.l.conv.ID, Turn: int32(c.run.Turn), Step: int32(c.run.Step),
	})
	if err != nil {
		return err
	}
	r := schemas.RunRequest{
		Action: a, Key: fmt.Sprintf("%s/%d/%d", c.l.conv.ID, c.run.Turn, c.run.Step), Level: c.facts.Material.Identity,
		Conversation: c.in.Conversation, Language: c.l.conv.Language, Channel: schemas.ChannelKind(c.l.row.ChannelKind), Test: c.l.conv.Preview,
		Contact: show[schemas.ContactID](schemas.PrefixContact, c.l.conv.ContactID),
		CRM:     c.facts.Settings.CRM, Confirmed: c.agreed(),
	}
	if err := json.Unmarshal(c.facts.Read.Arguments, &r.Arguments); err != nil {
		return fmt.Errorf("read arguments: %w", err)
	}
	contact, err := s.q.RunContact(ctx, tx, c.l.conv.ContactID)
	if err != nil {
		return fmt.Errorf("read contact: %w", err)
	}
	r.Name, r.Email = contact.DisplayName, contact.Email
	if r.Connection, err = s.connectionOf(ctx, tx, a); err != nil {
		return err
	}
	*out = schemas.Claimed{Request: r, Attempt: int(attempt)}
	if a.Callback != nil {
		out.Token, err = s.expectReport(ctx, tx, c, a, r.Key)
		return err
	}
	return nil
}

// agreed reports whether the customer has said yes to this very call.
func (c *checking) agreed() bool {
	r := c.facts.Resume
	return r != nil && c.facts.SameAnswer && (r.Kind == schemas.PendingConfirmation || r.Kind == schemas.PendingApproval)
}

// connectionOf is the connection that an action names, empty when it needs none
// or when it is gone: the call then fails as misconfigured.
func (s *Store) connectionOf(ctx context.Context, tx dbq.DBTX, a schemas.Action) (schemas.Connection, error) {
	var out schemas.Connection
	name := ""
	switch {
	case a.HTTP != nil:
		name = a.HTTP.Connection
	case a.MCP != nil:
		name = a.MCP.Connection
	}
	if name == "" {
		return out, nil
	}
	row, err := s.q.ConnectionByName(ctx, tx, name)
	if noSuch(err) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("read connection: %w", err)
	}
	return connectionFrom(row.Connections)
}

func resultOf(run *dbq.ActionRuns, a *schemas.Action) *schemas.RunActionResult {
	state := schemas.RunState(run.State)
	return &schemas.RunActionResult{State: state, HandOff: a != nil && a.HandOff && state == schemas.RunOK}
}

// FinishRun stores what came of the latest call of a run; a result of an
// earlier attempt changes nothing.
func (s *Store) FinishRun(ctx context.Context, in schemas.RunActionInput, attempt int, o schemas.RunOutcome) error {
	id, err := conversationUUID(in.Conversation)
	if err != nil {
		return err
	}
	shown, err := shownJSON(o)
	if err != nil {
		return err
	}
	if o.Result.State != schemas.RunWaiting {
		if err := s.q.EndCallback(ctx, s.pool, dbq.EndCallbackParams{ConversationID: id, Turn: int32(in.Run.Turn), Step: int32(in.Run.Step)}); err != nil {
			return fmt.Errorf("end wait for a report: %w", err)
		}
	}
	_, err = s.q.FinishRun(ctx, s.pool, dbq.FinishRunParams{
		ConversationID: id, Turn: int32(in.Run.Turn), Step: int32(in.Run.Step), Attempts: int32(attempt),
		State: string(o.Result.State), Status: string(o.Status), Error: string(o.Result.Error), Detail: o.Detail, Shown: shown,
		HttpStatus: int32(o.Result.Status), TookMillis: int32(o.Result.Took.Milliseconds()),
	})
	if err != nil {
		return fmt.Errorf("store result of run: %w", err)
	}
	return nil
}

func shownJSON(o schemas.RunOutcome) ([]byte, error) {
	if o.Shown == nil {
		return []byte("[]"), nil
	}
	shown, err := json.Marshal(o.Shown)
	if err != nil {
		return nil, fmt.Errorf("encode shown values: %w", err)
	}
	return shown, nil
}
