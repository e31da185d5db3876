package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// callSlack is added to a call's own time for claiming and storing it.
const callSlack = 5 * time.Second

// CheckAction asks the gates what becomes of one call and makes it true in the
// same transaction: the run's row, what the customer is asked, the end of the
// turn. Asking again returns the same. Settled: rules 2, 4, 7.
func (s *Store) CheckAction(ctx context.Context, in schemas.CheckActionInput, rules schemas.GateRules) (schemas.CheckActionResult, error) {
	out := schemas.CheckActionResult{Verdict: schemas.CheckedStale}
	id, err := conversationUUID(in.Conversation)
	if err != nil {
		return out, nil
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		out = schemas.CheckActionResult{Verdict: schemas.CheckedStale, Run: schemas.RunRef{Turn: in.Turn, Step: in.Step}}
		l, ok, err := s.lock(ctx, tx, id)
		if err != nil || !ok {
			return err
		}
		if err := s.checkLocked(ctx, tx, l, in, rules, &out); err != nil {
			return err
		}
		out.Head, err = s.head(ctx, tx, id)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("check action: %w", err)
	}
	return out, nil
}

func (s *Store) checkLocked(ctx context.Context, tx pgx.Tx, l locked, in schemas.CheckActionInput, rules schemas.GateRules, out *schemas.CheckActionResult) error {
	row, open, err := s.openTurn(ctx, tx, l, in.Turn, in.Epoch)
	switch {
	case err != nil:
		return err
	case !open && (row.State == "composed" || row.State == "handed_off"):
		out.Verdict = schemas.CheckedEnded
		return nil
	case !open:
		return nil
	}
	c, err := s.checking(ctx, tx, l, in, row, rules)
	if err != nil {
		return err
	}
	out.Run = c.run
	if c.settled() {
		// Asked before: the row says what became of it.
		if out.Verdict, err = s.knownCall(ctx, tx, c); err != nil {
			return err
		}
	} else if out.Verdict, err = s.decideCall(ctx, tx, c, rules); err != nil {
		return err
	}
	out.Said = c.said
	if a := c.facts.Read.Action; a != nil && out.Verdict == schemas.CheckedRun {
		out.Changes, out.Within = a.Effect.Changes(), within(*a)+callSlack
	}
	return nil
}

// openTurn reports whether a turn may still do something: it is open, and the
// agent may speak. Settled: rule 15.
func (s *Store) openTurn(ctx context.Context, tx pgx.Tx, l locked, turn int, epoch int64) (dbq.TurnRowRow, bool, error) {
	row, err := s.q.TurnRow(ctx, tx, l.conv.ID, int32(turn))
	if noSuch(err) {
		return row, false, nil
	}
	if err != nil {
		return row, false, fmt.Errorf("read turn: %w", err)
	}
	speaks := l.conv.Owner == string(schemas.OwnerAgent) && l.conv.Epoch == epoch && !l.counts.Paused
	return row, row.State == "open" && speaks, nil
}

// checking is one call under its gates.
type checking struct {
	l   locked
	in  schemas.CheckActionInput
	row dbq.TurnRowRow
	run schemas.RunRef
	// stored is the run's row, nil before it is written.
	stored *dbq.ActionRuns
	facts  schemas.GateFacts
	said   bool
}

// settled reports whether the gates have decided about the run already.
func (c *checking) settled() bool {
	if c.stored == nil {
		return false
	}
	return c.in.Resume == nil || c.stored.State != string(schemas.RunPending)
}

// knownCall is what became of a run that the gates have let through before. One
// whose report did not come in time may have had its effect.
func (s *Store) knownCall(ctx context.Context, tx pgx.Tx, c *checking) (schemas.Checked, error) {
	state := schemas.RunState(c.stored.State)
	if c.facts.Resume != nil {
		if state == schemas.RunWaiting && c.facts.Resume.Answer == schemas.PendingExpired {
			if err := s.lose(ctx, tx, c, &schemas.Claimed{}); err != nil {
				return "", err
			}
		}
		if state.Ended() || state == schemas.RunWaiting {
			if err := s.settlePending(ctx, tx, c); err != nil {
				return "", err
			}
		}
	}
	switch {
	case state.Ended() || state == schemas.RunWaiting:
		return schemas.CheckedTold, nil
	case state == schemas.RunPending && c.stored.Status == string(schemas.CallAsked):
		// Whatever else is asked about a run ends its turn at once.
		return schemas.CheckedVerify, nil
	}
	return schemas.CheckedRun, nil
}

