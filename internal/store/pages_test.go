package store

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// wantStored checks how a page was taken.
func wantStored(t *testing.T, got schemas.PageStored, outcome schemas.PageOutcome, reason schemas.FailCode) {
	t.Helper()
	if got.Outcome != outcome || got.Reason != reason {
		t.Errorf("stored %+v, want %s %s", got, outcome, reason)
	}
}

// pageOf is the page with a key as admins see it.
func (c crawling) pageOf(t *testing.T, key string) schemas.Page {
	t.Helper()
	page, ok := c.pages(t, c.run.Source)["https://shop.example/"+key]
	if !ok {
		t.Fatalf("no page %s", key)
	}
	return page
}

// wantCounts checks a run's counts, of which it has also the sum.
func (c crawling) wantCounts(t *testing.T, want schemas.SyncCounts) {
	t.Helper()
	got := c.getSync(t, c.run.Sync)
	if diff := cmp.Diff(want, got.Counts); diff != "" {
		t.Error(diff)
	}
	if sum := got.Counts.Fetched + got.Counts.Skipped + got.Counts.Failed + got.Queued; sum != got.Counts.Found {
		t.Errorf("%d pages are accounted for of %d", sum, got.Counts.Found)
	}
}

func TestAPageThatWasRead(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 10)
	src := c.run.Source
	c.add(t, links("a")...)
	doc := document(src, "a", "refund", "nul\x00 and \xff bytes")
	page := readPage(doc)
	page.Rendered, page.Links = true, append(links("b", "c"), links("b")...)
	out := c.store(t, c.run, page)
	wantStored(t, out, schemas.PageNew, "")
	if out.Added != 2 {
		t.Errorf("%d links added", out.Added)
	}
	c.split(t, c.run)
	want := schemas.Page{
		Key: "a", URL: doc.URL, Outcome: schemas.PageNew, Status: 200, Document: doc.ID, Title: "Title a", Language: "en", Chunks: 2, Version: 1,
		Rendered: true, ReadAt: c.now,
	}
	if diff := cmp.Diff(want, c.pageOf(t, "a")); diff != "" {
		t.Error(diff)
	}
	view := c.view(t, doc.ID)
	if view.Source != src || view.Text != "refund\nnul and \uFFFD bytes" || view.Version != 1 || len(view.Versions) != 0 || len(view.Chunks) != 2 {
		t.Errorf("document %+v", view)
	}
	// The same page again, as after a step that was repeated.
	wantStored(t, c.store(t, c.run, page), schemas.PageUnchanged, "")
	c.wantCounts(t, schemas.SyncCounts{Found: 3, Fetched: 1, Unchanged: 1})
	if _, err := c.Document(t.Context(), c.otherAgent(t), doc.ID); schemas.KindOf(err) != schemas.KindNotFound {
		t.Errorf("another agent sees the document: %v", err)
	}
}

func TestTheLimitOfDocumentsIsExact(t *testing.T) {
	t.Parallel()
	const most, pages = 10, 40
	c := setupCrawl(t, most)
	src := c.run.Source
	outcomes := make(chan schemas.PageStored, pages)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := i; n < pages; n += 4 {
				key := fmt.Sprint(n)
				page := readPage(document(src, key, "text of "+key))
				page.Links = links("from " + key)
				out, err := c.StorePage(t.Context(), c.run, page)
				if err != nil {
					t.Error(err)
				}
				outcomes <- out
			}
		})
	}
	wg.Wait()
	close(outcomes)
	got := map[schemas.PageStored]int{}
	for out := range outcomes {
		got[out]++
	}
	want := map[schemas.PageStored]int{
		{Outcome: schemas.PageNew, Added: 1}:                                       most,
		{Outcome: schemas.PageSkipped, Reason: schemas.FailLimitReached, Added: 1}: pages - most,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := c.getSource(t, src); s.Documents != most {
		t.Errorf("%d documents", s.Documents)
	}
	// What is stored counts once, whatever becomes of it.
	for n := range pages {
		key := fmt.Sprint(n)
		if page := c.pageOf(t, key); page.Outcome == schemas.PageNew {
			wantStored(t, c.store(t, c.run, readPage(document(src, key, "new text of "+key))), schemas.PageUpdated, "")
			wantStored(t, c.store(t, c.run, schemas.PageRead{Key: key, Outcome: schemas.PageUnchanged, Status: 304}), schemas.PageUnchanged, "")
		}
	}
	c.wantNoDeadlocks(t)
}

