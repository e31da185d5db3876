package indextest

import (
	"maps"
	"math"
	"slices"
	"testing"

	"steward/internal/knowledge"
	"steward/schemas"
)

// with makes an object with one vector.
func with(c schemas.Chunk, name string, vector ...float32) knowledge.Object {
	return knowledge.Object{Chunk: c, Vectors: map[string][]float32{name: vector}}
}

// near gives a query a vector of the name one.
func near(q knowledge.Query, weight float64, vector ...float32) knowledge.Query {
	q.Vector, q.VectorName, q.Weight = vector, one, weight
	return q
}

func findsByVectors(t *testing.T, b bench) {
	tent, boat := b.chunk(web, "tent", "en", "A blue tent for two."), b.chunk(web, "boat", "en", "A red canoe.")
	b.putObjects(
		knowledge.Object{Chunk: tent, Vectors: map[string][]float32{one: {1, 0, 0}, two: {0, 1}}},
		knowledge.Object{Chunk: boat, Vectors: map[string][]float32{one: {0, 1, 0}, two: {1, 0}}},
	)
	query := knowledge.Query{Text: "something to sleep in", Languages: []string{"en"}, Sources: all}
	if hits := b.search(query); len(hits) != 0 {
		t.Fatalf("the words find %d chunks, so nothing is tested", len(hits))
	}
	for _, tt := range []struct {
		name   string
		vector []float32
		want   []schemas.ChunkID
	}{
		{one, []float32{0.9, 0.1, 0}, []schemas.ChunkID{tent.ID, boat.ID}},
		{one, []float32{0.1, 40, 0}, []schemas.ChunkID{boat.ID, tent.ID}},
		{two, []float32{0.9, 0.1}, []schemas.ChunkID{boat.ID, tent.ID}},
		{two, []float32{-1, 0.1}, []schemas.ChunkID{tent.ID, boat.ID}},
	} {
		q := near(query, 0.2, tt.vector...)
		q.VectorName = tt.name
		if got := ids(b.search(q)); !slices.Equal(got, tt.want) {
			t.Errorf("%s %v finds %v, want %v", tt.name, tt.vector, got, tt.want)
		}
		q.Limit = 1
		if got := ids(b.search(q)); !slices.Equal(got, tt.want[:1]) {
			t.Errorf("%s %v with a limit of 1 finds %v", tt.name, tt.vector, got)
		}
	}
}

// The words prefer the first of three chunks and the vector the last. The one
// in the middle is second for both.
func weighs(t *testing.T, b bench) {
	words := b.chunk(web, "words", "en", "Waterproof boots. Waterproof boots. Waterproof boots.")
	both := b.chunk(web, "both", "en", "Waterproof coats for rainy days in town, and shoes.")
	vector := b.chunk(web, "vector", "en", "Cook rice with milk.")
	b.putObjects(with(words, one, 0, 1), with(both, one, 1, 1), with(vector, one, 1, 0))
	query := knowledge.Query{Text: "waterproof boots", Languages: []string{"en"}, Sources: all}
	byWords := b.search(query)
	if got := ids(byWords); !slices.Equal(got, []schemas.ChunkID{words.ID, both.ID}) {
		t.Fatalf("the words find %v, so nothing is tested", got)
	}
	for _, weight := range []float64{0, -1, math.NaN()} {
		if got := b.search(near(query, weight, 1, 0)); !slices.Equal(ids(got), ids(byWords)) {
			t.Errorf("weight %v changes the order to %v", weight, ids(got))
		}
	}
	byVector := []schemas.ChunkID{vector.ID, both.ID, words.ID}
	inRange := func(weight float64, hits []schemas.Hit) {
		t.Helper()
		for _, hit := range hits {
			if hit.Score < 0 || hit.Score > 1 {
				t.Errorf("weight %v: score %v", weight, hit.Score)
			}
		}
	}
	for _, weight := range []float64{1, 3} {
		hits := b.search(near(query, weight, 1, 0))
		if got := ids(hits); !slices.Equal(got, byVector) {
			t.Errorf("weight %v: %v, want the order of the vectors", weight, got)
		}
		inRange(weight, hits)
	}
	for weight, first := range map[float64]schemas.ChunkID{0.05: words.ID, 0.2: words.ID, 0.8: vector.ID, 0.95: vector.ID} {
		hits := b.search(near(query, weight, 1, 0))
		if len(hits) != 3 || hits[0].Chunk != first {
			t.Errorf("weight %v: %v", weight, ids(hits))
		}
		inRange(weight, hits)
	}
}

