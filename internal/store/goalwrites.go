package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// putGoalWrite notes, before any call, that an outcome is to be written to the
// CRM, and how the customer was known then.
func (s *Store) putGoalWrite(ctx context.Context, tx pgx.Tx, l locked, run schemas.GoalRun, rules schemas.GoalRules) error {
	known, err := s.known(ctx, tx, l.conv.ID, int(l.conv.Turn))
	if err != nil {
		return err
	}
	if err := s.q.PutGoalWrite(ctx, tx, dbq.PutGoalWriteParams{RunKey: run.Key, Email: known.Email, Level: string(rules.Level(known))}); err != nil {
		return fmt.Errorf("note write of a goal: %w", err)
	}
	return nil
}

// GoalWritesDue are the runs of a conversation whose outcome is to be written to
// the CRM now, the oldest first.
func (s *Store) GoalWritesDue(ctx context.Context, id schemas.ConversationID) ([]string, error) {
	conv, err := conversationUUID(id)
	if err != nil {
		return nil, nil
	}
	keys, err := s.q.GoalWritesDue(ctx, s.pool, conv)
	if err != nil {
		return nil, fmt.Errorf("read writes of goals: %w", err)
	}
	return keys, nil
}

// OverdueGoalWrites are the runs whose outcome should have been written the given
// time ago: whoever was to do it was lost. Settled: rule 1.
func (s *Store) OverdueGoalWrites(ctx context.Context, overdue time.Duration) ([]string, error) {
	keys, err := s.q.OverdueGoalWrites(ctx, s.pool, overdue, sweepBatch)
	if err != nil {
		return nil, fmt.Errorf("find overdue writes of goals: %w", err)
	}
	return keys, nil
}

// ClaimGoalWrite begins a try to write the outcome of a run to the CRM, unless
// it is over or waits. One that has begun and never came back is begun again:
// its writes have keys. Settled: rules 2, 8.
func (s *Store) ClaimGoalWrite(ctx context.Context, key string) (schemas.GoalClaim, error) {
	var out schemas.GoalClaim
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.LockGoalWrite(ctx, tx, key)
		if err != nil {
			return noRows(err, "write of a goal")
		}
		out.State = schemas.GoalWriteState(row.State)
		switch {
		case out.State.Over():
			return nil
		case row.Erased:
			out.State = schemas.GoalWriteFailed
			return s.q.SettleGoalWrite(ctx, tx, dbq.SettleGoalWriteParams{RunKey: key, State: string(out.State), Error: "erased", NextAt: row.NextAt})
		case row.NextAt.After(row.Now):
			out.Wait = row.NextAt.Sub(row.Now)
			return nil
		}
		request, err := goalRequest(key, row)
		if err != nil {
			return err
		}
		out.Request, out.State = request, schemas.GoalWriteSending
		return s.q.BeginGoalWrite(ctx, tx, key)
	})
	if err != nil {
		return schemas.GoalClaim{}, fmt.Errorf("claim write of a goal: %w", err)
	}
	return out, nil
}

func goalRequest(key string, row dbq.LockGoalWriteRow) (*schemas.GoalWriteRequest, error) {
	goal, err := readGoal(row.Goal, row.Run, row.Settings)
	if err != nil {
		return nil, err
	}
	settings, err := decodeSettings(row.Settings)
	if err != nil {
		return nil, err
	}
	return &schemas.GoalWriteRequest{
		Key: key, Attempt: int(row.Attempts) + 1,
		Conversation: show[schemas.ConversationID](schemas.PrefixConversation, row.ConversationID),
		Contact:      show[schemas.ContactID](schemas.PrefixContact, row.ContactID),
		Email:        row.Email, Level: schemas.IdentityLevel(row.Level), CRM: settings.CRM, Goal: goal.Goal, Run: goal.Run,
	}, nil
}

// SettleGoalWrite stores what came of a try and notes in the run what was left
// out. The result of a try that another has followed changes nothing. The
// returned claim says how far the writing is.
func (s *Store) SettleGoalWrite(ctx context.Context, key string, attempt int, w schemas.GoalWritten, next schemas.GoalNext) (schemas.GoalClaim, error) {
	var out schemas.GoalClaim
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.LockGoalWrite(ctx, tx, key)
		if err != nil {
			return noRows(err, "write of a goal")
		}
		out.State = schemas.GoalWriteState(row.State)
		if int(row.Attempts) != attempt || out.State != schemas.GoalWriteSending {
			out.Wait = max(row.NextAt.Sub(row.Now), 0)
			return nil
		}
		at := row.Now
		out.State = w.State
		if !w.State.Over() {
			out.State, at = next(row.Now, row.CreatedAt, attempt, w)
		}
		out.Wait = at.Sub(row.Now)
		if len(w.Left) > 0 && out.State.Over() {
			left, err := json.Marshal(w.Left)
			if err != nil {
				return fmt.Errorf("encode what was left out: %w", err)
			}
			if err := s.q.NoteGoalLeft(ctx, tx, left, key); err != nil {
				return err
			}
		}
		return s.q.SettleGoalWrite(ctx, tx, dbq.SettleGoalWriteParams{RunKey: key, State: string(out.State), Error: w.Error, NextAt: at})
	})
	if err != nil {
		return schemas.GoalClaim{}, fmt.Errorf("settle write of a goal: %w", err)
	}
	return out, nil
}
