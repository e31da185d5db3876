package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func (c crawling) restore(t *testing.T, id schemas.DocumentID, version int) {
	t.Helper()
	src, err := c.RestoreVersion(t.Context(), c.Agent, id, version)
	if err != nil || src != c.run.Source {
		t.Fatalf("restored of %s, %v", src, err)
	}
}

func TestVersionsOfADocument(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	src := c.run.Source
	want := schemas.DocumentView{Source: src, Title: "Title a", URL: "https://shop.example/a", Language: "en", Versions: []schemas.DocumentVersion{}}
	for i := range 5 {
		at := c.now.Add(time.Duration(i) * time.Hour)
		c.at(t, at)
		doc := document(src, "a", fmt.Sprint("text ", i))
		if i > 0 {
			v := schemas.DocumentVersion{Version: i, Title: want.Title, Text: want.Text, CreatedAt: at.Add(-time.Hour)}
			want.Versions = append([]schemas.DocumentVersion{v}, want.Versions...)
			want.Versions = want.Versions[:min(3, i)]
		}
		want.ID, want.Text, want.Version = doc.ID, doc.Text, i+1
		for range 2 { // the second time nothing has changed
			c.store(t, c.run, readPage(doc))
		}
		c.finish(t, c.run)
		got := c.view(t, doc.ID)
		if len(got.Chunks) != 1 || got.Chunks[0].Text != doc.Text || !got.Chunks[0].Indexed {
			t.Errorf("chunks %+v", got.Chunks)
		}
		got.Chunks = nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("version %d: %s", i+1, diff)
		}
		c = c.again(t)
	}
	// A new title of the same text is a new version too: passages begin with it.
	doc := document(src, "a", "text 4")
	doc.Title = "Refunds"
	wantStored(t, c.store(t, c.run, readPage(doc)), schemas.PageUpdated, "")
	if view := c.view(t, doc.ID); view.Version != 6 || view.Title != "Refunds" || view.Versions[0].Title != "Title a" {
		t.Errorf("document %+v", view)
	}
}