func (s *Store) checking(ctx context.Context, tx pgx.Tx, l locked, in schemas.CheckActionInput, row dbq.TurnRowRow, rules schemas.GateRules) (*checking, error) {
	c := &checking{l: l, in: in, row: row, run: schemas.RunRef{Turn: in.Turn, Step: in.Step}}
	if in.Resume != nil {
		c.run = *in.Resume
	}
	stored, err := s.q.RunRow(ctx, tx, dbq.RunRowParams{ConversationID: l.conv.ID, Turn: int32(c.run.Turn), Step: int32(c.run.Step)})
	switch {
	case err == nil:
		c.stored = &stored.ActionRuns
	case !noSuch(err):
		return nil, fmt.Errorf("read run: %w", err)
	}
	c.l.row.Published = row.ConfigVersion
	f := &c.facts
	if f.Material, err = s.material(ctx, tx, l.conv.ID, in.TurnRef); err != nil {
		return nil, err
	}
	if rules.Know != nil {
		f.Material = rules.Know(f.Material)
	}
	f.Facts = l.facts
	f.Settings, c.l.settings = f.Material.Settings, f.Material.Settings
	if f.Call, err = s.callOf(ctx, tx, c); err != nil {
		return nil, err
	}
	f.Read = rules.Read(f.Material, f.Call)
	return c, s.gateFacts(ctx, tx, c)
}

// callOf is the call as proposed, or as it was proposed for an earlier run.
func (s *Store) callOf(ctx context.Context, tx pgx.Tx, c *checking) (schemas.Call, error) {
	if c.in.Resume != nil {
		if c.stored == nil {
			return schemas.Call{}, schemas.NewError(schemas.KindNotFound, "there is no such run")
		}
		return schemas.Call{ID: c.stored.CallID, Action: c.stored.Action, Arguments: c.stored.Arguments}, nil
	}
	d, err := s.decisionAt(ctx, tx, c.l.conv.ID, c.in.Turn, c.in.Decision)
	if err != nil {
		return schemas.Call{}, err
	}
	if c.in.Place < 0 || c.in.Place >= len(d.Calls) {
		return schemas.Call{}, schemas.NewError(schemas.KindNotFound, "the decision has no such call")
	}
	return d.Calls[c.in.Place], nil
}

func (s *Store) decisionAt(ctx context.Context, tx pgx.Tx, id uuid.UUID, turn, step int) (schemas.Decision, error) {
	var d schemas.Decision
	raw, err := s.q.DecisionAt(ctx, tx, dbq.DecisionAtParams{ConversationID: id, Turn: int32(turn), Step: int32(step)})
	if err != nil {
		return d, noRows(err, "decision")
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return d, fmt.Errorf("read decision: %w", err)
	}
	return d, nil
}

func (s *Store) gateFacts(ctx context.Context, tx pgx.Tx, c *checking) error {
	f := &c.facts
	counts, err := s.q.CountRuns(ctx, tx, dbq.CountRunsParams{
		Turn: int32(c.run.Turn), Step: int32(c.run.Step), Action: f.Call.Action, ArgsHash: f.Read.Hash, ID: c.l.conv.ID,
	})
	if err != nil {
		return fmt.Errorf("count runs: %w", err)
	}
	f.InTurn, f.LastHour, f.Repeated = int(counts.InTurn), int(counts.LastHour), counts.Repeated
	if r := resumed(c.row.ResumeTurn, c.row.ResumeStep); c.row.ResumePending == nil || r == nil || *r != c.run {
		return nil
	}
	p, err := s.q.PendingRow(ctx, tx, *c.row.ResumePending)
	if err != nil {
		return fmt.Errorf("read what was asked: %w", err)
	}
	f.Resume = &schemas.Resume{
		Pending: show[schemas.PendingID](schemas.PrefixPending, p.Pendings.ID), Kind: schemas.PendingKind(c.row.ResumeKind),
		Run: c.run, Answer: schemas.PendingState(c.row.ResumeAnswer),
	}
	if !p.Pendings.Deadline.After(c.l.row.Now) && p.Pendings.State == string(schemas.PendingOpen) {
		f.Resume.Answer = schemas.PendingExpired
	}
	f.SameAnswer = p.Pendings.ArgsHash == f.Read.Hash && f.Read.Hash != ""
	return nil
}

