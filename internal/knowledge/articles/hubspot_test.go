package articles_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/internal/knowledge/articles/hubspottest"
	"steward/schemas"
)

var hubSpot = schemas.Connector{Kind: schemas.ConnectorHubSpot}

// portal has two entries in every list.
func portal() *hubspottest.Server {
	s := hubspottest.New(token, 1)
	s.Add(hubspottest.Articles, hubspottest.Article("1", "A1", "<p>a</p>"), hubspottest.Article("2", "A2", "<p>b</p>"))
	s.Add(hubspottest.SitePages, rich("3", "W3"), rich("4", "W4"))
	s.Add(hubspottest.LandingPages, rich("5", "L5"), rich("6", "L6"))
	s.Add(hubspottest.BlogPosts, hubspottest.Post("7", "B7", "<p>c</p>"), hubspottest.Post("8", "B8", "<p>d</p>"))
	return s
}

func rich(id, title string) hubspottest.Entry {
	return hubspottest.Page(id, title, map[string]any{"html": "<p>Text of " + title + "</p>"})
}

const everything = "A1 | A2 | W3 | W4 | L5 | L6 | B7 | B8"

func TestHubSpot(t *testing.T) {
	t.Parallel()
	s := portal()
	got := pull(t, s.Client(), hubSpot, token)
	got.check(t, schemas.FailNone, false)
	if got.titles() != everything {
		t.Errorf("articles %s", got.titles())
	}
	want := []schemas.ArticleType{schemas.ArticleKB, schemas.ArticleWebsite, schemas.ArticleLanding, schemas.ArticleBlog}
	if diff := cmp.Diff(want, got.complete); diff != "" {
		t.Errorf("complete (-want +got):\n%s", diff)
	}
	requests := s.Requests()
	wantRequests := []string{
		hubspottest.Articles + "?includeTranslations=false&limit=50&sort=createdAt&state=PUBLISHED",
		hubspottest.Articles + "?after=MQ%3D%3D&includeTranslations=false&limit=50&sort=createdAt&state=PUBLISHED",
		hubspottest.SitePages + "?archived=false&limit=50&sort=createdAt",
	}
	if diff := cmp.Diff(wantRequests, requests[:3]); diff != "" || len(requests) != 8 {
		t.Errorf("%d requests (-want +got):\n%s", len(requests), diff)
	}
	if diff := cmp.Diff(schemas.PulledArticle{
		External: "blog_post/7", Type: schemas.ArticleBlog, Title: "B7", Body: "<p>c</p>", Format: schemas.FormatHTML,
		URL: "https://www.example.com/blog/7", Language: "en",
	}, got.articles[6]); diff != "" {
		t.Errorf("post (-want +got):\n%s", diff)
	}
}

func TestHubSpotPullsOnlyWhatEverybodyMaySee(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		list   string
		change hubspottest.Entry
		want   bool
	}{
		"a published article":               {hubspottest.Articles, nil, true},
		"an article archived from view":     {hubspottest.Articles, hubspottest.Entry{"archivedInDashboard": true}, true},
		"a draft article":                   {hubspottest.Articles, hubspottest.Entry{"state": "DRAFT"}, false},
		"an article behind a login":         {hubspottest.Articles, hubspottest.Entry{"accessType": "SSO_LOGIN"}, false},
		"an article for a group":            {hubspottest.Articles, hubspottest.Entry{"accessType": "ACCESS_GROUP_MEMBERSHIP"}, false},
		"an article without a text":         {hubspottest.Articles, hubspottest.Entry{"body": " "}, false},
		"a published post":                  {hubspottest.BlogPosts, nil, true},
		"a post of an old portal":           {hubspottest.BlogPosts, hubspottest.Entry{"currentState": "", "currentlyPublished": false, "state": "PUBLISHED"}, true},
		"a scheduled post":                  {hubspottest.BlogPosts, hubspottest.Entry{"currentState": "SCHEDULED"}, false},
		"a post that is only to be shown":   {hubspottest.BlogPosts, hubspottest.Entry{"currentState": "PUBLISHED_OR_SCHEDULED", "currentlyPublished": false}, false},
		"a draft post":                      {hubspottest.BlogPosts, hubspottest.Entry{"currentState": "DRAFT", "state": "DRAFT"}, false},
		"the other variant of a test":       {hubspottest.BlogPosts, hubspottest.Entry{"currentState": "PUBLISHED_AB_VARIANT"}, false},
		"a post with a password":            {hubspottest.BlogPosts, hubspottest.Entry{"password": "swordfish"}, false},
		"a post with access rules":          {hubspottest.BlogPosts, hubspottest.Entry{"publicAccessRulesEnabled": true}, false},
		"a post without an id":              {hubspottest.BlogPosts, hubspottest.Entry{"id": ""}, false},
		"a post whose body is in its parts": {hubspottest.BlogPosts, hubspottest.Entry{"postBody": "", "widgets": map[string]any{"m": map[string]any{"body": map[string]any{"html": "<p>hi</p>"}}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := hubspottest.Post("1", "T", "<p>text</p>")
			if tt.list == hubspottest.Articles {
				e = hubspottest.Article("1", "T", "<p>text</p>")
			}
			for key, value := range tt.change {
				e[key] = value
			}
			s := hubspottest.New(token, 10)
			// Only one answer: the fake would leave drafts out itself.
			s.Fail(tt.list, hubspottest.Text(string(encode(t, map[string]any{"results": []any{e}}))))
			got := pull(t, s.Client(), hubSpot, token)
			got.check(t, schemas.FailNone, false)
			if (len(got.articles) == 1) != tt.want {
				t.Errorf("articles %+v", got.articles)
			}
		})
	}
}

