package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"steward/internal/knowledge"
	"steward/internal/policy"
	"steward/schemas"
)

// UpkeepStore finds what nobody looks after.
type UpkeepStore interface {
	OpenSyncs(ctx context.Context, limit int) ([]schemas.OpenSync, error)
	LoseSync(ctx context.Context, in schemas.SyncRef) error
	IndexedNow(ctx context.Context, limit int) ([]schemas.SyncRef, error)
	SyncFacts(ctx context.Context, in schemas.SyncRef) (schemas.SyncFacts, error)
	HealSource(ctx context.Context, in schemas.SyncRef, end schemas.SyncEnd) error
	WaitingSources(ctx context.Context, limit int) ([]schemas.WaitingSource, error)
	DueSchedules(ctx context.Context, limit int) ([]schemas.DueSchedule, error)
	ScheduleApplied(ctx context.Context, id schemas.SourceID, schedule schemas.ResyncSchedule) error
	AgentsWithContent(ctx context.Context) ([]schemas.AgentID, error)
	IndexedTotal(ctx context.Context, agent schemas.AgentID) (int, error)
	UnindexedTotal(ctx context.Context, agent schemas.AgentID) (int, error)
	UnfilledTotal(ctx context.Context, agent schemas.AgentID, embedder schemas.EmbedderID) (int, error)
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
// be started, keeps the schedules as they should be, has an index that lost its
// data made anew, and makes sources ready that only the index had kept from it.
// What fails does not keep the rest from it.
func (a *Upkeep) UpkeepContent(ctx context.Context) error {
	stop := heartbeat(ctx)
	defer stop()
	return failure(ctx, errors.Join(a.loseSyncs(ctx), a.startSyncs(ctx), a.applySchedules(ctx), a.mendIndexes(ctx), a.healSources(ctx)))
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
// should, and what is missing in one put into it. The embedder of an agent is
// brought in line with the configuration; while sources are being read their
// runs see to that themselves.
func (a *Upkeep) mendIndexes(ctx context.Context) error {
	agents, err := a.Store.AgentsWithContent(ctx)
	for _, agent := range agents {
		lost, ask := a.lost(ctx, agent)
		stale := false
		if ask == nil && !lost {
			stale, ask = a.stale(ctx, agent)
		}
		if lost || stale {
			ask = errors.Join(ask, a.Workflows.StartReindex(ctx, schemas.ReindexInput{Agent: agent, Rebuild: lost}))
		}
		err = errors.Join(err, ask)
	}
	return err
}

// healSources looks again at sources that failed for want of the index: what it
// lacked has been put into it meanwhile.
func (a *Upkeep) healSources(ctx context.Context) error {
	list, err := a.Store.IndexedNow(ctx, upkeepMost)
	for _, ref := range list {
		facts, ask := a.Store.SyncFacts(ctx, ref)
		if ask == nil {
			ask = a.Store.HealSource(ctx, ref, policy.EndOfSync(facts))
		}
		err = errors.Join(err, ask)
	}
	return err
}

func (a *Upkeep) lost(ctx context.Context, agent schemas.AgentID) (bool, error) {
	want, err := a.Store.IndexedTotal(ctx, agent)
	if err != nil || want == 0 {
		return false, err
	}
	have, err := a.Index.Total(ctx, agent)
	return err == nil && policy.IndexLost(have, want), err
}

// stale reports whether passages or their vectors are missing, or the
// configuration asks for another embedder than the one that is used or filled.
func (a *Upkeep) stale(ctx context.Context, agent schemas.AgentID) (bool, error) {
	reads, err := a.Store.AgentReads(ctx, agent)
	if err != nil || reads {
		return false, err
	}
	missing, err := a.Store.UnindexedTotal(ctx, agent)
	if err != nil || missing > 0 {
		return missing > 0, err
	}
	live, filling, err := a.Models.Embedders(ctx, agent)
	if err != nil || filling != nil {
		return filling != nil, err
	}
	if live != nil {
		if missing, err = a.Store.UnfilledTotal(ctx, agent, live.ID); err != nil {
			return false, err
		}
	}
	total, _, err := a.Models.CorpusChange(ctx, agent, time.Time{})
	if err != nil {
		return false, err
	}
	step := policy.PlanEmbedder(a.Wanted, live, nil, total, 0)
	// Training is for the runs that change the content: one that fails must not
	// be tried every minute.
	return missing > 0 || step != policy.EmbedderKeep && step != policy.EmbedderTrain, nil
}