func replacesVectors(t *testing.T, b bench) {
	tent, boat := b.chunk(web, "tent", "en", "A blue tent."), b.chunk(web, "boat", "en", "A red canoe.")
	b.putObjects(
		knowledge.Object{Chunk: tent, Vectors: map[string][]float32{one: {1, 0}, two: {1, 0}}},
		with(boat, one, 0, 1),
	)
	query := near(knowledge.Query{Text: "unrelated", Languages: []string{"en"}, Sources: all}, 1, 1, 0)
	inTwo := query
	inTwo.VectorName = two
	check := func(when string, ofOne, ofTwo []schemas.ChunkID) {
		t.Helper()
		if got := ids(b.search(query)); !slices.Equal(got, ofOne) {
			t.Errorf("%s: %s finds %v, want %v", when, one, got, ofOne)
		}
		if got := ids(b.search(inTwo)); !slices.Equal(got, ofTwo) {
			t.Errorf("%s: %s finds %v, want %v", when, two, got, ofTwo)
		}
	}
	check("at first", []schemas.ChunkID{tent.ID, boat.ID}, []schemas.ChunkID{tent.ID})
	b.putObjects(with(tent, two, 1, 0))
	check("after a Put without the first name", []schemas.ChunkID{boat.ID}, []schemas.ChunkID{tent.ID})
	b.putObjects(knowledge.Object{Chunk: tent, Vectors: map[string][]float32{one: {0, 1}, two: {0, 1}}}, with(boat, one, 1, 0))
	check("after a Put with other vectors", []schemas.ChunkID{boat.ID, tent.ID}, []schemas.ChunkID{tent.ID})
	if err := b.index.Delete(b.context(), b.tenant, []schemas.ChunkID{tent.ID}); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	check("after Delete", []schemas.ChunkID{boat.ID}, nil)
	b.put(tent)
	check("after a Put without vectors", []schemas.ChunkID{boat.ID}, nil)
	if got := b.total(); got != 2 {
		t.Errorf("Total = %d, want 2", got)
	}
}

// directionless are vectors that are as near to one question as to any other.
func directionless() [][]float32 {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	return [][]float32{nil, {}, {0, 0}, {nan, 1}, {1, inf}}
}

func withoutDirection(t *testing.T, b bench) {
	tent, boat := b.chunk(web, "tent", "en", "A blue tent."), b.chunk(web, "boat", "en", "A red canoe.")
	b.putObjects(with(boat, one, 1, 0))
	query := knowledge.Query{Text: "tent", Languages: []string{"en"}, Sources: all}
	for _, vector := range directionless() {
		b.putObjects(with(tent, one, vector...))
		if got := ids(b.search(near(query, 1, 1, 0))); !slices.Equal(got, []schemas.ChunkID{boat.ID}) {
			t.Errorf("stored with %v: a search by vectors alone finds %v", vector, got)
		}
		if got := ids(b.search(query)); !slices.Equal(got, []schemas.ChunkID{tent.ID}) {
			t.Errorf("stored with %v: its words find %v", vector, got)
		}
		if got := ids(b.search(near(query, 0.9, vector...))); !slices.Equal(got, []schemas.ChunkID{tent.ID}) {
			t.Errorf("a question with %v finds %v", vector, got)
		}
	}
}

