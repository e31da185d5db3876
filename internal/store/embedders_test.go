package store

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func (b adminBundle) embedders(t *testing.T) (live, filling *schemas.Embedder) {
	t.Helper()
	live, filling, err := b.Embedders(t.Context(), b.Agent)
	if err != nil {
		t.Fatal(err)
	}
	return live, filling
}

// addEmbedder adds an embedder to be filled.
func (b adminBundle) addEmbedder(t *testing.T, e schemas.Embedder) schemas.EmbedderID {
	t.Helper()
	added, err := b.AddEmbedder(t.Context(), b.Agent, e, []byte("model of "+e.Vector))
	if err != nil || !added {
		t.Fatalf("added %v, %v", added, err)
	}
	_, filling := b.embedders(t)
	return filling.ID
}

func (b adminBundle) switchTo(t *testing.T, id schemas.EmbedderID) bool {
	t.Helper()
	switched, err := b.SwitchEmbedder(t.Context(), b.Agent, id)
	if err != nil {
		t.Fatal(err)
	}
	return switched
}

// liveEmbedder adds an embedder that all passages have vectors of.
func (b adminBundle) liveEmbedder(t *testing.T, e schemas.Embedder) schemas.EmbedderID {
	t.Helper()
	id := b.addEmbedder(t, e)
	if err := b.MarkIndexed(t.Context(), b.Agent, b.unfilled(t, id), []schemas.EmbedderID{id}); err != nil {
		t.Fatal(err)
	}
	if !b.switchTo(t, id) {
		t.Fatal("not switched")
	}
	return id
}

func (b adminBundle) unfilled(t *testing.T, ids ...schemas.EmbedderID) []schemas.Chunk {
	t.Helper()
	chunks, err := b.Unfilled(t.Context(), b.Agent, ids, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return chunks
}

func lsa(vector string) schemas.Embedder {
	return schemas.Embedder{Kind: schemas.EmbedderLSA, Model: "lsa", Dims: 128, Vector: vector, Chunks: 60}
}

func TestOneEmbedderIsFilledAtATime(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	if live, filling := b.embedders(t); live != nil || filling != nil {
		t.Fatalf("embedders %+v, %+v", live, filling)
	}
	var added atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			ok, err := b.AddEmbedder(t.Context(), b.Agent, lsa("a"), []byte("model"))
			if err != nil {
				t.Error(err)
			}
			if ok {
				added.Add(1)
			}
		})
	}
	wg.Wait()
	if added.Load() != 1 {
		t.Fatalf("%d embedders were added", added.Load())
	}
	live, filling := b.embedders(t)
	want := lsa("a")
	want.State, want.CreatedAt = schemas.EmbedderFilling, b.now
	if filling == nil || live != nil {
		t.Fatalf("embedders %+v, %+v", live, filling)
	}
	want.ID = filling.ID
	if diff := cmp.Diff(want, *filling); diff != "" {
		t.Error(diff)
	}
	if model, err := b.EmbedderModel(t.Context(), filling.ID); err != nil || string(model) != "model" {
		t.Errorf("model %q, %v", model, err)
	}
	if err := b.RetireEmbedder(t.Context(), filling.ID); err != nil {
		t.Fatal(err)
	}
	_, err := b.EmbedderModel(t.Context(), filling.ID)
	wantKind(t, err, schemas.KindNotFound)
	if live, filling := b.embedders(t); live != nil || filling != nil {
		t.Errorf("embedders %+v, %+v", live, filling)
	}
	b.addEmbedder(t, lsa("a"))
	if added, err := b.AddEmbedder(t.Context(), b.otherAgent(t), lsa("a"), nil); err != nil || !added {
		t.Errorf("another agent's: %v, %v", added, err)
	}
}

