package articles_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/knowledge/articles/hubspottest"
	"steward/schemas"
)

const feedURL = "https://help.example.com/feed.json"

// site serves documents by path and notes what it was asked.
type site struct {
	pages map[string]string
	asked []string
	auth  []string
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, r.URL.String())
	s.auth = append(s.auth, r.Header.Get("Authorization"))
	body, ok := s.pages[r.URL.RequestURI()]
	switch {
	case !ok:
		http.NotFound(w, r)
	case strings.HasPrefix(body, "->"):
		http.Redirect(w, r, body[2:], http.StatusMovedPermanently)
	default:
		w.Header().Set("Content-Type", "application/feed+json")
		fmt.Fprint(w, body)
	}
}

func (s *site) client() *http.Client { return &http.Client{Transport: hubspottest.InMemory(s)} }

// feed is a JSON feed with the given items; next may be empty.
func feed(next, items string) string {
	return fmt.Sprintf(`{"version":"https://jsonfeed.org/version/1.1","title":"Help","language":"sv-SE","next_url":%q,"items":[%s]}`, next, items)
}

func TestFeed(t *testing.T) {
	t.Parallel()
	s := &site{pages: map[string]string{
		"/feed.json": "\ufeff" + feed("feed.json?page=2", `
			{"id":"a","url":"https://help.example.com/a","title":" Return\nan order ","content_html":"<p>Within 30 days.</p>","date_modified":"2026-03-01T10:00:00Z","tags":["Featured","blog_post"]},
			{"id":7,"content_text":"Plain words.","url":"https://help.example.com/7","language":"it","_steward":{"type":"x"}},
			{"title":"no id","content_text":"ignored"},
			{"id":"empty","title":"no text"}`),
		"/feed.json?page=2": feed("/rest.json#top", `{"id":"a","title":"again","content_text":"again"},{"id":"b","content_html":"<p>B</p>","tags":["LANDING_PAGE"]}`),
		"/rest.json":        feed("", ""),
	}}
	got := pull(t, s.client(), schemas.Connector{Kind: schemas.ConnectorFeed, URL: feedURL}, token)
	got.check(t, schemas.FailNone, false)
	want := []schemas.PulledArticle{
		{External: "a", Type: schemas.ArticleBlog, Title: "Return an order", Body: "<p>Within 30 days.</p>", Format: schemas.FormatHTML, URL: "https://help.example.com/a", Language: "sv"},
		{External: "7", Type: schemas.ArticleKB, Title: "https://help.example.com/7", Body: "Plain words.", Format: schemas.FormatMarkdown, URL: "https://help.example.com/7", Language: "it"},
		{External: "b", Type: schemas.ArticleLanding, Title: "b", Body: "<p>B</p>", Format: schemas.FormatHTML, Language: "sv"},
	}
	if diff := cmp.Diff(want, got.articles); diff != "" {
		t.Errorf("articles (-want +got):\n%s", diff)
	}
	if len(got.complete) != 4 {
		t.Errorf("complete for %v", got.complete)
	}
	if diff := cmp.Diff([]string{"Bearer " + token, "Bearer " + token, "Bearer " + token}, s.auth); diff != "" {
		t.Errorf("authorization (-want +got):\n%s", diff)
	}
}

func TestFeedFailures(t *testing.T) {
	t.Parallel()
	item := `{"id":"a","title":"A","content_text":"a"}`
	for name, tt := range map[string]struct {
		pages  map[string]string
		code   schemas.FailCode
		titles string
	}{
		"not there":               {nil, "http_404", ""},
		"a page of HTML":          {map[string]string{"/feed.json": "<!doctype html><p>Log in</p>"}, schemas.FailUnsupportedType, ""},
		"another kind of JSON":    {map[string]string{"/feed.json": `{"items":[]}`}, schemas.FailUnsupportedType, ""},
		"no list of items":        {map[string]string{"/feed.json": `{"version":"https://jsonfeed.org/version/1"}`}, schemas.FailUnsupportedType, ""},
		"cut off":                 {map[string]string{"/feed.json": feed("", item)[:100]}, schemas.FailUnsupportedType, ""},
		"next is itself":          {map[string]string{"/feed.json": feed(feedURL, item)}, schemas.FailUnsupportedType, "A"},
		"next is no address":      {map[string]string{"/feed.json": feed("https://%zz", item)}, schemas.FailUnsupportedType, "A"},
		"a circle of two":         {map[string]string{"/feed.json": feed("/b", item), "/b": feed("/feed.json", "")}, schemas.FailUnsupportedType, "A"},
		"goes on elsewhere":       {map[string]string{"/feed.json": feed("https://evil.example/feed", item)}, schemas.FailOutOfScope, "A"},
		"goes on in the clear":    {map[string]string{"/feed.json": feed("http://help.example.com/b", item)}, schemas.FailOutOfScope, "A"},
		"redirected elsewhere":    {map[string]string{"/feed.json": "->https://evil.example/feed"}, schemas.FailOutOfScope, ""},
		"redirected in the clear": {map[string]string{"/feed.json": "->http://help.example.com/b"}, schemas.FailOutOfScope, ""},
		"redirected to a port":    {map[string]string{"/feed.json": "->https://help.example.com:8443/b"}, schemas.FailOutOfScope, ""},
		"redirected for ever":     {map[string]string{"/feed.json": "->/feed.json"}, schemas.FailRedirects, ""},
		"redirected at home":      {map[string]string{"/feed.json": "->/b", "/b": feed("", item)}, schemas.FailNone, "A"},
		"too large": {
			map[string]string{"/feed.json": feed("", `{"id":"a","content_text":"`+strings.Repeat("x", 10<<20)+`"}`)},
			schemas.FailTooLarge, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &site{pages: tt.pages}
			got := pull(t, s.client(), schemas.Connector{Kind: schemas.ConnectorFeed, URL: feedURL}, token)
			got.check(t, tt.code, false)
			if got.titles() != tt.titles {
				t.Errorf("articles %q, want %q", got.titles(), tt.titles)
			}
			for _, address := range s.asked {
				if !strings.HasPrefix(address, "https://help.example.com/") {
					t.Errorf("asked %s", address)
				}
			}
		})
	}
}

func TestFeedLimits(t *testing.T) {
	t.Parallel()
	t.Run("more than 5,000 articles", func(t *testing.T) {
		t.Parallel()
		items := make([]string, 5001)
		for i := range items {
			items[i] = fmt.Sprintf(`{"id":%d,"content_text":"text"}`, i)
		}
		s := &site{pages: map[string]string{"/feed.json": feed("", strings.Join(items, ","))}}
		got := pull(t, s.client(), schemas.Connector{Kind: schemas.ConnectorFeed, URL: feedURL}, "")
		got.check(t, schemas.FailLimitReached, false)
		if len(got.articles) != 5000 {
			t.Errorf("%d articles", len(got.articles))
		}
	})
	t.Run("empty pages without end", func(t *testing.T) {
		t.Parallel()
		n := 0
		client := &http.Client{Transport: hubspottest.InMemory(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			n++
			fmt.Fprint(w, feed(fmt.Sprintf("/feed.json?page=%d", n), ""))
		}))}
		pull(t, client, schemas.Connector{Kind: schemas.ConnectorFeed, URL: feedURL}, "").check(t, schemas.FailUnsupportedType, false)
		if n != 1000 {
			t.Errorf("%d pages", n)
		}
	})
}
