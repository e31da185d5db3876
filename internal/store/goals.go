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

// goals reads where the conversation stands with the agent's goals.
func (s *Store) goals(ctx context.Context, tx dbq.DBTX, id uuid.UUID, m *schemas.Material) error {
	if len(m.Settings.Goals) == 0 {
		return nil
	}
	runs, err := s.q.GoalRunsOf(ctx, tx, id)
	if err != nil {
		return fmt.Errorf("read runs of goals: %w", err)
	}
	m.GoalRuns = make(map[string]schemas.GoalRun, len(runs))
	for _, r := range runs {
		var run schemas.GoalRun
		if err := json.Unmarshal(r.Run, &run); err != nil {
			return fmt.Errorf("read run of a goal: %w", err)
		}
		m.GoalRuns[r.Goal] = run
	}
	decided, err := s.q.GoalsDecided(ctx, tx, id)
	if err != nil {
		return fmt.Errorf("read decided goals: %w", err)
	}
	m.GoalsDecided = make(map[string]time.Time, len(decided))
	for _, d := range decided {
		m.GoalsDecided[d.Goal] = d.DecidedAt
	}
	return nil
}

// putGoals stores the runs that a turn started or changed.
func (s *Store) putGoals(ctx context.Context, tx pgx.Tx, l locked, runs []schemas.GoalRun) error {
	for _, run := range runs {
		raw, err := json.Marshal(run)
		if err != nil {
			return fmt.Errorf("encode run of a goal: %w", err)
		}
		verdict := ""
		if run.Score != nil {
			verdict = string(run.Score.Verdict)
		}
		if err := s.q.PutGoalRun(ctx, tx, dbq.PutGoalRunParams{
			Key: run.Key, Goal: run.Goal, Version: int32(run.Version), Run: raw, Verdict: verdict, ConversationID: l.conv.ID,
		}); err != nil {
			return fmt.Errorf("store run of a goal: %w", err)
		}
	}
	return nil
}

// GoalDue is the conversation's decided run whose outcome is to be applied; ok is
// false when there is none.
func (s *Store) GoalDue(ctx context.Context, id schemas.ConversationID) (due schemas.DueGoal, ok bool, err error) {
	conv, err := conversationUUID(id)
	if err != nil {
		return due, false, nil
	}
	return s.goalDue(ctx, s.pool, conv)
}

func (s *Store) goalDue(ctx context.Context, tx dbq.DBTX, conv uuid.UUID) (due schemas.DueGoal, ok bool, err error) {
	row, err := s.q.GoalDue(ctx, tx, conv)
	if noSuch(err) {
		return due, false, nil
	}
	if err != nil {
		return due, false, fmt.Errorf("read decided goal: %w", err)
	}
	due, err = readGoal(row.Goal, row.Run, row.Settings)
	return due, err == nil, err
}

// readGoal is a run with its goal as the settings have it; the zero goal when
// they have none of the name.
func readGoal(name string, run, settings json.RawMessage) (due schemas.DueGoal, err error) {
	all, err := decodeSettings(settings)
	if err != nil {
		return due, err
	}
	if err := json.Unmarshal(run, &due.Run); err != nil {
		return due, fmt.Errorf("read run of a goal: %w", err)
	}
	for _, g := range all.Goals {
		if g.Name == name {
			due.Goal = g
		}
	}
	return due, nil
}

// endGoals decides the goals that are open, by what is known: nobody asks about
// them any more. Spec: S54.
func (s *Store) endGoals(ctx context.Context, tx pgx.Tx, l locked, rules schemas.Rules) error {
	open, err := s.q.OpenGoalRuns(ctx, tx, l.conv.ID)
	if err != nil {
		return fmt.Errorf("read open goals: %w", err)
	}
	for _, row := range open {
		due, err := readGoal(row.Goal, row.Run, row.Settings)
		if err != nil {
			return err
		}
		if err := s.putGoals(ctx, tx, l, []schemas.GoalRun{rules.EndGoal(due.Goal, due.Run, l.row.Now)}); err != nil {
			return err
		}
	}
	return nil
}

// toldGoals are the answers to the questions of goals that a conversation has
// so far, for people who take it over.
func (s *Store) toldGoals(ctx context.Context, tx pgx.Tx, id uuid.UUID) ([]schemas.Datum, error) {
	rows, err := s.q.GoalRunsOf(ctx, tx, id)
	if err != nil {
		return nil, fmt.Errorf("read runs of goals: %w", err)
	}
	var out []schemas.Datum
	for _, r := range rows {
		var run schemas.GoalRun
		if err := json.Unmarshal(r.Run, &run); err != nil {
			return nil, fmt.Errorf("read run of a goal: %w", err)
		}
		for _, a := range run.Answers {
			out = append(out, schemas.Datum{Name: a.Criterion, Value: a.Value})
		}
	}
	return out, nil
}

// GoalApplied notes that the outcome of a run has been applied, once, says to
// the customer what the outcome says, and hands over where it routes to people
// who are there. A second call changes nothing.
func (s *Store) GoalApplied(ctx context.Context, id schemas.ConversationID, run schemas.GoalRun, rules schemas.GoalRules) (schemas.Head, error) {
	var head schemas.Head
	conv, err := conversationUUID(id)
	if err != nil {
		return head, nil
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		l, ok, err := s.lock(ctx, tx, conv)
		if err != nil || !ok {
			return err
		}
		run.AppliedAt = l.row.Now
		raw, err := json.Marshal(run)
		if err != nil {
			return fmt.Errorf("encode run of a goal: %w", err)
		}
		n, err := s.q.MarkGoalApplied(ctx, tx, raw, run.Key)
		if err != nil {
			return err
		}
		if n > 0 && !l.conv.Preview && rules.Writes(run) {
			if err := s.putGoalWrite(ctx, tx, l, run, rules); err != nil {
				return err
			}
		}
		if n > 0 && l.conv.Owner == string(schemas.OwnerAgent) {
			people, err := s.people(ctx, tx, schemas.RoutePlan{Team: rules.Team}, l)
			if err != nil {
				return err
			}
			if err := s.tellGoal(ctx, tx, l, rules.Outcome(l.facts, run, people), rules.Rules); err != nil {
				return err
			}
		}
		head, err = s.head(ctx, tx, conv)
		return err
	})
	if err != nil {
		return head, fmt.Errorf("apply goal: %w", err)
	}
	return head, nil
}

func (s *Store) tellGoal(ctx context.Context, tx pgx.Tx, l locked, v schemas.GoalTold, rules schemas.Rules) error {
	if v.HandOff != nil {
		_, err := s.handOff(ctx, tx, l, *v.HandOff, rules)
		return err
	}
	return s.notice(ctx, tx, l, v.Notice)
}