func TestRestoreVersion(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	src := c.run.Source
	first, second := document(src, "a", "good text"), document(src, "a", "broken text")
	first.Answers = []schemas.Answer{{Question: "How long?", Answer: "30 days."}, {Question: "Is it free?", Answer: "Yes."}}
	second.Answers = []schemas.Answer{{Question: "Broken?", Answer: "Yes."}}
	for _, doc := range []schemas.Document{first, second} {
		c.store(t, c.run, readPage(doc))
		c.finish(t, c.run)
		c = c.again(t)
	}
	c.restore(t, first.ID, 1)
	view := c.view(t, first.ID)
	if view.Text != "good text" || view.Version != 3 || len(view.Versions) != 2 || view.Versions[0].Text != "broken text" {
		t.Fatalf("document %+v", view)
	}
	// The answers of the old text come back with it: they are passages too.
	if docs, _, err := c.Unsplit(t.Context(), src, 10); err != nil || len(docs) != 1 || !cmp.Equal(docs[0].Answers, first.Answers) {
		t.Errorf("to split: %+v, %v", docs, err)
	}
	if keys := c.split(t, c.run); !cmp.Equal(keys, []string{"a"}) {
		t.Errorf("split %v", keys)
	}
	c.finish(t, c.run)
	if diff := cmp.Diff(chunksOf(src, first), c.find(t, "text")); diff != "" {
		t.Error(diff)
	}
	// It stays while the page is as it was when it was restored, also when the
	// page is read anew.
	c = c.again(t)
	wantStored(t, c.store(t, c.run, schemas.PageRead{Key: "a", Outcome: schemas.PageUnchanged, Status: 304}), schemas.PageUnchanged, "")
	c.finish(t, c.run)
	c = c.again(t)
	wantStored(t, c.store(t, c.run, readPage(second)), schemas.PageUnchanged, "")
	c.finish(t, c.run)
	if view := c.view(t, first.ID); view.Text != "good text" || view.Version != 3 {
		t.Errorf("document %+v", view)
	}
	c = c.again(t)
	wantStored(t, c.store(t, c.run, readPage(document(src, "a", "newest text"))), schemas.PageUpdated, "")
	if view := c.view(t, first.ID); view.Text != "newest text" || view.Version != 4 {
		t.Errorf("document %+v", view)
	}
	for name, call := range map[string]func() error{
		"unknown version": func() error { _, err := c.RestoreVersion(t.Context(), c.Agent, first.ID, 9); return err },
		"other agent":     func() error { _, err := c.RestoreVersion(t.Context(), c.otherAgent(t), first.ID, 1); return err },
		"not a document":  func() error { _, err := c.RestoreVersion(t.Context(), c.Agent, "doc_1", 1); return err },
	} {
		if err := call(); schemas.KindOf(err) != schemas.KindNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if view := c.view(t, first.ID); view.Version != 4 {
		t.Errorf("document %+v", view)
	}
}

// The oldest of three kept versions can be restored, although the current text
// takes its place.
func TestRestoreTheOldestVersion(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	doc := document(c.run.Source, "a", "")
	for i := range 4 {
		c.store(t, c.run, readPage(document(c.run.Source, "a", fmt.Sprint("text ", i))))
	}
	c.restore(t, doc.ID, 1)
	view := c.view(t, doc.ID)
	kept := []int{}
	for _, v := range view.Versions {
		kept = append(kept, v.Version)
	}
	if view.Text != "text 0" || view.Version != 5 || !cmp.Equal(kept, []int{4, 3, 2}) {
		t.Errorf("document %+v, versions %v", view, kept)
	}
}

func TestPagesAreListed(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	src := c.run.Source
	c.add(t, links("a", "b", "c", "d", "e", "f")...)
	c.store(t, c.run, readPage(document(src, "a", "refund")))
	c.store(t, c.run, readPage(document(src, "b", "refund")))
	c.store(t, c.run, schemas.PageRead{Key: "c", URL: "https://shop.example/c", Outcome: schemas.PageFailed, Reason: "http_404", Status: 404})
	c.store(t, c.run, schemas.PageRead{Key: "d", Outcome: schemas.PageQueued, Reason: "http_503", Again: c.now.Add(time.Minute)})
	c.store(t, c.run, schemas.PageRead{Key: "e", URL: "https://shop.example/e", Outcome: schemas.PageSkipped, Reason: schemas.FailRobots})
	list := func(q PageQuery) []string {
		t.Helper()
		pages, err := c.Pages(t.Context(), src, q)
		if err != nil {
			t.Fatal(err)
		}
		keys := []string{}
		for _, p := range pages {
			keys = append(keys, p.URL[len("https://shop.example/"):])
		}
		return keys
	}
	for name, q := range map[string]struct {
		q    PageQuery
		want []string
	}{
		"all":           {PageQuery{Limit: 10}, []string{"a", "b", "c", "d", "e", "f"}},
		"first part":    {PageQuery{Limit: 2}, []string{"a", "b"}},
		"next part":     {PageQuery{Limit: 2, After: "b"}, []string{"c", "d"}},
		"last part":     {PageQuery{Limit: 9, After: "d"}, []string{"e", "f"}},
		"nothing after": {PageQuery{Limit: 9, After: "f"}, []string{}},
		"queued":        {PageQuery{Limit: 10, Outcome: schemas.PageQueued}, []string{"d", "f"}},
		"tried before":  {PageQuery{Limit: 10, Outcome: schemas.PageQueued, Reason: "http_503"}, []string{"d"}},
		"skipped":       {PageQuery{Limit: 10, Outcome: schemas.PageSkipped}, []string{"b", "e"}},
		"reason":        {PageQuery{Limit: 10, Reason: schemas.FailDuplicate}, []string{"b"}},
		"both":          {PageQuery{Limit: 10, Outcome: schemas.PageFailed, Reason: "http_404"}, []string{"c"}},
		"no such":       {PageQuery{Limit: 10, Outcome: schemas.PageNew, Reason: "http_404"}, []string{}},
	} {
		if diff := cmp.Diff(q.want, list(q.q)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	c.wantCounts(t, schemas.SyncCounts{Found: 6, Fetched: 1, New: 1, Skipped: 2, Failed: 1})
	c.closeAll(t, schemas.FailDeadline)
	c.wantCounts(t, schemas.SyncCounts{Found: 6, Fetched: 1, New: 1, Skipped: 4, Failed: 1})
	if diff := cmp.Diff([]string{"d", "f"}, list(PageQuery{Limit: 10, Reason: schemas.FailDeadline})); diff != "" {
		t.Error(diff)
	}
}

func TestRetryPages(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	src := c.run.Source
	for _, key := range []string{"a", "b"} {
		page := readPage(document(src, key, "text of "+key))
		page.ETag, page.LastModified = `"1"`, "yesterday"
		c.store(t, c.run, page)
	}
	c.store(t, c.run, schemas.PageRead{Key: "b", Outcome: schemas.PageStale, Reason: "http_500", Status: 500})
	c.finish(t, c.run)
	if n, err := c.RetryPages(t.Context(), src); err != nil || n != 1 {
		t.Errorf("%d pages, %v", n, err)
	}
	c = c.again(t)
	c.seed(t)
	urls := c.claim(t, 10, 2, lease)
	wantKeys(t, urls, "a", "b")
	if urls[0].ETag == "" || urls[0].TextHash == "" || urls[1].ETag+urls[1].LastModified+urls[1].BytesHash+urls[1].TextHash != "" || urls[1].Document == "" {
		t.Errorf("claimed %+v", urls)
	}
}

func TestPageHash(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	run := b.begin(t, src)
	check := func(stage, want string) {
		t.Helper()
		if got, err := b.PageHash(t.Context(), run); err != nil || got != want {
			t.Errorf("%s: %q, %v", stage, got, err)
		}
	}
	check("never read", "")
	b.store(t, run, schemas.PageRead{Key: "a", Outcome: schemas.PageFailed, Reason: schemas.FailNoText, BytesHash: "1"})
	check("failed", "")
	page := readPage(document(src, "a", "refund"))
	b.store(t, run, page)
	check("read", page.BytesHash)
}

// TestRetryReadsOnlyWhatFailed: the rest of the source counts as seen, is not
// read for a link, and keeps its room and its texts.
func TestRetryReadsOnlyWhatFailed(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 4)
	c.add(t, links("a", "b", "c", "down")...)
	c.claim(t, 10, 4, lease)
	c.read(t, "a", "b", "down")
	c.read(t, "b")
	down := schemas.PageRead{Key: "down", Outcome: schemas.PageFailed, Reason: "http_500", Status: 500}
	c.store(t, c.run, down)
	c.store(t, c.run, schemas.PageRead{Key: "c", Outcome: schemas.PageSkipped, Reason: schemas.FailNoIndex, Status: 200})
	c.finish(t, c.run)
	c.run = c.newRun(c.run.Source)
	if out, err := c.PrepareSync(t.Context(), schemas.PrepareSyncInput{SyncRef: c.run, Trigger: schemas.TriggerRetry}); err != nil || !out.Claimed {
		t.Fatalf("%+v, %v", out, err)
	}
	if job, err := c.CrawlJob(t.Context(), c.run); err != nil || !job.Retry {
		t.Fatalf("%+v, %v", job, err)
	}
	for range 2 {
		c.seed(t)
	}
	wantKeys(t, c.claim(t, 10, 1, lease), "down")
	page := readPage(document(c.run.Source, "down", "text of down"))
	page.Links = links("a", "c", "fresh", "more")
	c.store(t, c.run, page)
	wantKeys(t, c.claim(t, 10, 2, lease), "fresh", "more")
	c.read(t, "fresh")
	c.read(t, "more")
	c.wantCounts(t, schemas.SyncCounts{Found: 6, Fetched: 4, New: 2, Unchanged: 2, Skipped: 2})
	if diff := cmp.Diff([]string{"a", "b", "down", "fresh"}, c.keys(t)); diff != "" {
		t.Error(diff)
	}
	// A copy of what was not read is known as such.
	twin := readPage(document(c.run.Source, "twin", "text of a"))
	if out, err := c.StorePage(t.Context(), c.run, twin); err != nil || out.Reason != schemas.FailDuplicate {
		t.Errorf("%+v, %v", out, err)
	}
}
