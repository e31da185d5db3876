package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"steward/schemas"
	"steward/starter/api"
)

func TestRunIsShownAsItIs(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	id := s.adds(`{"type":"crawl","url":"https://example.com"}`).ID
	path := "/sources/" + string(id)
	if got := get[schemas.SourceSync](s, path+"/sync"); got.Source.ID != id || got.Run != nil {
		t.Errorf("a source that was never read: %+v", got)
	}
	first := s.starts(id)
	first.reads("https://example.com/a", "A", "Returns take 30 days.")
	first.misses("https://example.com/b", schemas.PageFailed, schemas.FailTimeout, 0)
	first.misses("https://example.com/c", schemas.PageSkipped, schemas.FailRobots, 0)
	first.finds("https://example.com/d", "https://example.com/e")
	got := get[schemas.SourceSync](s, path+"/sync")
	want := schemas.SyncCounts{Found: 5, Fetched: 1, New: 1, Skipped: 1, Failed: 1}
	if got.Run == nil || got.Run.ID != first.Sync || got.Run.Counts != want || got.Run.Queued != 2 || got.Run.Trigger != schemas.TriggerManual ||
		got.Source.Status != schemas.SourceSyncing || got.Run.Workflow != "source-sync/"+string(id) {
		t.Errorf("run under way %+v", got.Run)
	}
	first.ends(schemas.SyncEnd{State: schemas.SyncDoneErrors, Reason: schemas.FailSomeFailed, Status: schemas.SourceWarnings, Usable: true})
	second := s.starts(id)
	second.ends(schemas.SyncEnd{State: schemas.SyncFailed, Reason: schemas.FailUnreachable, Status: schemas.SourceFailed, Usable: true})
	runs := get[schemas.List[schemas.SyncRun]](s, path+"/syncs").Items
	if len(runs) != 2 || runs[0].ID != second.Sync || runs[1].ID != first.Sync || runs[0].State != schemas.SyncFailed ||
		runs[1].Reason != schemas.FailSomeFailed || runs[1].FinishedAt.IsZero() {
		t.Errorf("runs %+v", runs)
	}
	if shown := get[schemas.Source](s, path); shown.Status != schemas.SourceFailed || shown.Documents != 1 || shown.Chunks != 1 || shown.SyncedAt.IsZero() {
		t.Errorf("source %+v", shown)
	}
}

func TestSourceIsReadOnCommand(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	id := s.adds(`{"type":"crawl","url":"https://example.com"}`).ID
	path := "/sources/" + string(id) + "/sync"
	for _, command := range []string{"", "/retry"} {
		s.workflows.forget()
		got := s.want(http.StatusAccepted, request{method: "POST", path: path + command})
		if got.header.Get("Location") != api.Prefix+path || !s.workflows.saw("sync "+string(id)) {
			t.Errorf("%s: location %q, calls %q", command, got.header.Get("Location"), s.workflows.all())
		}
	}
	// Retry has what failed read again, whatever the site says of changes.
	r := s.starts(id)
	r.reads("https://example.com/a", "A", "Returns take 30 days.")
	r.misses("https://example.com/b", schemas.PageFailed, schemas.FailTimeout, 0)
	r.ready()
	s.want(http.StatusAccepted, request{method: "POST", path: path + "/retry"})
	s.workflows.set(false, true)
	for _, command := range []string{"", "/retry"} {
		s.want(http.StatusServiceUnavailable, request{method: "POST", path: path + command})
	}
}

func TestRunTakesCommandsWhileItLasts(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	id := s.adds(`{"type":"crawl","url":"https://example.com"}`).ID
	path, workflow := "/sources/"+string(id)+"/sync/", "source-sync/"+string(id)
	commands := map[string]string{"cancel": "Stop", "pause": "Pause", "resume": "Resume"}
	refused := func(when string) {
		t.Helper()
		for command := range commands {
			got := s.want(http.StatusConflict, request{method: "POST", path: path + command})
			if !strings.Contains(got.body, "The source is not being read now.") {
				t.Errorf("%s, %s: %s", command, when, got.body)
			}
		}
	}
	refused("before the first run")
	r := s.starts(id)
	for command, signal := range commands {
		s.want(http.StatusNoContent, request{method: "POST", path: path + command})
		if !s.workflows.saw(signal + " " + workflow) {
			t.Errorf("%s: %q", command, s.workflows.all())
		}
	}
	s.workflows.set(false, true)
	s.want(http.StatusServiceUnavailable, request{method: "POST", path: path + "cancel"})
	s.workflows.set(false, false)
	r.ready()
	refused("after the run")
	s.want(http.StatusNotFound, request{method: "POST", path: "/sources/src_" + someID + "/sync/cancel"})
	s.want(http.StatusNotFound, request{method: "POST", path: path + "explode"})
}

// held makes a source of which a run holds two documents back.
func (s *site) held() (id schemas.SourceID, documents []schemas.DocumentID) {
	s.t.Helper()
	id = s.adds(`{"type":"crawl","url":"https://example.com"}`).ID
	r := s.starts(id)
	documents = append(documents, r.reads("https://example.com/a", "A", "Returns take 30 days."), r.reads("https://example.com/b", "B", "Shipping is free."))
	r.ready()
	r = s.starts(id)
	removed, held, err := s.store.DropUnseen(s.t.Context(), r.SyncRef, func(int, int) bool { return false })
	if err != nil || removed != 0 || held != 2 {
		s.t.Fatalf("removed %d, held %d: %v", removed, held, err)
	}
	r.ends(schemas.SyncEnd{State: schemas.SyncReviewNeeded, Reason: schemas.FailManyGone, Status: schemas.SourceReview, Usable: true})
	return id, documents
}

