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

// maxSuites and maxRuns bound the lists of evaluation.
const (
	maxSuites = 200
	maxRuns   = 100
)

// AddSuite adds an empty suite; KindConflict when its name is taken.
func (s *Store) AddSuite(ctx context.Context, agent schemas.AgentID, name string) (schemas.EvalSuiteShown, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return schemas.EvalSuiteShown{}, err
	}
	id := newID()
	if err := s.q.PutSuite(ctx, s.pool, dbq.PutSuiteParams{ID: id, AgentID: owner, Name: name}); err != nil {
		if isUnique(err, "eval_suites_agent_id_name_key") {
			err = schemas.NewError(schemas.KindConflict, "there is a suite of this name")
		}
		return schemas.EvalSuiteShown{}, fmt.Errorf("add suite: %w", Unavailable(err))
	}
	return s.Suite(ctx, agent, show[schemas.EvalSuiteID](schemas.PrefixEvalSuite, id))
}

// Suites are those of an agent by name.
func (s *Store) Suites(ctx context.Context, agent schemas.AgentID) ([]schemas.EvalSuiteShown, error) {
	return s.suites(ctx, agent, nil)
}

// Suite is one of them.
func (s *Store) Suite(ctx context.Context, agent schemas.AgentID, suite schemas.EvalSuiteID) (schemas.EvalSuiteShown, error) {
	id, err := parse(schemas.PrefixEvalSuite, suite, "suite")
	if err != nil {
		return schemas.EvalSuiteShown{}, err
	}
	found, err := s.suites(ctx, agent, &id)
	if err == nil && len(found) == 0 {
		err = notFound("suite")
	}
	if err != nil {
		return schemas.EvalSuiteShown{}, err
	}
	return found[0], nil
}

func (s *Store) suites(ctx context.Context, agent schemas.AgentID, id *uuid.UUID) ([]schemas.EvalSuiteShown, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	rows, err := s.q.Suites(ctx, s.pool, dbq.SuitesParams{AgentID: owner, ID: id, Most: maxSuites})
	if err != nil {
		return nil, fmt.Errorf("list suites: %w", Unavailable(err))
	}
	out := make([]schemas.EvalSuiteShown, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.EvalSuiteShown{
			ID: show[schemas.EvalSuiteID](schemas.PrefixEvalSuite, r.ID), Name: r.Name, Cases: int(r.Cases), CreatedAt: r.CreatedAt.UTC(),
		})
	}
	return out, nil
}

// PutCases puts cases into a suite; one of a name that is there is replaced.
// The caller has validated them.
func (s *Store) PutCases(ctx context.Context, suite schemas.EvalSuiteID, cases []schemas.EvalCase) error {
	id, err := parse(schemas.PrefixEvalSuite, suite, "suite")
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.LockSuite(ctx, tx, id)
		if err != nil {
			return noRows(err, "suite")
		}
		for i, c := range cases {
			raw, err := json.Marshal(c)
			if err != nil {
				return fmt.Errorf("encode case: %w", err)
			}
			if err := s.q.PutCase(ctx, tx, dbq.PutCaseParams{SuiteID: id, Name: c.Name, Ord: row.Last + int32(i) + 1, Definition: raw}); err != nil {
				return err
			}
		}
		if row, err = s.q.LockSuite(ctx, tx, id); err == nil && row.Cases > schemas.MaxEvalCases {
			err = schemas.NewError(schemas.KindInvalid, fmt.Sprintf("a suite has at most %d cases", schemas.MaxEvalCases))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("import cases: %w", Unavailable(err))
	}
	return nil
}

// NewEvalRun is a run to be started.
type NewEvalRun struct {
	Agent schemas.AgentID
	Suite schemas.EvalSuiteID
	// Engine is the name of what answers.
	Engine string
	schemas.NewEvalRun
}

// StartEvalRun stores a run with its cases as they are now. A run of the draft
// keeps the draft, so that later edits change nothing of it.
func (s *Store) StartEvalRun(ctx context.Context, n NewEvalRun) (schemas.EvalRunID, error) {
	suite, err := s.Suite(ctx, n.Agent, n.Suite)
	switch {
	case err != nil:
		return "", err
	case suite.Cases == 0:
		return "", schemas.NewError(schemas.KindConflict, "the suite has no cases: import some first")
	}
	p := dbq.PutEvalRunParams{ID: newID(), Version: int32(n.Version), Repeats: int32(n.Repeats), Engine: n.Engine}
	if p.SuiteID, err = parse(schemas.PrefixEvalSuite, n.Suite, "suite"); err != nil {
		return "", err
	}
	agent, err := parse(schemas.PrefixAgent, n.Agent, "agent")
	if err != nil {
		return "", err
	}
	if p.Draft, err = s.pinned(ctx, n.Agent, agent, n.Version); err != nil {
		return "", err
	}
	if err := s.q.PutEvalRun(ctx, s.pool, p); err != nil {
		return "", fmt.Errorf("store run: %w", Unavailable(err))
	}
	return show[schemas.EvalRunID](schemas.PrefixEvalRun, p.ID), nil
}

