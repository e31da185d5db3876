package crawl

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// fifty is a site of fifty pages under one that links to them.
func fifty() *site {
	home := &served{status: 200, body: "<title>Shop</title><p>Welcome.</p>{{links 1 50 /p/#}}"}
	page := &served{status: 200, body: "<title>Page {n}</title><p>The text of page {n} is this.</p>"}
	return &site{
		settings: map[string]string{"start": "http://shop.example/"},
		runs:     map[int]*siteRun{1: {pages: map[string]*served{"http://shop.example/": home, "http://shop.example/p/*": page}}},
	}
}

// discovered is a stage whose run has begun.
func discovered(t *testing.T, s *site) *stage {
	t.Helper()
	st := newStage(t, s, tls.Certificate{})
	st.web.pages, st.web.hosts["shop.example"] = s.runs[1].pages, true
	st.begin(t, "sync_1")
	return st
}

func (st *stage) begin(t *testing.T, id schemas.SyncID) {
	t.Helper()
	st.job.Sync = id
	st.store.begin(st.job.SyncRef)
	found, err := st.Discover(t.Context(), st.job, nil)
	if err != nil || found.Reason != "" {
		t.Fatalf("discover: %+v, %v", found, err)
	}
	st.job.Scope, st.job.Probe = found.Scope, found.Probe
}

// asked counts the requests for addresses that fit a pattern.
func (w *web) asked(pattern string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, a := range w.log {
		if glob(pattern, a.address) {
			n++
		}
	}
	return n
}

// drain runs batches until nothing waits.
func (st *stage) drain(t *testing.T) {
	t.Helper()
	for {
		res := st.batch(t)
		if res.Left == 0 || res.Stop != "" {
			return
		}
		<-time.After(time.Duration(res.Wait) * time.Millisecond)
	}
}

func TestBatchesSideBySideKeepTheHostsPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := discovered(t, fifty())
		st.batch(t)
		var together sync.WaitGroup
		for range 4 {
			together.Go(func() { st.drain(t) })
		}
		together.Wait()
		if n := len(st.store.docs); n != 51 {
			t.Errorf("%d documents", n)
		}
		if n := st.web.asked("http://shop.example/p/*"); n != 50 {
			t.Errorf("%d requests for 50 pages", n)
		}
		if !apart(st.web.taken(), "http://shop.example/*", minDelay) {
			t.Error("two requests are closer than the shortest pause")
		}
	})
}

func TestACrawlGoesOnWhereAWorkerDied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := discovered(t, fifty())
		st.batch(t)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		done := make(chan error)
		go func() {
			_, err := st.Batch(ctx, st.job, nil)
			done <- err
		}()
		<-time.After(4 * time.Second)
		// As when its worker is gone: nothing is put back.
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatalf("batch: %v", err)
		}
		before := st.web.asked("http://shop.example/p/*")
		if before == 0 || before == 50 {
			t.Fatalf("%d pages were asked for before the end", before)
		}
		if res := st.batch(t); res.Done != 0 || res.Wait == 0 || res.Wait > int(lease.Milliseconds()) {
			t.Fatalf("while the lease runs: %+v", res)
		}
		st.drain(t)
		if n := len(st.store.docs); n != 51 {
			t.Errorf("%d documents", n)
		}
		if n := st.web.asked("http://shop.example/p/*"); n > 51 {
			t.Errorf("%d requests for 50 pages, one of them under way at the end", n)
		}
	})
}

