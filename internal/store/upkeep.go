package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// OpenSyncs returns runs that have been open for some minutes, oldest first.
func (s *Store) OpenSyncs(ctx context.Context, limit int) ([]schemas.OpenSync, error) {
	rows, err := s.q.OpenSyncs(ctx, s.pool, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list open syncs: %w", err)
	}
	out := make([]schemas.OpenSync, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.OpenSync{
			SyncRef: schemas.SyncRef{
				Source: show[schemas.SourceID](schemas.PrefixSource, r.SourceID), Agent: show[schemas.AgentID](schemas.PrefixAgent, r.AgentID),
				Sync: show[schemas.SyncID](schemas.PrefixSync, r.ID),
			},
			Workflow: r.WorkflowID, Run: r.RunID,
		})
	}
	return out, nil
}

// IndexedNow returns the last runs of sources that failed because the index did
// not take everything, and that the index has whole by now.
func (s *Store) IndexedNow(ctx context.Context, limit int) ([]schemas.SyncRef, error) {
	rows, err := s.q.IndexedNow(ctx, s.pool, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list sources that are indexed now: %w", err)
	}
	out := make([]schemas.SyncRef, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.SyncRef{
			Source: show[schemas.SourceID](schemas.PrefixSource, r.ID), Agent: show[schemas.AgentID](schemas.PrefixAgent, r.AgentID),
			Sync: show[schemas.SyncID](schemas.PrefixSync, r.LastSync),
		})
	}
	return out, nil
}

// HealSource gives a source that IndexedNow names the state that its last run
// would have given it. The run stays as it ended.
func (s *Store) HealSource(ctx context.Context, in schemas.SyncRef, end schemas.SyncEnd) error {
	r, err := readRef(in)
	if err != nil {
		return err
	}
	err = s.q.HealSource(ctx, s.pool, dbq.HealSourceParams{Status: string(end.Status), Reason: string(end.Reason), ID: r.source, SyncID: r.run})
	if err != nil {
		return fmt.Errorf("heal source: %w", err)
	}
	return nil
}

// LoseSync ends a run whose workflow is over without its last step, and frees
// its source. The caller makes sure that none is running.
func (s *Store) LoseSync(ctx context.Context, in schemas.SyncRef) error {
	r, err := readRef(in)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.q.LoseSource(ctx, tx, r.source, r.run); err != nil {
			return err
		}
		return s.endRun(ctx, tx, r, schemas.SyncFailed, schemas.FailLost)
	})
	if err != nil {
		return fmt.Errorf("lose sync: %w", err)
	}
	return nil
}

// WaitingSources returns sources that wait for a sync nobody has started.
func (s *Store) WaitingSources(ctx context.Context, limit int) ([]schemas.WaitingSource, error) {
	rows, err := s.q.SourcesWaiting(ctx, s.pool, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list waiting sources: %w", err)
	}
	out := make([]schemas.WaitingSource, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.WaitingSource{
			Source: show[schemas.SourceID](schemas.PrefixSource, r.ID), Agent: show[schemas.AgentID](schemas.PrefixAgent, r.AgentID),
			Removing: r.Status == string(schemas.SourceRemoving),
		})
	}
	return out, nil
}

// DueSchedules returns schedules that have to be made, changed or deleted.
func (s *Store) DueSchedules(ctx context.Context, limit int) ([]schemas.DueSchedule, error) {
	rows, err := s.q.SchedulesToApply(ctx, s.pool, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	out := make([]schemas.DueSchedule, 0, len(rows))
	for _, r := range rows {
		d := schemas.DueSchedule{
			Source: show[schemas.SourceID](schemas.PrefixSource, r.ID), Agent: show[schemas.AgentID](schemas.PrefixAgent, r.AgentID),
			Schedule: schemas.ResyncSchedule(r.Schedule),
		}
		if schemas.ResyncPeriod(d.Schedule) == 0 || r.Status == string(schemas.SourceRemoving) {
			d.Schedule = schemas.ResyncNever
		}
		out = append(out, d)
	}
	return out, nil
}

// ScheduleApplied notes the schedule that Temporal has for a source.
func (s *Store) ScheduleApplied(ctx context.Context, id schemas.SourceID, schedule schemas.ResyncSchedule) error {
	source, err := parse(schemas.PrefixSource, id, "source")
	if err != nil {
		return err
	}
	if err := s.q.NoteSchedule(ctx, s.pool, source, string(schedule)); err != nil {
		return fmt.Errorf("note schedule: %w", err)
	}
	return nil
}

// AgentReads reports whether a source of the agent is being read, or was within
// the last five minutes.
func (s *Store) AgentReads(ctx context.Context, agent schemas.AgentID) (bool, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return false, err
	}
	reads, err := s.q.AgentReads(ctx, s.pool, owner)
	if err != nil {
		return false, fmt.Errorf("look for syncs: %w", err)
	}
	return reads, nil
}

// AgentsWithContent returns the agents that have sources.
func (s *Store) AgentsWithContent(ctx context.Context) ([]schemas.AgentID, error) {
	ids, err := s.q.AgentsWithContent(ctx, s.pool)
	if err != nil {
		return nil, fmt.Errorf("list agents: %w", err)
	}
	out := make([]schemas.AgentID, 0, len(ids))
	for _, id := range ids {
		out = append(out, show[schemas.AgentID](schemas.PrefixAgent, id))
	}
	return out, nil
}

// UnindexedTotal counts passages of an agent that wait for the index though no
// run reads their source.
func (s *Store) UnindexedTotal(ctx context.Context, agent schemas.AgentID) (int, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return 0, err
	}
	n, err := s.q.UnindexedTotal(ctx, s.pool, owner)
	if err != nil {
		return 0, fmt.Errorf("count passages to index: %w", err)
	}
	return int(n), nil
}

// UnfilledTotal counts passages of an agent that lack a vector of an embedder.
func (s *Store) UnfilledTotal(ctx context.Context, agent schemas.AgentID, embedder schemas.EmbedderID) (int, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return 0, err
	}
	ids, err := embedderUUIDs([]schemas.EmbedderID{embedder})
	if err != nil {
		return 0, err
	}
	n, err := s.q.CountUnfilled(ctx, s.pool, owner, ids)
	if err != nil {
		return 0, fmt.Errorf("count passages without vectors: %w", err)
	}
	return int(n), nil
}