// EvalRuns are the latest runs of a suite, or of all when suite is empty.
func (s *Store) EvalRuns(ctx context.Context, agent schemas.AgentID, suite schemas.EvalSuiteID) ([]schemas.EvalRunSummary, error) {
	p := dbq.EvalRunsParams{Most: maxRuns}
	if suite != "" {
		id, err := parse(schemas.PrefixEvalSuite, suite, "suite")
		if err != nil {
			return nil, err
		}
		p.SuiteID = &id
	}
	return s.evalRuns(ctx, agent, p)
}

func (s *Store) evalRuns(ctx context.Context, agent schemas.AgentID, p dbq.EvalRunsParams) ([]schemas.EvalRunSummary, error) {
	var err error
	if p.AgentID, err = parse(schemas.PrefixAgent, agent, "agent"); err != nil {
		return nil, err
	}
	rows, err := s.q.EvalRuns(ctx, s.pool, p)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", Unavailable(err))
	}
	out := make([]schemas.EvalRunSummary, 0, len(rows))
	for _, r := range rows {
		run := schemas.EvalRunSummary{
			ID: show[schemas.EvalRunID](schemas.PrefixEvalRun, r.ID), Suite: showPtr[schemas.EvalSuiteID](schemas.PrefixEvalSuite, r.SuiteID),
			Name: r.Name, Version: int(r.Version), Draft: r.Draft, Repeats: int(r.Repeats), State: schemas.EvalState(r.State),
			Tries: int(r.Tries), Done: int(r.Done), Passed: int(r.Passed), Engine: r.Engine, Prompt: r.Prompt, Content: r.Content,
			CreatedAt: r.CreatedAt.UTC(), EndedAt: utc(r.EndedAt),
		}
		if r.PastFrom != nil {
			run.Past = &schemas.EvalPast{From: utc(r.PastFrom), Until: utc(r.PastUntil)}
		}
		out = append(out, run)
	}
	return out, nil
}

// EvalRun is one run with its results in the order of the suite.
func (s *Store) EvalRun(ctx context.Context, agent schemas.AgentID, run schemas.EvalRunID) (schemas.EvalRunShown, error) {
	id, err := parse(schemas.PrefixEvalRun, run, "run")
	if err != nil {
		return schemas.EvalRunShown{}, err
	}
	found, err := s.evalRuns(ctx, agent, dbq.EvalRunsParams{ID: &id, Most: 1})
	if err == nil && len(found) == 0 {
		err = notFound("run")
	}
	if err != nil {
		return schemas.EvalRunShown{}, err
	}
	out := schemas.EvalRunShown{EvalRunSummary: found[0], Results: []schemas.EvalTry{}}
	rows, err := s.q.EvalResults(ctx, s.pool, id)
	if err != nil {
		return out, fmt.Errorf("read results: %w", Unavailable(err))
	}
	for _, r := range rows {
		try := schemas.EvalTry{Conversation: showPtr[schemas.ConversationID](schemas.PrefixConversation, r.ConversationID)}
		if err := json.Unmarshal(r.Result, &try.EvalResult); err != nil {
			return out, fmt.Errorf("read result: %w", err)
		}
		out.Results = append(out.Results, try)
	}
	return out, nil
}

// EvalPlan is how many cases a run has.
func (s *Store) EvalPlan(ctx context.Context, run schemas.EvalRunID) (schemas.EvalPlanResult, error) {
	id, err := parse(schemas.PrefixEvalRun, run, "run")
	if err != nil {
		return schemas.EvalPlanResult{}, err
	}
	row, err := s.q.EvalPlan(ctx, s.pool, id)
	if err != nil {
		return schemas.EvalPlanResult{}, fmt.Errorf("read run: %w", Unavailable(noRows(err, "run")))
	}
	return schemas.EvalPlanResult{Cases: int(row.Cases), Over: row.Over}, nil
}

// EndEvalRun ends a run that is under way.
func (s *Store) EndEvalRun(ctx context.Context, run schemas.EvalRunID, state schemas.EvalState) error {
	id, err := parse(schemas.PrefixEvalRun, run, "run")
	if err != nil {
		return err
	}
	if err := s.q.EndEvalRun(ctx, s.pool, string(state), id); err != nil {
		return fmt.Errorf("end run: %w", Unavailable(err))
	}
	return nil
}
