package killtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"steward/internal/devstack"
	"steward/internal/testkit/stack"
	"steward/schemas"
	apiclient "steward/starter/api/client"
)

const (
	// contentPatience bounds the wait for a source: a dead worker is noticed by
	// the missing heartbeats of its activities, after 30 s.
	contentPatience = 4 * time.Minute
	// leaseOver is after which time the pages that a dead worker was reading are
	// given to others. The database's clock is moved instead of waiting.
	leaseOver = 3 * time.Minute
	// together is how many batches of a crawl run at once, each with one page in
	// its hands.
	together = 4
)

// contentStack starts a Stack that may read the site.
func contentStack(t *testing.T, h *site, point string) *stack.Stack {
	t.Helper()
	o := stack.Options{Weaviate: true, WorkerFault: point, Env: []string{"STEWARD_BROWSER=false"}}
	if h != nil {
		o.Env = append(o.Env, "STEWARD_CRAWL_ALLOW="+h.Listener.Addr().String(), "STEWARD_CRAWL_PAUSE=false")
	}
	return stack.Start(t, o)
}

// TestCrawlKilled kills the worker while it reads a site, at every boundary
// and at a moment that is drawn. No page is lost or there twice, and only what
// was in the worker's hands is asked for again.
func TestCrawlKilled(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		"crawl_batch.after:2", "split_documents.after_batch", "prepare_embedder.after_train", "index_batch.after_put", "finish_sync.before",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			h := startSite(t)
			s := contentStack(t, h, point)
			source := addSite(t, s, h)
			awaitDeath(t, s.Worker())
			goOn(t, s)
			wantSite(t, s, h, source)
		})
	}
	t.Run("at any moment", func(t *testing.T) {
		t.Parallel()
		h := startSite(t)
		moment := make(chan struct{})
		h.n, h.at = 1+rand.IntN(sitePages), func() { close(moment) }
		s := contentStack(t, h, "")
		source := addSite(t, s, h)
		select {
		case <-moment:
		case <-time.After(contentPatience):
			t.Fatal("the site is not read")
		}
		s.KillWorkers()
		t.Logf("killed at page %d", h.n)
		goOn(t, s)
		wantSite(t, s, h, source)
	})
}

// TestFileKilled kills the worker while it reads an uploaded file.
func TestFileKilled(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"read_source.before_store", "split_documents.after_batch", "index_batch.after_put"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := contentStack(t, nil, point)
			source := addFile(t, s, 80)
			awaitDeath(t, s.Worker())
			goOn(t, s)
			wantReady(t, s, source)
			wantWhole(t, s, source, 1)
		})
	}
}

// TestRemovalKilled kills the worker between two steps of a removal: nothing of
// the source stays behind.
func TestRemovalKilled(t *testing.T) {
	t.Parallel()
	h := startSite(t)
	s := contentStack(t, h, "purge_source.after_batch")
	source := addSite(t, s, h)
	kept := addFile(t, s, 3)
	wantSite(t, s, h, source)
	wantReady(t, s, kept)
	if err := s.API.RemoveSource(ctxFor(t), source); err != nil {
		t.Fatal(err)
	}
	awaitDeath(t, s.Worker())
	goOn(t, s)
	raw := sourceRow(t, source)
	stack.Within(t, contentPatience, "the source is gone", func() bool {
		return s.Count("select count(*) from sources where id = $1", raw) == 0
	})
	for _, table := range []string{"documents", "chunks", "pages", "sync_runs", "document_prints", "chunk_removals"} {
		if n := s.Count("select count(*) from "+table+" where source_id = $1", raw); n != 0 {
			t.Errorf("%d rows of the source are left in %s", n, table)
		}
	}
	if n := s.Count("select count(*) from crawl_urls"); n != 0 {
		t.Errorf("%d addresses of the source are left", n)
	}
	if have, err := s.Index.Count(ctxFor(t), s.Agent.Agent, source); err != nil || len(have) != 0 {
		t.Errorf("the index has %d documents of the source: %v", len(have), err)
	}
	wantWhole(t, s, kept, 1)
}

