package api_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"steward/schemas"
	"steward/starter/api"
)

func TestPagesAreListedInParts(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	id := s.adds(`{"type":"crawl","url":"https://example.com"}`).ID
	r := s.starts(id)
	waiting := numbered(2500)
	r.finds(waiting...)
	doc := r.reads("https://example.com/a", "Returns", "Returns take 30 days.")
	r.misses("https://example.com/b", schemas.PageFailed, "http_500", 500)
	r.misses("https://example.com/c", schemas.PageSkipped, schemas.FailRobots, 0)
	path := "/sources/" + string(id) + "/pages"

	var all []schemas.Page
	parts := 0
	for next := path + "?limit=1000"; next != ""; parts++ {
		part := get[schemas.List[schemas.Page]](s, next)
		all, next = append(all, part.Items...), ""
		if part.NextCursor != nil {
			next = path + "?limit=1000&cursor=" + *part.NextCursor
		}
	}
	want := append([]string{"https://example.com/a", "https://example.com/b", "https://example.com/c"}, waiting...)
	got := make([]string, 0, len(all))
	for _, p := range all {
		got = append(got, p.URL)
	}
	if parts != 3 || !slices.Equal(got, want) {
		t.Errorf("%d pages in %d parts", len(got), parts)
	}
	first := all[0]
	if first.Document != doc || first.Title != "Returns" || first.Language != "en" || first.Chunks != 1 || first.Version != 1 ||
		first.Outcome != schemas.PageNew || first.Status != 200 || first.ReadAt.IsZero() {
		t.Errorf("page that was read %+v", first)
	}
	if p := all[1]; p.Reason != "http_500" || p.Status != 500 || p.StaleSince.IsZero() || p.Document != "" {
		t.Errorf("page that failed %+v", p)
	}
	for query, want := range map[string]int{
		"": 100, "?limit=7": 7, "?outcome=failed": 1, "?outcome=skipped": 1, "?reason=robots": 1, "?reason=timeout": 0, "?outcome=queued&limit=1000": 1000,
		"?outcome=gone": 0,
	} {
		if part := get[schemas.List[schemas.Page]](s, path+query); len(part.Items) != want || part.Items == nil {
			t.Errorf("%q: %d pages, want %d", query, len(part.Items), want)
		}
	}
	for _, query := range []string{"?limit=1001", "?limit=0", "?outcome=lost", "?color=red"} {
		s.want(422, request{method: "GET", path: path + query})
	}
	s.want(404, request{method: "GET", path: "/sources/src_" + someID + "/pages"})
}

func TestPagesAsCSV(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	id := s.adds(`{"type":"crawl","url":"https://example.com"}`).ID
	r := s.starts(id)
	titles := []string{`=HYPERLINK("https://evil.example","x")`, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "A, \"quoted\" title", "plain"}
	for i, title := range titles {
		r.reads(fmt.Sprintf("https://example.com/%d", i), title, fmt.Sprintf("Text number %d of this page.", i))
	}
	r.misses("https://example.com/x", schemas.PageFailed, schemas.FailTimeout, 0)
	r.finds(numbered(2500)...)
	path := "/sources/" + string(id) + "/pages.csv"
	got := s.want(http.StatusOK, request{method: "GET", path: path})
	if ct := got.header.Get("Content-Type"); ct != "text/csv; charset=utf-8" || !strings.Contains(got.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("headers %v", got.header)
	}
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil || len(rows) != 1+len(titles)+1+2500 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	if !slices.Equal(rows[0][:5], []string{"url", "outcome", "reason", "status", "title"}) {
		t.Errorf("header %q", rows[0])
	}
	for i, title := range titles {
		want := title
		if i < len(titles)-2 {
			want = "'" + title
		}
		// The reader of CSV makes one line break of two.
		if cell := rows[1+i][4]; strings.TrimLeft(cell, "'\r\n") != strings.TrimLeft(want, "'\r\n") || strings.HasPrefix(want, "'") != strings.HasPrefix(cell, "'") {
			t.Errorf("title %q is the cell %q, want %q", title, cell, want)
		}
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("cell %q begins like a formula", cell)
			}
		}
	}
	if got := s.want(200, request{method: "GET", path: path + "?outcome=failed"}); strings.Count(got.body, "\n") != 2 || !strings.Contains(got.body, "timeout") {
		t.Errorf("failed pages: %s", got.body)
	}
	missing := s.want(404, request{method: "GET", path: "/sources/src_" + someID + "/pages.csv"})
	if s.problem(missing).Detail != "No such source." {
		t.Errorf("missing source: %s", missing.body)
	}
}

