package store

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func TestUnindexed(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	run := b.begin(t, src)
	doc := document(src, "a", "refund", "parcel", "colour")
	b.storeDocs(t, run, doc)
	want := chunked(src, doc).Chunks
	for i := range want {
		want[i].Section = 0 // is not of the index
	}
	if diff := cmp.Diff(want, b.unindexed(t, src)); diff != "" {
		t.Error(diff)
	}
	if got, err := b.Unindexed(t.Context(), src, 2); err != nil || len(got) != 2 {
		t.Errorf("limit: %+v, %v", got, err)
	}
	b.index(t, run)
	if got := b.unindexed(t, src); len(got) != 0 {
		t.Errorf("to index %+v", got)
	}
}

func TestChunksThatWentWhileTheyWereIndexed(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src, other := b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID
	run, second := b.begin(t, src), b.begin(t, other)
	doc := document(src, "a", "refund", "parcel")
	b.storeDocs(t, run, doc)
	b.storeDocs(t, second, document(other, "a", "colour"))
	chunks := append(b.unindexed(t, src), b.unindexed(t, other)...)
	b.storeDocs(t, run, document(src, "a", "refund"))
	if err := b.DropRetired(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	// The passage that went was never indexed, and goes with the one that stays.
	b.index(t, run)
	b.forget(t, b.removals(t)...)
	if err := b.MarkIndexed(t.Context(), b.Agent, chunks, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(chunksOf(src, doc)[1:], b.removals(t)); diff != "" {
		t.Error(diff)
	}
	if got := b.unindexed(t, other); len(got) != 0 {
		t.Errorf("to index %v", got)
	}
}

func TestWhatTheIndexShouldHave(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	one, two := document(src, "a", "refund", "parcel"), document(src, "b", "colour")
	run := b.begin(t, src)
	b.storeDocs(t, run, one, two)
	check := func(stage string, want map[schemas.DocumentID]int, total int) {
		t.Helper()
		got, err := b.IndexedByDocument(t.Context(), src)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", stage, diff)
		}
		if n, err := b.IndexedTotal(t.Context(), b.Agent); err != nil || n != total {
			t.Errorf("%s: %d passages, %v", stage, n, err)
		}
	}
	check("nothing", map[schemas.DocumentID]int{}, 0)
	b.index(t, run)
	check("all", map[schemas.DocumentID]int{one.ID: 2, two.ID: 1}, 3)
	got, err := b.IndexedChunks(t.Context(), one.ID)
	slices.Sort(got)
	if diff := cmp.Diff(slices.Sorted(slices.Values(chunksOf(src, one))), got); diff != "" || err != nil {
		t.Error(diff, err)
	}

	// The index lacks a chunk, and has one that nobody knows.
	missing, extra := chunksOf(src, one)[1], show[schemas.ChunkID](schemas.PrefixChunk, newID())
	if err := b.Repair(t.Context(), run, []schemas.ChunkID{missing}, []schemas.ChunkID{extra}); err != nil {
		t.Fatal(err)
	}
	check("after the repair", map[schemas.DocumentID]int{one.ID: 1, two.ID: 1}, 2)
	if diff := cmp.Diff([]schemas.ChunkID{extra}, b.removals(t)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]schemas.ChunkID{missing}, b.index(t, run)); diff != "" {
		t.Error(diff)
	}
	b.end(t, run, schemas.SyncDone, "")

	empty := b.shortSource(t, plainSource).ID
	gone := b.shortSource(t, plainSource).ID
	b.ready(t, gone, document(gone, "a", "warranty"))
	b.remove(t, gone)
	if err := b.IndexAgain(t.Context(), b.Agent); err != nil {
		t.Fatal(err)
	}
	sources, err := b.SourcesWithChunks(t.Context(), b.Agent)
	if err != nil || !slices.Equal(sources, []schemas.SourceID{src}) || slices.Contains(sources, empty) {
		t.Errorf("sources %v, %v", sources, err)
	}
	check("forgotten", map[schemas.DocumentID]int{}, 0)
	if got := b.unindexed(t, src); len(got) != 3 {
		t.Errorf("to index %v", got)
	}
	if got := b.find(t, "refund"); len(got) != 1 {
		t.Error("content that is indexed again does not serve")
	}
}

func TestARunCountsWhatItIndexes(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	run := b.begin(t, src)
	for range 2 {
		if err := b.CountIndexed(t.Context(), run, 3, 2); err != nil {
			t.Fatal(err)
		}
	}
	b.end(t, run, schemas.SyncFailed, "")
	if got := b.getSync(t, run.Sync).Counts; got.Indexed != 6 || got.Embedded != 4 {
		t.Errorf("counts %+v", got)
	}
}
