package store

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/policy"
	"steward/schemas"
)

func always(int, int) bool { return true }

func (c crawling) drop(t *testing.T, may func(gone, total int) bool, removed, held int) {
	t.Helper()
	gotRemoved, gotHeld, err := c.DropUnseen(t.Context(), c.run, may)
	if err != nil || gotRemoved != removed || gotHeld != held {
		t.Errorf("removed %d, held %d, want %d and %d, %v", gotRemoved, gotHeld, removed, held, err)
	}
}

// read reads a page that names these others.
func (c crawling) read(t *testing.T, key string, named ...string) schemas.Document {
	t.Helper()
	doc := document(c.run.Source, key, "text of "+key)
	page := readPage(doc)
	page.Links = links(named...)
	c.store(t, c.run, page)
	return doc
}

// keys are the keys of the documents that are stored.
func (c crawling) keys(t *testing.T) []string {
	t.Helper()
	rows, err := c.pool.Query(t.Context(), "select key from documents order by key")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	keys := []string{}
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}

func TestWhatARunHasNotSeenIsRemoved(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	src := c.run.Source
	gone := map[string]schemas.Document{}
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		gone[key] = c.read(t, key)
	}
	c.finish(t, c.run)
	c = c.again(t)
	c.seed(t)
	c.claim(t, 10, 5, lease)
	c.read(t, "a")
	c.store(t, c.run, schemas.PageRead{Key: "b", Outcome: schemas.PageUnchanged, Status: 304})
	c.store(t, c.run, schemas.PageRead{Key: "c", Outcome: schemas.PageStale, Reason: "http_500", Status: 500})
	c.store(t, c.run, schemas.PageRead{Key: "d", Outcome: schemas.PageGone, Reason: "http_404", Status: 404})
	// Of what was not read in the end nobody can tell that it is gone.
	c.closeAll(t, schemas.FailLimitReached)
	c.drop(t, func(gone, total int) bool {
		if gone != 1 || total != 5 {
			t.Errorf("%d of %d would go", gone, total)
		}
		return true
	}, 1, 0)
	if diff := cmp.Diff([]string{"a", "b", "c", "e"}, c.keys(t)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(chunksOf(src, gone["d"]), c.removals(t)); diff != "" {
		t.Error(diff)
	}
	c.drop(t, always, 0, 0)
	if run := c.getSync(t, c.run.Sync); run.Counts.Removed != 1 || run.Held != 0 {
		t.Errorf("run %+v", run)
	}
	c.finish(t, c.run)
	// A page that the next run does not meet at all leaves no row behind.
	c = c.again(t)
	for _, key := range []string{"a", "b", "c", "e"} {
		c.read(t, key)
	}
	c.drop(t, always, 0, 0)
	if _, ok := c.pages(t, src)["https://shop.example/d"]; ok {
		t.Error("a page that is gone is listed for ever")
	}
}

func TestADocumentThatLeftItsPageIsRemoved(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.source(t, schemas.NewSource{Type: schemas.SourceFile, FileName: "a.md", Content: []byte("x")}).ID
	old, doc := document(src, "old.md", "refund"), document(src, "new.md", "parcel")
	b.ready(t, src, old)
	run := b.begin(t, src)
	b.storeDocs(t, run, doc)
	if removed, _, err := b.DropUnseen(t.Context(), run, always); err != nil || removed != 1 {
		t.Errorf("removed %d, %v", removed, err)
	}
	b.finish(t, run)
	if diff := cmp.Diff(chunksOf(src, doc), append(b.find(t, "refund"), b.find(t, "parcel")...)); diff != "" {
		t.Error(diff)
	}
}

func TestAPageThatNothingNamesGoesAfterTwoRuns(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	start := schemas.FrontierURL{Key: "start", URL: "https://shop.example/start", Class: schemas.ClassStart}
	for n, run := range []struct {
		named, stored []string
		removed       int
	}{
		{[]string{"a", "b", "c"}, []string{"a", "b", "c", "start"}, 0},
		{[]string{"a"}, []string{"a", "b", "c", "start"}, 0},
		{[]string{"a", "b"}, []string{"a", "b", "start"}, 1},
		{[]string{"a", "c"}, []string{"a", "b", "c", "start"}, 0},
		{[]string{"a"}, []string{"a", "c", "start"}, 1},
	} {
		c.add(t, start)
		c.seed(t)
		c.read(t, "start", run.named...)
		for _, key := range []string{"a", "b", "c"} {
			c.read(t, key)
		}
		for range 2 { // a step that is repeated counts once
			if err := c.NoteUnlinked(t.Context(), c.run); err != nil {
				t.Fatal(err)
			}
		}
		c.drop(t, always, run.removed, 0)
		if got := c.keys(t); !slices.Equal(got, run.stored) {
			t.Errorf("run %d: documents %v, want %v", n+1, got, run.stored)
		}
		c.closeAll(t, schemas.FailCancelled)
		c.finish(t, c.run)
		c = c.again(t)
	}
}

