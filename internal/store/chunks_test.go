package store

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// indexedAt is when the index took a chunk; zero for never.
func (b adminBundle) indexedAt(t *testing.T, id schemas.ChunkID) time.Time {
	t.Helper()
	u, err := parse(schemas.PrefixChunk, id, "chunk")
	if err != nil {
		t.Fatal(err)
	}
	var at *time.Time
	if err := b.pool.QueryRow(t.Context(), "select indexed_at from chunks where id = $1", u).Scan(&at); err != nil {
		t.Fatal(err)
	}
	return utc(at)
}

func TestASecondSyncWritesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	first, second := document(src, "a", "refund", "parcel", "colour"), document(src, "a", "colour", "refund", "invoice")
	old, fresh := chunked(src, first).Chunks, chunked(src, second).Chunks
	b.ready(t, src, first)

	b.at(t, b.now.Add(time.Hour))
	run := b.begin(t, src)
	b.storeDocs(t, run, second)
	second.Version = 2
	if err := b.StoreChunks(t.Context(), run, chunked(src, second)); err != nil {
		t.Fatalf("a step that is repeated: %v", err)
	}
	if diff := cmp.Diff(chunkIDs(fresh[2:]), chunkIDs(b.unindexed(t, src))); diff != "" {
		t.Errorf("to index: %s", diff)
	}
	for _, c := range fresh[:2] {
		if at := b.indexedAt(t, c.ID); !at.Equal(b.now) {
			t.Errorf("an unchanged passage is indexed at %v", at)
		}
	}
	if view := b.view(t, second.ID); len(view.Chunks) != 3 || view.Chunks[0].Text != "colour" || view.Chunks[0].Ord != 0 || view.Chunks[2].Indexed {
		t.Errorf("chunks %+v", view.Chunks)
	}
	// What has gone is served until what replaces it is in the index.
	for _, word := range []string{"parcel", "invoice", "refund"} {
		if len(b.find(t, word)) != 1 {
			t.Errorf("%s is not found while the index lacks its successor", word)
		}
	}
	if err := b.DropRetired(t.Context(), src); err != nil || len(b.removals(t)) != 0 || len(b.find(t, "parcel")) != 1 {
		t.Fatalf("a passage went too early: %v", err)
	}
	if s := b.getSource(t, src); s.Chunks != 3 {
		t.Errorf("%d passages are shown", s.Chunks)
	}
	b.index(t, run)
	if diff := cmp.Diff([]schemas.ChunkID{old[1].ID}, b.removals(t)); diff != "" || len(b.find(t, "parcel")) != 0 {
		t.Errorf("removals: %s", diff)
	}
	b.end(t, run, schemas.SyncDone, "")

	// What comes back is wanted in the index again, and not removed from it.
	run = b.begin(t, src)
	b.storeDocs(t, run, first)
	if diff := cmp.Diff([]schemas.ChunkID{old[1].ID}, b.index(t, run)); diff != "" {
		t.Errorf("to index after the return: %s", diff)
	}
	if got := b.removals(t); !cmp.Equal(got, []schemas.ChunkID{fresh[2].ID}) {
		t.Errorf("removals %v", got)
	}
}

