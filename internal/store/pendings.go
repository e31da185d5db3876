package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// voidPendings ends what the agent asked for when it no longer has the
// conversation. What another system still reports is kept. Settled: rule 7.
func (s *Store) voidPendings(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	if err := s.q.VoidPendings(ctx, tx, id); err != nil {
		return fmt.Errorf("void what was asked: %w", err)
	}
	if err := s.q.VoidRuns(ctx, tx, id); err != nil {
		return fmt.Errorf("void runs: %w", err)
	}
	return nil
}

// escalatePendings notes for people that a request is overdue, once each.
// Spec: D21.
func (s *Store) escalatePendings(ctx context.Context, tx pgx.Tx, l locked) error {
	ids, err := s.q.EscalatePendings(ctx, tx, l.conv.ID)
	if err != nil {
		return fmt.Errorf("escalate requests: %w", err)
	}
	for _, id := range ids {
		if err := s.note(ctx, tx, l, "escalation/"+id.String(), "A request for approval is still waiting for a decision."); err != nil {
			return err
		}
	}
	return nil
}

// setResume stores the earlier run that a turn goes on with; nil clears it.
func (s *Store) setResume(ctx context.Context, tx pgx.Tx, id uuid.UUID, turn int32, r *schemas.Resume) error {
	p := dbq.SetResumeParams{ConversationID: id, Turn: turn}
	if r != nil {
		pending, err := parse(schemas.PrefixPending, r.Pending, "pending")
		if err != nil {
			return err
		}
		runTurn, runStep := int32(r.Run.Turn), int32(r.Run.Step)
		p.ResumeTurn, p.ResumeStep, p.ResumePending = &runTurn, &runStep, &pending
		p.ResumeKind, p.ResumeAnswer = string(r.Kind), string(r.Answer)
	}
	if err := s.q.SetResume(ctx, tx, p); err != nil {
		return fmt.Errorf("set what the turn goes on with: %w", err)
	}
	return nil
}

func resumed(turn, step *int32) *schemas.RunRef {
	if turn == nil || step == nil {
		return nil
	}
	return &schemas.RunRef{Turn: int(*turn), Step: int(*step)}
}

// ask stores that somebody is asked about a run and what the customer reads,
// and takes the place of an open question.
func (s *Store) ask(ctx context.Context, tx pgx.Tx, l locked, in schemas.CheckActionInput, run schemas.RunRef, read schemas.ReadCall, v schemas.GateVerdict) error {
	p := dbq.PutPendingParams{
		ID: newID(), ConversationID: l.conv.ID, Kind: string(v.Ask), Turn: int32(run.Turn), Step: int32(run.Step),
		ArgsHash: read.Hash, Text: v.Request, Wait: v.Wait, Escalate: v.Escalate,
	}
	if v.Team != "" {
		team, err := parse(schemas.PrefixTeam, v.Team, "team")
		if err != nil {
			return err
		}
		p.TeamID = &team
	}
	if v.Ask == schemas.PendingConfirmation || v.Ask == schemas.PendingIdentity {
		if err := s.replaceQuestions(ctx, tx, l.conv.ID, p.Turn, p.Step); err != nil {
			return err
		}
	}
	key := fmt.Sprintf("%s/%d/%d", l.conv.ID, in.Turn, in.Step)
	message, err := s.put(ctx, tx, l, outgoing{
		class: schemas.ClassReply, speaker: schemas.SpeakerAgent, name: l.settings.Profile.Name,
		text: v.Text, askEmail: v.AskEmail, version: l.row.Published, key: key,
	})
	if err != nil {
		return err
	}
	if message != "" {
		id, err := parse(schemas.PrefixMessage, message, "message")
		if err != nil {
			return err
		}
		p.MessageID = &id
	}
	if err := s.q.PutPending(ctx, tx, p); err != nil {
		return fmt.Errorf("store what is waited for: %w", err)
	}
	return s.notify(ctx, tx, NotifyChat, l.conv.ID.String())
}

// replaceQuestions makes room for a question to the customer about a run.
func (s *Store) replaceQuestions(ctx context.Context, tx pgx.Tx, id uuid.UUID, turn, step int32) error {
	if err := s.q.TellReplaced(ctx, tx, dbq.TellReplacedParams{ConversationID: id, Turn: turn, Step: step}); err != nil {
		return fmt.Errorf("end replaced runs: %w", err)
	}
	if err := s.q.ReplaceQuestions(ctx, tx, id); err != nil {
		return fmt.Errorf("replace open question: %w", err)
	}
	return nil
}
