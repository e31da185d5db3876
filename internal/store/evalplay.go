package store

import (
	"context"
	"encoding/json"
	"fmt"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// EvalTarget is what a run measures, with the case at a place.
func (s *Store) EvalTarget(ctx context.Context, run schemas.EvalRunID, place int) (schemas.EvalTarget, error) {
	var out schemas.EvalTarget
	id, err := parse(schemas.PrefixEvalRun, run, "run")
	if err != nil {
		return out, err
	}
	row, err := s.q.EvalCaseAt(ctx, s.pool, int32(place), id)
	if err != nil {
		return out, fmt.Errorf("read case: %w", Unavailable(noRows(err, "case")))
	}
	if row.Past {
		var past schemas.ConversationID
		if err := json.Unmarshal(row.Definition, &past); err != nil {
			return out, fmt.Errorf("read case: %w", err)
		}
		if out.Past, err = s.pastCase(ctx, past); err != nil {
			return out, err
		}
	} else if err := json.Unmarshal(row.Definition, &out.Case); err != nil {
		return out, fmt.Errorf("read case: %w", err)
	}
	out.Agent = show[schemas.AgentID](schemas.PrefixAgent, row.AgentID)
	out.Version, out.Draft, out.Repeats = int(row.Version), row.Draft, int(row.Repeats)
	for _, repeat := range row.Done {
		out.Done = append(out.Done, int(repeat))
	}
	return out, nil
}

// evalCustomer is the address of the customer whom a case plays at a level
// above anonymous. It is of a domain that nobody has.
const evalCustomer = "customer@steward.example"

// StartTry begins the preview of one try. A try that was begun before goes on
// with its own.
func (s *Store) StartTry(ctx context.Context, t schemas.EvalTarget, key string) (schemas.ConversationID, error) {
	n := schemas.NewPreview{Version: t.Version, Draft: t.Draft, Channel: t.Case.Channel, Locale: t.Case.Locale, Identity: t.Case.Identity}
	if n.Identity != schemas.IdentityAnonymous {
		n.Email = evalCustomer
	}
	return s.StartPreview(ctx, NewPreview{Agent: t.Agent, Key: key, NewPreview: n})
}

// WriteTry is the customer's message number turn of a try, once.
func (s *Store) WriteTry(ctx context.Context, id schemas.ConversationID, turn int, text string) error {
	_, err := s.PreviewMessage(ctx, id, fmt.Sprintf("turn-%d", turn), text)
	return err
}

// TryState is where a try stands.
func (s *Store) TryState(ctx context.Context, id schemas.ConversationID) (schemas.Lifecycle, schemas.Owner, error) {
	c, err := s.ConversationSummary(ctx, id)
	return c.Lifecycle, c.Owner, err
}

// maxTryMessages bounds the transcript of a try.
const maxTryMessages = maxConsolePage

// TryTranscript is what came of a try, and the hash of the prompt of its last
// decision.
func (s *Store) TryTranscript(ctx context.Context, id schemas.ConversationID) (schemas.EvalTranscript, string, error) {
	out := schemas.EvalTranscript{Turns: []schemas.EvalTurn{}}
	c, err := s.ConversationSummary(ctx, id)
	if err != nil {
		return out, "", err
	}
	if c.Owner == schemas.OwnerQueue {
		out.Handoff = c.Reason
	}
	messages, _, err := s.ConversationMessages(ctx, id, 0, maxTryMessages)
	if err != nil {
		return out, "", err
	}
	trace, err := s.Trace(ctx, id, 0)
	if err != nil {
		return out, "", err
	}
	turns := map[int]schemas.TurnTrace{}
	for _, t := range trace.Turns {
		turns[t.Turn] = t
	}
	for _, m := range messages {
		if m.Speaker == schemas.SpeakerCustomer {
			out.Turns = append(out.Turns, tryTurn(turns[m.Turn]))
			continue
		}
		if n := len(out.Turns); n > 0 && !m.Private {
			last := &out.Turns[n-1]
			if last.Reply != "" {
				last.Reply += "\n\n"
			}
			last.Reply += m.Text
		}
	}
	return out, lastPrompt(trace), nil
}

// lastPrompt is the hash of the prompt of the latest turn that has one.
func lastPrompt(trace schemas.ConversationTrace) string {
	for _, t := range trace.Turns {
		for _, step := range t.Steps {
			if step.Prompt != "" {
				return step.Prompt
			}
		}
	}
	return ""
}

// tryTurn is what a turn decided; the zero trace is a message that went to
// people without one.
func tryTurn(t schemas.TurnTrace) schemas.EvalTurn {
	out := schemas.EvalTurn{Kind: schemas.DecisionKind(t.Kind)}
	if out.Kind == "" || t.State == "handed_off" {
		out.Kind = schemas.DecisionHandoff
	}
	for _, step := range t.Steps {
		if step.Run != nil && step.Run.State != schemas.RunDenied {
			// What was read from JSON marshals.
			args, _ := json.Marshal(step.Run.Arguments)
			out.Actions = append(out.Actions, schemas.EvalAction{
				Name: step.Run.Action, Args: args, Exact: step.Run.Exact,
				NotRecorded: step.Run.Error == string(schemas.RunErrorNotRecorded),
			})
		}
		for _, p := range step.Passages {
			if p.Cited && t.State == "composed" {
				out.Cited = append(out.Cited, schemas.EvalSource{Source: p.Source, URL: p.URL, Title: p.Title})
			}
		}
	}
	return out
}

// SaveTry stores one result, once.
func (s *Store) SaveTry(ctx context.Context, in schemas.PlayCaseInput, try schemas.EvalTry, prompt string) error {
	id, err := parse(schemas.PrefixEvalRun, in.Run, "run")
	if err != nil {
		return err
	}
	raw, err := json.Marshal(try.EvalResult)
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	p := dbq.PutResultParams{RunID: id, Place: int32(in.Place), Repeat: int32(try.Repeat), Result: raw, Passed: try.Passed()}
	if try.Conversation != "" {
		conv, err := conversationUUID(try.Conversation)
		if err != nil {
			return err
		}
		p.ConversationID = &conv
	}
	if err := s.q.PutResult(ctx, s.pool, p); err != nil {
		return fmt.Errorf("store result: %w", Unavailable(err))
	}
	if prompt == "" {
		return nil
	}
	if err := s.q.SetRunPrompt(ctx, s.pool, prompt, id); err != nil {
		return fmt.Errorf("store prompt of run: %w", Unavailable(err))
	}
	return nil
}
