package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// traceTurns bounds how many turns one trace has.
const traceTurns = 100

// Trace is how the replies of a conversation came about: its latest hundred
// turns, or the one of that number; 0 is all. Spec: S55, D14.
func (s *Store) Trace(ctx context.Context, id schemas.ConversationID, turn int) (schemas.ConversationTrace, error) {
	out := schemas.ConversationTrace{Conversation: id, Turns: []schemas.TurnTrace{}}
	conv, err := conversationUUID(id)
	if err != nil {
		return out, err
	}
	if _, err := s.ConversationSummary(ctx, id); err != nil {
		return out, err
	}
	rows, err := s.q.TraceTurns(ctx, s.pool, dbq.TraceTurnsParams{ConversationID: conv, Turn: int32(min(max(turn, 0), 1<<30)), Most: traceTurns})
	if err != nil {
		return out, fmt.Errorf("read turns of trace: %w", Unavailable(err))
	}
	if len(rows) == 0 {
		if turn > 0 {
			return out, notFound("turn")
		}
		return out, nil
	}
	t := tracing{conv: conv, first: rows[len(rows)-1].Turn, last: rows[0].Turn, turns: map[int32]*schemas.TurnTrace{}, actions: map[int32][]schemas.Action{}}
	for _, r := range rows {
		if err := t.turn(r); err != nil {
			return out, err
		}
	}
	for _, read := range []func(context.Context, *tracing) error{s.traceMessages, s.traceSteps, s.traceRuns, s.traceUsage} {
		if err := read(ctx, &t); err != nil {
			return out, err
		}
	}
	for _, r := range rows {
		out.Turns = append(out.Turns, t.finish(r.Turn))
	}
	return out, nil
}

// tracing is a trace while it is put together.
type tracing struct {
	conv        uuid.UUID
	first, last int32
	turns       map[int32]*schemas.TurnTrace
	// actions are those of the settings that a turn went by.
	actions map[int32][]schemas.Action
}

func (t *tracing) turn(r dbq.TraceTurnsRow) error {
	t.turns[r.Turn] = &schemas.TurnTrace{
		TurnShown: schemas.TurnShown{
			Turn: int(r.Turn), State: r.State, Kind: r.Kind, Engine: r.Engine, NotFound: r.NotFound, Degraded: r.Degraded,
			Late: r.Late, Began: r.CreatedAt.UTC(), Ended: utc(r.EndedAt),
		},
		Version: int(r.ConfigVersion), Draft: r.Draft, Violations: r.Violations, Questions: []string{},
		Replies: []schemas.TraceReply{}, Steps: []schemas.TraceStep{},
	}
	if len(r.Settings) == 0 {
		return nil
	}
	settings, err := decodeSettings(r.Settings)
	t.actions[r.Turn] = settings.Actions
	return err
}

// finish puts the steps in their order and marks what the last decision cites.
func (t *tracing) finish(turn int32) schemas.TurnTrace {
	out := t.turns[turn]
	slices.SortStableFunc(out.Steps, func(a, b schemas.TraceStep) int { return a.Step - b.Step })
	var last *schemas.TraceProposal
	for _, s := range out.Steps {
		if s.Decision != nil {
			last = s.Decision
		}
	}
	if last == nil {
		return *out
	}
	for i := range out.Steps {
		for j := range out.Steps[i].Passages {
			p := &out.Steps[i].Passages[j]
			p.Cited = slices.Contains(last.Citations, p.Number)
		}
	}
	return *out
}

func (s *Store) traceMessages(ctx context.Context, t *tracing) error {
	rows, err := s.q.TraceMessages(ctx, s.pool, t.conv)
	if err != nil {
		return fmt.Errorf("read messages of trace: %w", Unavailable(err))
	}
	for _, r := range rows {
		turn := t.turns[r.Turn]
		switch {
		case turn == nil:
		case r.Direction == "in":
			turn.Questions = append(turn.Questions, r.Text)
		default:
			reply := schemas.TraceReply{Text: r.Text}
			if err := json.Unmarshal(r.Citations, &reply.Citations); err != nil {
				return fmt.Errorf("read citations of trace: %w", err)
			}
			turn.Replies = append(turn.Replies, reply)
		}
	}
	return nil
}

func (s *Store) traceSteps(ctx context.Context, t *tracing) error {
	rows, err := s.q.TraceSteps(ctx, s.pool, dbq.TraceStepsParams{ConversationID: t.conv, First: t.first, Last: t.last})
	if err != nil {
		return fmt.Errorf("read steps of trace: %w", Unavailable(err))
	}
	for _, r := range rows {
		turn := t.turns[r.Turn]
		if turn == nil {
			continue
		}
		step := schemas.TraceStep{Step: int(r.Step), Millis: int(r.TookMillis), At: r.CreatedAt.UTC()}
		if r.Kind == stepRetrieve {
			step.Kind, step.Query = schemas.TraceSearch, r.Query
			err = tracePassages(r.Result, &step)
		} else {
			step.Kind, step.Prompt = schemas.TraceDecision, r.Query
			step.Decision, err = traceProposal(r.Result)
		}
		if err != nil {
			return err
		}
		turn.Steps = append(turn.Steps, step)
	}
	return nil
}

