package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func (b adminBundle) remove(t *testing.T, ids ...schemas.SourceID) []schemas.SourceID {
	t.Helper()
	removed, err := b.RemoveSources(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	return removed
}

func (b adminBundle) purge(t *testing.T, id schemas.SourceID, limit int) bool {
	t.Helper()
	more, err := b.PurgeSource(t.Context(), id, limit)
	if err != nil {
		t.Fatal(err)
	}
	return more
}

func (b adminBundle) forget(t *testing.T, ids ...schemas.ChunkID) {
	t.Helper()
	if err := b.ForgetRemovals(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
}

func TestRemovedSourcesLeaveAnswersAtOnce(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	var ids []schemas.SourceID
	var chunks []schemas.ChunkID
	for range 3 {
		src := b.shortSource(t, plainSource).ID
		doc := document(src, "a", "refund", "parcel")
		b.ready(t, src, doc)
		ids, chunks = append(ids, src), append(chunks, chunksOf(src, doc)...)
	}
	kept := ids[2]
	unknown := show[schemas.SourceID](schemas.PrefixSource, newID())
	for range 2 {
		if removed := b.remove(t, ids[0], unknown, "src_1", ids[1]); len(removed) != 2 {
			t.Fatalf("removed %v", removed)
		}
		if live := b.live(t).Sources; !cmp.Equal(live, []schemas.SourceID{kept}) {
			t.Errorf("live %v", live)
		}
		passages, err := b.Passages(t.Context(), b.Agent, chunks)
		if err != nil || len(passages) != 2 || passages[0].Source != kept || passages[0].Number != 1 {
			t.Errorf("passages %+v, %v", passages, err)
		}
		if diff := cmp.Diff(chunks[4:5], b.find(t, "refund")); diff != "" {
			t.Error(diff)
		}
		if src := b.getSource(t, ids[0]); src.Status != schemas.SourceRemoving || !src.NextSync.IsZero() {
			t.Errorf("source %+v", src)
		}
	}
}

func TestPurge(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src, other := b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID
	doc, kept := document(src, "a", "refund", "parcel", "colour"), document(other, "a", "refund")
	b.ready(t, src, doc)
	b.ready(t, other, kept)
	if b.purge(t, src, 2); len(b.removals(t)) != 0 || b.getSource(t, src).Chunks != 3 {
		t.Fatal("a source that is not in removal was purged")
	}
	b.remove(t, src)
	for want := range []int{2, 3} {
		if more := b.purge(t, src, 2); !more {
			t.Fatalf("batch %d was the last", want)
		}
	}
	gone := b.removals(t)
	if len(gone) != 3 {
		t.Fatalf("removals %v", gone)
	}
	b.forget(t, gone[:2]...)
	if more := b.purge(t, src, 2); !more {
		t.Error("the purge ended before the index was clean")
	}
	b.getSource(t, src)
	b.forget(t, gone...)
	if more := b.purge(t, src, 2); more {
		t.Error("the purge goes on for ever")
	}
	_, err := b.Source(t.Context(), src)
	wantKind(t, err, schemas.KindNotFound)
	if more := b.purge(t, src, 2); more {
		t.Error("a source that is gone is purged")
	}
	if removed := b.remove(t, src); len(removed) != 0 {
		t.Errorf("removed %v", removed)
	}
	if s := b.getSource(t, other); s.Chunks != 1 {
		t.Errorf("another source lost content: %+v", s)
	}
}

func TestASourceWithoutContentGoesAtOnce(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	b.remove(t, src)
	if more := b.purge(t, src, 10); more {
		t.Error("there is more to purge")
	}
	_, err := b.Source(t.Context(), src)
	wantKind(t, err, schemas.KindNotFound)
}

func TestARemovalEndsTheSyncUnderWay(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	doc := document(src, "a", "refund")
	b.ready(t, src, doc)
	run := b.begin(t, src)
	b.remove(t, src)
	_, err := b.StorePage(t.Context(), run, readPage(doc))
	wantKind(t, err, schemas.KindConflict)
	if out := b.prepare(t, run); !out.Claimed || !out.Removing || out.Crawl {
		t.Fatalf("the last sync has to clear the index only: %+v", out)
	}
	// The end of the run says nothing of a source that it has lost.
	b.end(t, run, schemas.SyncDone, "")
	if s := b.getSource(t, src); s.Status != schemas.SourceRemoving {
		t.Errorf("source %+v", s)
	}
	if got := b.getSync(t, run.Sync); !got.State.Ended() {
		t.Errorf("run %+v", got)
	}
	// The index takes the chunk after its first removal: it is removed again.
	b.purge(t, src, 10)
	b.forget(t, b.removals(t)...)
	chunks := chunked(src, doc).Chunks
	if err := b.MarkIndexed(t.Context(), b.Agent, chunks, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(chunkIDs(chunks), b.removals(t)); diff != "" {
		t.Error(diff)
	}
	if more := b.purge(t, src, 10); !more {
		t.Error("the source went before the index was clean")
	}
}
