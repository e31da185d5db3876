package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// historyLines is how many earlier messages an engine sees.
const historyLines = 20

// stalled is how long a turn is past its deadline before it counts as kept by
// an outage.
const stalled = 10 * time.Minute

// claimTurn opens the next turn, or the open one again, with every customer
// message that is in no turn yet. The number comes from what opened it.
// Settled: rules 4, 12.
func (s *Store) claimTurn(ctx context.Context, tx pgx.Tx, l locked, v schemas.Verdict) (schemas.NextStepResult, error) {
	var out schemas.NextStepResult
	turn, late, deadline := l.counts.OpenTurn, v.Late && !l.conv.Waited, v.Until
	var version int32
	if turn == 0 {
		if err := s.keepDraft(ctx, tx, l); err != nil {
			return out, err
		}
		row, err := s.q.ClaimTurn(ctx, tx, dbq.ClaimTurnParams{
			ConversationID: l.conv.ID, Turn: l.conv.Turn + 1, OpenedBy: opener(l, v),
			Engagement: l.conv.Engagement, ConfigVersion: l.row.Published, Draft: l.row.Draft,
			Late: late, Deadline: deadline,
		})
		if err != nil {
			return out, fmt.Errorf("claim turn: %w", err)
		}
		turn, late, deadline, version = row.Turn, row.Late, row.Deadline, row.ConfigVersion
	} else {
		row, err := s.q.GoOn(ctx, tx, dbq.GoOnParams{Overdue: stalled, Deadline: deadline, ConversationID: l.conv.ID})
		if err != nil {
			return out, fmt.Errorf("go on with open turn: %w", err)
		}
		late, deadline, version = row.Late, row.Deadline, row.ConfigVersion
	}
	if !l.facts.Resumed {
		if err := s.setResume(ctx, tx, l.conv.ID, turn, v.Resume); err != nil {
			return out, err
		}
	}
	if len(l.questions) > 0 {
		if err := s.q.VoidReplies(ctx, tx, l.conv.ID); err != nil {
			return out, fmt.Errorf("void replies: %w", err)
		}
	}
	taken, err := s.q.TakeMessages(ctx, tx, turn, l.conv.ID)
	if err != nil {
		return out, fmt.Errorf("take messages: %w", err)
	}
	if err := s.q.SetTurn(ctx, tx, dbq.SetTurnParams{Turn: turn, ConfigVersion: version, Upset: v.Upset, ID: l.conv.ID}); err != nil {
		return out, fmt.Errorf("set turn: %w", err)
	}
	if err := s.settleButEnd(ctx, tx, l); err != nil {
		return out, err
	}
	if err := s.notify(ctx, tx, NotifyChat, l.conv.ID.String()); err != nil {
		return out, err
	}
	out = schemas.NextStepResult{
		Do: schemas.DoTurn, Late: late, Deadline: deadline.UTC(), Rounds: l.settings.Limits.Defaults().Rounds, LookUp: wantsCustomer(l),
	}
	switch {
	case v.Resume == nil:
	case v.Resume.Kind == schemas.PendingReply:
		out.Held = true
	default:
		out.Resume = &v.Resume.Run
	}
	for _, id := range taken {
		out.Taken = append(out.Taken, show[schemas.MessageID](schemas.PrefixMessage, id))
	}
	out.Head, err = s.head(ctx, tx, l.conv.ID)
	return out, err
}

// opener is what opens a turn: its first message, or what was decided about an
// earlier run. Settled: rule 4.
func opener(l locked, v schemas.Verdict) string {
	if len(l.questions) == 0 && v.Resume != nil {
		return "p:" + string(v.Resume.Pending)
	}
	return "m:" + strconv.FormatInt(l.questions[0].Seq, 10)
}

// settleButEnd marks the control rows as applied, unless the customer has
// ended the chat: that is done after the answer.
func (s *Store) settleButEnd(ctx context.Context, tx pgx.Tx, l locked) error {
	for _, c := range l.facts.Controls {
		if c == schemas.ControlEnd {
			return nil
		}
	}
	if len(l.facts.Controls) == 0 {
		return nil
	}
	return s.q.ApplyControls(ctx, tx, l.conv.ID)
}

// Material is what an engine may use for a turn: the questions, the messages
// before them, the passages found, and the version of the settings that the
// turn pinned.
func (s *Store) Material(ctx context.Context, ref schemas.TurnRef) (schemas.Material, error) {
	id, err := conversationUUID(ref.Conversation)
	if err != nil {
		return schemas.Material{}, err
	}
	m, err := s.material(ctx, s.pool, id, ref)
	if err != nil {
		return m, fmt.Errorf("load material: %w", err)
	}
	return m, nil
}