func tracePassages(raw json.RawMessage, step *schemas.TraceStep) error {
	var found []schemas.Passage
	if err := json.Unmarshal(raw, &found); err != nil {
		return fmt.Errorf("read passages of trace: %w", err)
	}
	for _, p := range found {
		step.Passages = append(step.Passages, schemas.TracePassage{
			Number: p.Number, Source: p.Source, Title: p.Title, Headings: p.Headings, URL: p.URL, Score: p.Score,
		})
	}
	return nil
}

// traceProposal leaves out the values of calls and of collected inputs: what a
// trace shows of them is redacted, in the run.
func traceProposal(raw json.RawMessage) (*schemas.TraceProposal, error) {
	var d schemas.Decision
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("read decision of trace: %w", err)
	}
	out := &schemas.TraceProposal{
		Kind: d.Kind, Text: d.Text, Citations: d.Citations, NotFound: d.NotFound, Engine: d.Engine, Reason: d.Reason, Violations: d.Violations,
	}
	for _, c := range d.Calls {
		out.Calls = append(out.Calls, clip(c.Action, maxActionName))
	}
	if d.Frame != nil {
		out.Asking = d.Frame.Asking
	}
	return out, nil
}

func (s *Store) traceRuns(ctx context.Context, t *tracing) error {
	rows, err := s.q.TraceRuns(ctx, s.pool, dbq.TraceRunsParams{ConversationID: t.conv, First: t.first, Last: t.last})
	if err != nil {
		return fmt.Errorf("read runs of trace: %w", Unavailable(err))
	}
	for _, r := range rows {
		turn := t.turns[r.Turn]
		if turn == nil {
			continue
		}
		args, err := redacted(r.Action, r.Arguments, t.actions[r.Turn])
		if err != nil {
			return err
		}
		turn.Steps = append(turn.Steps, schemas.TraceStep{
			Step: int(r.Step), Kind: schemas.TraceCall, Millis: int(r.TookMillis), At: r.CreatedAt.UTC(),
			Run: &schemas.TraceRun{
				Action: r.Action, Decision: int(r.DecisionStep), Arguments: args, Exact: r.Arguments, Effect: schemas.Effect(r.Effect),
				Identity: schemas.IdentityLevel(r.Identity), Gate: r.Gate, State: schemas.RunState(r.State),
				Status: schemas.CallStatus(r.Status), Error: r.Error, HTTP: int(r.HttpStatus), Attempts: int(r.Attempts),
				Test: r.Test, Confirmed: r.Confirmed, Approved: r.Approved,
			},
		})
	}
	return nil
}

// redacted are the arguments of a call without those that are sensitive. Of an
// action that the settings do not name nothing is shown.
func redacted(name string, raw json.RawMessage, actions []schemas.Action) (map[string]json.RawMessage, error) {
	args := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &args); err != nil {
		return nil, fmt.Errorf("read arguments of trace: %w", err)
	}
	shown := map[string]bool{}
	for _, a := range actions {
		if a.Name != name {
			continue
		}
		for _, in := range a.Inputs {
			shown[in.Name] = !in.Sensitive && in.Source != schemas.InputSecret
		}
	}
	for arg := range args {
		if !shown[arg] {
			args[arg] = json.RawMessage(schemas.Redacted)
		}
	}
	return args, nil
}

// traceUsage puts what each call of an engine cost to its step, and makes a
// step of one that gave no decision.
func (s *Store) traceUsage(ctx context.Context, t *tracing) error {
	rows, err := s.q.TraceUsage(ctx, s.pool, dbq.TraceUsageParams{ConversationID: t.conv, First: t.first, Last: t.last})
	if err != nil {
		return fmt.Errorf("read usage of trace: %w", Unavailable(err))
	}
	for _, r := range rows {
		turn := t.turns[r.Turn]
		if turn == nil {
			continue
		}
		used := schemas.TraceUsage{
			Engine: r.Engine, Failed: r.Failed,
			Usage: schemas.Usage{Input: int(r.InputTokens), Cached: int(r.CachedTokens), Output: int(r.OutputTokens)},
		}
		i := slices.IndexFunc(turn.Steps, func(st schemas.TraceStep) bool {
			return st.Step == int(r.Step) && st.Kind == schemas.TraceDecision
		})
		if i < 0 {
			turn.Steps = append(turn.Steps, schemas.TraceStep{Step: int(r.Step), Kind: schemas.TraceDecision, At: r.CreatedAt.UTC()})
			i = len(turn.Steps) - 1
		}
		turn.Steps[i].Usage = append(turn.Steps[i].Usage, used)
	}
	return nil
}
