package crawl

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// TestSites plays every site of testdata/sites: real requests to a server in
// memory, a frontier in memory, and the clock of a bubble, so that nothing
// waits.
func TestSites(t *testing.T) {
	t.Parallel()
	cert := testCert(t)
	files, err := filepath.Glob("testdata/sites/*.txtar")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d sites: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			s := readSite(t, file)
			synctest.Test(t, func(t *testing.T) { play(t, s, cert) })
		})
	}
}

// stage is a crawler with a site before it.
type stage struct {
	*Crawler
	web     *web
	store   *memory
	browser *browser
	job     schemas.CrawlJob
	// found is what the discovery said, stopped why the batches ended early.
	found   schemas.DiscoverResult
	stopped schemas.FailCode
}

func newStage(t *testing.T, s *site, cert tls.Certificate) *stage {
	t.Helper()
	w := &web{pages: make(map[string]*served), hosts: make(map[string]bool)}
	source := s.source(t)
	store := newMemory(source.MaxPages)
	fetcher := New(Options{Version: "1.0", Site: "https://steward.example", Dial: w.start(t, cert)})
	// The certificate is for none of the hosts.
	fetcher.transport.TLSClientConfig.InsecureSkipVerify = true
	t.Cleanup(fetcher.Close)
	st := &stage{
		web: w, store: store, browser: &browser{pages: s.shown, web: w},
		Crawler: &Crawler{Frontier: store, Fetcher: fetcher, Reader: plainReader{}, Product: "steward"},
		job:     schemas.CrawlJob{SyncRef: schemas.SyncRef{Source: "src_1", Agent: "agent_1"}, Source: source},
	}
	if s.settings["renderer"] != "none" {
		st.Renderer = st.browser
	}
	return st
}

func play(t *testing.T, s *site, cert tls.Certificate) {
	st := newStage(t, s, cert)
	for n := range slices.Max(slices.Collect(maps.Keys(s.runs))) {
		run := s.runs[n+1]
		if n > 0 {
			<-time.After(7 * 24 * time.Hour)
		}
		maps.Copy(st.web.pages, run.pages)
		for address := range st.web.pages {
			st.web.hosts[strings.Split(Host(address), ":")[0]] = true
		}
		st.crawl(t, schemas.SyncID(fmt.Sprintf("sync_%d", n+1)))
		if diff := cmp.Diff(run.want, st.got(run.want)); diff != "" {
			t.Errorf("run %d (-want +got):\n%s", n+1, diff)
		}
		log := st.web.taken()
		run.check(t, log)
		if wrong := obeys(st.web.pages, log); wrong != nil && !st.job.Source.IgnoreRobots {
			t.Errorf("run %d asked for what robots.txt forbids: %v", n+1, wrong)
		}
	}
}

// crawl does one run as the workflow does.
func (st *stage) crawl(t *testing.T, id schemas.SyncID) {
	t.Helper()
	st.job.Sync, st.stopped = id, ""
	st.store.begin(st.job.SyncRef)
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	var err error
	if st.found, err = st.Discover(ctx, st.job, func(any) {}); err != nil {
		t.Fatalf("discover: %v", err)
	}
	if st.found.Reason != "" {
		return
	}
	st.job.Scope, st.job.Probe = st.found.Scope, st.found.Probe
	for range 1000 {
		res := st.batch(t)
		switch {
		case res.Stop != "":
			st.stopped = res.Stop
			_, _ = st.store.Close(ctx, st.job.SyncRef, res.Stop)
			st.store.settle()
			return
		case res.Left == 0:
			st.store.settle()
			return
		case res.Wait > 0:
			<-time.After(time.Duration(res.Wait) * time.Millisecond)
		}
	}
	t.Fatal("the crawl has no end")
}

func (st *stage) batch(t *testing.T) schemas.CrawlBatchResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	res, err := st.Batch(ctx, st.store.counted(st.job), func(any) {})
	if err != nil {
		t.Fatalf("batch: %v", err)
	}
	if ctx.Err() != nil {
		t.Fatal("a batch took longer than it may")
	}
	return res
}

// got is what a run came to, in the words of a site file: the figures that it
// names, why the run stopped early, and, unless it names figures only, what
// became of every address.
func (st *stage) got(want []string) []string {
	var out []string
	if st.found.Reason != "" {
		return []string{"reason " + string(st.found.Reason)}
	}
	listed := false
	for _, line := range want {
		name, _, _ := strings.Cut(line, " ")
		figure, ok := st.figures()[name]
		if ok {
			out = append(out, name+" "+figure)
		}
		listed = listed || !ok && name != "stop"
	}
	if st.stopped != "" {
		out = append(out, "stop "+string(st.stopped))
	}
	if listed {
		out = append(out, outcomes(st.store)...)
	}
	return out
}

func (st *stage) figures() map[string]string {
	traps, limited := 0, 0
	for _, w := range st.store.urls {
		switch w.reason {
		case schemas.FailTrap:
			traps++
		case schemas.FailLimitReached:
			limited++
		}
	}
	return map[string]string{
		"found": strconv.Itoa(st.found.Found), "partial": strconv.FormatBool(st.found.Partial), "scope": st.found.Scope, "pause": fmt.Sprint(st.found.PauseSeconds),
		"browsed": strconv.Itoa(len(st.browser.opened)), "documents": strconv.Itoa(len(st.store.docs)),
		"traps": strconv.Itoa(traps), "limited": strconv.Itoa(limited),
	}
}