func TestTheLimitHoldsInLaterRuns(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 2)
	src := c.run.Source
	for _, key := range []string{"a", "b"} {
		c.store(t, c.run, readPage(document(src, key, "text of "+key)))
	}
	c.finish(t, c.run)
	c = c.again(t)
	// A page that cannot be read now has its place still.
	wantStored(t, c.store(t, c.run, schemas.PageRead{Key: "a", Outcome: schemas.PageStale, Reason: "http_500", Status: 500}), schemas.PageStale, "http_500")
	wantStored(t, c.store(t, c.run, schemas.PageRead{Key: "b", Outcome: schemas.PageUnchanged, Status: 304}), schemas.PageUnchanged, "")
	wantStored(t, c.store(t, c.run, readPage(document(src, "c", "text of c"))), schemas.PageSkipped, schemas.FailLimitReached)
	wantStored(t, c.store(t, c.run, readPage(document(src, "b", "new text of b"))), schemas.PageUpdated, "")
	c.wantCounts(t, schemas.SyncCounts{Found: 3, Fetched: 1, Updated: 1, Failed: 1, Skipped: 1})
}

// A page of an earlier run that waits has its place before one that is new.
func TestKnownPagesKeepTheirPlace(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 2)
	src := c.run.Source
	for _, key := range []string{"a", "b"} {
		c.store(t, c.run, readPage(document(src, key, "text of "+key)))
	}
	c.finish(t, c.run)
	c = c.again(t)
	c.add(t, links("c", "d")...)
	c.seed(t)
	wantKeys(t, c.claim(t, 1, 4, 0), "a")
	// What is new is not given now, and nobody is told to come for it.
	wantKeys(t, c.claim(t, 10, 4, lease), "b")
	wantStored(t, c.store(t, c.run, readPage(document(src, "c", "text of c"))), schemas.PageQueued, "")
	c.store(t, c.run, schemas.PageRead{Key: "b", Outcome: schemas.PageUnchanged, Status: 304})
	wantKeys(t, c.claim(t, 10, 3, lease))
	c.store(t, c.run, schemas.PageRead{Key: "a", URL: "https://shop.example/a", Outcome: schemas.PageGone, Reason: "http_410", Status: 410})
	wantKeys(t, c.claim(t, 10, 2, reservedFor), "d")
	c.at(t, c.now.Add(reservedFor))
	wantKeys(t, c.claim(t, 10, 2, lease), "c")
	wantStored(t, c.store(t, c.run, readPage(document(src, "d", "text of d"))), schemas.PageNew, "")
	wantStored(t, c.store(t, c.run, readPage(document(src, "c", "text of c"))), schemas.PageSkipped, schemas.FailLimitReached)
	c.wantCounts(t, schemas.SyncCounts{Found: 4, Fetched: 2, New: 1, Unchanged: 1, Skipped: 2})
}

func TestTheSameTextIsStoredOnce(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	src := c.run.Source
	outcomes := make(chan schemas.PageStored, 8)
	var wg sync.WaitGroup
	for i := range cap(outcomes) {
		wg.Go(func() {
			out, err := c.StorePage(t.Context(), c.run, readPage(document(src, fmt.Sprint(i), "refund")))
			if err != nil {
				t.Error(err)
			}
			outcomes <- out
		})
	}
	wg.Wait()
	close(outcomes)
	got := map[schemas.PageOutcome]int{}
	for out := range outcomes {
		got[out.Outcome]++
	}
	if got[schemas.PageNew] != 1 || got[schemas.PageSkipped] != 7 || c.getSource(t, src).Documents != 1 {
		t.Errorf("outcomes %v", got)
	}
	original := ""
	for _, p := range c.pages(t, src) {
		if p.Outcome == schemas.PageNew {
			original = p.URL
		}
	}
	for _, p := range c.pages(t, src) {
		if p.URL != original && (p.DuplicateOf != original || p.Reason != schemas.FailDuplicate || p.Document != "") {
			t.Errorf("page %+v is the same as %s", p, original)
		}
	}
	// What another run has stored, and this one has not met, is no twin.
	c.finish(t, c.run)
	c = c.again(t)
	wantStored(t, c.store(t, c.run, readPage(document(src, "moved", "refund"))), schemas.PageNew, "")
}

