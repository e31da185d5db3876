package activities

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"go.temporal.io/sdk/activity"

	"steward/internal/knowledge"
	"steward/internal/policy"
	"steward/schemas"
)

// IndexStore says what the index has to take and to let go.
type IndexStore interface {
	Unindexed(ctx context.Context, source schemas.SourceID, limit int) ([]schemas.Chunk, error)
	MarkIndexed(ctx context.Context, agent schemas.AgentID, chunks []schemas.Chunk, embedders []schemas.EmbedderID) error
	CountIndexed(ctx context.Context, in schemas.SyncRef, indexed, embedded int) error
	DropRetired(ctx context.Context, source schemas.SourceID) error
	Removals(ctx context.Context, agent schemas.AgentID, limit int) ([]schemas.ChunkID, error)
	ForgetRemovals(ctx context.Context, ids []schemas.ChunkID) error
	IndexedByDocument(ctx context.Context, source schemas.SourceID) (map[schemas.DocumentID]int, error)
	IndexedChunks(ctx context.Context, document schemas.DocumentID) ([]schemas.ChunkID, error)
	Repair(ctx context.Context, in schemas.SyncRef, missing, extra []schemas.ChunkID) error
	IndexAgain(ctx context.Context, agent schemas.AgentID) error
	SourcesWithChunks(ctx context.Context, agent schemas.AgentID) ([]schemas.SourceID, error)
}

// EmbedderStore keeps the embedders of agents.
type EmbedderStore interface {
	Embedders(ctx context.Context, agent schemas.AgentID) (live, filling *schemas.Embedder, err error)
	AddEmbedder(ctx context.Context, agent schemas.AgentID, e schemas.Embedder, model []byte) (added bool, err error)
	RetireEmbedder(ctx context.Context, id schemas.EmbedderID) error
	SwitchEmbedder(ctx context.Context, agent schemas.AgentID, filling schemas.EmbedderID) (switched bool, err error)
	Unfilled(ctx context.Context, agent schemas.AgentID, embedders []schemas.EmbedderID, limit int) ([]schemas.Chunk, error)
	CorpusStore
}

// Embedders opens embedders and trains the default one.
type Embedders interface {
	Open(ctx context.Context, e schemas.Embedder) (knowledge.Embedder, error)
	// Train learns the default embedder from analysed passages, about as many as
	// expected.
	Train(ctx context.Context, expected int, units iter.Seq2[[]string, error]) (model []byte, dims int, err error)
}

// Indexing are the activities that bring the index in line with what is
// stored.
type Indexing struct {
	Chunks    IndexStore
	Models    EmbedderStore
	Index     knowledge.Index
	Embedders Embedders
	Content   ContentStore
	Workflows AgentWorkflows
	// Wanted is the configured embedder.
	Wanted schemas.Embedder
	// Fault kills the process at named points in tests; nil in the product.
	Fault Fault
}

const (
	// indexBatch is how many chunks go to the index in one call.
	indexBatch = 500
	// indexMost is how many chunks one activity indexes.
	indexMost = 4000
	// discardMost is how many chunks a settlement discards: more than a crash
	// leaves half stored. An index that has lost everything needs it for none.
	discardMost = 2000
	// embedTries is after how many tries passages are indexed without vectors.
	embedTries = 3
)

// IndexBatch gives the index the chunks of a source that it lacks, with vectors
// of the live and the filling embedder, and takes out those that are gone. An
// embedder that does not answer leaves its vectors out; they are filled in
// later, and until then the words find the passage.
func (a *Indexing) IndexBatch(ctx context.Context, in schemas.SyncRef) (schemas.IndexBatchResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	out, err := a.indexSource(ctx, in)
	if err != nil || out.More {
		return out, failure(ctx, err)
	}
	if err := a.Chunks.DropRetired(ctx, in.Source); err != nil {
		return out, failure(ctx, err)
	}
	out.Removed, err = Cleaner{Chunks: a.Chunks, Index: a.Index}.Clear(ctx, in.Agent)
	return out, failure(ctx, err)
}

