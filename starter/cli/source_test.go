package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/schemas"
)

const sourceID = "src_0192f4c07a1b7c3d8e9fa0b1c2d3e4f5"

// stands is a source in a state, with its run.
func stands(status schemas.SourceStatus, reason schemas.FailCode, run *schemas.SyncRun) reply {
	s := schemas.Source{ID: sourceID, Type: schemas.SourceCrawl, Name: "Help", Status: status, Reason: reason, Documents: 3, Chunks: 9, Citations: true}
	if run != nil {
		s.Sync = run.ID
	}
	return reply{body: schemas.SourceSync{Source: s, Run: run}}
}

func added(status int, location string) reply {
	r := reply{status: status, body: schemas.Source{ID: sourceID, Type: schemas.SourceCrawl, Name: "Help", Status: schemas.SourceQueued}}
	if location != "" {
		r.header = map[string]string{"Location": location}
	}
	return r
}

func TestWaitTellsProgressBesideTheData(t *testing.T) {
	t.Parallel()
	crawling := schemas.SyncRun{ID: "sync_1", State: schemas.SyncCrawling, Counts: schemas.SyncCounts{Found: 40, Fetched: 10, New: 9, Failed: 1}, Queued: 30, SecondsLeft: 60, PauseSeconds: 2}
	indexing := schemas.SyncRun{ID: "sync_1", State: schemas.SyncIndexing, Counts: schemas.SyncCounts{Found: 40, Fetched: 39, New: 39, Failed: 1, Indexed: 80}}
	done := schemas.SyncRun{ID: "sync_1", State: schemas.SyncDoneErrors, Reason: schemas.FailSomeFailed, Counts: schemas.SyncCounts{Found: 40, Fetched: 39, New: 39, Failed: 1, Indexed: 117}}
	answers := func() map[string][]reply {
		return map[string][]reply{
			"POST /sources": {added(201, "/api/v1/sources/"+sourceID+"/sync")},
			"GET /sources/" + sourceID + "/sync": {
				stands(schemas.SourceQueued, "", nil), stands(schemas.SourceSyncing, "", &crawling), problem(503, "The database does not answer."),
				stands(schemas.SourceSyncing, "", &indexing), stands(schemas.SourceWarnings, schemas.FailSomeFailed, &done),
			},
		}
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"warnings are success", nil, 0, nil},
		{"unless asked for", []string{"--strict"}, 8, []string{"ready_with_warnings: some_failed", "steward source pages " + sourceID}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, url := serve(t, answers())
			args := append([]string{"source", "add", "crawl", "https://example.com", "--include", "/help/*", "--max-pages", "50", "--wait", "-o", "json", "--url", url}, c.args...)
			code, out, errs := command(t.Context(), args...)
			if code != c.code {
				t.Errorf("code %d, want %d: %s", code, c.code, errs)
			}
			var shown schemas.Source
			if err := json.Unmarshal([]byte(out), &shown); err != nil || shown.Status != schemas.SourceWarnings {
				t.Errorf("output is not the source alone: %v\n%s", err, out)
			}
			lines := []string{
				"crawling: 40 found, 10 read, 9 new, 1 failed, 30 waiting; about 1m0s left at 2.0 s between pages",
				"indexing: 40 found, 39 read, 39 new, 1 failed, 80 passages indexed",
				"done_with_errors: 40 found, 39 read, 39 new, 1 failed, 117 passages indexed (some_failed)",
			}
			for _, line := range append(lines, c.says...) {
				if !strings.Contains(errs, line) {
					t.Errorf("error output lacks %q:\n%s", line, errs)
				}
			}
			if !s.saw(`POST /sources {"type":"crawl","url":"https://example.com","citations":true,"private":false,"include":["/help/*"],"max_pages":50}`) {
				t.Errorf("asked %q", s.asked)
			}
		})
	}
}