func TestHeldDeletionsWaitForADecision(t *testing.T) {
	t.Parallel()
	for _, approve := range []bool{true, false} {
		s := setup(t, nil)
		id, documents := s.held()
		path := "/sources/" + string(id)
		if got := get[schemas.SourceSync](s, path+"/sync"); got.Run.Held != 2 || got.Source.Status != schemas.SourceReview || got.Source.Reason != schemas.FailManyGone {
			t.Errorf("before the decision: %+v", got)
		}
		s.want(422, request{method: "POST", path: path + "/review", body: `{}`})
		body := map[bool]string{true: `{"approve":true}`, false: `{"approve":false}`}[approve]
		var after schemas.Source
		s.want(http.StatusOK, request{method: "POST", path: path + "/review", body: body}).into(t, &after)
		want := map[bool]int{true: 0, false: 2}[approve]
		if after.Status != schemas.SourceReady || after.Documents != want || after.Reason != "" {
			t.Errorf("approved %v: %+v", approve, after)
		}
		s.api.Wait()
		if s.workflows.saw("resync change "+string(id)) != approve {
			t.Errorf("approved %v: calls %q", approve, s.workflows.all())
		}
		for _, doc := range documents {
			s.want(map[bool]int{true: 404, false: 200}[approve], request{method: "GET", path: "/documents/" + string(doc)})
		}
		got := s.want(http.StatusConflict, request{method: "POST", path: path + "/review", body: body})
		if !strings.Contains(got.body, "Nothing of this source waits for a decision.") {
			t.Errorf("second decision: %s", got.body)
		}
		s.want(http.StatusNotFound, request{method: "POST", path: "/sources/src_" + someID + "/review", body: body})
	}
}

// events reads a stream of server-sent events until it ends.
func (s *site) events(path string) <-chan schemas.SourceSync {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+api.Prefix+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		s.t.Fatalf("stream: %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	out, done := make(chan schemas.SourceSync, 100), make(chan struct{})
	go func() {
		defer close(done)
		defer close(out)
		defer func() { _ = resp.Body.Close() }()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		name := ""
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = text
			}
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			var event schemas.SourceSync
			if err := json.Unmarshal([]byte(data), &event); err != nil || name != "sync" {
				s.t.Errorf("event %s %s: %v", name, data, err)
				return
			}
			out <- event
		}
		if err := lines.Err(); err != nil {
			s.t.Errorf("stream broke: %v", err)
		}
	}()
	s.t.Cleanup(func() {
		cancel()
		<-done
	})
	return out
}

func TestRunIsFollowedUntilItsEnd(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	id := s.adds(`{"type":"crawl","url":"https://example.com"}`).ID
	path := "/sources/" + string(id) + "/sync/events"
	events := s.events(path)
	next := func(what string) schemas.SourceSync {
		t.Helper()
		event, ok := <-events
		if !ok {
			t.Fatalf("the stream ended before %s", what)
		}
		return event
	}
	if e := next("the first event"); e.Source.Status != schemas.SourceQueued || e.Run != nil {
		t.Errorf("first event %+v", e)
	}
	r := s.starts(id)
	if e := next("the run"); e.Run == nil || e.Run.ID != r.Sync || e.Source.Status != schemas.SourceSyncing {
		t.Errorf("event of the run %+v", e)
	}
	r.reads("https://example.com/a", "A", "Returns take 30 days.")
	e := next("the first page")
	for e.Run.Counts.New == 0 {
		e = next("the first page")
	}
	r.ready()
	last := e
	for e := range events {
		last = e
	}
	if last.Source.Status != schemas.SourceReady || last.Run.State != schemas.SyncDone {
		t.Errorf("last event %+v %+v", last.Source, last.Run)
	}
	// A source at rest has one event, but not for those who wait for another run.
	if n := len(collect(s.events(path))); n != 1 {
		t.Errorf("%d events of a source at rest", n)
	}
	later := s.events(path + "?after=" + string(r.Sync))
	if e := <-later; e.Run.ID != r.Sync {
		t.Errorf("first event %+v", e.Run)
	}
	second := s.starts(id)
	second.ready()
	if all := collect(later); len(all) == 0 || all[len(all)-1].Run.ID != second.Sync {
		t.Errorf("the stream ended with %+v", all)
	}
	s.want(http.StatusNotFound, request{method: "GET", path: "/sources/src_" + someID + "/sync/events"})
}

func collect(events <-chan schemas.SourceSync) []schemas.SourceSync {
	var out []schemas.SourceSync
	for e := range events {
		out = append(out, e)
	}
	return out
}

func TestStreamOfASourceThatGoesEnds(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	id := s.adds(`{"type":"short_answer","question":"q","answer":"a"}`).ID
	events := s.events("/sources/" + string(id) + "/sync/events")
	<-events
	s.want(http.StatusNoContent, request{method: "DELETE", path: "/sources/" + string(id)})
	if _, err := s.store.PurgeSource(t.Context(), id, 100); err != nil {
		t.Fatal(err)
	}
	for range events {
	}
}