func TestTheSwitchWaitsForEveryPassage(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	doc := document(src, "a", "refund", "parcel")
	b.ready(t, src, doc)
	one := b.addEmbedder(t, lsa("a"))
	if b.switchTo(t, one) {
		t.Fatal("switched to an embedder without vectors")
	}
	chunks := b.unfilled(t, one)
	want := chunked(src, doc).Chunks
	for i := range want {
		want[i].Section = 0 // is not of the index
	}
	if diff := cmp.Diff(want, chunks); diff != "" {
		t.Error(diff)
	}
	mark := func(chunks []schemas.Chunk, ids ...schemas.EmbedderID) {
		t.Helper()
		if err := b.MarkIndexed(t.Context(), b.Agent, chunks, ids); err != nil {
			t.Fatal(err)
		}
	}
	mark(chunks[:1], one)
	if b.switchTo(t, one) {
		t.Fatal("switched although a passage lacks its vector")
	}
	if diff := cmp.Diff(chunkIDs(chunks[1:]), chunkIDs(b.unfilled(t, one))); diff != "" {
		t.Error(diff)
	}
	mark(chunks[1:], one)
	// What the index does not have at all is no reason to wait.
	run := b.begin(t, src)
	b.storeDocs(t, run, document(src, "b", "colour"))
	for range 2 { // a step that is repeated says the same
		if !b.switchTo(t, one) {
			t.Fatal("not switched")
		}
	}
	two := b.addEmbedder(t, lsa("b"))
	b.index(t, run, one, two)
	b.end(t, run, schemas.SyncDone, "")
	live, filling := b.embedders(t)
	if live == nil || live.ID != one || filling == nil || filling.ID != two {
		t.Fatalf("embedders %+v, %+v", live, filling)
	}
	if got := b.unfilled(t, one, two); len(got) != 2 {
		t.Errorf("unfilled %v", got)
	}
	mark(chunks, two) // the vectors of the live one are lost
	if got := b.unfilled(t, one, two); len(got) != 2 {
		t.Errorf("unfilled %v", got)
	}
	if got := b.unfilled(t, two); len(got) != 0 {
		t.Errorf("unfilled %v", got)
	}
	if !b.switchTo(t, two) {
		t.Fatal("not switched")
	}
	live, filling = b.embedders(t)
	if live == nil || live.ID != two || live.State != schemas.EmbedderLive || filling != nil {
		t.Errorf("embedders %+v, %+v", live, filling)
	}
	_, err := b.EmbedderModel(t.Context(), one)
	wantKind(t, err, schemas.KindNotFound)
	// One that was retired meanwhile does not take the place of the live one.
	for _, id := range []schemas.EmbedderID{one, show[schemas.EmbedderID](schemas.PrefixEmbedder, newID())} {
		mark(chunks, two, id)
		mark(b.unfilled(t, id), two, id)
		if b.switchTo(t, id) {
			t.Error("switched to an embedder that is not filled")
		}
	}
	if live, _ := b.embedders(t); live == nil || live.ID != two {
		t.Errorf("live %+v", live)
	}
}

func TestCachedVectors(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	vectors := map[string][]float32{
		"a": {0, -1.5, math.MaxFloat32, math.SmallestNonzeroFloat32}, "b": {1}, "empty": {},
	}
	cache := func(v map[string][]float32) {
		t.Helper()
		if err := b.CacheVectors(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	cached := func(keys ...string) map[string][]float32 {
		t.Helper()
		out, err := b.CachedVectors(t.Context(), keys)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	cache(nil)
	cache(vectors)
	cache(map[string][]float32{"a": {9}}) // the first one stays
	if diff := cmp.Diff(vectors, cached("a", "b", "empty", "unknown", "a")); diff != "" {
		t.Error(diff)
	}
	day := 24 * time.Hour
	b.at(t, b.now.Add(60*day))
	cached("b")
	for _, step := range []struct {
		days int
		want []string
	}{{90, []string{"a", "b", "empty"}}, {91, []string{"b"}}, {182, []string{}}} {
		b.at(t, b.now.Add(time.Duration(step.days)*day))
		if err := b.ForgetVectors(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := b.pool.QueryRow(t.Context(), "select coalesce(array_agg(key order by key), '{}') from embedding_cache").Scan(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("after %d days: %s", step.days, diff)
		}
	}
}

func TestManyUseTheCache(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	keys := manyKeys("", 200)
	var wg sync.WaitGroup
	for i := range uint64(6) {
		wg.Go(func() {
			for round := range uint64(4) {
				some := shuffled(keys, 10*i+round, 120)
				vectors := make(map[string][]float32, len(some))
				for _, key := range some {
					vectors[key] = []float32{1}
				}
				if err := b.CacheVectors(t.Context(), vectors); err != nil {
					t.Error(err)
				}
				b.at(t, b.now.Add(time.Duration(round)*24*time.Hour))
				if got, err := b.CachedVectors(t.Context(), some); err != nil || len(got) != len(some) {
					t.Errorf("%d vectors, %v", len(got), err)
				}
			}
		})
	}
	wg.Wait()
	b.wantNoDeadlocks(t)
}

func TestUsage(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	for _, days := range []int{0, 0, 1} {
		b.at(t, b.now.AddDate(0, 0, days))
		if err := b.CountUsage(t.Context(), "small", 10, 500); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	err := b.pool.QueryRow(t.Context(), "select array_agg(day || ' ' || model || ' ' || texts || ' ' || tokens order by day) from embedding_usage").Scan(&got)
	if diff := cmp.Diff([]string{"2026-06-01 small 20 1000", "2026-06-02 small 10 500"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