func TestLinksHaveTheirClassAndDepth(t *testing.T) {
	t.Parallel()
	r := (&Crawler{Frontier: newMemory(0)}).open(schemas.CrawlJob{
		Source: schemas.Source{Type: schemas.SourceCrawl, URL: "http://shop.example/"}, Scope: "shop.example",
	})
	v := &visit{run: r, url: schemas.FrontierURL{Key: "shop.example/a", Depth: 3}}
	v.page.URL = "http://shop.example/a"
	got := v.links([]string{"/b", "/c?x=1", "/b#again", "/a", "http://other.example/"})
	want := []schemas.FrontierURL{
		{Key: "shop.example/b", URL: "http://shop.example/b", Class: schemas.ClassLink, Depth: 4},
		{Key: "shop.example/c?x=1", URL: "http://shop.example/c?x=1", Class: schemas.ClassQuery, Depth: 4},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestALostRunEndsTheBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := discovered(t, fifty())
		old := st.job
		st.batch(t)
		st.store.begin(schemas.SyncRef{Source: "src_1", Agent: "agent_1", Sync: "sync_2"})
		if _, err := st.Batch(t.Context(), old, nil); schemas.KindOf(err) != schemas.KindConflict {
			t.Errorf("error %v", err)
		}
	})
}

func TestChangedSettingsReadEverythingAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := fifty()
		for _, page := range s.runs[1].pages {
			page.header = map[string][]string{"Etag": {`"1"`}}
		}
		st := discovered(t, s)
		st.drain(t)
		st.web.taken()
		st.begin(t, "sync_2")
		st.drain(t)
		conditional := 0
		for _, a := range st.web.taken() {
			if a.conditional {
				conditional++
			}
		}
		if conditional != 50 {
			t.Errorf("%d conditional requests", conditional)
		}
		st.job.Source.Exclude = []string{"/p/7"}
		st.job.Source.Language = "sv"
		st.begin(t, "sync_3")
		st.drain(t)
		for _, a := range st.web.taken() {
			if a.conditional {
				t.Errorf("%s was asked for on condition", a.address)
			}
		}
		st.store.settle()
		if n := len(st.store.docs); n != 50 {
			t.Errorf("%d documents", n)
		}
		for _, d := range st.store.docs {
			if d.Language != "sv" {
				t.Errorf("%s is in %q", d.URL, d.Language)
			}
		}
	})
}

func TestDiscoverTwiceFindsTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := discovered(t, fifty())
		res, err := st.Discover(t.Context(), st.job, nil)
		if err != nil || res.Found != 1 || len(st.store.urls) != 1 {
			t.Errorf("%+v, %v, %d addresses", res, err, len(st.store.urls))
		}
	})
}

func TestDiscoverEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := fifty()
		s.runs[1].pages["http://shop.example/"].delays = []time.Duration{time.Minute}
		st := newStage(t, s, tls.Certificate{})
		st.web.pages, st.web.hosts["shop.example"] = s.runs[1].pages, true
		st.store.begin(st.job.SyncRef)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-time.After(3 * time.Second)
			cancel()
		}()
		began := time.Now()
		if _, err := st.Discover(ctx, st.job, nil); !errors.Is(err, context.Canceled) || time.Since(began) > 4*time.Second {
			t.Errorf("error %v after %s", err, time.Since(began))
		}
	})
}

// TestDiscoverAgain repeats a discovery whose result was lost: what it found
// the first time counts, too.
func TestDiscoverAgain(t *testing.T) {
	t.Parallel()
	s := readSite(t, "testdata/sites/robots_forbid_the_start.txtar")
	synctest.Test(t, func(t *testing.T) {
		st := discovered(t, s)
		first, err := st.Discover(t.Context(), st.job, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := st.Discover(t.Context(), st.job, nil)
		if err != nil || again.Reason != "" || again.Found != first.Found || again.Found < 2 {
			t.Errorf("first %+v, then %+v, %v", first, again, err)
		}
	})
}

// TestDiscoverOfARetry: a run that reads what failed begins with that alone.
func TestDiscoverOfARetry(t *testing.T) {
	t.Parallel()
	s := readSite(t, "testdata/sites/sitemap_index.txtar")
	synctest.Test(t, func(t *testing.T) {
		st := newStage(t, s, tls.Certificate{})
		st.web.pages, st.web.hosts["shop.example"] = s.runs[1].pages, true
		st.job.Retry = true
		st.begin(t, "sync_1")
		if n := st.web.asked("*.xml"); n != 0 || len(st.store.urls) != 0 {
			t.Errorf("%d sitemaps were read, %d addresses wait", n, len(st.store.urls))
		}
	})
}
