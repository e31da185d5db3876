package memory

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"steward/internal/knowledge"
	"steward/schemas"
)

// Index keeps chunks per tenant. It is safe for concurrent use.
type Index struct {
	mu      sync.RWMutex
	tenants map[schemas.AgentID]*tenant
}

var _ knowledge.Index = (*Index)(nil)

type tenant struct {
	entries map[schemas.ChunkID]entry
	// dims is the length of the vectors of a name; the first one fixes it.
	dims map[string]int
}

type entry struct {
	source   schemas.SourceID
	document schemas.DocumentID
	terms    bag
	grams    bag
	// vectors are of length 1, by name.
	vectors map[string][]float64
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
	return &Index{tenants: make(map[schemas.AgentID]*tenant)}
}

// Prepare implements knowledge.Index. Vectors of any name can be stored without
// it.
func (x *Index) Prepare(ctx context.Context, _ ...string) error { return ctx.Err() }

// Put implements knowledge.Index. A vector of another length than the first of
// its name is refused as schemas.KindInvalid.
func (x *Index) Put(ctx context.Context, id schemas.AgentID, objects []knowledge.Object) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.tenants[id]
	if t == nil {
		t = &tenant{entries: make(map[schemas.ChunkID]entry), dims: make(map[string]int)}
		x.tenants[id] = t
	}
	for _, o := range objects {
		e := entry{
			source: o.Chunk.Source, document: o.Chunk.Document,
			terms: bagOf(o.Chunk.Terms), grams: bagOf(o.Chunk.Grams),
			vectors: make(map[string][]float64, len(o.Vectors)),
		}
		for name, vector := range o.Vectors {
			direction := unit(vector)
			if direction == nil {
				continue
			}
			if dims := t.dims[name]; dims != 0 && dims != len(vector) {
				return schemas.NewError(schemas.KindInvalid, "vectors of one name have one length")
			}
			t.dims[name] = len(vector)
			e.vectors[name] = direction
		}
		t.entries[o.Chunk.ID] = e
	}
	return nil
}

// Delete implements knowledge.Index.
func (x *Index) Delete(ctx context.Context, id schemas.AgentID, chunks []schemas.ChunkID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if t := x.tenants[id]; t != nil {
		for _, chunk := range chunks {
			delete(t.entries, chunk)
		}
	}
	return nil
}

// Discard implements knowledge.Index. Nothing is ever half stored here.
func (x *Index) Discard(ctx context.Context, id schemas.AgentID, chunks []schemas.ChunkID) error {
	return x.Delete(ctx, id, chunks)
}

// Count implements knowledge.Index.
func (x *Index) Count(ctx context.Context, id schemas.AgentID, source schemas.SourceID) (map[schemas.DocumentID]int, error) {
	entries, err := x.entries(ctx, id)
	if err != nil {
		return nil, err
	}
	counts := make(map[schemas.DocumentID]int)
	for _, e := range entries {
		if e.source == source {
			counts[e.document]++
		}
	}
	return counts, nil
}

// Total implements knowledge.Index.
func (x *Index) Total(ctx context.Context, id schemas.AgentID) (int, error) {
	entries, err := x.entries(ctx, id)
	return len(entries), err
}

// Chunks implements knowledge.Index.
func (x *Index) Chunks(ctx context.Context, id schemas.AgentID, document schemas.DocumentID) ([]schemas.ChunkID, error) {
	entries, err := x.entries(ctx, id)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(entries, func(_ schemas.ChunkID, e entry) bool { return e.document != document })
	return slices.Sorted(maps.Keys(entries)), nil
}

// entries returns a copy of what an agent has.
func (x *Index) entries(ctx context.Context, id schemas.AgentID) (map[schemas.ChunkID]entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if t := x.tenants[id]; t != nil {
		return maps.Clone(t.entries), nil
	}
	return nil, nil
}