func TestWaitEndsWithTheRun(t *testing.T) {
	t.Parallel()
	failed := schemas.SyncRun{ID: "sync_1", State: schemas.SyncFailed, Reason: schemas.FailRobots}
	before := schemas.SyncRun{ID: "sync_0", State: schemas.SyncDone}
	usable := stands(schemas.SourceFailed, schemas.FailUnreachable, &failed)
	shown := usable.body.(schemas.SourceSync)
	shown.Source.SyncedAt = time.Now()
	usable.body = shown
	started := reply{status: 202, body: schemas.Source{ID: sourceID, Status: schemas.SourceReady, Sync: "sync_0"}}
	for _, c := range []struct {
		name  string
		start reply
		runs  []reply
		code  int
		says  string
	}{
		{"that failed", started, []reply{stands(schemas.SourceReady, "", &before), stands(schemas.SourceFailed, schemas.FailRobots, &failed)}, 1, "cannot be used: robots"},
		{"that failed after a good one", started, []reply{usable}, 1, "what was read before is still used"},
		{"of another that was under way", reply{status: 202, body: schemas.Source{ID: sourceID, Status: schemas.SourceSyncing, Sync: "sync_1"}}, []reply{stands(schemas.SourceReady, "", &failed)}, 0, ""},
		{"that does not come in time", started, []reply{stands(schemas.SourceReady, "", &before)}, 7, "has not ended in time"},
		{"of a source that is removed meanwhile", started, []reply{problem(404, "No such source.")}, 3, "No such source."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, url := serve(t, map[string][]reply{"POST /sources/" + sourceID + "/sync": {c.start}, "GET /sources/" + sourceID + "/sync": c.runs})
			timeout := "1m"
			if c.code == 7 {
				timeout = "600ms"
			}
			code, _, errs := command(t.Context(), "source", "sync", sourceID, "--wait", "--timeout", timeout, "--url", url)
			if code != c.code || !strings.Contains(errs, c.says) {
				t.Errorf("code %d, want %d and %q: %s", code, c.code, c.says, errs)
			}
		})
	}
}

func TestWaitCanBeInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	_, url := serve(t, map[string][]reply{
		"POST /sources/" + sourceID + "/sync": {added(202, "x")}, "GET /sources/" + sourceID + "/sync": {stands(schemas.SourceQueued, "", nil)},
	})
	time.AfterFunc(400*time.Millisecond, cancel)
	if code, _, errs := command(ctx, "source", "sync", sourceID, "--wait", "--url", url); code != 130 {
		t.Errorf("code %d: %s", code, errs)
	}
}

func TestSourceWhoseReadingCannotStartIsAWarning(t *testing.T) {
	t.Parallel()
	_, url := serve(t, map[string][]reply{"POST /sources": {added(201, "")}})
	code, out, errs := command(t.Context(), "source", "add", "answer", "q", "a", "--wait", "-o", "json", "--url", url)
	if code != 8 || !strings.Contains(out, sourceID) || !strings.Contains(errs, "steward source sync "+sourceID) {
		t.Errorf("code %d, out %s, err %s", code, out, errs)
	}
}

func TestExitCodeSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{404: 3, 401: 4, 403: 4, 409: 5, 412: 5, 400: 6, 413: 6, 415: 6, 422: 6, 429: 7, 503: 7, 500: 1} {
		_, url := serve(t, map[string][]reply{"GET /sources": {problem(status, "No.")}})
		code, out, errs := command(t.Context(), "source", "list", "--url", url)
		if code != want || out != "" || !strings.HasPrefix(errs, "steward: No.") {
			t.Errorf("status %d: code %d, want %d; %q %q", status, code, want, out, errs)
		}
		if strings.Contains(errs, "REQ1") != (status >= 500) {
			t.Errorf("status %d: %s", status, errs)
		}
	}
}

