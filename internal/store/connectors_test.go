package store

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// connector adds a feed.
func (b adminBundle) connector(t *testing.T, change func(c *schemas.Connector)) schemas.Connector {
	t.Helper()
	c := schemas.Connector{Kind: schemas.ConnectorFeed, Name: "Help", URL: "https://kb.example/feed.json"}
	change(&c)
	out, err := b.AddConnector(t.Context(), b.Agent, c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func pulledArticle(id, body string) schemas.PulledArticle {
	return schemas.PulledArticle{
		External: id, Type: schemas.ArticleKB, Title: "Article " + id, Body: body, Format: schemas.FormatHTML, URL: "https://kb.example/" + id,
	}
}

// pull stores what one pull has found and returns what changed, the sources
// sorted.
func (b adminBundle) pull(t *testing.T, c schemas.ConnectorID, complete []schemas.ArticleType, list ...schemas.PulledArticle) schemas.PullResult {
	t.Helper()
	began, err := b.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	end := schemas.PullEnd{Complete: complete, Began: began, May: func(int, int) bool { return true }}
	out, err := b.StorePulled(t.Context(), schemas.PullInput{Connector: c, Agent: b.Agent}, list, end)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out.Changed)
	return out
}

// tick moves the clock, which stands still in these tests.
func (b adminBundle) tick(t *testing.T) {
	t.Helper()
	now, err := b.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if err := b.SetClock(t.Context(), &now, 0); err != nil {
		t.Fatal(err)
	}
}

func (b adminBundle) sourceIDs(t *testing.T) []schemas.SourceID {
	t.Helper()
	list, err := b.Sources(t.Context(), b.Agent)
	if err != nil {
		t.Fatal(err)
	}
	ids := []schemas.SourceID{}
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestAddConnector(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	feed := b.connector(t, func(c *schemas.Connector) { c.TokenEnv, c.AddNew = "STEWARD_TOKEN_KB", true })
	want := schemas.Connector{
		ID: feed.ID, Kind: schemas.ConnectorFeed, Name: "Help", URL: "https://kb.example/feed.json", TokenEnv: "STEWARD_TOKEN_KB", AddNew: true,
	}
	if diff := cmp.Diff(want, feed); diff != "" {
		t.Error(diff)
	}
	hub := b.connector(t, func(c *schemas.Connector) {
		c.Kind, c.URL, c.TokenEnv = schemas.ConnectorHubSpot, "", "STEWARD_TOKEN_HUBSPOT_2"
	})
	if list, err := b.Connectors(t.Context(), b.Agent); err != nil || !cmp.Equal(list, []schemas.Connector{feed, hub}) {
		t.Errorf("connectors %+v, %v", list, err)
	}
	for name, change := range map[string]func(c *schemas.Connector){
		"kind":                     func(c *schemas.Connector) { c.Kind = "wiki" },
		"no name":                  func(c *schemas.Connector) { c.Name = " " },
		"feed without address":     func(c *schemas.Connector) { c.URL = "" },
		"hubspot without token":    func(c *schemas.Connector) { c.Kind = schemas.ConnectorHubSpot },
		"scheme":                   func(c *schemas.Connector) { c.URL = "file:///etc/passwd" },
		"secret of the deployment": func(c *schemas.Connector) { c.TokenEnv = "STEWARD_DATABASE_URL" },
		"token itself":             func(c *schemas.Connector) { c.TokenEnv = "pat-na1-1234" },
		"prefix alone":             func(c *schemas.Connector) { c.TokenEnv = "STEWARD_TOKEN_" },
		"lower case":               func(c *schemas.Connector) { c.TokenEnv = "STEWARD_TOKEN_kb" },
		"more than a name":         func(c *schemas.Connector) { c.TokenEnv = "STEWARD_TOKEN_KB\nX" },
		"NUL":                      func(c *schemas.Connector) { c.Name = "a\x00" },
	} {
		c := schemas.Connector{Kind: schemas.ConnectorFeed, Name: "Help", URL: "https://kb.example/feed.json"}
		change(&c)
		if _, err := b.AddConnector(t.Context(), b.Agent, c); schemas.KindOf(err) != schemas.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPull(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	c := b.connector(t, func(*schemas.Connector) {}).ID
	one, two := pulledArticle("1", "refund"), pulledArticle("2", "parcel")
	if diff := cmp.Diff(schemas.PullResult{New: 2}, b.pull(t, c, nil, one, two)); diff != "" {
		t.Fatalf("first pull: %s", diff)
	}
	if diff := cmp.Diff(schemas.PullResult{Unchanged: 2}, b.pull(t, c, nil, one, two)); diff != "" {
		t.Errorf("second pull: %s", diff)
	}
	list, err := b.Articles(t.Context(), b.Agent, ArticleQuery{Limit: 10})
	if err != nil || len(list) != 2 {
		t.Fatalf("articles %+v, %v", list, err)
	}
	for _, a := range list {
		if a.Connector != c || a.Revision != 1 || a.Source != "" {
			t.Errorf("article %+v", a)
		}
	}
	src := b.articleSource(t, list[slices.IndexFunc(list, func(a schemas.Article) bool { return a.External == "1" })].ID)
	b.at(t, b.now.Add(time.Hour))
	one.Body, two.Title = "refunds", "Parcels"
	if diff := cmp.Diff(schemas.PullResult{Updated: 2, Changed: []schemas.SourceID{src}}, b.pull(t, c, nil, one, two)); diff != "" {
		t.Errorf("changed: %s", diff)
	}
	a, err := b.Article(t.Context(), b.getSource(t, src).Article)
	if err != nil || a.Body != "refunds" || a.Revision != 2 || !a.UpdatedAt.Equal(b.now.Add(time.Hour)) {
		t.Errorf("article %+v, %v", a, err)
	}
	_, err = b.ChangeArticle(t.Context(), b.Agent, a)
	wantKind(t, err, schemas.KindConflict)
	// The same item twice in one list is one article.
	if diff := cmp.Diff(schemas.PullResult{New: 1, Unchanged: 1}, b.pull(t, c, nil, pulledArticle("3", "x"), pulledArticle("3", "x"))); diff != "" {
		t.Error(diff)
	}
	if err := b.EndPull(t.Context(), c, schemas.FailUnreachable); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Connector(t.Context(), c); err != nil || got.Reason != schemas.FailUnreachable || !got.PulledAt.IsZero() || got.Articles != 3 {
		t.Errorf("connector %+v, %v", got, err)
	}
	if err := b.EndPull(t.Context(), c, schemas.FailNone); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Connector(t.Context(), c); err != nil || got.Reason != "" || !got.PulledAt.Equal(b.now.Add(time.Hour)) {
		t.Errorf("connector %+v, %v", got, err)
	}
}

func TestNewArticlesBecomeSources(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	c := b.connector(t, func(c *schemas.Connector) { c.AddNew = true }).ID
	one, two := pulledArticle("1", "refund"), pulledArticle("2", "parcel")
	out := b.pull(t, c, nil, one, two)
	ids := b.sourceIDs(t)
	if diff := cmp.Diff(schemas.PullResult{New: 2, Changed: ids}, out); diff != "" || len(ids) != 2 {
		t.Fatal(diff, ids)
	}
	src := b.getSource(t, ids[0])
	if src.Type != schemas.SourceArticle || src.Schedule != schemas.ResyncOnChange || !src.Citations || src.Status != schemas.SourceQueued {
		t.Errorf("source %+v", src)
	}
	// An admin has taken one out of the answers: a later pull leaves it out.
	b.remove(t, ids[0])
	one.Body, two.Body = "refunds", "parcels"
	if out := b.pull(t, c, nil, one, two); out.Updated != 2 || !cmp.Equal(out.Changed, ids[1:]) {
		t.Errorf("changed %+v", out)
	}
}

func TestACompletePullRemoves(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	c, other := b.connector(t, func(c *schemas.Connector) { c.AddNew = true }).ID, b.connector(t, func(*schemas.Connector) {}).ID
	kept, gone, blog := pulledArticle("1", "refund"), pulledArticle("2", "parcel"), pulledArticle("3", "colour")
	blog.Type = schemas.ArticleBlog
	b.pull(t, c, nil, kept, gone, blog)
	b.pull(t, other, nil, gone)
	byTitle := map[string]schemas.SourceID{}
	for _, id := range b.sourceIDs(t) {
		src := b.getSource(t, id)
		byTitle[src.Name] = id
		b.ready(t, id, document(id, "article", src.Name))
	}
	if out := b.pull(t, c, nil, kept); out.Removed != 0 {
		t.Errorf("a pull that saw a part removed %+v", out)
	}
	b.tick(t)
	out := b.pull(t, c, []schemas.ArticleType{schemas.ArticleKB, schemas.ArticleWebsite}, kept)
	want := schemas.PullResult{Unchanged: 1, Removed: 1, Changed: []schemas.SourceID{byTitle["Article 2"]}}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	if got := b.titles(t, ArticleQuery{Limit: 10}); len(got) != 3 {
		t.Errorf("articles %v", got)
	}
	if live := b.live(t).Sources; len(live) != 2 || slices.Contains(live, byTitle["Article 2"]) {
		t.Errorf("live %v", live)
	}
	b.tick(t)
	if out := b.pull(t, c, []schemas.ArticleType{schemas.ArticleKB}, kept); out.Removed != 0 || out.Unchanged != 1 {
		t.Errorf("the same pull again: %+v", out)
	}
	// What comes back is new, and a source again.
	if out := b.pull(t, c, nil, gone); out.New != 1 || len(out.Changed) != 1 || out.Changed[0] == byTitle["Article 2"] {
		t.Errorf("back again: %+v", out)
	}
}

func TestRemoveConnector(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	c := b.connector(t, func(c *schemas.Connector) { c.AddNew = true }).ID
	b.pull(t, c, nil, pulledArticle("1", "refund"), pulledArticle("2", "parcel"))
	own := b.articleSource(t, b.article(t, schemas.Article{Title: "Own", Body: "x"}).ID)
	ids := slices.DeleteFunc(b.sourceIDs(t), func(id schemas.SourceID) bool { return id == own })
	_, err := b.RemoveConnector(t.Context(), b.otherAgent(t), c)
	wantKind(t, err, schemas.KindNotFound)
	if b.getSource(t, ids[0]).Status == schemas.SourceRemoving {
		t.Fatal("another agent removed a source")
	}
	removed, err := b.RemoveConnector(t.Context(), b.Agent, c)
	slices.Sort(removed)
	if err != nil || !cmp.Equal(removed, ids) {
		t.Fatalf("removed %v, %v", removed, err)
	}
	for _, id := range ids {
		if b.getSource(t, id).Status != schemas.SourceRemoving {
			t.Errorf("source %s answers still", id)
		}
		if more := b.purge(t, id, 10); more {
			t.Errorf("source %s stays", id)
		}
	}
	if got := b.titles(t, ArticleQuery{Limit: 10}); !cmp.Equal(got, []string{"Own"}) {
		t.Errorf("articles %v", got)
	}
	_, err = b.RemoveConnector(t.Context(), b.Agent, c)
	wantKind(t, err, schemas.KindNotFound)
	_, err = b.Connector(t.Context(), c)
	wantKind(t, err, schemas.KindNotFound)
}

// A system that answers with next to nothing must not empty the answers.
func TestAPullThatWouldRemoveTooMuchRemovesNothing(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	c := b.connector(t, func(c *schemas.Connector) { c.AddNew = true }).ID
	b.pull(t, c, nil, pulledArticle("1", "refund"), pulledArticle("2", "parcel"))
	b.tick(t)
	now, err := b.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var gone, total int
	end := schemas.PullEnd{Complete: []schemas.ArticleType{schemas.ArticleKB}, Began: now, May: func(g, n int) bool {
		gone, total = g, n
		return false
	}}
	out, err := b.StorePulled(t.Context(), schemas.PullInput{Connector: c, Agent: b.Agent}, nil, end)
	if err != nil || out.Removed != 0 || out.Reason != schemas.FailManyGone || gone != 2 || total != 2 {
		t.Errorf("%+v, %d of %d, %v", out, gone, total, err)
	}
	if got := b.titles(t, ArticleQuery{Limit: 10}); len(got) != 2 {
		t.Errorf("articles %v", got)
	}
}
