package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Draft returns the settings being edited and their revision, which SaveDraft
// and Publish ask for.
func (s *Store) Draft(ctx context.Context, id schemas.AgentID) (schemas.Settings, int64, error) {
	agent, err := parse(schemas.PrefixAgent, id, "agent")
	if err != nil {
		return schemas.Settings{}, 0, err
	}
	row, err := s.q.DraftRow(ctx, s.pool, agent)
	if err != nil {
		return schemas.Settings{}, 0, fmt.Errorf("read draft: %w", noRows(err, "agent"))
	}
	settings, err := decodeSettings(row.Settings)
	return settings, row.Revision, err
}

// SaveDraft replaces the draft. It is KindConflict when somebody else has saved
// since the revision was read. The caller has validated settings.
func (s *Store) SaveDraft(ctx context.Context, id schemas.AgentID, settings schemas.Settings, revision int64) error {
	agent, err := parse(schemas.PrefixAgent, id, "agent")
	if err != nil {
		return err
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	saved, err := s.q.SaveDraft(ctx, s.pool, dbq.SaveDraftParams{Settings: raw, AgentID: agent, Revision: revision})
	if err != nil {
		return fmt.Errorf("save draft: %w", err)
	}
	if saved == 0 {
		return staleDraft()
	}
	return nil
}

// Publish makes the draft of that revision the next immutable version and, in
// the same transaction, wakes the conversations that wait for hours, because
// the hours may be others now. Spec: D14. Settled: rule 22.
func (s *Store) Publish(ctx context.Context, id schemas.AgentID, note string, revision int64) (int, error) {
	agent, err := parse(schemas.PrefixAgent, id, "agent")
	if err != nil {
		return 0, err
	}
	var number int32
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := s.q.LockAgent(ctx, tx, agent); err != nil {
			return noRows(err, "agent")
		}
		p := dbq.PublishDraftParams{ID: newID(), Note: plain(note, maxReason), AgentID: agent, Revision: revision}
		if number, err = s.q.PublishDraft(ctx, tx, p); err != nil {
			if noSuch(err) {
				return staleDraft()
			}
			return err
		}
		woken, err := s.q.FanOutSettings(ctx, tx, number, agent)
		if err != nil {
			return fmt.Errorf("wake conversations that wait for hours: %w", err)
		}
		if woken == 0 {
			return nil
		}
		return s.notify(ctx, tx, NotifyInbox, "")
	})
	if err != nil {
		return 0, fmt.Errorf("publish draft: %w", err)
	}
	return int(number), nil
}

// Published returns the settings in force and their number, which is 0 when
// nothing has been published.
func (s *Store) Published(ctx context.Context, id schemas.AgentID) (schemas.Settings, int, error) {
	agent, err := parse(schemas.PrefixAgent, id, "agent")
	if err != nil {
		return schemas.Settings{}, 0, err
	}
	row, err := s.q.PublishedRow(ctx, s.pool, agent)
	if noSuch(err) {
		return schemas.Settings{}, 0, nil
	}
	if err != nil {
		return schemas.Settings{}, 0, fmt.Errorf("read published settings: %w", err)
	}
	settings, err := decodeSettings(row.Settings)
	return settings, int(row.Number), err
}

func staleDraft() error {
	return schemas.NewError(schemas.KindConflict, "the draft has been changed meanwhile: read it again")
}

func decodeSettings(raw json.RawMessage) (schemas.Settings, error) {
	var settings schemas.Settings
	if err := json.Unmarshal(raw, &settings); err != nil {
		return settings, fmt.Errorf("decode settings: %w", err)
	}
	return settings, nil
}
