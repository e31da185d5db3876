package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"steward/schemas"
)

func (s *site) writes(body string) schemas.Article {
	s.t.Helper()
	var article schemas.Article
	s.want(http.StatusCreated, request{method: "POST", path: "/articles", body: body}).into(s.t, &article)
	return article
}

func TestArticleIsWrittenUsedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	article := s.writes(`{"title":"Shipping","body":"We ship to the EU.","external_id":"kb-1","url":"https://example.com/shipping","language":"en"}`)
	if article.Revision != 1 || article.Type != schemas.ArticleKB || article.Format != schemas.FormatMarkdown || article.Source != "" || article.UpdatedAt.IsZero() {
		t.Errorf("written %+v", article)
	}
	path := "/articles/" + string(article.ID)
	if shown := get[schemas.Article](s, path); shown.Body != "We ship to the EU." || shown.External != "kb-1" {
		t.Errorf("shown %+v", shown)
	}
	source := s.adds(`{"type":"kb_article","article_id":"` + string(article.ID) + `"}`)
	s.want(http.StatusConflict, request{method: "POST", path: "/sources", body: `{"type":"kb_article","article_id":"` + string(article.ID) + `"}`})
	if source.URL != "https://example.com/shipping" {
		t.Errorf("source %+v", source)
	}
	// A change has the source read again at once. Spec: S19.
	var changed schemas.Article
	s.want(http.StatusOK, request{method: "PUT", path: path, body: `{"title":"Shipping","body":"We ship worldwide.","external_id":"kb-1"}`}).into(t, &changed)
	s.called("resync change " + string(source.ID))
	if changed.Revision != 2 || changed.Body != "We ship worldwide." || changed.Source != source.ID {
		t.Errorf("changed %+v", changed)
	}
	s.want(http.StatusNoContent, request{method: "DELETE", path: path})
	s.called("resync removal " + string(source.ID))
	s.want(http.StatusNotFound, request{method: "GET", path: path})
	s.want(http.StatusNotFound, request{method: "PUT", path: path, body: `{"title":"a","body":"b"}`})
	s.want(http.StatusNotFound, request{method: "DELETE", path: path})
	if shown := get[schemas.Source](s, "/sources/"+string(source.ID)); shown.Status != schemas.SourceRemoving {
		t.Errorf("the source of a deleted article is %s", shown.Status)
	}
}

func TestArticleWithoutASourceIsReadByNobody(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	article := s.writes(`{"title":"Shipping","body":"We ship to the EU."}`)
	s.want(http.StatusOK, request{method: "PUT", path: "/articles/" + string(article.ID), body: `{"title":"Shipping","body":"New."}`})
	s.want(http.StatusNoContent, request{method: "DELETE", path: "/articles/" + string(article.ID)})
	s.api.Wait()
	if calls := s.workflows.all(); len(calls) != 0 {
		t.Errorf("calls %q", calls)
	}
}

func TestArticlesAreListedInParts(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	for i := range 7 {
		kind := "article"
		if i%2 == 1 {
			kind = "blog_post"
		}
		s.writes(fmt.Sprintf(`{"title":"Shipping %d","body":"a long body","type":"%s"}`, i, kind))
	}
	s.writes(`{"title":"Returns","body":"a long body"}`)
	titles := map[string]bool{}
	parts := 0
	for next := "/articles?limit=3"; next != ""; parts++ {
		got := s.want(http.StatusOK, request{method: "GET", path: next})
		var part schemas.List[schemas.Article]
		got.into(t, &part)
		if strings.Contains(got.body, "a long body") {
			t.Error("a list shows bodies")
		}
		next = ""
		for _, a := range part.Items {
			titles[a.Title] = true
		}
		if part.NextCursor != nil {
			next = "/articles?limit=3&cursor=" + *part.NextCursor
		}
	}
	if parts != 3 || len(titles) != 8 {
		t.Errorf("%d articles in %d parts", len(titles), parts)
	}
	for query, want := range map[string]int{"?type=blog_post": 3, "?q=ship": 7, "?q=ship&type=article": 4, "?q=nothing": 0, "?type=landing_page": 0} {
		if part := get[schemas.List[schemas.Article]](s, "/articles"+query); len(part.Items) != want || part.Items == nil {
			t.Errorf("%s: %d articles, want %d", query, len(part.Items), want)
		}
	}
	for _, query := range []string{"?cursor=abc", "?cursor=-1", "?cursor=99999999", "?type=poem", "?limit=1001"} {
		s.want(422, request{method: "GET", path: "/articles" + query})
	}
}

func TestArticleThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	there := s.writes(`{"title":"Shipping","body":"We ship to the EU.","external_id":"kb-1"}`)
	for _, c := range []struct {
		name, body string
		status     int
		says       string
	}{
		{"no title", `{"body":"b"}`, 422, "title"},
		{"blank body", `{"title":"a","body":" "}`, 422, "needs title and body"},
		{"no body", `{"title":"a"}`, 422, "body"},
		{"unknown type", `{"title":"a","body":"b","type":"poem"}`, 422, "type"},
		{"unknown format", `{"title":"a","body":"b","format":"docx"}`, 422, "format"},
		{"link that runs code", `{"title":"a","body":"b","url":"javascript:alert(1)"}`, 422, "public address to cite"},
		{"same external id", `{"title":"a","body":"b","external_id":"kb-1"}`, 409, "external_id is there already"},
		{"too large", `{"title":"a","body":"` + strings.Repeat("a", 5<<20+1) + `"}`, 413, "at most 5 MiB"},
		{"larger than any request", `{"title":"a","body":"` + strings.Repeat("a", 17<<20) + `"}`, 413, "too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request{method: "POST", path: "/articles", body: c.body}
			if got := s.want(c.status, r); !strings.Contains(got.body, c.says) {
				t.Errorf("answer does not say %q: %s", c.says, got.body)
			}
			if c.status == 409 {
				return
			}
			r.method, r.path = "PUT", "/articles/"+string(there.ID)
			s.want(c.status, r)
		})
	}
	if got := get[schemas.Article](s, "/articles/"+string(there.ID)); got.Revision != 1 || got.Body != "We ship to the EU." {
		t.Errorf("after refused changes: %+v", got)
	}
}