// TestWeaviateKilledInImport kills Weaviate between two batches of an import:
// what it had acknowledged is there again, and the rest follows.
func TestWeaviateKilledInImport(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{OwnServers: true})
	source := addFile(t, s, 1500)
	raw := sourceRow(t, source)
	stack.Within(t, contentPatience, "the first passages are in the index", func() bool {
		return s.Count("select count(*) from chunks where source_id = $1 and indexed_at is not null", raw) > 0
	})
	kill(t, s.Servers.Weaviate.Process)
	if n := s.Count("select count(*) from chunks where source_id = $1 and indexed_at is null", raw); n == 0 {
		t.Error("the import was over: it was not killed in one")
	}
	restart(t, s.Servers.Weaviate.Process)
	wantReady(t, s, source)
	wantWhole(t, s, source, 1)
}

// TestSyncTerminated ends the run of a source from outside while it reads: the
// upkeep notices and frees the source, which can be read again.
func TestSyncTerminated(t *testing.T) {
	t.Parallel()
	h := startSite(t)
	held, release := make(chan struct{}), make(chan struct{})
	h.n, h.at = 70, func() {
		close(held)
		<-release
	}
	s := contentStack(t, h, "")
	source := addSite(t, s, h)
	select {
	case <-held:
	case <-time.After(contentPatience):
		t.Fatal("the site is not read")
	}
	terminate(t, s, schemas.SyncWorkflowID(source))
	runAfter(t, s, leaseOver, schemas.WorkflowUpkeep)
	close(release)
	now, err := s.API.Source(ctxFor(t), source)
	if err != nil || now.Status != schemas.SourceFailed || now.Reason != schemas.FailLost {
		t.Errorf("the source is %s: %s, want failed: lost (%v)", now.Status, now.Reason, err)
	}
	runs, err := s.API.Syncs(ctxFor(t), source)
	if err != nil || len(runs) != 1 || runs[0].State != schemas.SyncFailed || runs[0].Reason != schemas.FailLost {
		t.Errorf("the runs are %+v, want one that was lost (%v)", runs, err)
	}
	stack.Within(t, contentPatience, "the crawl ends with its run", func() bool {
		found, err := s.Temporal.DescribeWorkflowExecution(ctxFor(t), schemas.CrawlWorkflowID(source), "")
		return err == nil && found.GetWorkflowExecutionInfo().GetCloseTime() != nil
	})
	if _, err := s.API.SyncSource(ctxFor(t), source); err != nil {
		t.Fatal(err)
	}
	stack.Within(t, contentPatience, "a second run begins", func() bool {
		runs, err := s.API.Syncs(ctxFor(t), source)
		return err == nil && len(runs) == 2
	})
	wantReady(t, s, source)
	wantWhole(t, s, source, sitePages+1)
}

func addSite(t *testing.T, s *stack.Stack, h *site) schemas.SourceID {
	t.Helper()
	source, _, err := s.API.AddSource(ctxFor(t), schemas.NewSource{Type: schemas.SourceCrawl, URL: h.URL, Citations: true})
	if err != nil {
		t.Fatal(err)
	}
	return source.ID
}

