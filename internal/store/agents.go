package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Bootstrap is what the first start of a deployment makes.
type Bootstrap struct {
	// Name of the agent, as operators see it. Default "Steward".
	Name string
	// Settings of the draft and of the published version 1. Nil means
	// schemas.DefaultSettings.
	Settings *schemas.Settings
}

// Deployment is the one agent of a deployment and the channel it serves.
type Deployment struct {
	Agent     schemas.AgentID
	Channel   schemas.ChannelID
	PublicKey string
}

// Bootstrap makes the agent, its draft, its published version 1 and a live
// chat channel with a random public key, unless they exist. Any number of
// processes may call it at once.
func (s *Store) Bootstrap(ctx context.Context, b Bootstrap) (Deployment, error) {
	if b.Name == "" {
		b.Name = "Steward"
	}
	settings := schemas.DefaultSettings()
	if b.Settings != nil {
		settings = *b.Settings
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		return Deployment{}, fmt.Errorf("encode settings: %w", err)
	}
	var out Deployment
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.q.LockBootstrap(ctx, tx); err != nil {
			return err
		}
		if out, err = s.deployment(ctx, tx); !noSuch(err) {
			return err
		}
		return s.bootstrap(ctx, tx, b.Name, raw, &out)
	})
	if err != nil {
		return Deployment{}, fmt.Errorf("bootstrap deployment: %w", err)
	}
	// Made here, so that no transaction has to wait for a second connection that
	// makes it.
	if _, err := s.identityKey(ctx, s.pool); err != nil {
		return Deployment{}, err
	}
	return out, nil
}

func (s *Store) bootstrap(ctx context.Context, tx pgx.Tx, name string, settings json.RawMessage, out *Deployment) error {
	agent, channel := newID(), newID()
	if err := s.q.PutAgent(ctx, tx, agent, name); err != nil {
		return fmt.Errorf("store agent: %w", err)
	}
	if err := s.q.PutDraft(ctx, tx, dbq.PutDraftParams{ID: newID(), AgentID: agent, Settings: settings}); err != nil {
		return fmt.Errorf("store draft: %w", err)
	}
	p := dbq.PublishDraftParams{ID: newID(), Note: "first version", AgentID: agent, Revision: 1}
	if _, err := s.q.PublishDraft(ctx, tx, p); err != nil {
		return fmt.Errorf("publish version 1: %w", err)
	}
	c := dbq.PutChannelParams{ID: channel, AgentID: agent, Name: "Live chat", PublicKey: rand.Text()}
	if err := s.q.PutChannel(ctx, tx, c); err != nil {
		return fmt.Errorf("store channel: %w", err)
	}
	*out = showDeployment(agent, channel, c.PublicKey)
	return nil
}

func (s *Store) deployment(ctx context.Context, db dbq.DBTX) (Deployment, error) {
	row, err := s.q.FirstAgent(ctx, db)
	if err != nil {
		return Deployment{}, err
	}
	return showDeployment(row.ID, row.ChannelID, row.PublicKey), nil
}

func showDeployment(agent, channel uuid.UUID, key string) Deployment {
	return Deployment{
		Agent:     show[schemas.AgentID](schemas.PrefixAgent, agent),
		Channel:   show[schemas.ChannelID](schemas.PrefixChannel, channel),
		PublicKey: key,
	}
}

// TheAgent returns the deployment's one agent and its channel; KindNotFound
// before Bootstrap.
func (s *Store) TheAgent(ctx context.Context) (Deployment, error) {
	out, err := s.deployment(ctx, s.pool)
	if err != nil {
		return out, fmt.Errorf("read agent: %w", noRows(err, "agent"))
	}
	return out, nil
}

// AgentState returns the agent's switch, its pauses and its published version.
// A pause whose end has come stays listed until CommandExpire ends it, so that
// Next never skips it.
func (s *Store) AgentState(ctx context.Context, id schemas.AgentID) (schemas.AgentState, error) {
	agent, err := parse(schemas.PrefixAgent, id, "agent")
	if err != nil {
		return schemas.AgentState{}, err
	}
	var out schemas.AgentState
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		out, err = s.agentState(ctx, tx, agent)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("read agent state: %w", err)
	}
	return out, nil
}

func (s *Store) agentState(ctx context.Context, tx pgx.Tx, agent uuid.UUID) (schemas.AgentState, error) {
	row, err := s.q.AgentRow(ctx, tx, agent)
	if err != nil {
		return schemas.AgentState{}, noRows(err, "agent")
	}
	pauses, err := s.q.PausesInForce(ctx, tx, agent)
	if err != nil {
		return schemas.AgentState{}, fmt.Errorf("read pauses: %w", err)
	}
	out := schemas.AgentState{
		Agent: show[schemas.AgentID](schemas.PrefixAgent, agent), Name: row.Name, On: row.SwitchedOn,
		Number: row.StateNumber, Reason: row.Reason, Published: int(row.Published),
	}
	for _, p := range pauses {
		pause := schemas.Pause{
			ID: show[schemas.PauseID](schemas.PrefixPause, p.ID), Scope: schemas.PauseScope(p.Scope), Target: p.Target,
			Reason: p.Reason, Since: p.CreatedAt.UTC(), Until: utc(p.Until),
		}
		out.Pauses = append(out.Pauses, pause)
		if !pause.Until.IsZero() && (out.Next.IsZero() || pause.Until.Before(out.Next)) {
			out.Next = pause.Until
		}
	}
	return out, nil
}

