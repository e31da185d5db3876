// Package memory is an Index in the memory of one process, for tests and for
// tools that rank a few documents without a server.
//
// It owns its chunks and scores them by BM25 over the same words as the server.
// It must not be used where chunks have to outlive the process.
package memory

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync"

	"steward/internal/knowledge"
	"steward/schemas"
)

// The usual constants of BM25, and the weight of words against grams.
const (
	k1         = 1.2
	b          = 0.75
	termWeight = 5
)

// Index keeps chunks per tenant. It is safe for concurrent use.
type Index struct {
	mu      sync.RWMutex
	tenants map[schemas.AgentID]map[schemas.ChunkID]entry
}

var _ knowledge.Index = (*Index)(nil)

type entry struct {
	source schemas.SourceID
	terms  bag
	grams  bag
}

// bag counts words.
type bag struct {
	counts map[string]int
	size   int
}

func bagOf(text string) bag {
	out := bag{counts: make(map[string]int)}
	for word := range strings.FieldsSeq(text) {
		out.counts[word]++
		out.size++
	}
	return out
}

// New makes an empty index.
func New() *Index {
	return &Index{tenants: make(map[schemas.AgentID]map[schemas.ChunkID]entry)}
}

// Put implements knowledge.Index.
func (x *Index) Put(ctx context.Context, tenant schemas.AgentID, chunks []schemas.Chunk) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.tenants[tenant] == nil {
		x.tenants[tenant] = make(map[schemas.ChunkID]entry)
	}
	for _, c := range chunks {
		x.tenants[tenant][c.ID] = entry{source: c.Source, terms: bagOf(c.Terms), grams: bagOf(c.Grams)}
	}
	return nil
}

// Delete implements knowledge.Index.
func (x *Index) Delete(ctx context.Context, tenant schemas.AgentID, ids []schemas.ChunkID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, id := range ids {
		delete(x.tenants[tenant], id)
	}
	return nil
}

// Search implements knowledge.Index.
func (x *Index) Search(ctx context.Context, query knowledge.Query) ([]schemas.Hit, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	entries := x.tenants[query.Tenant]
	scores := make(map[schemas.ChunkID]float64)
	terms := field{weight: termWeight, of: func(e entry) bag { return e.terms }}
	grams := field{weight: 1, of: func(e entry) bag { return e.grams }}
	terms.add(scores, entries, query.Terms())
	grams.add(scores, entries, query.Grams())
	hits := make([]schemas.Hit, 0, len(scores))
	for id, score := range scores {
		if slices.Contains(query.Sources, entries[id].source) {
			hits = append(hits, schemas.Hit{Chunk: id, Score: score})
		}
	}
	slices.SortFunc(hits, func(a, b schemas.Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Chunk, b.Chunk))
	})
	return hits[:min(len(hits), query.Hits())], nil
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
