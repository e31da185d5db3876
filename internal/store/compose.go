package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Compose turns the latest decision of a turn into a stored reply with its
// outbound parts, or into a handoff, in one transaction that first checks the
// owner, the epoch and the pauses. The reply's key is conversation/turn/step;
// composing again returns what is stored. Spec: D18. Settled: rules 2, 8, 15.
func (s *Store) Compose(ctx context.Context, in schemas.ComposeInput, rules schemas.ComposeRules) (schemas.ComposeResult, error) {
	var out schemas.ComposeResult
	id, err := conversationUUID(in.Conversation)
	if err != nil {
		return schemas.ComposeResult{Verdict: schemas.ComposedStale}, nil
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		l, ok, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if !ok {
			out.Verdict = schemas.ComposedStale
			return nil
		}
		if out.Verdict, err = s.composeLocked(ctx, tx, l, in, rules); err != nil {
			return err
		}
		out.Head, err = s.head(ctx, tx, id)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("compose: %w", err)
	}
	return out, nil
}

func (s *Store) composeLocked(ctx context.Context, tx pgx.Tx, l locked, in schemas.ComposeInput, rules schemas.ComposeRules) (schemas.Composed, error) {
	row, err := s.q.TurnRow(ctx, tx, l.conv.ID, int32(in.Turn))
	if noSuch(err) {
		return schemas.ComposedStale, nil
	}
	if err != nil {
		return "", fmt.Errorf("read turn: %w", err)
	}
	switch row.State {
	case "composed":
		return schemas.ComposedReply, nil
	case "handed_off":
		return schemas.ComposedHandOff, nil
	case "dropped":
		return schemas.ComposedStale, nil
	}
	if l.conv.Owner != string(schemas.OwnerAgent) || l.conv.Epoch != in.Epoch || l.counts.Paused {
		return schemas.ComposedStale, nil
	}
	// The reply is of the version that the turn pinned, whatever was published
	// meanwhile.
	l.row.Published = row.ConfigVersion
	if row.ResumePending != nil && row.ResumeKind == string(schemas.PendingReply) {
		return s.composeHeld(ctx, tx, l, in, row, rules)
	}
	f, err := s.composeFacts(ctx, tx, l, in, row.Late, rules)
	if err != nil {
		return "", err
	}
	l.settings = f.Settings
	r := rules.Reply(f)
	if err := s.setLanguage(ctx, tx, &l, r.Language); err != nil {
		return "", err
	}
	switch r.Verdict {
	case schemas.ComposedRepair:
		return r.Verdict, s.saveViolations(ctx, tx, l.conv.ID, in, f, r)
	case schemas.ComposedHandOff:
		return r.Verdict, s.composeHandOff(ctx, tx, l, in, r, rules)
	case schemas.ComposedReply:
		if r.Hold != nil {
			return r.Verdict, s.holdReply(ctx, tx, l, in, r)
		}
		return r.Verdict, s.composeReply(ctx, tx, l, in, r)
	case schemas.ComposedStale:
	}
	return "", fmt.Errorf("the rules returned the unknown verdict %q", r.Verdict)
}

func (s *Store) composeFacts(ctx context.Context, tx pgx.Tx, l locked, in schemas.ComposeInput, late bool, rules schemas.ComposeRules) (schemas.ComposeFacts, error) {
	m, err := s.material(ctx, tx, l.conv.ID, in.TurnRef)
	if err != nil {
		return schemas.ComposeFacts{}, err
	}
	if rules.Know != nil {
		m = rules.Know(m)
	}
	f := schemas.ComposeFacts{
		Facts: l.facts, Material: m, Late: late, Repaired: in.Repaired, Stop: in.Stop, Uncertain: in.Uncertain,
	}
	// The turn goes by the settings that it pinned.
	f.Settings = m.Settings
	if !in.Failed {
		f.Decision = m.Previous
	}
	return f, nil
}

// saveViolations keeps what was wrong with a decision, for its repair.
func (s *Store) saveViolations(ctx context.Context, tx pgx.Tx, id uuid.UUID, in schemas.ComposeInput, f schemas.ComposeFacts, r schemas.Reply) error {
	d := *f.Decision
	d.Violations = r.Violations
	raw, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode violations: %w", err)
	}
	return s.q.PutStep(ctx, tx, dbq.PutStepParams{
		ConversationID: id, Turn: int32(in.Turn), Step: int32(in.Step), Kind: stepGenerate, Result: raw,
	})
}

func (s *Store) composeHandOff(ctx context.Context, tx pgx.Tx, l locked, in schemas.ComposeInput, r schemas.Reply, rules schemas.ComposeRules) error {
	if _, err := s.handOff(ctx, tx, l, r.HandOff, rules.Rules); err != nil {
		return err
	}
	return s.finishTurn(ctx, tx, l.conv.ID, in, "handed_off", r)
}

func (s *Store) composeReply(ctx context.Context, tx pgx.Tx, l locked, in schemas.ComposeInput, r schemas.Reply) error {
	if _, err := s.put(ctx, tx, l, outgoing{
		class: schemas.ClassReply, speaker: schemas.SpeakerAgent, name: l.settings.Profile.Name,
		text: r.Text, citations: r.Citations, askEmail: r.AskEmail, engine: r.Engine, version: l.row.Published,
		key: fmt.Sprintf("%s/%d/%d", l.conv.ID, in.Turn, in.Step),
	}); err != nil {
		return err
	}
	language := r.Language
	if language == "" {
		language = l.conv.Language
	}
	if err := s.q.AfterReply(ctx, tx, dbq.AfterReplyParams{
		More: l.facts.Untaken > 0, Unanswered: r.NotFound, Clarify: r.Kind == schemas.DecisionClarify, Language: language, ID: l.conv.ID,
		Unresolved: r.Unresolved, Offers: r.Offers,
	}); err != nil {
		return fmt.Errorf("update conversation: %w", err)
	}
	if err := s.setFrame(ctx, tx, l, r.Frame); err != nil {
		return err
	}
	if err := s.putGoals(ctx, tx, l, r.Goals); err != nil {
		return err
	}
	return s.finishTurn(ctx, tx, l.conv.ID, in, "composed", r)
}

func (s *Store) finishTurn(ctx context.Context, tx pgx.Tx, id uuid.UUID, in schemas.ComposeInput, state string, r schemas.Reply) error {
	err := s.q.FinishTurn(ctx, tx, dbq.FinishTurnParams{
		State: state, Kind: string(r.Kind), Engine: r.Engine, NotFound: r.NotFound,
		Violations: r.Violations, ConversationID: id, Turn: int32(in.Turn),
	})
	if err != nil {
		return fmt.Errorf("finish turn: %w", err)
	}
	return s.putAsk(ctx, tx, id, in.Turn, r)
}

// setFrame keeps the action whose inputs are being collected.
func (s *Store) setFrame(ctx context.Context, tx pgx.Tx, l locked, frame *schemas.Frame) error {
	if frame == nil && len(l.conv.Frame) == 0 {
		return nil
	}
	var raw []byte
	if frame != nil {
		var err error
		if raw, err = json.Marshal(frame); err != nil {
			return fmt.Errorf("encode frame: %w", err)
		}
	}
	if err := s.q.SetFrame(ctx, tx, raw, l.conv.ID); err != nil {
		return fmt.Errorf("keep frame: %w", err)
	}
	return nil
}