func TestHubSpotMisbehaves(t *testing.T) {
	t.Parallel()
	type faults map[string][]http.HandlerFunc
	status := func(codes ...int) []http.HandlerFunc {
		var out []http.HandlerFunc
		for _, code := range codes {
			out = append(out, hubspottest.Status(code))
		}
		return out
	}
	first := func(f http.HandlerFunc) []http.HandlerFunc { return []http.HandlerFunc{f} }
	for name, tt := range map[string]struct {
		faults faults
		code   schemas.FailCode
		again  bool
		titles string
		took   time.Duration
	}{
		"busy for a moment":                {faults{hubspottest.SitePages: first(hubspottest.Limited("TEN_SECONDLY_ROLLING", 3))}, "", false, everything, 3 * time.Second},
		"busy, and does not say how long":  {faults{hubspottest.SitePages: first(hubspottest.Limited("TEN_SECONDLY_ROLLING", 0))}, "", false, everything, 10 * time.Second},
		"busy for too long":                {faults{hubspottest.SitePages: first(hubspottest.Limited("SECONDLY", 11))}, schemas.FailSlow, true, "A1 | A2", 0},
		"busy for the rest of the day":     {faults{hubspottest.SitePages: first(hubspottest.Limited("DAILY", 1))}, schemas.FailSlow, true, "A1 | A2", 0},
		"busy all the time":                {faults{hubspottest.Articles: {hubspottest.Limited("SECONDLY", 1), hubspottest.Limited("SECONDLY", 1), hubspottest.Limited("SECONDLY", 1), hubspottest.Limited("SECONDLY", 1)}}, "http_429", true, "", 3 * time.Second},
		"in trouble, then well":            {faults{hubspottest.BlogPosts: status(500, 502, 503)}, "", false, everything, 7 * time.Second},
		"in trouble":                       {faults{hubspottest.BlogPosts: status(500, 500, 500, 500)}, "http_500", true, "A1 | A2 | W3 | W4 | L5 | L6", 7 * time.Second},
		"the token is wrong":               {faults{hubspottest.BlogPosts: status(401)}, schemas.FailLoginRequired, false, "A1 | A2 | W3 | W4 | L5 | L6", 0},
		"the token is taken away halfway":  {faults{hubspottest.Articles: {nil, hubspottest.Status(403)}}, schemas.FailLoginRequired, false, "A1", 0},
		"a page that is no JSON":           {faults{hubspottest.Articles: first(hubspottest.Text(`{"results":[{"id":`))}, schemas.FailUnsupportedType, false, "", 0},
		"a page of another shape":          {faults{hubspottest.Articles: first(hubspottest.Text(`{"items":[]}`))}, schemas.FailUnsupportedType, false, "", 0},
		"a cursor that repeats":            {faults{hubspottest.Articles: {hubspottest.Circle(hubspottest.Article("9", "A9", "x")), hubspottest.Circle(hubspottest.Article("9", "A9", "x"))}}, schemas.FailUnsupportedType, false, "A9", 0},
		"a page with a cursor and nothing": {faults{hubspottest.Articles: first(hubspottest.Text(`{"results":[],"paging":{"next":{"after":"MQ"}}}`))}, schemas.FailUnsupportedType, false, "", 0},
		"redirected elsewhere":             {faults{hubspottest.Articles: first(hubspottest.Redirect("https://evil.example/"))}, schemas.FailOutOfScope, false, "", 0},
		"an odd status":                    {faults{hubspottest.Articles: status(418)}, "http_418", false, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := portal()
			for list, queue := range tt.faults {
				s.Fail(list, queue...)
			}
			got := pull(t, s.Client(), hubSpot, token)
			got.check(t, tt.code, tt.again)
			if got.titles() != tt.titles || got.took != tt.took {
				t.Errorf("%q after %v, want %q after %v", got.titles(), got.took, tt.titles, tt.took)
			}
		})
	}
}