// addFile uploads a text with so many sections.
func addFile(t *testing.T, s *stack.Stack, sections int) schemas.SourceID {
	t.Helper()
	var text strings.Builder
	for n := range sections {
		fmt.Fprintf(&text, "# Section %d\n\n%s\n\n", n, prose(n))
	}
	source, _, err := s.API.UploadSource(ctxFor(t), schemas.NewSource{
		Type: schemas.SourceFile, FileName: "book.md", Content: []byte(text.String()), Citations: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return source.ID
}

func awaitDeath(t *testing.T, p *devstack.Process) {
	t.Helper()
	select {
	case <-p.Exited():
	case <-time.After(contentPatience):
		t.Fatal("the process does not reach its armed point")
	}
}

// goOn starts a worker in place of one that died.
func goOn(t *testing.T, s *stack.Stack) {
	t.Helper()
	if err := s.Store.SetClock(ctxFor(t), nil, leaseOver); err != nil {
		t.Fatal(err)
	}
	s.StartWorker()
}

// wantReady waits until the source is at rest.
func wantReady(t *testing.T, s *stack.Stack, id schemas.SourceID) {
	t.Helper()
	var now schemas.Source
	stack.Within(t, contentPatience, "the source comes to rest", func() bool {
		var err error
		now, err = s.API.Source(ctxFor(t), id)
		return err == nil && now.Status.Resting()
	})
	if now.Status != schemas.SourceReady {
		runs, _ := s.API.Syncs(ctxFor(t), id)
		t.Fatalf("the source is %s: %s\n%+v", now.Status, now.Reason, runs)
	}
}

// wantSite checks that every page of the site was read once.
func wantSite(t *testing.T, s *stack.Stack, h *site, id schemas.SourceID) {
	t.Helper()
	wantReady(t, s, id)
	want := []string{h.URL + "/"}
	for n := range sitePages {
		want = append(want, fmt.Sprintf("%s/help/topic-%d", h.URL, n))
	}
	pages, err := s.API.Pages(ctxFor(t), id, apiclient.PageFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range pages {
		got = append(got, p.URL)
		if p.Outcome != schemas.PageNew || p.Chunks == 0 {
			t.Errorf("%s is %s %s with %d passages", p.URL, p.Outcome, p.Reason, p.Chunks)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	runs, err := s.API.Syncs(ctxFor(t), id)
	if err != nil || len(runs) != 1 || runs[0].Counts.New != len(want) {
		t.Errorf("the runs are %+v, want one with %d new pages (%v)", runs, len(want), err)
	}
	if n := h.again(); n > together {
		t.Errorf("%d pages were asked for again, want at most %d", n, together)
	} else {
		t.Logf("%d pages were asked for again", n)
	}
	wantWhole(t, s, id, len(want))
}

// wantWhole checks that the source has so many documents, nothing twice and
// nothing half, and that the index has the same.
func wantWhole(t *testing.T, s *stack.Stack, id schemas.SourceID, documents int) {
	t.Helper()
	raw := sourceRow(t, id)
	for _, c := range []struct {
		what, sql string
		want      int
	}{
		{"documents", "select count(*) from documents where source_id = $1", documents},
		{"different documents", "select count(distinct hash) from documents where source_id = $1", documents},
		{"documents that are split", "select count(*) from documents where source_id = $1 and split_version = version", documents},
		{"documents with a passage", "select count(distinct document_id) from chunks where source_id = $1", documents},
		{"passages twice", "select count(*) - count(distinct (document_id, section, ord)) from chunks where source_id = $1", 0},
		{"texts twice", "select count(*) - count(distinct (document_id, headings, text)) from chunks where source_id = $1", 0},
		{"passages half done", "select count(*) from chunks where source_id = $1 and (retiring or indexed_at is null)", 0},
		{"removals", "select count(*) from chunk_removals where source_id = $1", 0},
		{"open runs", "select count(*) from sync_runs where source_id = $1 and finished_at is null", 0},
	} {
		if n := s.Count(c.sql, raw); n != c.want {
			t.Errorf("%s: %d, want %d", c.what, n, c.want)
		}
	}
	want, err := s.Store.IndexedByDocument(ctxFor(t), id)
	if err != nil {
		t.Fatal(err)
	}
	have, err := s.Index.Count(ctxFor(t), s.Agent.Agent, id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("passages by document (-database +index):\n%s", diff)
	}
}

func sourceRow(t *testing.T, id schemas.SourceID) uuid.UUID {
	t.Helper()
	raw, err := schemas.ParseID(schemas.PrefixSource, string(id))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
