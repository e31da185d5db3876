package store

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// links are addresses that a page named.
func links(keys ...string) []schemas.FrontierURL {
	out := make([]schemas.FrontierURL, 0, len(keys))
	for _, key := range keys {
		out = append(out, schemas.FrontierURL{Key: key, URL: "https://shop.example/" + key, Class: schemas.ClassLink, Depth: 1})
	}
	return out
}

// crawling is a run with its frontier.
type crawling struct {
	adminBundle
	Frontier
	run schemas.SyncRef
}

func setupCrawl(t *testing.T, most int) crawling {
	t.Helper()
	b := setupAdmin(t)
	return crawling{b, Frontier{Store: b.Store, StartDelay: 500 * time.Millisecond}, b.begin(t, b.crawlSource(t, most))}
}

// again begins another run of the source, when the one before has ended.
func (c crawling) again(t *testing.T) crawling {
	t.Helper()
	c.run = c.begin(t, c.run.Source)
	return c
}

func (c crawling) add(t *testing.T, urls ...schemas.FrontierURL) int {
	t.Helper()
	added, err := c.Add(t.Context(), c.run, urls)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func (c crawling) seed(t *testing.T) int {
	t.Helper()
	added, err := c.Seed(t.Context(), c.run)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func (c crawling) closeAll(t *testing.T, reason schemas.FailCode) int {
	t.Helper()
	closed, err := c.Frontier.Close(t.Context(), c.run, reason)
	if err != nil {
		t.Fatal(err)
	}
	return closed
}

// lease is for how long addresses are claimed here.
const lease = 2 * time.Minute

// claim claims addresses and checks how many are left and when the next can be
// had, counted from the bundle's time; a negative time says never.
func (c crawling) claim(t *testing.T, limit, left int, next time.Duration) []schemas.FrontierURL {
	t.Helper()
	urls, at, waiting, err := c.Claim(t.Context(), c.run, limit, lease)
	if err != nil {
		t.Fatal(err)
	}
	if waiting != left {
		t.Errorf("%d are left, want %d", waiting, left)
	}
	if next < 0 && !at.IsZero() || next >= 0 && !at.Equal(c.now.Add(next)) {
		t.Errorf("the next can be had at %v, want %v", at, next)
	}
	return urls
}

func keysOf(urls []schemas.FrontierURL) []string {
	keys := []string{}
	for _, u := range urls {
		keys = append(keys, u.Key)
	}
	return keys
}

func wantKeys(t *testing.T, urls []schemas.FrontierURL, want ...string) {
	t.Helper()
	if !slices.Equal(keysOf(urls), want) {
		t.Errorf("got %v, want %v", keysOf(urls), want)
	}
}

func TestTheBestAddressesAreClaimedFirst(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	url := func(key string, class schemas.URLClass, depth int) schemas.FrontierURL {
		return schemas.FrontierURL{Key: key, URL: "https://shop.example/" + key, Class: class, Depth: depth}
	}
	added := c.add(t,
		url("query", schemas.ClassQuery, 1), url("b", schemas.ClassLink, 1), url("deep", schemas.ClassLink, 2), url("a", schemas.ClassLink, 1),
		url("sitemap", schemas.ClassSitemap, 5), url("start", schemas.ClassStart, 0), url("known", schemas.ClassKnown, 9),
		url("a", schemas.ClassLink, 4),
	)
	if added != 7 {
		t.Errorf("%d added", added)
	}
	if added := c.add(t, url("a", schemas.ClassSitemap, 0), url("z", schemas.ClassLink, 3)); added != 1 {
		t.Errorf("%d added, one was there", added)
	}
	got := c.claim(t, 3, 8, 0)
	wantKeys(t, got, "start", "known", "sitemap")
	want := url("sitemap", schemas.ClassSitemap, 5)
	want.Tries = 1
	if diff := cmp.Diff(want, got[2]); diff != "" {
		t.Error(diff)
	}
	wantKeys(t, c.claim(t, 10, 8, lease), "a", "b", "deep", "z", "query")
	wantKeys(t, c.claim(t, 10, 8, lease))
}

func TestLeasesExpire(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	c.add(t, links("a", "b", "c")...)
	wantKeys(t, c.claim(t, 2, 3, 0), "a", "b")
	wantKeys(t, c.claim(t, 5, 3, lease), "c")
	if _, err := c.Finish(t.Context(), c.run, schemas.PageRead{Key: "c", Outcome: schemas.PageSkipped, Reason: schemas.FailNoIndex, Status: 200}); err != nil {
		t.Fatal(err)
	}
	if now, err := c.Now(t.Context()); err != nil || !now.Equal(c.now) {
		t.Errorf("the frontier's clock shows %v, %v", now, err)
	}
	c.at(t, c.now.Add(time.Minute))
	if err := c.Renew(t.Context(), c.run, []string{"b", "c", "unknown"}, lease); err != nil {
		t.Fatal(err)
	}
	c.at(t, c.now.Add(lease-time.Second))
	wantKeys(t, c.claim(t, 5, 2, lease))
	c.at(t, c.now.Add(lease))
	got := c.claim(t, 5, 2, time.Minute+lease)
	wantKeys(t, got, "a")
	if got[0].Tries != 2 {
		t.Errorf("tries %d", got[0].Tries)
	}
	c.at(t, c.now.Add(time.Hour))
	wantKeys(t, c.claim(t, 5, 2, time.Hour+lease), "a", "b")
}

func TestAnAddressIsPutBack(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	c.add(t, links("a", "b")...)
	c.claim(t, 1, 2, 0)
	out := c.store(t, c.run, schemas.PageRead{Key: "a", Outcome: schemas.PageQueued, Reason: "http_503", Status: 503, Again: c.now.Add(30 * time.Second)})
	if out.Outcome != schemas.PageQueued || out.Added != 0 {
		t.Errorf("stored %+v", out)
	}
	wantKeys(t, c.claim(t, 1, 2, 30*time.Second), "b")
	wantKeys(t, c.claim(t, 5, 2, 30*time.Second))
	want := schemas.Page{Key: "a", URL: "https://shop.example/a", Outcome: schemas.PageQueued, Reason: "http_503"}
	if diff := cmp.Diff(want, c.pages(t, c.run.Source)["https://shop.example/a"]); diff != "" {
		t.Error(diff)
	}
	c.store(t, c.run, schemas.PageRead{Key: "b", URL: "https://shop.example/b", Outcome: schemas.PageFailed, Reason: "http_404", Status: 404})
	c.at(t, c.now.Add(30*time.Second))
	got := c.claim(t, 5, 1, 30*time.Second+lease)
	wantKeys(t, got, "a")
	if got[0].Tries != 2 {
		t.Errorf("tries %d", got[0].Tries)
	}
	c.store(t, c.run, readPage(document(c.run.Source, "a", "refund")))
	wantKeys(t, c.claim(t, 5, 0, -1))
	// What could not be had was asked for all the same.
	if job, err := c.CrawlJob(t.Context(), c.run); err != nil || job.Requests != 3 {
		t.Errorf("job %+v, %v", job, err)
	}
}

func TestAFullFrontierTakesNoMore(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 2)
	var many []schemas.FrontierURL
	for i := range 30 {
		u := links(string(rune('A' + i)))[0]
		u.Depth = 30 - i
		many = append(many, u)
	}
	if added := c.add(t, many[:15]...); added != 15 {
		t.Fatalf("%d added", added)
	}
	// Ten times the documents that the run may have; the best are taken.
	if added := c.add(t, many...); added != 5 {
		t.Errorf("%d added", added)
	}
	if added := c.add(t, links("z", "y")...); added != 0 {
		t.Errorf("%d added to a full frontier", added)
	}
	got := c.claim(t, 100, 20, lease)
	want := []string{}
	for _, i := range []int{29, 28, 27, 26, 25, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0} {
		want = append(want, many[i].Key)
	}
	wantKeys(t, got, want...)
	if run := c.getSync(t, c.run.Sync); run.Counts.Found != 20 || run.Queued != 20 {
		t.Errorf("run %+v", run)
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	src := c.run.Source
	start := schemas.FrontierURL{Key: "start", URL: "https://shop.example/start", Class: schemas.ClassStart}
	c.add(t, append(links("a", "b", "c", "d", "e"), start)...)
	for _, key := range []string{"start", "a", "d", "e"} {
		page := readPage(document(src, key, "text of "+key))
		page.ETag, page.LastModified = `"`+key+`"`, "yesterday"
		c.store(t, c.run, page)
	}
	twin := readPage(document(src, "b", "text of a"))
	if out := c.store(t, c.run, twin); out.Reason != schemas.FailDuplicate {
		t.Fatalf("stored %+v", out)
	}
	c.store(t, c.run, schemas.PageRead{Key: "c", Outcome: schemas.PageFailed, Reason: "http_404", Status: 404})
	c.store(t, c.run, schemas.PageRead{Key: "d", Outcome: schemas.PageStale, Reason: "http_500", Status: 500})
	c.store(t, c.run, schemas.PageRead{Key: "e", Outcome: schemas.PageGone, Reason: "http_410", Status: 410})
	c.end(t, c.run, schemas.SyncFailed, "")

	c = c.again(t)
	c.add(t, start)
	if added := c.seed(t); added != 2 {
		t.Errorf("%d seeded", added)
	}
	if added := c.seed(t); added != 0 {
		t.Errorf("%d seeded again", added)
	}
	c.add(t, links("c")...)
	known := func(key string, class schemas.URLClass, misses int) schemas.FrontierURL {
		d := document(src, key, "text of "+key)
		return schemas.FrontierURL{
			Key: key, URL: d.URL, Class: class, Tries: 1, Misses: misses, Document: d.ID, ETag: `"` + key + `"`,
			LastModified: "yesterday", BytesHash: hashOf("bytes", d.Text), TextHash: hashOf(d.Text),
		}
	}
	want := []schemas.FrontierURL{
		known("start", schemas.ClassStart, 0), known("a", schemas.ClassKnown, 0), known("d", schemas.ClassKnown, 1),
		{Key: "c", URL: "https://shop.example/c", Class: schemas.ClassLink, Depth: 1, Tries: 1, Misses: 1},
	}
	want[1].Depth, want[2].Depth = 1, 1
	if diff := cmp.Diff(want, c.claim(t, 10, 4, lease)); diff != "" {
		t.Error(diff)
	}
}

func TestCloseMarksWhatWaits(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	c.add(t, links("a", "b", "c")...)
	c.claim(t, 2, 3, 0)
	c.store(t, c.run, readPage(document(c.run.Source, "a", "refund")))
	if closed := c.closeAll(t, schemas.FailLimitReached); closed != 2 {
		t.Errorf("%d closed", closed)
	}
	if closed := c.closeAll(t, schemas.FailCancelled); closed != 0 {
		t.Errorf("%d closed again", closed)
	}
	wantKeys(t, c.claim(t, 10, 0, -1))
	pages := c.pages(t, c.run.Source)
	for _, key := range []string{"b", "c"} {
		want := schemas.Page{Key: key, URL: "https://shop.example/" + key, Outcome: schemas.PageSkipped, Reason: schemas.FailLimitReached}
		if diff := cmp.Diff(want, pages[want.URL]); diff != "" {
			t.Error(diff)
		}
	}
	if got := pages["https://shop.example/a"]; got.Outcome != schemas.PageNew {
		t.Errorf("page %+v", got)
	}
	if got := c.getSync(t, c.run.Sync); got.Counts.Found != 3 || got.Counts.Skipped != 2 || got.Queued != 0 {
		t.Errorf("run %+v", got)
	}
}

func TestCrawlJob(t *testing.T) {
	t.Parallel()
	c := setupCrawl(t, 100)
	found := schemas.DiscoverResult{Scope: "shop.example", Probe: schemas.NotFoundProbe{Status: 200, Print: 1<<63 | 5, URL: "https://shop.example/404"}}
	if err := c.Discovered(t.Context(), c.run, found); err != nil {
		t.Fatal(err)
	}
	want := schemas.CrawlJob{SyncRef: c.run, Scope: "shop.example", Probe: found.Probe}
	check := func(stage string, requests int, browser bool) {
		t.Helper()
		want.Source, want.Requests, want.Browser = c.getSource(t, c.run.Source), requests, browser
		job, err := c.CrawlJob(t.Context(), c.run)
		if diff := cmp.Diff(want, job); diff != "" || err != nil {
			t.Errorf("%s: %s %v", stage, diff, err)
		}
	}
	check("begun", 0, false)
	if got := c.getSync(t, c.run.Sync); got.State != schemas.SyncCrawling {
		t.Errorf("run %+v", got)
	}
	// What is left out by a rule was not asked for.
	c.store(t, c.run, schemas.PageRead{Key: "x", Outcome: schemas.PageSkipped, Reason: schemas.FailRobots})
	c.store(t, c.run, schemas.PageRead{Key: "y", Outcome: schemas.PageFailed, Reason: schemas.FailTimeout, Took: time.Second})
	check("a rule and a timeout", 1, false)
	for i := range 20 {
		page := readPage(document(c.run.Source, string(rune('a'+i)), "text "+string(rune('a'+i))))
		page.Rendered = i < 13
		c.store(t, c.run, page)
		if i == 18 {
			check("nineteen", 20, false)
		}
	}
	check("most of the first twenty pages need a browser", 21, true)
}
