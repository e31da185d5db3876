package store

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func TestOneSyncHasTheSource(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.crawlSource(t, 10)
	won := make(chan schemas.SyncRef, 8)
	var wg sync.WaitGroup
	for range cap(won) {
		wg.Go(func() {
			run := b.newRun(src)
			out, err := b.PrepareSync(t.Context(), schemas.PrepareSyncInput{SyncRef: run, Trigger: schemas.TriggerSchedule, Workflow: "w", Run: "r"})
			if err != nil {
				t.Error(err)
			}
			if out.Claimed {
				won <- run
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Fatalf("%d syncs have the source", len(won))
	}
	run := <-won
	want := schemas.PrepareSyncResult{SyncRef: run, Claimed: true, Crawl: true}
	if diff := cmp.Diff(want, b.prepare(t, run)); diff != "" {
		t.Errorf("the same run again: %s", diff)
	}
	if got := b.getSource(t, src); got.Status != schemas.SourceSyncing || got.Sync != run.Sync {
		t.Errorf("source %+v", got)
	}
	shown := schemas.SyncRun{
		ID: run.Sync, Source: src, Trigger: schemas.TriggerSchedule, State: schemas.SyncQueued, StartedAt: b.now, Workflow: "w",
	}
	if diff := cmp.Diff(shown, b.getSync(t, run.Sync)); diff != "" {
		t.Error(diff)
	}
	if out := b.prepare(t, b.newRun(show[schemas.SourceID](schemas.PrefixSource, newID()))); out.Claimed {
		t.Error("a source that is gone was claimed")
	}
	b.end(t, run, schemas.SyncDone, "")
	if out := b.prepare(t, run); out.Claimed {
		t.Error("a run that has ended has the source again")
	}
	b.begin(t, src)
}

func TestALostClaimWritesNothing(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.crawlSource(t, 10)
	doc := document(src, "a", "refund")
	lost := b.begin(t, src)
	b.store(t, lost, readPage(doc))
	if err := b.LoseSync(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	run := b.begin(t, src)
	front := Frontier{Store: b.Store}
	if _, err := front.Add(t.Context(), run, links("a", "b")); err != nil {
		t.Fatal(err)
	}
	chunks := chunked(src, doc)
	chunks.Version = 1
	for name, call := range map[string]func() error{
		"store page": func() error { _, err := b.StorePage(t.Context(), lost, readPage(doc)); return err },
		"put back": func() error {
			_, err := b.StorePage(t.Context(), lost, schemas.PageRead{Key: "a", Again: b.now})
			return err
		},
		"claim":           func() error { _, _, _, err := front.Claim(t.Context(), lost, 10, time.Minute); return err },
		"add":             func() error { _, err := front.Add(t.Context(), lost, links("c")); return err },
		"seed":            func() error { _, err := front.Seed(t.Context(), lost); return err },
		"store chunks":    func() error { return b.StoreChunks(t.Context(), lost, chunks) },
		"set boilerplate": func() error { return b.SetBoilerplate(t.Context(), lost, []uint64{1}) },
		"note unlinked":   func() error { return b.NoteUnlinked(t.Context(), lost) },
		"drop unseen": func() error {
			_, _, err := b.DropUnseen(t.Context(), lost, func(int, int) bool { return true })
			return err
		},
		"sync job":  func() error { _, err := b.SyncJob(t.Context(), lost); return err },
		"crawl job": func() error { _, err := b.CrawlJob(t.Context(), lost); return err },
	} {
		if err := call(); schemas.KindOf(err) != schemas.KindConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The end of the lost run leaves the other one its source and its frontier.
	if err := b.EndSync(t.Context(), lost, schemas.SyncEnd{State: schemas.SyncDone, Status: schemas.SourceReady, Usable: true}); err != nil {
		t.Fatal(err)
	}
	if got := b.getSource(t, src); got.Status != schemas.SourceSyncing || got.Sync != run.Sync || !got.SyncedAt.IsZero() {
		t.Errorf("source %+v", got)
	}
	if urls, _, _, err := front.Claim(t.Context(), run, 10, time.Minute); err != nil || len(urls) != 2 {
		t.Errorf("frontier %v, %v", urls, err)
	}
}

func TestASyncEndsOnce(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	run := b.begin(t, src)
	b.storeDocs(t, run, document(src, "a", "refund"))
	b.index(t, run)
	b.at(t, b.now.Add(time.Minute))
	b.end(t, run, schemas.SyncDone, "")
	b.at(t, b.now.Add(time.Hour))
	b.end(t, run, schemas.SyncFailed, schemas.FailInternal)
	if err := b.MarkSync(t.Context(), schemas.MarkSyncInput{SyncRef: run, State: schemas.SyncIndexing}); err != nil {
		t.Fatal(err)
	}
	got := b.getSync(t, run.Sync)
	if got.State != schemas.SyncDone || got.Reason != "" || !got.FinishedAt.Equal(b.now.Add(time.Minute)) {
		t.Errorf("run %+v", got)
	}
	if s := b.getSource(t, src); s.Status != schemas.SourceReady || !s.SyncedAt.Equal(b.now.Add(time.Minute)) {
		t.Errorf("source %+v", s)
	}
	unknown := b.newRun(src)
	if err := b.EndSync(t.Context(), unknown, schemas.SyncEnd{State: schemas.SyncFailed, Status: schemas.SourceFailed}); err != nil {
		t.Errorf("end of a run that has never begun: %v", err)
	}
	if s := b.getSource(t, src); s.Status != schemas.SourceReady {
		t.Errorf("source %+v", s)
	}
}

func TestHowASyncEnds(t *testing.T) {
	t.Parallel()
	failedPage := schemas.PageRead{Key: "b", URL: "https://shop.example/b", Outcome: schemas.PageFailed, Reason: "http_500"}
	cases := map[string]struct {
		lines  []string
		index  bool
		page   schemas.PageRead
		said   schemas.SyncState
		reason schemas.FailCode
		state  schemas.SyncState
		status schemas.SourceStatus
		why    schemas.FailCode
	}{
		"done":            {[]string{"refund"}, true, schemas.PageRead{}, schemas.SyncDone, "", schemas.SyncDone, schemas.SourceReady, ""},
		"some failed":     {[]string{"refund"}, true, failedPage, schemas.SyncDone, "", schemas.SyncDoneErrors, schemas.SourceWarnings, schemas.FailManyFailed},
		"not read":        {nil, false, schemas.PageRead{}, schemas.SyncFailed, schemas.FailRobots, schemas.SyncFailed, schemas.SourceFailed, schemas.FailRobots},
		"no reason given": {[]string{"refund"}, true, schemas.PageRead{}, schemas.SyncFailed, "", schemas.SyncFailed, schemas.SourceFailed, schemas.FailInternal},
		"done but empty":  {nil, false, failedPage, schemas.SyncDone, "", schemas.SyncFailed, schemas.SourceFailed, "http_500"},
		"no text":         {nil, false, schemas.PageRead{}, schemas.SyncDone, "", schemas.SyncFailed, schemas.SourceFailed, schemas.FailNoText},
		"no index":        {[]string{"refund"}, false, schemas.PageRead{}, schemas.SyncDone, "", schemas.SyncFailed, schemas.SourceFailed, schemas.FailIndex},
		"cancelled":       {[]string{"refund"}, true, schemas.PageRead{}, schemas.SyncCancelled, "", schemas.SyncCancelled, schemas.SourceWarnings, schemas.FailCancelled},
		"cancelled empty": {nil, false, schemas.PageRead{}, schemas.SyncCancelled, "", schemas.SyncCancelled, schemas.SourceFailed, schemas.FailCancelled},
	}
	b := setupAdmin(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			src := b.shortSource(t, plainSource).ID
			run := b.begin(t, src)
			if c.lines != nil {
				b.storeDocs(t, run, document(src, "a", c.lines...))
			}
			if c.page.Key != "" {
				b.store(t, run, c.page)
			}
			if c.index {
				b.index(t, run)
			}
			end := b.end(t, run, c.said, c.reason)
			if end.State != c.state || end.Reason != c.why || end.Status != c.status {
				t.Errorf("end %+v", end)
			}
			if got := b.getSync(t, run.Sync); got.State != c.state || got.Reason != c.why || !got.FinishedAt.Equal(b.now) {
				t.Errorf("run %+v", got)
			}
			s := b.getSource(t, src)
			if s.Status != c.status || s.Reason != c.why {
				t.Errorf("source %+v", s)
			}
			// What never succeeded is not usable.
			usable := c.status != schemas.SourceFailed
			if s.SyncedAt.Equal(b.now) != usable || s.SyncedAt.IsZero() == usable || slices.Contains(b.live(t).Sources, src) != usable {
				t.Errorf("synced at %v, live %v", s.SyncedAt, b.live(t).Sources)
			}
			b.begin(t, src)
		})
	}
}

func TestAFailedReadKeepsTheLastCopy(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	doc := document(src, "a", "refund")
	b.ready(t, src, doc)
	b.at(t, b.now.Add(time.Hour))
	run := b.begin(t, src)
	b.store(t, run, schemas.PageRead{Key: "a", URL: doc.URL, Outcome: schemas.PageFailed, Reason: schemas.FailNoText})
	if removed, held, err := b.DropUnseen(t.Context(), run, func(int, int) bool { return true }); err != nil || removed+held != 0 {
		t.Fatalf("removed %d, held %d, %v", removed, held, err)
	}
	if end := b.end(t, run, schemas.SyncFailed, schemas.FailNoText); end.Status != schemas.SourceFailed {
		t.Errorf("end %+v", end)
	}
	if s := b.getSource(t, src); s.Chunks != 1 || !s.SyncedAt.Equal(b.now) || s.Reason != schemas.FailNoText {
		t.Errorf("source %+v", s)
	}
	if diff := cmp.Diff(chunksOf(src, doc), b.find(t, "refund")); diff != "" {
		t.Error(diff)
	}
}

func TestTheHistoryIsPruned(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src, other := b.crawlSource(t, 10), b.crawlSource(t, 10)
	front := Frontier{Store: b.Store}
	first := b.begin(t, other)
	b.end(t, first, schemas.SyncFailed, schemas.FailInternal)
	var runs []schemas.SyncID
	for i := range 53 {
		b.at(t, b.now.Add(time.Duration(i)*time.Hour))
		run := b.begin(t, src)
		runs = append([]schemas.SyncID{run.Sync}, runs...)
		if _, err := front.Add(t.Context(), run, links("a", "b")); err != nil {
			t.Fatal(err)
		}
		b.store(t, run, readPage(document(src, "a", fmt.Sprint("text ", i))))
		if _, err := front.Close(t.Context(), run, schemas.FailCancelled); err != nil {
			t.Fatal(err)
		}
		b.finish(t, run)
	}
	list, err := b.Syncs(t.Context(), src, 100)
	if err != nil {
		t.Fatal(err)
	}
	got := []schemas.SyncID{}
	for i, run := range list {
		got = append(got, run.ID)
		// What a run has found is kept although later runs have seen the pages.
		want := schemas.SyncCounts{Found: 2, Fetched: 1, Updated: 1, Skipped: 1}
		if diff := cmp.Diff(want, run.Counts); diff != "" || run.Queued != 0 {
			t.Fatalf("run %d: %s", i, diff)
		}
	}
	if diff := cmp.Diff(runs[:50], got); diff != "" {
		t.Error(diff)
	}
	if list, err := b.Syncs(t.Context(), src, 2); err != nil || len(list) != 2 || list[0].ID != runs[0] {
		t.Errorf("limit: %+v, %v", list, err)
	}
	b.getSync(t, first.Sync)
	_, err = b.Sync(t.Context(), runs[52])
	wantKind(t, err, schemas.KindNotFound)
	var left int
	if err := b.pool.QueryRow(t.Context(), "select count(distinct run_id) from crawl_urls").Scan(&left); err != nil || left != 1 {
		t.Errorf("frontiers of %d runs are kept, %v", left, err)
	}
}

func TestSyncJob(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	file := b.source(t, schemas.NewSource{Type: schemas.SourceFile, FileName: "returns.md", Content: []byte("# Returns\x00")})
	job, err := b.SyncJob(t.Context(), b.begin(t, file.ID))
	if err != nil || string(job.Content) != "# Returns\x00" || job.FileName != "returns.md" || job.Agent != b.Agent || job.Source.ID != file.ID {
		t.Errorf("job %+v, %v", job, err)
	}
	short := b.shortSource(t, plainSource)
	run := b.begin(t, short.ID)
	job, err = b.SyncJob(t.Context(), run)
	want := schemas.SourceJob{Source: b.getSource(t, short.ID), Agent: b.Agent, Sync: run.Sync}
	if diff := cmp.Diff(want, job); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