func TestDocumentIsShownWithItsVersions(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	id := s.adds(`{"type":"crawl","url":"https://example.com"}`).ID
	r := s.starts(id)
	doc := r.reads("https://example.com/a", "Returns", "Returns take 30 days.")
	r.ready()
	r = s.starts(id)
	r.reads("https://example.com/a", "Returns", "Returns take 60 days.")
	r.ready()
	path := "/documents/" + string(doc)
	view := get[schemas.DocumentView](s, path)
	if view.Source != id || view.Version != 2 || !strings.Contains(view.Text, "60 days") || len(view.Chunks) != 1 || view.URL != "https://example.com/a" ||
		!strings.Contains(view.Chunks[0].Text, "60 days") || view.Chunks[0].Indexed {
		t.Errorf("document %+v", view)
	}
	if len(view.Versions) != 1 || view.Versions[0].Version != 1 || !strings.Contains(view.Versions[0].Text, "30 days") {
		t.Errorf("versions %+v", view.Versions)
	}
	s.want(http.StatusNoContent, request{method: "POST", path: path + "/restore", body: `{"version":1}`})
	s.called("resync change " + string(id))
	if view = get[schemas.DocumentView](s, path); view.Version != 3 || !strings.Contains(view.Text, "30 days") {
		t.Errorf("restored %+v", view)
	}
	s.workflows.forget()
	for body, status := range map[string]int{`{"version":9}`: 404, `{"version":0}`: 422, `{}`: 422} {
		s.want(status, request{method: "POST", path: path + "/restore", body: body})
	}
	s.want(404, request{method: "POST", path: "/documents/doc_" + someID + "/restore", body: `{"version":1}`})
	s.want(404, request{method: "GET", path: "/documents/doc_" + someID})
	s.want(404, request{method: "GET", path: "/documents/nonsense"})
	s.notCalled("resync change " + string(id))
}

// finder is a search that answers as it is told.
type finder struct {
	mu       sync.Mutex
	asked    string
	found    schemas.SearchResult
	err      error
	patience <-chan struct{}
}

func (f *finder) Search(ctx context.Context, _ schemas.AgentID, question string) (schemas.SearchResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = question
	if f.patience != nil {
		select {
		case <-f.patience:
		case <-ctx.Done():
			return schemas.SearchResult{}, ctx.Err()
		}
	}
	return f.found, f.err
}

func TestSearchShowsWhatTheAgentFinds(t *testing.T) {
	t.Parallel()
	f := &finder{found: schemas.SearchResult{
		Passages: []schemas.Passage{{Number: 1, Title: "Returns", Text: "30 days", Citable: true, Score: 0.9}}, Mode: schemas.SearchHybrid,
		Languages: []string{"en"}, Terms: []string{"return"}, Coverage: 0.8, Similarity: 0.7, Threshold: 0.3, Milliseconds: 12,
	}}
	s := setup(t, func(o *api.Options) { o.Search = f })
	ask := request{method: "POST", path: "/search", body: `{"question":"How long may I return it?"}`}
	var found schemas.SearchResult
	s.want(http.StatusOK, ask).into(t, &found)
	if f.asked != "How long may I return it?" || len(found.Passages) != 1 || found.Passages[0].Title != "Returns" || found.Mode != schemas.SearchHybrid || found.Threshold != 0.3 {
		t.Errorf("asked %q, found %+v", f.asked, found)
	}
	f.found = schemas.SearchResult{Mode: schemas.SearchWords}
	if got := s.want(http.StatusOK, ask); strings.Contains(got.body, "null") || !strings.Contains(got.body, `"passages":[]`) {
		t.Errorf("nothing found: %s", got.body)
	}
	for _, body := range []string{`{}`, `{"question":""}`, `{"question":"  \n"}`, `{"question":"` + strings.Repeat("a", 2001) + `"}`} {
		s.want(422, request{method: "POST", path: "/search", body: body})
	}
	for err, status := range map[error]int{
		schemas.NewError(schemas.KindUnavailable, "the index does not answer"): 503,
		errors.New("weaviate: dial tcp 10.0.0.3:8080"):                         500,
	} {
		f.err = err
		if got := s.want(status, ask); strings.Contains(got.body, "10.0.0.3") {
			t.Errorf("the answer shows the inside: %s", got.body)
		}
	}
}

func TestServerWithoutSearchSaysSo(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	got := s.want(http.StatusServiceUnavailable, request{method: "POST", path: "/search", body: `{"question":"a"}`})
	if s.problem(got).Detail != "This server has no search." {
		t.Errorf("answer %s", got.body)
	}
}

func TestIndexIsMadeAnew(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	var in schemas.ReindexInput
	s.want(http.StatusAccepted, request{method: "POST", path: "/knowledge/rebuild"}).into(t, &in)
	if in.Agent != s.place.Agent || !in.Rebuild || !s.workflows.saw("reindex") {
		t.Errorf("started %+v, calls %q", in, s.workflows.all())
	}
	s.workflows.set(false, true)
	s.want(http.StatusServiceUnavailable, request{method: "POST", path: "/knowledge/rebuild"})
}