// decideCall applies what the gates decide.
func (s *Store) decideCall(ctx context.Context, tx pgx.Tx, c *checking, rules schemas.GateRules) (schemas.Checked, error) {
	v := rules.Gate(c.facts)
	if err := s.sayBeside(ctx, tx, c, v, rules); err != nil {
		return "", err
	}
	if c.stored == nil {
		if err := s.putRun(ctx, tx, c, v); err != nil {
			return "", err
		}
	}
	if c.facts.Resume != nil && v.Do != schemas.GateRun {
		if err := s.settlePending(ctx, tx, c); err != nil {
			return "", err
		}
	}
	key := dbq.TellRunParams{
		ConversationID: c.l.conv.ID, Turn: int32(c.run.Turn), Step: int32(c.run.Step),
		Status: string(v.Status), Error: v.Error, Detail: v.Detail,
		Gate: v.Gate,
	}
	switch v.Do {
	case schemas.GateRun:
		return schemas.CheckedRun, nil
	case schemas.GateTell:
		return schemas.CheckedTold, s.q.TellRun(ctx, tx, key)
	case schemas.GateAsk:
		return schemas.CheckedEnded, s.askCall(ctx, tx, c, v)
	case schemas.GateVerify:
		return schemas.CheckedVerify, s.verifyCall(ctx, tx, c, v)
	case schemas.GateHandOff:
		key.Status, key.Error = string(schemas.CallDenied), string(v.HandOff.Reason)
		if err := s.q.TellRun(ctx, tx, key); err != nil {
			return "", err
		}
		r := schemas.Reply{Kind: schemas.DecisionCallAction, HandOff: v.HandOff}
		return schemas.CheckedEnded, s.composeHandOff(ctx, tx, c.l, schemas.ComposeInput{TurnRef: c.in.TurnRef}, r, rules.ComposeRules)
	}
	return "", fmt.Errorf("the gates returned the unknown decision %q", v.Do)
}

// sayBeside sends what the engine says beside its calls, with the first of them
// when that is made and changes nothing: words beside anything else may say
// that it is done before it is, or although it never will be.
func (s *Store) sayBeside(ctx context.Context, tx pgx.Tx, c *checking, v schemas.GateVerdict, rules schemas.GateRules) error {
	a := c.facts.Read.Action
	if c.in.Resume != nil || c.in.Place > 0 {
		return nil
	}
	if !c.facts.Settings.Checks.ReportOnly && (v.Do != schemas.GateRun || a == nil || a.Effect.Changes()) {
		return nil
	}
	d, err := s.decisionAt(ctx, tx, c.l.conv.ID, c.in.Turn, c.in.Decision)
	if err != nil {
		return err
	}
	r := rules.Beside(schemas.ComposeFacts{Facts: c.facts.Facts, Material: c.facts.Material, Decision: &d, Late: c.row.Late})
	if r.Text == "" {
		return nil
	}
	c.said = true
	_, err = s.put(ctx, tx, c.l, outgoing{
		class: schemas.ClassReply, speaker: schemas.SpeakerAgent, name: c.l.settings.Profile.Name,
		text: r.Text, citations: r.Citations, engine: r.Engine, version: c.l.row.Published,
		key: fmt.Sprintf("%s/%d/%d", c.l.conv.ID, c.in.Turn, c.in.Decision),
	})
	return err
}