func TestNearlyTheSameTextIsStoredOnce(t *testing.T) {
	t.Parallel()
	const first = 0xF0F0_1234_8000_0001
	run := setupCrawl(t, 100)
	for name, c := range map[string]struct {
		print uint64
		near  bool
	}{
		"equal":                 {first, true},
		"one bit":               {first ^ 1<<63, true},
		"three bits of a band":  {first ^ 0b111, true},
		"three bands":           {first ^ (1<<63 | 1<<40 | 1<<16), true},
		"four bits of a band":   {first ^ 0b1111, false},
		"a bit of every band":   {first ^ (1<<63 | 1<<40 | 1<<16 | 1), false},
		"no print":              {0, false},
		"quite another":         {^uint64(first), false},
		"only a band in common": {first ^ 0xFFFF_FFFF_FFFF_0000, false},
	} {
		t.Run(name, func(t *testing.T) {
			run.run = run.begin(t, run.crawlSource(t, 100))
			one, two := readPage(document(run.run.Source, "a", "refund")), readPage(document(run.run.Source, "b", "refunds"))
			one.Print, two.Print = first, c.print
			run.store(t, run.run, one)
			out := run.store(t, run.run, two)
			if !c.near {
				wantStored(t, out, schemas.PageNew, "")
				return
			}
			wantStored(t, out, schemas.PageSkipped, schemas.FailDuplicate)
			if page := run.pageOf(t, "b"); page.DuplicateOf != one.URL {
				t.Errorf("page %+v", page)
			}
			// The original itself may change a little.
			one = readPage(document(run.run.Source, "a", "refund!"))
			one.Print = c.print
			wantStored(t, run.store(t, run.run, one), schemas.PageUpdated, "")
		})
	}
}

func TestAPageThatStandsForAnother(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	src := c.run.Source
	// A page of a list names the first page of it as the one to know it by.
	other := readPage(document(src, "list", "second part"))
	other.Key, other.URL, other.DuplicateOf = "list?page=2", "https://shop.example/list?page=2", "https://shop.example/list"
	own := readPage(document(src, "list", "first part"))
	wantStored(t, c.store(t, c.run, other), schemas.PageNew, "")
	wantStored(t, c.store(t, c.run, own), schemas.PageUpdated, "")
	c.finish(t, c.run)
	for range 2 {
		c = c.again(t)
		wantStored(t, c.store(t, c.run, own), schemas.PageUnchanged, "")
		wantStored(t, c.store(t, c.run, other), schemas.PageSkipped, schemas.FailDuplicate)
		c.finish(t, c.run)
		if view := c.view(t, own.Document.ID); view.Version != 2 || view.Text != "first part" {
			t.Fatalf("document %+v", view)
		}
	}
}

func TestAnUnchangedPage(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	src := c.run.Source
	page := readPage(document(src, "a", "refund"))
	page.ETag, page.Links = `"1"`, links("b", "c")
	c.store(t, c.run, page)
	c.finish(t, c.run)

	c.at(t, c.now.Add(time.Hour))
	c = c.again(t)
	c.seed(t)
	unchanged := schemas.PageRead{Key: "a", URL: page.URL, Outcome: schemas.PageUnchanged, Status: 304, ETag: `"2"`}
	if out := c.store(t, c.run, unchanged); out.Added != 2 || out.Outcome != schemas.PageUnchanged {
		t.Errorf("stored %+v: the links of an unchanged page are those it had", out)
	}
	if out := c.store(t, c.run, unchanged); out.Added != 0 {
		t.Errorf("stored again %+v", out)
	}
	c.wantCounts(t, schemas.SyncCounts{Found: 3, Fetched: 1, Unchanged: 1})
	got := c.pageOf(t, "a")
	if got.Outcome != schemas.PageUnchanged || !got.ReadAt.Equal(c.now.Add(time.Hour)) || got.Version != 1 || got.Document == "" {
		t.Errorf("page %+v", got)
	}
	if keys := c.split(t, c.run); len(keys) != 0 || len(c.unindexed(t, src)) != 0 {
		t.Errorf("an unchanged page costs work: %v", keys)
	}
	urls, _, _, err := c.Claim(t.Context(), c.run, 10, lease)
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, urls, "b", "c")
	if urls[0].Class != schemas.ClassLink || urls[0].Depth != 1 {
		t.Errorf("link %+v", urls[0])
	}
	c.closeAll(t, schemas.FailCancelled)
	c.finish(t, c.run)
	c = c.again(t)
	c.seed(t)
	if urls := c.claim(t, 10, 1, time.Hour+lease); len(urls) != 1 || urls[0].ETag != `"2"` || urls[0].BytesHash != page.BytesHash {
		t.Errorf("claimed %+v", urls)
	}
}

