package weaviate

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/weaviate/weaviate/entities/models"

	"steward/internal/knowledge"
	"steward/internal/knowledge/indextest"
	"steward/internal/testkit"
	"steward/schemas"
)

// wordsOnly is the collection as it was made before there were vectors.
//
//go:embed testdata/kb_chunk_words.json
var wordsOnly []byte

func (x *Index) vectors(t *testing.T) []string {
	t.Helper()
	class, err := x.class(testContext(t))
	if err != nil || class == nil {
		t.Fatalf("read the collection: %v", err)
	}
	return slices.Sorted(maps.Keys(class.VectorConfig))
}

// All begin without a collection, and each wants a vector of its own.
func TestPrepareFromManyProcesses(t *testing.T) {
	t.Parallel()
	server, name := testkit.Weaviate(t), newName()
	const processes = 5
	want := []string{"lsa_a", "lsa_b"}
	errs := make([]error, processes)
	var group sync.WaitGroup
	for i := range processes {
		own := fmt.Sprintf("model_%d", i)
		want = append(want, own)
		group.Go(func() {
			x, err := New(Options{URL: server.URL(), Collection: name})
			if err == nil {
				err = x.Prepare(testContext(t), own)
			}
			errs[i] = err
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	x, err := New(Options{URL: server.URL(), Collection: name})
	if err != nil {
		t.Fatal(err)
	}
	if got := x.vectors(t); !slices.Equal(got, want) {
		t.Errorf("vectors are %v, want %v", got, want)
	}
	if err := x.Prepare(testContext(t)); err != nil {
		t.Errorf("Prepare without names: %v", err)
	}
	if got := x.vectors(t); !slices.Equal(got, want) {
		t.Errorf("after Prepare without names, vectors are %v", got)
	}
}

// A deployment that has content in a collection without vectors is upgraded.
func TestPrepareUpgradesAnOlderCollection(t *testing.T) {
	t.Parallel()
	server := testkit.Weaviate(t)
	x, err := New(Options{URL: server.URL(), GRPC: server.GRPC(), Collection: newName()})
	if err != nil {
		t.Fatal(err)
	}
	ctx := testContext(t)
	class := &models.Class{}
	if err := json.Unmarshal(wordsOnly, class); err != nil {
		t.Fatal(err)
	}
	class.Class = x.collection
	if err := x.client.Schema().ClassCreator().WithClass(class).Do(ctx); err != nil {
		t.Fatal(err)
	}
	tenant := indextest.NewTenant()
	old, later := newObject("doc_old", "tent"), newObject("doc_later", "canoe")
	if err := x.Put(ctx, tenant, []knowledge.Object{old, later}); err != nil {
		t.Fatalf("Put before the upgrade: %v", err)
	}
	query := knowledge.Query{
		Tenant: tenant, Text: "tent", Sources: []schemas.SourceID{source},
		Vector: []float32{1, 0}, VectorName: "lsa_b", Weight: 0.5,
	}
	finds := func(when string, want ...schemas.ChunkID) {
		t.Helper()
		hits, err := x.Search(ctx, query)
		got := make([]schemas.ChunkID, 0, len(hits))
		for _, hit := range hits {
			got = append(got, hit.Chunk)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: Search = %v, %v, want %v", when, got, err, want)
		}
	}
	finds("before the upgrade", old.Chunk.ID)
	if err := x.Prepare(ctx, "model_x"); err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	if got := x.vectors(t); !slices.Equal(got, []string{"lsa_a", "lsa_b", "model_x"}) {
		t.Errorf("vectors are %v", got)
	}
	finds("before there are vectors", old.Chunk.ID)
	later.Vectors = map[string][]float32{"lsa_b": {1, 0}, "model_x": {1, 0, 0}}
	if err := x.Put(ctx, tenant, []knowledge.Object{later}); err != nil {
		t.Fatalf("Put after the upgrade: %v", err)
	}
	query.Weight = 0.2
	finds("with one vector", old.Chunk.ID, later.Chunk.ID)
	query.Weight = 1
	finds("by vectors alone", later.Chunk.ID)
}

func TestRefusesNamesOfVectors(t *testing.T) {
	t.Parallel()
	x := newIndex(t)
	for _, name := range []string{"", "a b", "1a", "lsa-a", `x"`, "é"} {
		if err := x.Prepare(testContext(t), name); schemas.KindOf(err) != schemas.KindInvalid {
			t.Errorf("Prepare(%q) = %v", name, err)
		}
	}
	object := newObject("doc_1", "tent")
	object.Vectors = map[string][]float32{"nobody_knows": {1, 0}}
	if err := x.Put(testContext(t), indextest.NewTenant(), []knowledge.Object{object}); schemas.KindOf(err) != schemas.KindInvalid {
		t.Errorf("Put with a name that was not prepared: %v", err)
	}
}