func (a *Indexing) indexSource(ctx context.Context, in schemas.SyncRef) (schemas.IndexBatchResult, error) {
	var out schemas.IndexBatchResult
	for out.Indexed < indexMost {
		chunks, err := a.Chunks.Unindexed(ctx, in.Source, indexBatch)
		if err != nil || len(chunks) == 0 {
			return out, err
		}
		// Anew for each batch: the next training takes the name of one that has gone.
		live, filling, err := a.Models.Embedders(ctx, in.Agent)
		if err != nil {
			return out, err
		}
		embedded, _, err := a.put(ctx, in.Agent, chunks, live, filling)
		if err != nil {
			return out, err
		}
		if in.Sync != "" {
			if err := a.Chunks.CountIndexed(ctx, in, len(chunks), embedded); err != nil {
				return out, err
			}
		}
		out.Indexed, out.Embedded = out.Indexed+len(chunks), out.Embedded+embedded
	}
	out.More = true
	return out, nil
}

// put gives chunks to the index with the vectors of the embedders that answer,
// and notes what it has.
func (a *Indexing) put(ctx context.Context, agent schemas.AgentID, chunks []schemas.Chunk, embedders ...*schemas.Embedder) (embedded int, degraded bool, err error) {
	objects := make([]knowledge.Object, len(chunks))
	texts := make([]knowledge.Embeddable, len(chunks))
	for i, c := range chunks {
		objects[i] = knowledge.Object{Chunk: c, Vectors: make(map[string][]float32, len(embedders))}
		texts[i] = knowledge.EmbeddableOf(c)
	}
	var have []schemas.EmbedderID
	for _, e := range embedders {
		if e == nil {
			continue
		}
		vectors, err := a.embed(ctx, *e, texts)
		if err != nil {
			if mayPass(err) && activity.GetInfo(ctx).Attempt < embedTries || ctx.Err() != nil {
				return 0, false, err
			}
			activity.GetLogger(ctx).Warn("passages are indexed without vectors", "embedder", e.ID, "error", err)
			degraded = true
			continue
		}
		for i, v := range vectors {
			objects[i].Vectors[e.Vector] = v
		}
		have, embedded = append(have, e.ID), len(chunks)
	}
	if err := a.Index.Put(ctx, agent, objects); err != nil {
		return 0, degraded, err
	}
	reach(a.Fault, "index_batch.after_put")
	return embedded, degraded, a.Chunks.MarkIndexed(ctx, agent, chunks, have)
}

// mayPass reports whether the same call may succeed later. What is wrong for
// good (another model is configured, a key is refused) is not waited for.
func mayPass(err error) bool {
	switch schemas.KindOf(err) {
	case schemas.KindRateLimited, schemas.KindUnavailable, schemas.KindInternal:
		return true
	case schemas.KindInvalid, schemas.KindNotFound, schemas.KindConflict, schemas.KindTooLarge, schemas.KindUnauthorized:
	}
	return false
}

func (a *Indexing) embed(ctx context.Context, e schemas.Embedder, texts []knowledge.Embeddable) ([][]float32, error) {
	open, err := a.Embedders.Open(ctx, e)
	if err != nil {
		return nil, err
	}
	vectors, err := open.Embed(ctx, knowledge.RolePassage, texts)
	if err == nil && len(vectors) != len(texts) {
		err = fmt.Errorf("embed passages: %d vectors for %d texts", len(vectors), len(texts))
	}
	return vectors, err
}

// Cleaner takes chunks that are gone out of the index.
type Cleaner struct {
	Chunks interface {
		Removals(ctx context.Context, agent schemas.AgentID, limit int) ([]schemas.ChunkID, error)
		ForgetRemovals(ctx context.Context, ids []schemas.ChunkID) error
	}
	Index knowledge.Index
}

// Clear takes everything that is gone of an agent and returns how much it was.
func (c Cleaner) Clear(ctx context.Context, agent schemas.AgentID) (int, error) {
	cleared := 0
	for {
		gone, err := c.Chunks.Removals(ctx, agent, indexMost)
		if err != nil || len(gone) == 0 {
			return cleared, err
		}
		if err := c.Index.Delete(ctx, agent, gone); err != nil {
			return cleared, err
		}
		if err := c.Chunks.ForgetRemovals(ctx, gone); err != nil {
			return cleared, err
		}
		cleared += len(gone)
	}
}