// holding is a source of twelve documents of which eleven would go.
func holding(t *testing.T) crawling {
	t.Helper()
	c := setupCrawl(t, 100)
	for i := range 12 {
		c.read(t, fmt.Sprintf("%02d", i))
	}
	c.finish(t, c.run)
	c = c.again(t)
	c.read(t, "00")
	c.drop(t, policy.MayRemove, 0, 11)
	c.drop(t, policy.MayRemove, 0, 11)
	if run := c.getSync(t, c.run.Sync); run.Held != 11 || run.Counts.Removed != 0 {
		t.Errorf("run %+v", run)
	}
	end := c.finish(t, c.run)
	if end.State != schemas.SyncReviewNeeded || c.getSource(t, c.run.Source).Status != schemas.SourceReview {
		t.Fatalf("end %+v", end)
	}
	if n := len(c.find(t, "text")); n != 10 { // the most that find asks for
		t.Errorf("%d passages serve", n)
	}
	return c
}

func TestManyRemovalsNeedAWord(t *testing.T) {
	t.Parallel()
	t.Run("approved", func(t *testing.T) {
		t.Parallel()
		c := holding(t)
		removed, err := c.ReviewSource(t.Context(), c.run.Source, true)
		if err != nil || removed != 11 || !slices.Equal(c.keys(t), []string{"00"}) || len(c.removals(t)) != 11 {
			t.Errorf("removed %d, %v", removed, err)
		}
		if src := c.getSource(t, c.run.Source); src.Status != schemas.SourceReady || src.Documents != 1 {
			t.Errorf("source %+v", src)
		}
		_, err = c.ReviewSource(t.Context(), c.run.Source, true)
		wantKind(t, err, schemas.KindConflict)
	})
	t.Run("rejected", func(t *testing.T) {
		t.Parallel()
		c := holding(t)
		removed, err := c.ReviewSource(t.Context(), c.run.Source, false)
		if err != nil || removed != 0 || len(c.keys(t)) != 12 || len(c.removals(t)) != 0 {
			t.Errorf("removed %d, %v", removed, err)
		}
		if src := c.getSource(t, c.run.Source); src.Status != schemas.SourceReady {
			t.Errorf("source %+v", src)
		}
		// Nothing that was rejected waits for a second word.
		c = c.again(t)
		for i := range 12 {
			c.read(t, fmt.Sprintf("%02d", i))
		}
		c.drop(t, policy.MayRemove, 0, 0)
		c.finish(t, c.run)
		_, err = c.ReviewSource(t.Context(), c.run.Source, true)
		wantKind(t, err, schemas.KindConflict)
	})
	t.Run("back again", func(t *testing.T) {
		t.Parallel()
		c := holding(t)
		c = c.again(t)
		for i := range 11 {
			c.read(t, fmt.Sprintf("%02d", i))
		}
		_, err := c.ReviewSource(t.Context(), c.run.Source, true)
		wantKind(t, err, schemas.KindConflict)
		c.drop(t, policy.MayRemove, 1, 0)
		if end := c.finish(t, c.run); end.State != schemas.SyncDone {
			t.Errorf("end %+v", end)
		}
	})
	_, err := setupAdmin(t).ReviewSource(t.Context(), show[schemas.SourceID](schemas.PrefixSource, newID()), true)
	wantKind(t, err, schemas.KindNotFound)
}

func TestTexts(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	src := c.run.Source
	want := []string{}
	for i := range 5 {
		want = append(want, c.read(t, fmt.Sprint(i)).Text)
	}
	if total, changed, err := c.ChangedDocuments(t.Context(), src); err != nil || total != 5 || changed != 5 {
		t.Errorf("%d of %d changed, %v", changed, total, err)
	}
	c.finish(t, c.run)
	got, after := []string{}, schemas.DocumentID("")
	for {
		texts, last, err := c.Texts(t.Context(), src, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(texts) == 0 {
			break
		}
		got, after = append(got, texts...), last
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	c = c.again(t)
	c.store(t, c.run, readPage(document(src, "0", "new")))
	if total, changed, err := c.ChangedDocuments(t.Context(), src); err != nil || total != 5 || changed != 1 {
		t.Errorf("%d of %d changed, %v", changed, total, err)
	}
}