// ApplyAgentCommand applies an operator's command that is to produce the state
// number in.Number, and returns the state. A number already reached is not
// applied again; one that skips a number is KindConflict. A command that
// changes nothing leaves the number as it is. Settled: rule 18.
//
// A pause that cannot be understood pauses the whole agent; a resume that
// cannot be understood ends nothing. Resume of scope agent ends every pause.
func (s *Store) ApplyAgentCommand(ctx context.Context, in schemas.AgentCommandInput) (schemas.AgentState, error) {
	agent, err := parse(schemas.PrefixAgent, in.Agent, "agent")
	if err != nil {
		return schemas.AgentState{}, err
	}
	var out schemas.AgentState
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.LockAgent(ctx, tx, agent)
		if err != nil {
			return noRows(err, "agent")
		}
		if in.Command.Kind != schemas.CommandRead && row.StateNumber < in.Number {
			if row.StateNumber != in.Number-1 {
				return schemas.NewError(schemas.KindConflict, "the agent's state has changed meanwhile")
			}
			if err := s.applyCommand(ctx, tx, row, in); err != nil {
				return err
			}
		}
		out, err = s.agentState(ctx, tx, agent)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("apply agent command %s: %w", in.Command.Kind, err)
	}
	return out, nil
}

func (s *Store) applyCommand(ctx context.Context, tx pgx.Tx, row dbq.LockAgentRow, in schemas.AgentCommandInput) error {
	next := dbq.SetAgentStateParams{ID: row.ID, SwitchedOn: row.SwitchedOn, Reason: row.Reason, StateNumber: in.Number}
	var changed bool
	var err error
	switch c := in.Command; c.Kind {
	case schemas.CommandPause:
		changed, err = true, s.pause(ctx, tx, row.ID, c.Pause, in.Number)
	case schemas.CommandResume:
		changed, err = s.resumePauses(ctx, tx, row.ID, c.Pause)
	case schemas.CommandExpire:
		var ended int64
		ended, err = s.q.ExpirePauses(ctx, tx, row.ID)
		changed = ended > 0
	case schemas.CommandSwitchOn, schemas.CommandSwitchOff:
		next.SwitchedOn, next.Reason = c.Kind == schemas.CommandSwitchOn, plain(c.Switch.Reason, maxReason)
		changed = next.SwitchedOn != row.SwitchedOn || next.Reason != row.Reason
	default:
		return schemas.NewError(schemas.KindInvalid, "unknown agent command")
	}
	if err != nil || !changed {
		return err
	}
	return s.q.SetAgentState(ctx, tx, next)
}

// pause writes a pause, replacing the end and the reason of one that is in
// force for the same target.
func (s *Store) pause(ctx context.Context, tx pgx.Tx, agent uuid.UUID, in schemas.PauseInput, number int64) error {
	if in.Validate() != nil {
		in = schemas.PauseInput{Reason: in.Reason}
	}
	if in.Scope == "" {
		in.Scope = schemas.ScopeAgent
	}
	err := s.q.PutPause(ctx, tx, dbq.PutPauseParams{
		ID: newID(), AgentID: agent, Scope: string(in.Scope), Target: in.Target,
		Reason: plain(in.Reason, maxReason), Number: number, Until: timePtr(in.Until),
	})
	if err != nil {
		return fmt.Errorf("store pause: %w", err)
	}
	return nil
}

func (s *Store) resumePauses(ctx context.Context, tx pgx.Tx, agent uuid.UUID, in schemas.PauseInput) (bool, error) {
	if in.Validate() != nil {
		return false, nil
	}
	if in.Scope == "" {
		in.Scope = schemas.ScopeAgent
	}
	ended, err := s.q.EndPauses(ctx, tx, dbq.EndPausesParams{AgentID: agent, Scope: string(in.Scope), Target: in.Target})
	if err != nil {
		return false, fmt.Errorf("end pauses: %w", err)
	}
	return ended > 0, nil
}

// FanOut wakes the next conversations, at most limit, that the agent's state
// moves, each by one control row per state number. It is called again until
// done; calling it once more wakes nobody twice. Settled: rules 18, 22.
func (s *Store) FanOut(ctx context.Context, in schemas.FanOutInput, limit int) (woken int, done bool, err error) {
	agent, err := parse(schemas.PrefixAgent, in.Agent, "agent")
	if err != nil {
		return 0, false, err
	}
	if limit < 1 {
		return 0, false, errors.New("fan out: the limit is at least 1")
	}
	limit = min(limit, 10_000)
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.LockAgent(ctx, tx, agent)
		if err != nil {
			return noRows(err, "agent")
		}
		if woken, done = 0, row.FannedOut >= in.Number; done {
			return nil
		}
		rows, err := s.q.FanOutState(ctx, tx, dbq.FanOutStateParams{Number: in.Number, AgentID: agent, Most: int32(limit)})
		if err != nil {
			return fmt.Errorf("write control rows: %w", err)
		}
		if woken = int(rows); woken > 0 {
			if err := s.notify(ctx, tx, NotifyInbox, ""); err != nil {
				return err
			}
		}
		if done = woken < limit; !done {
			return nil
		}
		return s.q.SetFannedOut(ctx, tx, in.Number, agent)
	})
	if err != nil {
		return 0, false, fmt.Errorf("fan out agent state: %w", err)
	}
	return woken, done, nil
}

// maxReason is how many characters of an operator's reason are kept.
const maxReason = 500

// plain makes text storable: valid UTF-8, without NUL, at most most characters.
func plain(text string, most int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
	if len(text) <= most {
		return text
	}
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}