func mixesVectors(t *testing.T, b bench) {
	plain := b.chunk(web, "plain", "en", "Waterproof boots keep feet dry.")
	other := b.chunk(web, "other", "en", "Boots.")
	vector := b.chunk(web, "vector", "en", "Cook rice with milk.")
	b.put(plain, other)
	query := near(knowledge.Query{Text: "waterproof boots", Languages: []string{"en"}, Sources: all}, 0.2, 1, 0)
	if got := ids(b.search(query)); !slices.Equal(got, []schemas.ChunkID{plain.ID, other.ID}) {
		t.Errorf("before there are any vectors: %v", got)
	}
	query.Weight = 1
	if got := ids(b.search(query)); len(got) != 2 {
		t.Errorf("before there are any vectors, by vectors alone: %v", got)
	}
	b.putObjects(with(vector, one, 1, 0))
	query.Weight = 0.2
	if got := ids(b.search(query)); len(got) != 3 || got[0] != plain.ID {
		t.Errorf("with one vector among three chunks: %v", got)
	}
	if err := b.index.Delete(b.context(), b.tenant, []schemas.ChunkID{vector.ID}); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	query.Weight = 1
	if got := ids(b.search(query)); len(got) != 2 {
		t.Errorf("when the only vector is gone, by vectors alone: %v", got)
	}
}

func answersAnyVector(t *testing.T, b bench) {
	tent, boat := b.chunk(web, "tent", "en", "A blue tent."), b.chunk(web, "boat", "en", "A red canoe.")
	b.putObjects(with(tent, one, 1, 0), with(boat, one, 0, 1))
	query := knowledge.Query{Text: "canoe", Languages: []string{"en"}, Sources: all}
	for name, vector := range map[string][]float32{one: {1, 0, 0}, two: {1, 0}, "nobody_knows": {1, 0}, "": {1, 0}, "\"]}) \x00": {1, 0}} {
		q := near(query, 0.9, vector...)
		q.VectorName = name
		if got := ids(b.search(q)); !slices.Equal(got, []schemas.ChunkID{boat.ID}) {
			t.Errorf("vector %q of length %d finds %v, want what the words find", name, len(vector), got)
		}
	}
	err := b.index.Put(b.context(), b.tenant, []knowledge.Object{with(tent, one, 1, 0, 0)})
	if schemas.KindOf(err) != schemas.KindInvalid {
		t.Errorf("Put of a vector of another length: %v", err)
	}
	if got := ids(b.search(near(query, 0.9, 0, 1))); len(got) == 0 || got[0] != boat.ID {
		t.Errorf("after a refused Put: %v", got)
	}
}

func keepsVectors(t *testing.T, b bench) {
	const other = schemas.SourceID("src_00000000000000000000000000000002")
	stranger := bench{t: t, index: b.index, tenant: NewTenant()}
	own, aside := b.chunk(web, "a", "en", "A blue tent."), b.chunk(other, "b", "en", "A red canoe.")
	theirs := stranger.chunk(web, "a", "en", "A green kite.")
	b.putObjects(with(own, one, 0, 1), with(aside, one, 1, 0))
	// Each tenant's embedder has vectors of its own length.
	stranger.putObjects(with(theirs, one, 1, 0, 0))
	query := near(knowledge.Query{Text: "unrelated", Languages: []string{"en"}}, 0.5, 1, 0)
	found := func(b bench, sources ...schemas.SourceID) map[schemas.ChunkID]bool {
		t.Helper()
		q := query
		q.Sources = sources
		out := make(map[schemas.ChunkID]bool)
		for _, hit := range b.search(q) {
			out[hit.Chunk] = true
		}
		return out
	}
	for _, tt := range []struct {
		name string
		got  map[schemas.ChunkID]bool
		want []schemas.ChunkID
	}{
		{"one source", found(b, web), []schemas.ChunkID{own.ID}},
		{"the other", found(b, other), []schemas.ChunkID{aside.ID}},
		{"both", found(b, web, other), []schemas.ChunkID{own.ID, aside.ID}},
		{"none", found(b), nil},
		{"another tenant's length", found(stranger, web, other), nil},
	} {
		want := make(map[schemas.ChunkID]bool)
		for _, id := range tt.want {
			want[id] = true
		}
		if !maps.Equal(tt.got, want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	query.Vector = []float32{1, 0, 0}
	if got := found(stranger, web); !got[theirs.ID] || len(got) != 1 {
		t.Errorf("another tenant finds %v", got)
	}
}
