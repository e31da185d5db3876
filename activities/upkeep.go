package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/activity"

	"steward/internal/knowledge"
	"steward/internal/policy"
	"steward/schemas"
)

// UpkeepStore finds what nobody looks after.
type UpkeepStore interface {
	OpenSyncs(ctx context.Context, limit int) ([]schemas.OpenSync, error)
	LoseSync(ctx context.Context, in schemas.SyncRef) error
	WaitingSources(ctx context.Context, limit int) ([]schemas.WaitingSource, error)
	DueSchedules(ctx context.Context, limit int) ([]schemas.DueSchedule, error)
	ScheduleApplied(ctx context.Context, id schemas.SourceID, schedule schemas.ResyncSchedule) error
	AgentsWithContent(ctx context.Context) ([]schemas.AgentID, error)
	IndexedTotal(ctx context.Context, agent schemas.AgentID) (int, error)
	AgentReads(ctx context.Context, agent schemas.AgentID) (bool, error)
}

// UpkeepWorkflows starts and looks at workflows of content.
type UpkeepWorkflows interface {
	Resyncer
	Schedules
	// Running reports whether a workflow of that id runs.
	Running(ctx context.Context, workflow string) (bool, error)
	StartReindex(ctx context.Context, in schemas.ReindexInput) error
}

// Upkeep are the activities that look after content which nobody looks after.
type Upkeep struct {
	Store     UpkeepStore
	Workflows UpkeepWorkflows
	Index     knowledge.Index
	Models    EmbedderStore
	Wanted    schemas.Embedder
}

// upkeepMost is how many rows of each kind one look mends.
const upkeepMost = 100

// UpkeepContent ends runs whose workflow is gone, starts those that could not
// be started, keeps the schedules as they should be, and has an index that lost
// its data made anew. What fails does not keep the rest from it.
func (a *Upkeep) UpkeepContent(ctx context.Context) error {
	stop := heartbeat(ctx)
	defer stop()
	return failure(ctx, errors.Join(a.loseSyncs(ctx), a.startSyncs(ctx), a.applySchedules(ctx), a.mendIndexes(ctx)))
}

func (a *Upkeep) loseSyncs(ctx context.Context) error {
	open, err := a.Store.OpenSyncs(ctx, upkeepMost)
	for _, sync := range open {
		running, ask := a.Workflows.Running(ctx, sync.Workflow)
		if ask == nil && !running {
			activity.GetLogger(ctx).Warn("a synchronisation was lost", "source", sync.Source, "sync", sync.Sync)
			ask = a.Store.LoseSync(ctx, sync.SyncRef)
		}
		err = errors.Join(err, ask)
	}
	return err
}

func (a *Upkeep) startSyncs(ctx context.Context) error {
	waiting, err := a.Store.WaitingSources(ctx, upkeepMost)
	for _, w := range waiting {
		in := schemas.SyncSourceInput{Source: w.Source, Agent: w.Agent, Trigger: schemas.TriggerChange}
		if w.Removing {
			in.Trigger = schemas.TriggerRemoval
		}
		err = errors.Join(err, a.Workflows.Resync(ctx, in))
	}
	return err
}

func (a *Upkeep) applySchedules(ctx context.Context) error {
	due, err := a.Store.DueSchedules(ctx, upkeepMost)
	for _, d := range due {
		set := a.Workflows.SetResync(ctx, d.Source, d.Agent, d.Schedule)
		if set == nil {
			set = a.Store.ScheduleApplied(ctx, d.Source, d.Schedule)
		}
		err = errors.Join(err, set)
	}
	return err
}

// mendIndexes has an index made anew that holds less than half of what it
// should, and the embedder of an agent brought in line with the configuration.
// While sources are being read their runs see to it themselves.
func (a *Upkeep) mendIndexes(ctx context.Context) error {
	agents, err := a.Store.AgentsWithContent(ctx)
	for _, agent := range agents {
		reads, ask := a.Store.AgentReads(ctx, agent)
		if ask != nil || reads {
			err = errors.Join(err, ask)
			continue
		}
		want, ask := a.Store.IndexedTotal(ctx, agent)
		if ask != nil || want == 0 {
			err = errors.Join(err, ask)
			continue
		}
		have, ask := a.Index.Total(ctx, agent)
		if ask != nil {
			err = errors.Join(err, ask)
			continue
		}
		lost := policy.IndexLost(have, want)
		stale, ask := a.staleEmbedder(ctx, agent)
		err = errors.Join(err, ask)
		if lost || stale {
			err = errors.Join(err, a.Workflows.StartReindex(ctx, schemas.ReindexInput{Agent: agent, Rebuild: lost}))
		}
	}
	return err
}

// staleEmbedder reports whether the configuration asks for another embedder
// than the one that is used or filled.
func (a *Upkeep) staleEmbedder(ctx context.Context, agent schemas.AgentID) (bool, error) {
	live, filling, err := a.Models.Embedders(ctx, agent)
	if err != nil {
		return false, err
	}
	var since schemas.Embedder
	if live != nil {
		since = *live
	}
	total, added, err := a.Models.CorpusChange(ctx, agent, since.CreatedAt)
	if err != nil {
		return false, err
	}
	return policy.PlanEmbedder(a.Wanted, live, filling, total, added) != policy.EmbedderKeep || filling != nil, nil
}