func (s *Store) material(ctx context.Context, tx dbq.DBTX, id uuid.UUID, ref schemas.TurnRef) (schemas.Material, error) {
	m := schemas.Material{TurnRef: ref}
	c, err := s.q.ConversationSettings(ctx, tx, int32(ref.Turn), id)
	if err != nil {
		return m, noRows(err, "turn")
	}
	if err := json.Unmarshal(c.Settings, &m.Settings); err != nil {
		return m, fmt.Errorf("read settings: %w", err)
	}
	m.Agent = show[schemas.AgentID](schemas.PrefixAgent, c.AgentID)
	m.Channel, m.Language, m.Version = schemas.ChannelKind(c.ChannelKind), c.Language, int(c.Number)
	m.NotFoundStreak, m.First = int(c.NotFoundStreak), c.Replies == 0
	m.Tokens = int(c.Tokens)
	m.ClarifyStreak = int(c.ClarifyStreak)
	if len(c.Frame) > 0 {
		if err := json.Unmarshal(c.Frame, &m.Frame); err != nil {
			return m, fmt.Errorf("read frame: %w", err)
		}
	}
	if err := json.Unmarshal(c.Pendings, &m.Pending); err != nil {
		return m, fmt.Errorf("read what is waited for: %w", err)
	}
	questions, err := s.q.TurnQuestions(ctx, tx, id, int32(ref.Turn))
	if err != nil {
		return m, fmt.Errorf("read questions: %w", err)
	}
	before := c.LastSeq + 1
	for i, q := range questions {
		if i == 0 {
			before = *q.Seq
		}
		m.Questions = append(m.Questions, q.Text)
		m.Asked = show[schemas.MessageID](schemas.PrefixMessage, q.ID)
	}
	if m.History, err = s.tail(ctx, tx, id, before, historyLines, c.KnownSince); err != nil {
		return m, err
	}
	if err := s.steps(ctx, tx, id, &m); err != nil {
		return m, err
	}
	if m.Passages, err = s.stillLive(ctx, tx, m.Passages); err != nil {
		return m, err
	}
	if err := s.goals(ctx, tx, id, &m); err != nil {
		return m, err
	}
	if m.Known, err = s.known(ctx, tx, id, ref.Turn); err != nil {
		return m, err
	}
	m.Known.Preview, m.Known.PlaysPast = schemas.IdentityLevel(c.PreviewIdentity), c.PlaysPast
	return m, s.rounds(ctx, tx, id, &m, resumed(c.ResumeTurn, c.ResumeStep), c.KnownSince)
}

// The kinds of steps whose results are kept.
const (
	stepRetrieve = "retrieve"
	stepGenerate = "generate"
)

// steps reads the latest passages and decision, up to the step of m.
func (s *Store) steps(ctx context.Context, tx dbq.DBTX, id uuid.UUID, m *schemas.Material) error {
	rows, err := s.q.LatestSteps(ctx, tx, dbq.LatestStepsParams{ConversationID: id, Turn: int32(m.Turn), Step: int32(m.Step)})
	if err != nil {
		return fmt.Errorf("read steps: %w", err)
	}
	for _, r := range rows {
		var into any = &m.Passages
		if r.Kind == stepGenerate {
			m.Previous = &schemas.Decision{}
			into = m.Previous
		}
		if err := json.Unmarshal(r.Result, into); err != nil {
			return fmt.Errorf("read %s step: %w", r.Kind, err)
		}
	}
	return nil
}

// SavePassages stores what Retrieve found for a turn.
func (s *Store) SavePassages(ctx context.Context, ref schemas.TurnRef, passages []schemas.Passage, note schemas.StepNote) error {
	return s.saveStep(ctx, ref, stepRetrieve, passages, note)
}

// SaveDecision stores what an engine proposed for a turn.
func (s *Store) SaveDecision(ctx context.Context, ref schemas.TurnRef, d schemas.Decision, note schemas.StepNote) error {
	return s.saveStep(ctx, ref, stepGenerate, d, note)
}

func (s *Store) saveStep(ctx context.Context, ref schemas.TurnRef, kind string, result any, note schemas.StepNote) error {
	id, err := conversationUUID(ref.Conversation)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("encode %s step: %w", kind, err)
	}
	if err := s.q.PutStep(ctx, s.pool, dbq.PutStepParams{
		ConversationID: id, Turn: int32(ref.Turn), Step: int32(ref.Step), Kind: kind, Result: raw,
		TookMillis: int32(min(note.Took.Milliseconds(), math.MaxInt32)), Query: note.Query,
	}); err != nil {
		return fmt.Errorf("save %s step: %w", kind, err)
	}
	if note.Degraded {
		if err := s.q.MarkDegraded(ctx, s.pool, id, int32(ref.Turn)); err != nil {
			return fmt.Errorf("mark turn degraded: %w", err)
		}
	}
	return nil
}

// RecordUsage keeps what one engine call cost, also when it failed, since
// providers bill attempts.
func (s *Store) RecordUsage(ctx context.Context, ref schemas.TurnRef, engine string, u schemas.Usage, failed string) error {
	id, err := conversationUUID(ref.Conversation)
	if err != nil {
		return err
	}
	return s.q.PutUsage(ctx, s.pool, dbq.PutUsageParams{
		ConversationID: id, Turn: int32(ref.Turn), Step: int32(ref.Step), Engine: engine,
		InputTokens: int32(u.Input), CachedTokens: int32(u.Cached), OutputTokens: int32(u.Output), Failed: failed,
	})
}