// SettleIndex compares what the index has of a source with what is stored, and
// has what differs done again: a power cut can take the last seconds of an
// import.
func (a *Indexing) SettleIndex(ctx context.Context, in schemas.SyncRef) (schemas.SettleResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	var out schemas.SettleResult
	want, err := a.Chunks.IndexedByDocument(ctx, in.Source)
	if err != nil {
		return out, failure(ctx, err)
	}
	have, err := a.Index.Count(ctx, in.Agent, in.Source)
	if err != nil {
		return out, failure(ctx, err)
	}
	var missing, extra []schemas.ChunkID
	for document := range union(want, have) {
		if want[document] == have[document] {
			continue
		}
		lack, much, err := a.compare(ctx, in.Agent, document)
		if err != nil {
			return out, failure(ctx, err)
		}
		missing, extra = append(missing, lack...), append(extra, much...)
	}
	out.Missing, out.Extra = len(missing), len(extra)
	if out.Missing+out.Extra == 0 {
		return out, nil
	}
	// What is whole but for the words by which it is found would stay so.
	if err := a.Index.Discard(ctx, in.Agent, missing[:min(len(missing), discardMost)]); err != nil {
		return out, failure(ctx, err)
	}
	if err := a.Chunks.Repair(ctx, in, missing, extra); err != nil {
		return out, failure(ctx, err)
	}
	return out, nil
}

func union(a, b map[schemas.DocumentID]int) map[schemas.DocumentID]bool {
	out := make(map[schemas.DocumentID]bool, len(a))
	for d := range a {
		out[d] = true
	}
	for d := range b {
		out[d] = true
	}
	return out
}

// compare finds what the index lacks of a document and has too much.
func (a *Indexing) compare(ctx context.Context, agent schemas.AgentID, document schemas.DocumentID) (missing, extra []schemas.ChunkID, err error) {
	want, err := a.Chunks.IndexedChunks(ctx, document)
	if err != nil {
		return nil, nil, err
	}
	have, err := a.Index.Chunks(ctx, agent, document)
	if err != nil {
		return nil, nil, err
	}
	return without(want, have), without(have, want), nil
}

func without(list, drop []schemas.ChunkID) []schemas.ChunkID {
	known := make(map[schemas.ChunkID]bool, len(drop))
	for _, id := range drop {
		known[id] = true
	}
	var out []schemas.ChunkID
	for _, id := range list {
		if !known[id] {
			out = append(out, id)
		}
	}
	return out
}

// PrepareEmbedder brings the agent's embedder in line with the configuration
// and the content: it trains the default one when the content has changed, and
// begins to fill a model that is new. Settled: rule 34.
func (a *Indexing) PrepareEmbedder(ctx context.Context, in schemas.SyncRef) error {
	stop := heartbeat(ctx)
	defer stop()
	// Two rounds: one may end the use of an embedder, the next begins another.
	for range 2 {
		step, live, filling, total, err := a.plan(ctx, in.Agent)
		if err != nil {
			return failure(ctx, err)
		}
		switch step {
		case policy.EmbedderKeep:
			return nil
		case policy.EmbedderDrop:
			err = a.Models.RetireEmbedder(ctx, live.ID)
		case policy.EmbedderReplace:
			err = a.Models.RetireEmbedder(ctx, filling.ID)
		case policy.EmbedderAdd:
			err = a.fill(ctx, in.Agent, a.Wanted, nil)
		case policy.EmbedderTrain:
			err = a.train(ctx, in.Agent, live, total)
		}
		if schemas.KindOf(err) == schemas.KindInvalid && err != nil {
			// There is too little to learn from: words alone then.
			return nil
		}
		if err != nil {
			return failure(ctx, err)
		}
	}
	return nil
}