func (s *Store) putRun(ctx context.Context, tx pgx.Tx, c *checking, v schemas.GateVerdict) error {
	p := dbq.PutRunParams{
		ConversationID: c.l.conv.ID, Turn: int32(c.run.Turn), Step: int32(c.run.Step), DecisionStep: int32(c.in.Decision),
		Place: int32(c.in.Place), CallID: c.facts.Call.ID, Action: clip(c.facts.Call.Action, maxActionName), Digest: c.facts.Read.Digest,
		ArgsHash: c.facts.Read.Hash, Arguments: c.facts.Read.Arguments, Effect: string(schemas.EffectRead),
		Identity: string(c.facts.Material.Identity), State: string(schemas.RunPending), Status: string(v.Status), Error: v.Error, Detail: v.Detail,
		Gate: v.Gate, Test: c.l.conv.Preview,
	}
	if v.Do == schemas.GateTell {
		p.State = string(schemas.RunDenied)
	}
	if a := c.facts.Read.Action; a != nil {
		p.Effect = string(a.Effect)
	}
	if len(p.Arguments) == 0 {
		p.Arguments = json.RawMessage("{}")
	}
	if err := s.q.PutRun(ctx, tx, p); err != nil {
		return fmt.Errorf("store run: %w", err)
	}
	return nil
}

// maxActionName bounds a name that no action has.
const maxActionName = 64

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// settlePending closes the question that this turn dealt with.
func (s *Store) settlePending(ctx context.Context, tx pgx.Tx, c *checking) error {
	answer := c.facts.Resume.Answer
	if answer == schemas.PendingOpen {
		// The question is asked anew, or not at all.
		answer = schemas.PendingReplaced
	}
	if err := s.q.SettlePending(ctx, tx, string(answer), *c.row.ResumePending); err != nil {
		return fmt.Errorf("settle what was asked: %w", err)
	}
	return nil
}

// askCall asks somebody about the run and ends the turn.
func (s *Store) askCall(ctx context.Context, tx pgx.Tx, c *checking, v schemas.GateVerdict) error {
	if err := s.q.AskRun(ctx, tx, dbq.AskRunParams{
		ConversationID: c.l.conv.ID, Turn: int32(c.run.Turn), Step: int32(c.run.Step),
		Digest: c.facts.Read.Digest, ArgsHash: c.facts.Read.Hash, Identity: string(c.facts.Material.Identity), Gate: v.Gate,
	}); err != nil {
		return fmt.Errorf("mark run as asked: %w", err)
	}
	if err := s.ask(ctx, tx, c.l, c.in, c.run, c.facts.Read, v); err != nil {
		return err
	}
	return s.endAsking(ctx, tx, c)
}

// endAsking ends the turn that has asked somebody about a run.
func (s *Store) endAsking(ctx context.Context, tx pgx.Tx, c *checking) error {
	if err := s.q.AfterReply(ctx, tx, dbq.AfterReplyParams{
		More: c.l.facts.Untaken > 0, Language: c.l.conv.Language, ID: c.l.conv.ID,
	}); err != nil {
		return fmt.Errorf("update conversation: %w", err)
	}
	if c.in.Resume == nil {
		d, err := s.decisionAt(ctx, tx, c.l.conv.ID, c.in.Turn, c.in.Decision)
		if err != nil {
			return err
		}
		if err := s.setFrame(ctx, tx, c.l, d.Frame); err != nil {
			return err
		}
	}
	return s.finishTurn(ctx, tx, c.l.conv.ID, schemas.ComposeInput{TurnRef: c.in.TurnRef}, "composed",
		schemas.Reply{Kind: schemas.DecisionCallAction})
}

// within is how long one attempt of a call may take.
func within(a schemas.Action) time.Duration {
	seconds := 0
	switch {
	case a.HTTP != nil:
		seconds = a.HTTP.TimeoutSeconds
	case a.MCP != nil:
		seconds = a.MCP.TimeoutSeconds
	}
	if seconds <= 0 || seconds > 30 {
		seconds = 10
	}
	return time.Duration(seconds) * time.Second
}
