package activities

import (
	"context"
	"fmt"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

// ContentStore is the stored content, which is the truth about what answers
// may use.
type ContentStore interface {
	LiveSources(ctx context.Context, agent schemas.AgentID) (schemas.Live, error)
	Passages(ctx context.Context, agent schemas.AgentID, ids []schemas.ChunkID) ([]schemas.Passage, error)
	Neighbours(ctx context.Context, passages []schemas.Passage) ([]schemas.Neighbour, error)
	SearchText(ctx context.Context, agent schemas.AgentID, terms []string, limit int) ([]schemas.Hit, error)
	Terms(ctx context.Context, agent schemas.AgentID, terms []string) (counts map[string]int, passages int, err error)
}

// Opener opens an embedder.
type Opener interface {
	Open(ctx context.Context, e schemas.Embedder) (knowledge.Embedder, error)
}

// Retriever finds passages by the index, or by the database's text search when
// the index gives no answer.
type Retriever struct {
	Index knowledge.Index
	Store ContentStore
	// Embedders makes the question's vector; nil: words alone.
	Embedders Opener
	// Reranker orders what was found; nil: the order of the search.
	Reranker knowledge.Reranker
	// Weight is the share of the vectors in the score by kind of embedder.
	Weight func(schemas.EmbedderKind) float64
}

const (
	// embedWait is how long a question's vector may take: a customer waits.
	embedWait = 1500 * time.Millisecond
	// rerankWait is how long a reranker may take.
	rerankWait = 2 * time.Second
)

// Find returns the best passages for a question among the agent's live sources,
// each with what stands around it.
func (r *Retriever) Find(ctx context.Context, agent schemas.AgentID, question string) ([]schemas.Passage, bool, error) {
	out, err := r.search(ctx, agent, question, false)
	return out.Passages, out.Degraded, err
}

// Search finds the best passages for a question and says how it found them.
func (r *Retriever) Search(ctx context.Context, agent schemas.AgentID, question string) (schemas.SearchResult, error) {
	return r.search(ctx, agent, question, true)
}

// search checks what the index found against what is stored, so that removed
// content is out of answers at once.
func (r *Retriever) search(ctx context.Context, agent schemas.AgentID, question string, explain bool) (schemas.SearchResult, error) {
	start := time.Now()
	out := schemas.SearchResult{Mode: schemas.SearchWords, Passages: []schemas.Passage{}}
	live, err := r.Store.LiveSources(ctx, agent)
	if err != nil || len(live.Sources) == 0 {
		return out, err
	}
	q := knowledge.Query{Tenant: agent, Text: question, Languages: live.Languages, Sources: live.Sources}
	embedder := r.vector(ctx, &q, live)
	out.Languages, out.Terms, out.Threshold = live.Languages, q.Terms(), live.Threshold
	if len(q.Vector) > 0 {
		out.Mode, out.Embedder = schemas.SearchHybrid, live.Embedder.ID
	}
	hits, err := r.Index.Search(ctx, q)
	if err != nil && ctx.Err() == nil {
		out.Mode, out.Degraded = schemas.SearchDatabase, true
		hits, err = r.Store.SearchText(ctx, agent, out.Terms, q.Hits())
	}
	if err != nil {
		return out, fmt.Errorf("search content: %w", err)
	}
	found, err := passagesOf(ctx, r.Store, agent, hits)
	if err != nil {
		return out, err
	}
	scores := r.rerank(ctx, question, found)
	out.Reranked = len(scores) > 0
	ranked := knowledge.Rank(question, live.Languages, hits, found, knowledge.RankOptions{Rerank: scores})
	if explain {
		if err := r.weigh(ctx, &out, agent, question, ranked, q.Vector, embedder); err != nil {
			return out, err
		}
	}
	neighbours, err := r.Store.Neighbours(ctx, ranked)
	if err != nil {
		return out, fmt.Errorf("read neighbours: %w", err)
	}
	out.Passages = knowledge.Expand(ranked, neighbours)
	out.Milliseconds = float64(time.Since(start).Microseconds()) / 1000
	return out, nil
}

// passagesOf reads the passages that hits name, in their order; those that are
// gone are left out.
func passagesOf(ctx context.Context, store ContentStore, agent schemas.AgentID, hits []schemas.Hit) ([]schemas.Passage, error) {
	ids := make([]schemas.ChunkID, len(hits))
	for i, h := range hits {
		ids[i] = h.Chunk
	}
	return store.Passages(ctx, agent, ids)
}

// vector gives the query its vector. An embedder that is down, late, or knows
// none of the words leaves the search to the words.
func (r *Retriever) vector(ctx context.Context, q *knowledge.Query, live schemas.Live) knowledge.Embedder {
	if r.Embedders == nil || live.Embedder == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, embedWait)
	defer cancel()
	embedder, err := r.Embedders.Open(ctx, *live.Embedder)
	if err != nil {
		return nil
	}
	vectors, err := embedder.Embed(ctx, knowledge.RoleQuery, []knowledge.Embeddable{{Terms: q.Terms(), Text: q.Text}})
	if err != nil || len(vectors) != 1 || zero(vectors[0]) {
		return nil
	}
	q.Vector, q.VectorName, q.Weight = vectors[0], live.Embedder.Vector, r.Weight(live.Embedder.Kind)
	return embedder
}

func zero(v []float32) bool {
	for _, x := range v {
		if x != 0 {
			return false
		}
	}
	return true
}

// rerank asks the reranker, if there is one; without an answer the search's own
// order stays.
func (r *Retriever) rerank(ctx context.Context, question string, found []schemas.Passage) map[schemas.ChunkID]float64 {
	if r.Reranker == nil || len(found) < 2 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, rerankWait)
	defer cancel()
	texts := make([]string, len(found))
	for i, p := range found {
		texts[i] = p.Title + "\n" + p.Headings + "\n" + p.Text
	}
	scores, err := r.Reranker.Rerank(ctx, question, texts)
	if err != nil || len(scores) != len(found) {
		return nil
	}
	out := make(map[schemas.ChunkID]float64, len(found))
	for i, p := range found {
		out[p.Chunk] = scores[i]
	}
	return out
}

// weigh finds the raw signals for "no answer": fused scores are no confidences.
func (r *Retriever) weigh(ctx context.Context, out *schemas.SearchResult, agent schemas.AgentID, question string, ranked []schemas.Passage, vector []float32, embedder knowledge.Embedder) error {
	counts, passages, err := r.Store.Terms(ctx, agent, out.Terms)
	if err != nil {
		return fmt.Errorf("read terms: %w", err)
	}
	out.Coverage = knowledge.Coverage(question, out.Languages, knowledge.Frequencies{Chunks: passages, In: counts}.IDF, ranked)
	if embedder == nil {
		return nil
	}
	texts := make([]knowledge.Embeddable, len(ranked))
	for i, p := range ranked {
		texts[i] = knowledge.EmbeddableOf(knowledge.ChunkOfPassage(p))
	}
	// The vectors of passages are cached or cheap; without them the signal is 0.
	ctx, cancel := context.WithTimeout(ctx, embedWait)
	defer cancel()
	vectors, err := embedder.Embed(ctx, knowledge.RolePassage, texts)
	if err != nil {
		return nil
	}
	for _, v := range vectors {
		out.Similarity = max(out.Similarity, knowledge.Cosine(vector, v))
	}
	return nil
}