func (a *Indexing) plan(ctx context.Context, agent schemas.AgentID) (step policy.EmbedderStep, live, filling *schemas.Embedder, total int, err error) {
	live, filling, err = a.Models.Embedders(ctx, agent)
	if err != nil {
		return step, nil, nil, 0, err
	}
	var since schemas.Embedder
	if live != nil {
		since = *live
	}
	total, added, err := a.Models.CorpusChange(ctx, agent, since.CreatedAt)
	if err != nil {
		return step, nil, nil, 0, err
	}
	return policy.PlanEmbedder(a.Wanted, live, filling, total, added), live, filling, total, nil
}

// train learns the default embedder from the agent's passages. Its vectors go
// under the name that is not in use: two trainings are never mixed.
func (a *Indexing) train(ctx context.Context, agent schemas.AgentID, live *schemas.Embedder, total int) error {
	count := 0
	model, dims, err := a.Embedders.Train(ctx, total, a.units(ctx, agent, &count))
	if err != nil {
		return fmt.Errorf("train embedder: %w", err)
	}
	e := schemas.Embedder{Kind: schemas.EmbedderLSA, Model: "lsa", Dims: dims, Vector: knowledge.VectorLSA(live), Chunks: count}
	reach(a.Fault, "prepare_embedder.after_train")
	return a.fill(ctx, agent, e, model)
}

// unitBatch is how many passages are read at a time for a training.
const unitBatch = 2000

// units are the analysed passages of an agent, and counts them.
func (a *Indexing) units(ctx context.Context, agent schemas.AgentID, count *int) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		*count = 0
		for after := schemas.ChunkID(""); ; {
			terms, last, err := a.Models.TrainingUnits(ctx, agent, after, unitBatch)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, t := range terms {
				*count++
				if !yield(strings.Fields(t), nil) {
					return
				}
			}
			if len(terms) < unitBatch {
				return
			}
			after = last
		}
	}
}

func (a *Indexing) fill(ctx context.Context, agent schemas.AgentID, e schemas.Embedder, model []byte) error {
	if err := a.Index.Prepare(ctx, e.Vector); err != nil {
		return err
	}
	_, err := a.Models.AddEmbedder(ctx, agent, e, model)
	return err
}

// FillEmbedder gives passages that were indexed before the vectors that they
// lack, and switches to the filling embedder once every passage has one.
func (a *Indexing) FillEmbedder(ctx context.Context, in schemas.SyncRef) (schemas.FillResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	var out schemas.FillResult
	for out.Filled < indexMost {
		// Anew for each batch, as in indexSource.
		live, filling, err := a.fillable(ctx, in.Agent)
		if err != nil || live == nil && filling == nil {
			return out, failure(ctx, err)
		}
		var ids []schemas.EmbedderID
		for _, e := range []*schemas.Embedder{live, filling} {
			if e != nil {
				ids = append(ids, e.ID)
			}
		}
		chunks, err := a.Models.Unfilled(ctx, in.Agent, ids, indexBatch)
		if err != nil {
			return out, failure(ctx, err)
		}
		if len(chunks) == 0 {
			if filling != nil {
				out.Live, err = a.Models.SwitchEmbedder(ctx, in.Agent, filling.ID)
			}
			return out, failure(ctx, err)
		}
		_, degraded, err := a.put(ctx, in.Agent, chunks, live, filling)
		if err != nil || degraded {
			// What could not be filled is left to the next run.
			return out, failure(ctx, err)
		}
		out.Filled += len(chunks)
	}
	out.More = true
	return out, nil
}

// fillable returns the embedders whose vectors every passage should have; nil
// for none. A live one that cannot be opened any more is not kept alive on the
// way to the next.
func (a *Indexing) fillable(ctx context.Context, agent schemas.AgentID) (live, filling *schemas.Embedder, err error) {
	live, filling, err = a.Models.Embedders(ctx, agent)
	if err != nil || live == nil || filling == nil {
		return live, filling, err
	}
	if _, err := a.Embedders.Open(ctx, *live); err != nil && !mayPass(err) {
		live = nil
	}
	return live, filling, nil
}