func TestHubSpotListingsThatAreNotOpen(t *testing.T) {
	t.Parallel()
	t.Run("the others are pulled, and it is not complete", func(t *testing.T) {
		t.Parallel()
		s := portal()
		s.Fail(hubspottest.Articles, hubspottest.Status(403))
		s.Fail(hubspottest.LandingPages, hubspottest.Status(404))
		got := pull(t, s.Client(), hubSpot, token)
		got.check(t, schemas.FailNone, false)
		if diff := cmp.Diff([]schemas.ArticleType{schemas.ArticleWebsite, schemas.ArticleBlog}, got.complete); diff != "" {
			t.Errorf("complete (-want +got):\n%s", diff)
		}
		if got.titles() != "W3 | W4 | B7 | B8" {
			t.Errorf("articles %s", got.titles())
		}
	})
	t.Run("none at all is a login", func(t *testing.T) {
		t.Parallel()
		s := portal()
		for _, list := range []string{hubspottest.Articles, hubspottest.SitePages, hubspottest.LandingPages, hubspottest.BlogPosts} {
			s.Fail(list, hubspottest.Status(403))
		}
		pull(t, s.Client(), hubSpot, token).check(t, schemas.FailLoginRequired, false)
	})
	t.Run("a wrong token", func(t *testing.T) {
		t.Parallel()
		pull(t, portal().Client(), hubSpot, token+"x").check(t, schemas.FailLoginRequired, false)
	})
}

func TestHubSpotPageTexts(t *testing.T) {
	t.Parallel()
	page := hubspottest.Page("1", "Returns", map[string]any{"html": "<h2>Returns</h2><p>Within 30 days.</p>"})
	page["layoutSections"] = map[string]any{
		"footer": hubspottest.Cell(),
		"dnd_area": hubspottest.Cell(
			map[string]any{
				"6":  hubspottest.Cell(map[string]any{"0": hubspottest.Module(map[string]any{"html": "<p>right</p>"})}),
				"0":  hubspottest.Cell(map[string]any{"0": hubspottest.Module(map[string]any{"html": "<p>left</p>"})}),
				"10": hubspottest.Module(map[string]any{"html": "<p>far right</p>"}),
			},
			map[string]any{"0": hubspottest.Module(map[string]any{
				"a_heading": "Costs & fees", "b_text": "Return shipping is free.", "button_text": "Go now",
				"cta": map[string]any{"link": map[string]any{"text": "never shown to anyone here"}},
				"faqs": []any{
					map[string]any{"answer": "<p>Yes.</p>", "a_question": "Is it free?"},
				},
				"style": "a very long style", "bg_color": "some very odd colour",
			})},
		),
	}
	page["widgetContainers"] = map[string]any{"main": map[string]any{"widgets": []any{
		map[string]any{"body": map[string]any{"html": "<p>contained</p>"}},
	}}}
	page["widgets"] = map[string]any{
		"a": map[string]any{"order": 2, "body": map[string]any{"html": "<p>second widget</p>"}},
		"b": map[string]any{"order": 1, "body": map[string]any{"html": "<p>first widget</p>", "name": "a name of some module"}},
		"c": map[string]any{"order": 3, "body": map[string]any{"html": "<p>left</p>"}},
	}
	broken := rich("2", "Broken")
	broken["layoutSections"], broken["widgets"] = []any{"odd"}, map[string]any{"m": map[string]any{"body": map[string]any{"html": "<p>still here</p>"}}}
	s := hubspottest.New(token, 10)
	s.Add(hubspottest.SitePages, page, broken, hubspottest.Page("3", "Empty"))
	got := pull(t, s.Client(), hubSpot, token)
	got.check(t, schemas.FailNone, false)
	want := strings.Join([]string{
		"<p>left</p>", "<p>right</p>", "<p>far right</p>", "<h2>Costs &amp; fees</h2>", "<p>Return shipping is free.</p>",
		"<h2>Is it free?</h2>", "<p>Yes.</p>", "<p>contained</p>", "<p>first widget</p>", "<p>second widget</p>",
	}, "\n")
	if len(got.articles) != 2 {
		t.Fatalf("articles %s", got.titles())
	}
	if diff := cmp.Diff(want, got.articles[0].Body); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if got.articles[1].Body != "<p>still here</p>" {
		t.Errorf("text %q", got.articles[1].Body)
	}
}

func TestHubSpotSubtitle(t *testing.T) {
	t.Parallel()
	e := hubspottest.Article("1", "Returns", "<p>Within 30 days.</p>")
	e["subtitle"] = "What <you> need"
	s := hubspottest.New(token, 10)
	s.Add(hubspottest.Articles, e)
	got := pull(t, s.Client(), hubSpot, token)
	if want := "<p>What &lt;you&gt; need</p>\n<p>Within 30 days.</p>"; len(got.articles) != 1 || got.articles[0].Body != want {
		t.Errorf("%+v", got.articles)
	}
}

func TestHubSpotManyPages(t *testing.T) {
	t.Parallel()
	s := hubspottest.New(token, 100)
	for i := range 220 {
		s.Add(hubspottest.BlogPosts, hubspottest.Post(fmt.Sprint(i), fmt.Sprint("P", i), "<p>x</p>"))
	}
	got := pull(t, s.Client(), hubSpot, token)
	got.check(t, schemas.FailNone, false)
	if len(got.articles) != 220 || len(s.Requests()) != 8 {
		t.Errorf("%d articles in %d requests", len(got.articles), len(s.Requests()))
	}
}
