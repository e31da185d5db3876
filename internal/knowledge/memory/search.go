package memory

import (
	"cmp"
	"context"
	"math"
	"slices"

	"steward/internal/knowledge"
	"steward/schemas"
)

// The usual constants of BM25, and the weight of words against grams.
const (
	k1         = 1.2
	b          = 0.75
	termWeight = 5
)

// fusedHits is how many hits by words and by vector are put together at least.
const fusedHits = 30

// Search implements knowledge.Index. A vector that fits none of those stored is
// left out.
func (x *Index) Search(ctx context.Context, query knowledge.Query) ([]schemas.Hit, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	t := x.tenants[query.Tenant]
	terms, grams := query.Terms(), query.Grams()
	if t == nil || len(terms)+len(grams) == 0 {
		return nil, nil
	}
	words := t.words(terms, grams, query.Sources)
	hits := words
	if direction := unit(query.Vector); query.Weight > 0 && direction != nil && t.dims[query.VectorName] == len(direction) {
		depth := max(fusedHits, query.Hits())
		near := t.near(query.VectorName, direction, query.Sources)
		hits = fuse(words[:min(depth, len(words))], near[:min(depth, len(near))], query.Weight)
	}
	return hits[:min(len(hits), query.Hits())], nil
}

// words returns the chunks that have one of the words or grams.
func (t *tenant) words(terms, grams []string, sources []schemas.SourceID) []schemas.Hit {
	scores := make(map[schemas.ChunkID]float64)
	field{weight: termWeight, of: func(e entry) bag { return e.terms }}.add(scores, t.entries, terms)
	field{weight: 1, of: func(e entry) bag { return e.grams }}.add(scores, t.entries, grams)
	for id := range scores {
		if !slices.Contains(sources, t.entries[id].source) {
			delete(scores, id)
		}
	}
	return ordered(scores)
}

// near returns the chunks that have a vector of the name, nearest first.
func (t *tenant) near(name string, direction []float64, sources []schemas.SourceID) []schemas.Hit {
	scores := make(map[schemas.ChunkID]float64)
	for id, e := range t.entries {
		if vector := e.vectors[name]; vector != nil && slices.Contains(sources, e.source) {
			for i := range vector {
				scores[id] += vector[i] * direction[i]
			}
		}
	}
	return ordered(scores)
}

// fuse puts both lists together as the server does: scores between 0 and 1
// within each list, added by weight.
func fuse(words, near []schemas.Hit, weight float64) []schemas.Hit {
	if weight >= 1 {
		if len(near) == 0 {
			return words
		}
		words, weight = nil, 1
	}
	scores := make(map[schemas.ChunkID]float64, len(words)+len(near))
	add := func(hits []schemas.Hit, weight float64) {
		for _, hit := range hits {
			share := 1.0
			if low, high := hits[len(hits)-1].Score, hits[0].Score; high > low {
				share = (hit.Score - low) / (high - low)
			}
			scores[hit.Chunk] += weight * share
		}
	}
	add(words, 1-weight)
	add(near, weight)
	return ordered(scores)
}

func ordered(scores map[schemas.ChunkID]float64) []schemas.Hit {
	hits := make([]schemas.Hit, 0, len(scores))
	for id, score := range scores {
		hits = append(hits, schemas.Hit{Chunk: id, Score: score})
	}
	slices.SortFunc(hits, func(a, b schemas.Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Chunk, b.Chunk))
	})
	return hits
}

// unit returns a vector's direction, or nil when it has none.
func unit(vector []float32) []float64 {
	var squares float64
	for _, v := range vector {
		squares += float64(v) * float64(v)
	}
	if !(squares > 0) || math.IsInf(squares, 0) {
		return nil
	}
	out := make([]float64, len(vector))
	for i, v := range vector {
		out[i] = float64(v) / math.Sqrt(squares)
	}
	return out
}

// field is one searched property of the entries.
type field struct {
	weight float64
	of     func(entry) bag
}

// add scores the field of all entries for the words of a query.
func (f field) add(scores map[schemas.ChunkID]float64, entries map[schemas.ChunkID]entry, words []string) {
	total := 0
	for _, e := range entries {
		total += f.of(e).size
	}
	average := max(float64(total)/float64(max(len(entries), 1)), 1)
	for _, word := range words {
		having := 0
		for _, e := range entries {
			if f.of(e).counts[word] > 0 {
				having++
			}
		}
		idf := math.Log(1 + (float64(len(entries)-having)+0.5)/(float64(having)+0.5))
		for id, e := range entries {
			words := f.of(e)
			if tf := float64(words.counts[word]); tf > 0 {
				norm := k1 * (1 - b + b*float64(words.size)/average)
				scores[id] += f.weight * idf * tf * (k1 + 1) / (tf + norm)
			}
		}
	}
}