func TestAStalePageKeepsItsText(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	src := c.run.Source
	doc := document(src, "a", "refund")
	c.store(t, c.run, readPage(doc))
	c.finish(t, c.run)
	for day := 1; day <= 2; day++ {
		c.at(t, c.now.Add(time.Duration(day)*24*time.Hour))
		c = c.again(t)
		c.seed(t)
		c.store(t, c.run, schemas.PageRead{Key: "a", URL: doc.URL, Outcome: schemas.PageStale, Reason: "http_500", Status: 500})
		c.wantCounts(t, schemas.SyncCounts{Found: 1, Failed: 1})
		if removed, held, err := c.DropUnseen(t.Context(), c.run, func(int, int) bool { return true }); err != nil || removed+held != 0 {
			t.Errorf("removed %d, held %d, %v", removed, held, err)
		}
		c.finish(t, c.run)
		want := schemas.Page{
			Key: "a", URL: doc.URL, Outcome: schemas.PageStale, Reason: "http_500", Status: 500, Document: doc.ID, Title: "Title a", Language: "en",
			Chunks: 1, Version: 1, ReadAt: c.now, StaleSince: c.now.Add(24 * time.Hour),
		}
		if diff := cmp.Diff(want, c.pageOf(t, "a")); diff != "" {
			t.Error(diff)
		}
		if got := c.find(t, "refund"); len(got) != 1 {
			t.Errorf("found %v", got)
		}
	}
	c = c.again(t)
	c.store(t, c.run, readPage(doc))
	if got := c.pageOf(t, "a"); got.Outcome != schemas.PageUnchanged || !got.StaleSince.IsZero() {
		t.Errorf("page %+v", got)
	}
}

func TestAPageThatGoesLosesItsText(t *testing.T) {
	t.Parallel()
	for outcome, reason := range map[schemas.PageOutcome]schemas.FailCode{schemas.PageGone: "http_410", schemas.PageSkipped: schemas.FailNoIndex} {
		t.Run(string(outcome), func(t *testing.T) {
			t.Parallel()
			c := setupCrawl(t, 100)
			src := c.run.Source
			doc, kept := document(src, "a", "refund"), document(src, "b", "parcel")
			c.store(t, c.run, readPage(doc))
			c.store(t, c.run, readPage(kept))
			c.finish(t, c.run)
			c = c.again(t)
			c.seed(t)
			c.store(t, c.run, schemas.PageRead{Key: "a", URL: doc.URL, Outcome: outcome, Reason: reason, Status: 410})
			c.store(t, c.run, schemas.PageRead{Key: "b", Outcome: schemas.PageUnchanged, Status: 304})
			want := schemas.Page{Key: "a", URL: doc.URL, Outcome: outcome, Reason: reason, Status: 410, ReadAt: c.now}
			if diff := cmp.Diff(want, c.pageOf(t, "a")); diff != "" {
				t.Error(diff)
			}
			if got := c.find(t, "refund"); len(got) != 1 {
				t.Error("the text went before the end of the run")
			}
			c.wantCounts(t, schemas.SyncCounts{Found: 2, Fetched: 1, Unchanged: 1, Skipped: 1})
			removed, _, err := c.DropUnseen(t.Context(), c.run, func(int, int) bool { return true })
			if err != nil || removed != 1 || len(c.find(t, "refund")) != 0 || !cmp.Equal(c.removals(t), chunksOf(src, doc)) {
				t.Errorf("removed %d, %v", removed, err)
			}
			c.finish(t, c.run)
			c = c.again(t)
			if seeded := c.seed(t); seeded != 1 {
				t.Errorf("%d seeded", seeded)
			}
		})
	}
}
