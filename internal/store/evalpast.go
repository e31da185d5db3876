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

// NewEvalPast is a run of past conversations to be started.
type NewEvalPast struct {
	Agent schemas.AgentID
	// Engine is the name of what answers.
	Engine string
	schemas.NewEvalPast
}

// StartEvalPast stores a run with the ids of the conversations that it plays
// again: the newest that the agent has answered, and no previews. KindConflict
// when there are none. Spec: D23.
func (s *Store) StartEvalPast(ctx context.Context, n NewEvalPast) (schemas.EvalRunID, error) {
	p := dbq.PutEvalPastParams{
		ID: newID(), Version: int32(n.Version), Engine: n.Engine, MostTurns: traceTurns, Most: int32(n.Limit),
		Lasts: time.Duration(n.Days) * 24 * time.Hour,
	}
	var err error
	if p.AgentID, err = parse(schemas.PrefixAgent, n.Agent, "agent"); err != nil {
		return "", err
	}
	if p.Draft, err = s.pinned(ctx, n.Agent, p.AgentID, n.Version); err != nil {
		return "", err
	}
	found, err := s.q.PutEvalPast(ctx, s.pool, p)
	if err != nil {
		return "", fmt.Errorf("store run: %w", Unavailable(err))
	}
	if found == 0 {
		return "", schemas.NewError(schemas.KindConflict, "the agent has answered no conversation that began in this time")
	}
	return show[schemas.EvalRunID](schemas.PrefixEvalRun, p.ID), nil
}

// pinned keeps the draft for a run and returns its revision; 0 for a published
// version, which there has to be.
func (s *Store) pinned(ctx context.Context, agent schemas.AgentID, id uuid.UUID, version int) (int64, error) {
	if version == 0 {
		return s.PinDraft(ctx, agent)
	}
	exists, err := s.q.VersionExists(ctx, s.pool, id, int32(version))
	switch {
	case err != nil:
		return 0, fmt.Errorf("find version: %w", Unavailable(err))
	case !exists:
		return 0, schemas.NewError(schemas.KindInvalid, "version: there is no such version")
	}
	return 0, nil
}

// pastCase is a conversation as it was. One that is gone has no turns.
func (s *Store) pastCase(ctx context.Context, id schemas.ConversationID) (*schemas.PastCase, error) {
	out := &schemas.PastCase{Conversation: id, Was: schemas.EvalTranscript{Turns: []schemas.EvalTurn{}}}
	conv, err := conversationUUID(id)
	if err != nil {
		return nil, err
	}
	row, err := s.q.PastConversation(ctx, s.pool, conv)
	if noSuch(err) {
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read past conversation: %w", Unavailable(err))
	}
	out.Channel, out.Language = schemas.ChannelKind(row.ChannelKind), row.Language
	if out.Known, err = s.known(ctx, s.pool, conv, 0); err != nil {
		return nil, Unavailable(err)
	}
	// A proof does not age while nobody writes.
	out.Known.Now = row.LastInboundAt.UTC()
	if out.Known.Proof.Kind == schemas.ProofCookie {
		out.Known.Proof.At = out.Known.Now
	}
	e, err := s.exchange(ctx, id, conv)
	if err != nil {
		return nil, err
	}
	out.Was = e.was()
	return out, nil
}

// StartPast begins the preview that plays a past conversation again, for a
// customer who is known as well as then. One that was begun before goes on with
// its own.
func (s *Store) StartPast(ctx context.Context, t schemas.EvalTarget, level schemas.IdentityLevel, key string) (schemas.ConversationID, error) {
	return s.StartPreview(ctx, NewPreview{Agent: t.Agent, Key: key, Past: t.Past.Conversation, NewPreview: schemas.NewPreview{
		Version: t.Version, Draft: t.Draft, Channel: t.Past.Channel, Locale: t.Past.Language, Identity: level, Email: t.Past.Known.Email,
	}})
}

// playRun gives a run the result that the past conversation had for the same
// call, and a fixed failure when it had none: nothing is ever called. The run
// begins and ends in one transaction. Spec: D23. Settled: rule 26.
func (s *Store) playRun(ctx context.Context, tx pgx.Tx, c *checking, out *schemas.Claimed) error {
	attempt, err := s.q.ClaimRun(ctx, tx, dbq.ClaimRunParams{
		Digest: c.facts.Read.Digest, ArgsHash: c.facts.Read.Hash, Identity: string(c.facts.Material.Identity),
		ConversationID: c.l.conv.ID, Turn: int32(c.run.Turn), Step: int32(c.run.Step),
	})
	if err != nil {
		return fmt.Errorf("claim run: %w", err)
	}
	p := dbq.FinishRunParams{
		ConversationID: c.l.conv.ID, Turn: int32(c.run.Turn), Step: int32(c.run.Step), Attempts: attempt,
		State: string(schemas.RunFailed), Status: string(schemas.CallFailed), Error: string(schemas.RunErrorNotRecorded), Shown: json.RawMessage("[]"),
	}
	r, err := s.q.RecordedRun(ctx, tx, dbq.RecordedRunParams{
		Past: *c.l.conv.PreviewOf, Action: c.stored.Action, Arguments: c.stored.Arguments,
		Preview: c.l.conv.ID, Turn: int32(c.run.Turn), Step: int32(c.run.Step),
	})
	switch {
	case err == nil:
		p.State, p.Status, p.Error, p.Detail, p.Shown = r.State, r.Status, r.Error, r.Detail, r.Shown
		p.HttpStatus, p.TookMillis = r.HttpStatus, r.TookMillis
	case !noSuch(err):
		return fmt.Errorf("read recorded run: %w", err)
	}
	if _, err := s.q.FinishRun(ctx, tx, p); err != nil {
		return fmt.Errorf("end run: %w", err)
	}
	ended := *c.stored
	ended.State = p.State
	out.Result = resultOf(&ended, c.facts.Read.Action)
	return nil
}
