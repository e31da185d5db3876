package store

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func TestOneSyncHasTheSource(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, ok, err := b.BeginSync(t.Context(), src, show[schemas.SyncID](schemas.PrefixSync, newID()))
			if err != nil {
				t.Error(err)
			}
			if ok {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d syncs have the source", won.Load())
	}
	if err := b.ReleaseSync(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	job := b.begin(t, src)
	if _, ok, err := b.BeginSync(t.Context(), src, job.Sync); err != nil || !ok {
		t.Fatalf("the same sync lost its claim: %v, %v", ok, err)
	}
	_, _, err := b.BeginSync(t.Context(), show[schemas.SourceID](schemas.PrefixSource, newID()), job.Sync)
	wantKind(t, err, schemas.KindNotFound)
}

func TestASecondSyncWritesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	first := document(src, "a", "refund", "parcel", "colour")
	gone := document(src, "b", "warranty")
	b.ready(t, src, first, gone)

	job := b.begin(t, src)
	second := document(src, "a", "colour", "refund", "invoice")
	for range 2 { // a repeated call changes nothing more
		out, err := b.StoreDocuments(t.Context(), job, []schemas.Document{second})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(schemas.FetchSourceResult{Documents: 1, Chunks: 3}, out); diff != "" {
			t.Error(diff)
		}
	}
	want := map[schemas.ChunkID]bool{first.Chunks[1].ID: true, gone.Chunks[0].ID: true}
	got := map[schemas.ChunkID]bool{}
	for _, id := range b.removals(t) {
		got[id] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("removals: %s", diff)
	}
	fresh, err := b.Unindexed(t.Context(), src, 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]schemas.Chunk{second.Chunks[2]}, fresh); diff != "" {
		t.Errorf("to index: %s", diff)
	}
	b.index(t, job)
	b.finish(t, job, schemas.SyncSourceResult{Phase: schemas.SyncDone})

	// What comes back is wanted in the index again, and not removed from it.
	job = b.begin(t, src)
	b.storeDocs(t, job, first)
	if diff := cmp.Diff([]schemas.ChunkID{first.Chunks[1].ID}, b.index(t, job)); diff != "" {
		t.Errorf("to index after the return: %s", diff)
	}
	for _, id := range b.removals(t) {
		if id == first.Chunks[1].ID {
			t.Error("a chunk that came back is to be removed")
		}
	}
}

func TestANewTitleIsIndexedAgain(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	doc, same := document(src, "a", "refund"), document(src, "b", "parcel")
	b.ready(t, src, doc, same)
	job := b.begin(t, src)
	doc.Title = "Refunds"
	b.storeDocs(t, job, doc, same)
	if diff := cmp.Diff(chunkIDs(doc.Chunks), b.index(t, job)); diff != "" {
		t.Error(diff)
	}
}

func TestNoSourceTakesAnothersChunks(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	one, two := b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID
	b.ready(t, one, document(one, "a", "refund"))
	job := b.begin(t, two)
	stolen := document(two, "a", "parcel")
	stolen.Chunks[0].ID = document(one, "a", "refund").Chunks[0].ID
	_, err := b.StoreDocuments(t.Context(), job, []schemas.Document{stolen})
	wantKind(t, err, schemas.KindConflict)
	if s, err := b.Source(t.Context(), two); err != nil || s.Documents != 0 {
		t.Errorf("half a sync was stored: %+v, %v", s, err)
	}
}

func TestTextIsStoredClean(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	b.ready(t, src, document(src, "a", "nul\x00 and \xff bytes"))
}

func TestHowASyncEnds(t *testing.T) {
	t.Parallel()
	done := schemas.SyncSourceResult{Phase: schemas.SyncDone}
	cases := map[string]struct {
		words  []string
		index  bool
		said   schemas.SyncSourceResult
		status schemas.SourceStatus
		reason schemas.FailCode
	}{
		"done":             {[]string{"refund"}, true, done, schemas.SourceReady, ""},
		"not fetched":      {nil, false, schemas.SyncSourceResult{Phase: schemas.SyncFailed, Reason: schemas.FailRobots}, schemas.SourceFailed, schemas.FailRobots},
		"no reason given":  {nil, false, schemas.SyncSourceResult{Phase: schemas.SyncFailed}, schemas.SourceFailed, schemas.FailInternal},
		"done but empty":   {nil, false, done, schemas.SourceFailed, schemas.FailEmpty},
		"done, no index":   {[]string{"refund"}, false, done, schemas.SourceFailed, schemas.FailIndex},
		"done by a reason": {[]string{"refund"}, true, schemas.SyncSourceResult{Phase: schemas.SyncDone, Reason: schemas.FailIndex}, schemas.SourceFailed, schemas.FailIndex},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupAdmin(t)
			src := b.shortSource(t, plainSource).ID
			job := b.begin(t, src)
			out, err := b.StoreDocuments(t.Context(), job, []schemas.Document{document(src, "a", c.words...)})
			if err != nil || (out.Reason == schemas.FailEmpty) != (len(c.words) == 0) {
				t.Fatalf("stored %+v, %v", out, err)
			}
			if c.index {
				b.index(t, job)
			}
			end := b.finish(t, job, c.said)
			if again := b.finish(t, job, done); again != end {
				t.Errorf("finished again: %+v, first %+v", again, end)
			}
			s, err := b.Source(t.Context(), src)
			if err != nil || s.Status != c.status || s.Reason != c.reason || end.Reason != c.reason {
				t.Fatalf("source %+v, end %+v, %v", s, end, err)
			}
			if want := c.status == schemas.SourceReady; s.SyncedAt.Equal(b.now) != want || s.SyncedAt.IsZero() == want {
				t.Errorf("synced at %v", s.SyncedAt)
			}
			b.begin(t, src)
		})
	}
}

func TestAnEmptyReadKeepsTheLastCopy(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	b.ready(t, src, document(src, "a", "refund"))
	b.at(t, b.now.Add(time.Hour))
	job := b.begin(t, src)
	out, err := b.StoreDocuments(t.Context(), job, nil)
	if err != nil || out.Reason != schemas.FailEmpty {
		t.Fatalf("stored %+v, %v", out, err)
	}
	if s, err := b.Source(t.Context(), src); err != nil || s.Chunks != 1 || !s.SyncedAt.Equal(b.now) {
		t.Fatalf("source %+v, %v", s, err)
	}
}