func TestWrongUsageAsksNothing(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"source", "add", "video", "x"},
		{"source", "add", "crawl"},
		{"source", "add", "answer", "q"},
		{"source", "add", "crawl", "https://example.com", "--strict"},
		{"source", "sync", sourceID, "--strict"},
		{"source", "pages", sourceID, "--csv", "--limit", "5"},
		{"source", "pages", sourceID, "--limit", "-1"},
		{"source", "review", sourceID},
		{"source", "review", sourceID, "--approve", "--reject"},
		{"source", "edit", sourceID, "--cite", "maybe"},
		{"source", "edit", sourceID, "--private", "1"},
		{"source", "edit", sourceID},
		{"source", "add", "url", "https://example.com", "--include", "/a"},
		{"search"},
		{"file", "upload", "."},
	} {
		s, url := serve(t, map[string][]reply{"GET /sources": {{body: "{}"}}})
		code, _, errs := command(t.Context(), append(args, "--url", url)...)
		if code != 2 || len(s.asked) > 0 {
			t.Errorf("%q: code %d, asked %q: %s", args, code, s.asked, errs)
		}
	}
}

func TestFileThatCannotBeASourceIsNotSent(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	large := filepath.Join(folder, "large.pdf")
	for name, size := range map[string]int64{"a.exe": 3, "empty.md": 0, "large.pdf": schemas.MaxSourceBytes + 1} {
		f, err := os.Create(filepath.Join(folder, name))
		if err == nil {
			err = f.Truncate(size)
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	for name, says := range map[string]string{
		filepath.Join(folder, "a.exe"): ".docx .htm", filepath.Join(folder, "empty.md"): "empty", large: "at most 50 MiB",
	} {
		for _, verb := range [][]string{{"source", "add", "file"}, {"file", "upload"}} {
			s, url := serve(t, nil)
			code, _, errs := command(t.Context(), append(verb, name, "--url", url)...)
			if code != 6 || !strings.Contains(errs, says) || len(s.asked) > 0 {
				t.Errorf("%s: code %d, asked %d times: %s", name, code, len(s.asked), errs)
			}
		}
	}
	if code, _, _ := command(t.Context(), "source", "add", "file", filepath.Join(folder, "nothing.md")); code != 1 {
		t.Errorf("a file that is not there: code %d", code)
	}
}

func TestFileIsSentWithItsFlags(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "returns.md")
	if err := os.WriteFile(name, []byte("# Returns"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, url := serve(t, map[string][]reply{"POST /sources/upload": {added(201, "x")}})
	code, _, errs := command(t.Context(), "source", "add", "file", name, "--link", "https://example.com/r", "--schedule", "daily", "--language", "en", "--no-citations", "--name", "Returns", "--url", url)
	if code != 0 {
		t.Fatalf("code %d: %s", code, errs)
	}
	for field, value := range map[string]string{"url": "https://example.com/r", "schedule": "daily", "language": "en", "citations": "false", "private": "false", "name": "Returns"} {
		if !strings.Contains(s.asked[0], fmt.Sprintf("name=%q\r\n\r\n%s\r\n", field, value)) {
			t.Errorf("the form lacks %s=%s: %s", field, value, s.asked[0])
		}
	}
}

func TestPagesAreShownAndExported(t *testing.T) {
	t.Parallel()
	next := "https://example.com/a"
	first := schemas.List[schemas.Page]{NextCursor: &next, Items: []schemas.Page{
		{URL: "https://example.com/a", Outcome: schemas.PageSkipped, Reason: schemas.FailDuplicate, DuplicateOf: "https://example.com/b", Title: "A\x1b[31m"},
	}}
	second := schemas.List[schemas.Page]{Items: []schemas.Page{{URL: "https://example.com/b", Outcome: schemas.PageNew, Status: 200, Chunks: 3, Document: "doc_1"}}}
	path := "GET /sources/" + sourceID
	s, url := serve(t, map[string][]reply{
		path + "/pages?limit=1000": {{body: first}}, path + "/pages?cursor=https%3A%2F%2Fexample.com%2Fa&limit=1000": {{body: second}},
		path + "/pages?limit=1000&outcome=failed&reason=timeout": {{body: schemas.List[schemas.Page]{Items: []schemas.Page{}}}},
		path + "/pages.csv": {{body: "url,outcome\nhttps://example.com/a,new\n"}}, path + "/pages.csv?outcome=failed": {{body: "url,outcome\n"}},
	})
	run := func(args ...string) string {
		t.Helper()
		code, out, errs := command(t.Context(), append([]string{"source", "pages", sourceID, "--url", url}, args...)...)
		if code != 0 || errs != "" {
			t.Fatalf("%q: code %d: %s (asked %q)", args, code, errs, s.asked)
		}
		return out
	}
	table := run()
	if strings.Count(table, "\n") != 3 || !strings.Contains(table, "duplicate_of https://example.com/b") || !strings.Contains(table, "doc_1") || strings.Contains(table, "\x1b") {
		t.Errorf("table:\n%s", table)
	}
	if out := run("--limit", "1", "-o", "jsonl"); strings.Count(out, "\n") != 1 || !strings.Contains(out, `"url":"https://example.com/a"`) {
		t.Errorf("one page:\n%s", out)
	}
	if out := run("--outcome", "failed", "--reason", "timeout", "-o", "json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("no page:\n%s", out)
	}
	if out := run("--csv"); out != "url,outcome\nhttps://example.com/a,new\n" {
		t.Errorf("CSV:\n%s", out)
	}
	if out := run("--csv", "--outcome", "failed"); out != "url,outcome\n" {
		t.Errorf("CSV of some:\n%s", out)
	}
}

func TestExportThatBreaksOffIsAnError(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "url,outcome\n")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(web.Close)
	if code, _, errs := command(t.Context(), "source", "pages", sourceID, "--csv", "--url", web.URL); code != 7 {
		t.Errorf("code %d: %s", code, errs)
	}
}

func TestSearchExplainsItself(t *testing.T) {
	t.Parallel()
	found := schemas.SearchResult{
		Passages: []schemas.Passage{{Number: 1, Title: "Returns", Headings: "Time", Text: "30 days", Language: "en", Score: 0.91, Citable: true, URL: "https://example.com/r"}, {Number: 2, Title: "Secret", Text: "x"}},
		Mode:     schemas.SearchDatabase, Degraded: true, Languages: []string{"en", ""}, Terms: []string{"return", "day"}, Coverage: 0.8, Similarity: 0.5, Threshold: 0.3, Milliseconds: 12.34,
	}
	s, url := serve(t, map[string][]reply{"POST /search": {{body: found}}})
	code, out, errs := command(t.Context(), "search", "How long?", "--explain", "--url", url)
	if code != 0 || !s.saw(`POST /search {"question":"How long?"}`) || strings.Count(out, "\n") != 3 || !strings.Contains(out, "0.910") {
		t.Errorf("code %d, asked %q:\n%s", code, s.asked, out)
	}
	for _, line := range []string{
		"searched by database in 12.3 ms", "the database's text search stood in", "languages: en, unknown", "terms: return day", "embedder: none",
		"best passage: 0.80; best similarity of vectors: 0.50", "below a coverage of 0.30",
	} {
		if !strings.Contains(errs, line) {
			t.Errorf("explanation lacks %q:\n%s", line, errs)
		}
	}
	code, out, errs = command(t.Context(), "search", "How long?", "--explain", "-o", "json", "--url", url)
	var shown schemas.SearchResult
	if err := json.Unmarshal([]byte(out), &shown); code != 0 || errs != "" || err != nil || shown.Coverage != 0.8 || len(shown.Passages) != 2 {
		t.Errorf("code %d, err %q:\n%s", code, errs, out)
	}
	if code, out, errs := command(t.Context(), "search", "How long?", "--url", url); code != 0 || errs != "" || strings.Count(out, "\n") != 3 {
		t.Errorf("without an explanation: code %d, err %q:\n%s", code, errs, out)
	}
}

func TestReviewSaysWhatWasDecided(t *testing.T) {
	t.Parallel()
	path := "POST /sources/" + sourceID + "/review"
	for flag, body := range map[string]string{"--approve": `{"approve":true}`, "--reject": `{"approve":false}`} {
		s, url := serve(t, map[string][]reply{path: {added(200, "")}})
		if code, out, errs := command(t.Context(), "source", "review", sourceID, flag, "--url", url); code != 0 || !strings.Contains(out, sourceID) || !s.saw(path+" "+body) {
			t.Errorf("%s: code %d, asked %q: %s", flag, code, s.asked, errs)
		}
	}
	_, url := serve(t, map[string][]reply{path: {problem(409, "Nothing of this source waits for a decision.")}})
	if code, _, _ := command(t.Context(), "source", "review", sourceID, "--approve", "--url", url); code != 5 {
		t.Errorf("nothing to decide: code %d", code)
	}
}

func TestEditSendsOnlyWhatIsSaid(t *testing.T) {
	t.Parallel()
	before := schemas.Source{ID: sourceID, Type: schemas.SourceCrawl, SourceSettings: schemas.SourceSettings{
		Schedule: schemas.ResyncWeekly, Include: []string{"/help/*"}, MaxPages: 100, Render: schemas.RenderAuto,
	}}
	for _, c := range []struct {
		args []string
		body string
	}{
		{[]string{"--name", "Help"}, `{"name":"Help"}`},
		{[]string{"--cite", "no", "--private", "yes"}, `{"citations":false,"private":true}`},
		{[]string{"--answer", "", "--question", "q"}, `{"question":"q","answer":""}`},
		{[]string{"--address", "https://example.com/b"}, `{"url":"https://example.com/b"}`},
		{[]string{"--schedule", "daily"}, `{"settings":{"schedule":"daily","include":["/help/*"],"max_pages":100,"render":"auto"}}`},
		{[]string{"--include", "", "--exclude", "/a", "--exclude", "/b"}, `{"settings":{"schedule":"weekly","exclude":["/a","/b"],"max_pages":100,"render":"auto"}}`},
		{[]string{"--render", "never", "--ignore-robots", "--max-pages", "7", "--language", "it"}, `{"settings":{"language":"it","schedule":"weekly","include":["/help/*"],"max_pages":7,"render":"never","ignore_robots":true}}`},
	} {
		s, url := serve(t, map[string][]reply{"GET /sources/" + sourceID: {{body: before}}, "PATCH /sources/" + sourceID: {{body: before}}})
		code, _, errs := command(t.Context(), append([]string{"source", "edit", sourceID, "--url", url}, c.args...)...)
		if code != 0 || s.asked[len(s.asked)-1] != "PATCH /sources/"+sourceID+" "+c.body {
			t.Errorf("%q: code %d, asked %q: %s", c.args, code, s.asked, errs)
		}
	}
}

func TestSeveralSourcesAreRemoved(t *testing.T) {
	t.Parallel()
	s, url := serve(t, map[string][]reply{"POST /sources/bulk": {{body: schemas.BulkResult{Done: []schemas.SourceID{"src_1"}, NotFound: []schemas.SourceID{"src_2"}}}}})
	code, _, errs := command(t.Context(), "source", "remove", "src_1", "src_2", "--url", url)
	if code != 8 || !strings.Contains(errs, "removed 1") || !strings.Contains(errs, "src_2") || !s.saw(`POST /sources/bulk {"action":"remove","ids":["src_1","src_2"]}`) {
		t.Errorf("code %d, asked %q: %s", code, s.asked, errs)
	}
}
