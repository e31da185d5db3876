package activities

import (
	"context"
	"time"

	"steward/internal/knowledge"
	"steward/internal/policy"
	"steward/schemas"
)

// CorpusStore is all the content of an agent at once.
type CorpusStore interface {
	CorpusChange(ctx context.Context, agent schemas.AgentID, since time.Time) (total, added int, err error)
	TrainingUnits(ctx context.Context, agent schemas.AgentID, after schemas.ChunkID, limit int) (terms []string, last schemas.ChunkID, err error)
	// CountedTerms is how many passages there were at the last count, and when.
	CountedTerms(ctx context.Context, agent schemas.AgentID) (passages int, at time.Time, err error)
	// SampleChunks returns chunks spread over the content, the same every time.
	SampleChunks(ctx context.Context, agent schemas.AgentID, limit int) ([]schemas.Chunk, error)
	CountTerms(ctx context.Context, agent schemas.AgentID, threshold float64) error
	ForgetVectors(ctx context.Context) error
}

const (
	// sampleChunks is how many passages queries are made from, to calibrate.
	sampleChunks = 400
	// sampleQueries is how many queries are asked.
	sampleQueries = 200
)

// countDue reports whether the content has changed so much since its words were
// counted that they have to be counted anew.
func (a *Indexing) countDue(ctx context.Context, agent schemas.AgentID) (bool, error) {
	counted, at, err := a.Models.CountedTerms(ctx, agent)
	if err != nil {
		return false, err
	}
	total, added, err := a.Models.CorpusChange(ctx, agent, at)
	if err != nil {
		return false, err
	}
	return policy.CountAgain(counted, total, added), nil
}

// CountTerms counts anew, when the content has changed, in how many passages
// each word is, by which answers are weighed, finds from which coverage on a
// passage answers a question of this content, and lets go of vectors that
// nobody has used for long.
func (a *Indexing) CountTerms(ctx context.Context, in schemas.SyncRef) error {
	stop := heartbeat(ctx)
	defer stop()
	due, err := a.countDue(ctx, in.Agent)
	if err != nil || !due {
		return failure(ctx, err)
	}
	threshold, err := a.calibrate(ctx, in.Agent)
	if err != nil {
		return failure(ctx, err)
	}
	if err := a.Models.CountTerms(ctx, in.Agent, threshold); err != nil {
		return failure(ctx, err)
	}
	return failure(ctx, a.Models.ForgetVectors(ctx))
}

// calibrate asks the index queries made from the content itself; 0 when there
// is too little to learn from.
func (a *Indexing) calibrate(ctx context.Context, agent schemas.AgentID) (float64, error) {
	chunks, err := a.Models.SampleChunks(ctx, agent, sampleChunks)
	if err != nil || len(chunks) == 0 {
		return 0, err
	}
	counts := knowledge.Frequencies{In: make(map[string]int)}
	for unit, err := range a.units(ctx, agent, &counts.Chunks) {
		if err != nil {
			return 0, err
		}
		counts.Add(unit)
	}
	live, err := a.Content.LiveSources(ctx, agent)
	if err != nil {
		return 0, err
	}
	var samples []knowledge.CalibrationSample
	for _, q := range knowledge.PseudoQueries(chunks, counts, sampleQueries) {
		hits, err := a.Index.Search(ctx, knowledge.Query{Tenant: agent, Text: q.Text, Languages: live.Languages, Sources: live.Sources})
		if err != nil {
			return 0, err
		}
		found, err := passagesOf(ctx, a.Content, agent, hits)
		if err != nil {
			return 0, err
		}
		samples = append(samples, q.Samples(found, counts.IDF)...)
	}
	threshold, ok := knowledge.Calibrate(samples)
	if !ok {
		return 0, nil
	}
	return threshold, nil
}

// AgentWorkflows starts the work over all of an agent's content.
type AgentWorkflows interface {
	StartReindex(ctx context.Context, in schemas.ReindexInput) error
}

// RefreshAgent starts what concerns all of the agent's content after a run:
// filling a new embedder, counting words. It has a workflow of its own, so that
// the source can be read again meanwhile.
func (a *Indexing) RefreshAgent(ctx context.Context, in schemas.SyncRef) error {
	_, filling, err := a.Models.Embedders(ctx, in.Agent)
	if err != nil {
		return failure(ctx, err)
	}
	due, err := a.countDue(ctx, in.Agent)
	if err != nil || filling == nil && !due {
		return failure(ctx, err)
	}
	return failure(ctx, a.Workflows.StartReindex(ctx, schemas.ReindexInput{Agent: in.Agent}))
}

// BeginReindex forgets what the index has of the agent and makes sure that its
// collection is there.
func (a *Indexing) BeginReindex(ctx context.Context, in schemas.ReindexInput) error {
	stop := heartbeat(ctx)
	defer stop()
	live, filling, err := a.Models.Embedders(ctx, in.Agent)
	if err != nil {
		return failure(ctx, err)
	}
	var names []string
	for _, e := range []*schemas.Embedder{live, filling} {
		if e != nil {
			names = append(names, e.Vector)
		}
	}
	if err := a.Index.Prepare(ctx, names...); err != nil {
		return failure(ctx, err)
	}
	if !in.Rebuild {
		return nil
	}
	return failure(ctx, a.Chunks.IndexAgain(ctx, in.Agent))
}

// IndexAgent gives the index what it lacks of all the agent's sources.
func (a *Indexing) IndexAgent(ctx context.Context, in schemas.ReindexInput) (schemas.IndexBatchResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	var out schemas.IndexBatchResult
	sources, err := a.Chunks.SourcesWithChunks(ctx, in.Agent)
	if err != nil {
		return out, failure(ctx, err)
	}
	for _, source := range sources {
		one, err := a.indexSource(ctx, schemas.SyncRef{Source: source, Agent: in.Agent})
		if err != nil {
			return out, failure(ctx, err)
		}
		out.Indexed, out.Embedded = out.Indexed+one.Indexed, out.Embedded+one.Embedded
		if one.More || out.Indexed >= indexMost {
			out.More = true
			return out, nil
		}
	}
	out.Removed, err = Cleaner{Chunks: a.Chunks, Index: a.Index}.Clear(ctx, in.Agent)
	return out, failure(ctx, err)
}