func TestAPassageThatComesBackIsNotRetired(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	first, second := document(src, "a", "refund", "parcel"), document(src, "a", "refund", "invoice")
	b.ready(t, src, first)
	run := b.begin(t, src)
	for _, doc := range []schemas.Document{second, first} {
		b.storeDocs(t, run, doc)
	}
	if got := b.unindexed(t, src); len(got) != 0 {
		t.Errorf("to index %v", chunkIDs(got))
	}
	if err := b.DropRetired(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(chunksOf(src, second)[1:], b.removals(t)); diff != "" {
		t.Error(diff)
	}
	if got := b.find(t, "parcel"); len(got) != 1 {
		t.Error("a passage that came back is gone")
	}
}

func TestADocumentWithoutPassages(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	full, empty := document(src, "a", "refund"), document(src, "a", "")
	b.ready(t, src, full, document(src, "b", "parcel"))
	run := b.begin(t, src)
	b.storeDocs(t, run, empty)
	if got := b.index(t, run); len(got) != 0 {
		t.Errorf("indexed %v", got)
	}
	if diff := cmp.Diff(chunksOf(src, full), b.removals(t)); diff != "" {
		t.Error(diff)
	}
	if keys := b.split(t, run); len(keys) != 0 {
		t.Errorf("split again and again: %v", keys)
	}
}

func TestContentThatChangedInPlaceIsIndexedAgain(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	doc, same := document(src, "a", "refund"), document(src, "b", "parcel")
	b.ready(t, src, doc, same)
	run := b.begin(t, src)
	changed := chunked(src, doc)
	changed.Version = 1
	changed.Chunks[0].Hash, changed.Chunks[0].Text = hashOf("another"), "Refund"
	if err := b.StoreChunks(t.Context(), run, changed); err != nil {
		t.Fatal(err)
	}
	got := b.unindexed(t, src)
	if len(got) != 1 || got[0].ID != changed.Chunks[0].ID || got[0].Text != "Refund" {
		t.Errorf("to index %+v", got)
	}
}

func TestNoSourceTakesAnothersChunks(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	one, two := b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID
	b.ready(t, one, document(one, "a", "refund"))
	run := b.begin(t, two)
	doc := document(two, "a", "parcel")
	b.store(t, run, readPage(doc))
	stolen := chunked(two, doc)
	stolen.Version, stolen.Chunks[0].ID = 1, chunksOf(one, document(one, "a", "refund"))[0]
	wantKind(t, b.StoreChunks(t.Context(), run, stolen), schemas.KindConflict)
	if s := b.getSource(t, two); s.Chunks != 0 {
		t.Errorf("half a document was stored: %+v", s)
	}
	if keys := b.split(t, run); !slices.Equal(keys, []string{"a"}) {
		t.Errorf("split %v", keys)
	}
	if got := b.find(t, "refund"); len(got) != 1 {
		t.Error("another source lost its passage")
	}
}

func TestATextThatHasChangedMeanwhileIsSplitAgain(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	run := b.begin(t, src)
	b.store(t, run, readPage(document(src, "a", "refund")))
	docs, _, err := b.Unsplit(t.Context(), src, 10)
	if err != nil || len(docs) != 1 {
		t.Fatalf("documents %+v, %v", docs, err)
	}
	b.store(t, run, readPage(document(src, "a", "parcel")))
	if err := b.StoreChunks(t.Context(), run, chunked(src, docs[0])); err != nil {
		t.Fatal(err)
	}
	if got := b.unindexed(t, src); len(got) != 0 {
		t.Errorf("chunks of an old text are stored: %v", got)
	}
	if b.split(t, run); len(b.unindexed(t, src)) != 1 {
		t.Error("the text was not split again")
	}
}

func TestUnsplit(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.crawlSource(t, 100)
	run := b.begin(t, src)
	want := []schemas.Document{}
	for _, key := range []string{"a", "b", "c"} {
		doc := document(src, key, "text of "+key)
		doc.Answers = []schemas.Answer{{Question: "Is it " + key + "?", Answer: "Yes."}}
		b.store(t, run, readPage(doc))
		doc.Version = 1
		want = append(want, doc)
	}
	slices.SortFunc(want, func(a, b schemas.Document) int { return compareIDs(a.ID, b.ID) })
	check := func(stage string, limit int, want []schemas.Document, blocks []uint64) {
		t.Helper()
		got, boilerplate, err := b.Unsplit(t.Context(), src, limit)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || !slices.Equal(boilerplate, blocks) {
			t.Errorf("%s: %s, boilerplate %v", stage, diff, boilerplate)
		}
	}
	check("all", 10, want, nil)
	check("part", 2, want[:2], nil)
	if _, err := b.ChangeSource(t.Context(), src, schemas.SourceChange{Settings: &schemas.SourceSettings{Language: "it"}}); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i].Language = "it"
	}
	check("the language that an admin chose", 10, want, nil)
	b.split(t, run)
	check("split", 10, nil, nil)
	blocks := []uint64{3, 1 << 63}
	for range 2 { // only another list has everything split again
		if err := b.SetBoilerplate(t.Context(), run, blocks); err != nil {
			t.Fatal(err)
		}
		if len(want) > 0 {
			check("boilerplate", 10, want, blocks)
			b.split(t, run)
			want = nil
			continue
		}
		check("the same boilerplate", 10, nil, nil)
	}
	if err := b.SetBoilerplate(t.Context(), run, nil); err != nil {
		t.Fatal(err)
	}
	if keys := b.split(t, run); len(keys) != 3 {
		t.Errorf("split %v", keys)
	}
}

func compareIDs(a, b schemas.DocumentID) int {
	if a < b {
		return -1
	}
	return 1
}
