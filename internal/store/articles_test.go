package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// article adds an article through the API.
func (b adminBundle) article(t *testing.T, a schemas.Article) schemas.Article {
	t.Helper()
	if a.Type == "" {
		a.Type = schemas.ArticleKB
	}
	if a.Format == "" {
		a.Format = schemas.FormatMarkdown
	}
	out, err := b.AddArticle(t.Context(), b.Agent, a)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// articleSource makes a source of an article.
func (b adminBundle) articleSource(t *testing.T, id schemas.ArticleID) schemas.SourceID {
	t.Helper()
	return b.source(t, schemas.NewSource{Type: schemas.SourceArticle, Article: id, Citations: true}).ID
}

func (b adminBundle) titles(t *testing.T, q ArticleQuery) []string {
	t.Helper()
	list, err := b.Articles(t.Context(), b.Agent, q)
	if err != nil {
		t.Fatal(err)
	}
	titles := []string{}
	for _, a := range list {
		if a.Body != "" {
			t.Errorf("the list has the body of %s", a.Title)
		}
		titles = append(titles, a.Title)
	}
	return titles
}

func TestTheRevisionOfAnArticleRisesOnlyOnChange(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	first := b.article(t, schemas.Article{External: "7", Title: "Refunds", Body: "Yes.", URL: "https://kb.example/7", Language: "en"})
	want := first
	if first.Revision != 1 || !first.UpdatedAt.Equal(b.now) || first.ID == "" {
		t.Fatalf("added %+v", first)
	}
	src := b.articleSource(t, first.ID)
	want.Source = src
	changes := []struct {
		name   string
		change func(a *schemas.Article)
	}{
		{"body", func(a *schemas.Article) { a.Body = "No." }},
		{"title", func(a *schemas.Article) { a.Title = "No refunds" }},
		{"address", func(a *schemas.Article) { a.URL = "" }},
		{"format", func(a *schemas.Article) { a.Format = schemas.FormatHTML }},
		{"language", func(a *schemas.Article) { a.Language = "it" }},
		{"type", func(a *schemas.Article) { a.Type = schemas.ArticleBlog }},
	}
	for i, c := range changes {
		c.change(&want)
		want.Revision, want.UpdatedAt = 2+i, b.now.Add(time.Duration(i+1)*time.Minute)
		for range 2 { // the second time changes nothing
			b.at(t, want.UpdatedAt)
			got, err := b.ChangeArticle(t.Context(), b.Agent, want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", c.name, diff)
			}
		}
	}
	if got, err := b.Article(t.Context(), first.ID); err != nil || !cmp.Equal(want, got) {
		t.Errorf("read again %+v, %v", got, err)
	}
}

func TestArticlesAreRefused(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	good := schemas.Article{Type: schemas.ArticleKB, Format: schemas.FormatMarkdown, Title: "Refunds", Body: "Yes.", External: "7"}
	there := b.article(t, good)
	for name, c := range map[string]struct {
		change func(a *schemas.Article)
		kind   schemas.ErrorKind
	}{
		"type":        {func(a *schemas.Article) { a.Type = "note" }, schemas.KindInvalid},
		"format":      {func(a *schemas.Article) { a.Format = "rtf" }, schemas.KindInvalid},
		"no title":    {func(a *schemas.Article) { a.Title = " " }, schemas.KindInvalid},
		"no body":     {func(a *schemas.Article) { a.Body = "\n" }, schemas.KindInvalid},
		"NUL":         {func(a *schemas.Article) { a.Body = "a\x00" }, schemas.KindInvalid},
		"too large":   {func(a *schemas.Article) { a.Body = string(make([]byte, schemas.MaxPageBytes)) + "x" }, schemas.KindTooLarge},
		"external id": {func(*schemas.Article) {}, schemas.KindConflict},
	} {
		a := good
		c.change(&a)
		if _, err := b.AddArticle(t.Context(), b.Agent, a); schemas.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		a.ID, a.External = there.ID, ""
		if _, err := b.ChangeArticle(t.Context(), b.Agent, a); schemas.KindOf(err) != c.kind && c.kind != schemas.KindConflict {
			t.Errorf("change, %s: %v", name, err)
		}
	}
	b.article(t, schemas.Article{Title: "No external id", Body: "x"})
	b.article(t, schemas.Article{Title: "No external id", Body: "x"})
	good.ID = there.ID
	_, err := b.ChangeArticle(t.Context(), b.otherAgent(t), good)
	wantKind(t, err, schemas.KindNotFound)
}

func TestArticlesAreListed(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	for i, a := range []schemas.Article{
		{Title: "100% cotton"}, {Title: "100 parcels"}, {Title: "Blog", Type: schemas.ArticleBlog}, {Title: "Snake_case"},
	} {
		b.at(t, b.now.Add(time.Duration(i)*time.Minute))
		a.Body = "text"
		b.article(t, a)
	}
	for name, c := range map[string]struct {
		q    ArticleQuery
		want []string
	}{
		"all":   {ArticleQuery{Limit: 10}, []string{"Snake_case", "Blog", "100 parcels", "100% cotton"}},
		"type":  {ArticleQuery{Type: schemas.ArticleBlog, Limit: 10}, []string{"Blog"}},
		"title": {ArticleQuery{Title: "100%", Limit: 10}, []string{"100% cotton"}},
		"like":  {ArticleQuery{Title: "_", Limit: 10}, []string{"Snake_case"}},
		"part":  {ArticleQuery{Limit: 2, Skip: 1}, []string{"Blog", "100 parcels"}},
	} {
		if diff := cmp.Diff(c.want, b.titles(t, c.q)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestADeletedArticleTakesItsSourceAlong(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	used := b.article(t, schemas.Article{External: "7", Title: "Refunds", Body: "refund"})
	unused := b.article(t, schemas.Article{Title: "Parcels", Body: "parcel"})
	src := b.articleSource(t, used.ID)
	doc := document(src, "article", "refund")
	b.ready(t, src, doc)
	_, err := b.DeleteArticle(t.Context(), b.otherAgent(t), used.ID)
	wantKind(t, err, schemas.KindNotFound)
	if got, err := b.DeleteArticle(t.Context(), b.Agent, used.ID); err != nil || got != src {
		t.Fatalf("deleted %s, %v", got, err)
	}
	if got := b.find(t, "refund"); len(got) != 0 || b.getSource(t, src).Status != schemas.SourceRemoving {
		t.Errorf("its passages answer still: %v", got)
	}
	if got, err := b.DeleteArticle(t.Context(), b.Agent, unused.ID); err != nil || got != "" {
		t.Errorf("deleted %s, %v", got, err)
	}
	for _, id := range []schemas.ArticleID{used.ID, unused.ID} {
		_, err := b.Article(t.Context(), id)
		wantKind(t, err, schemas.KindNotFound)
		_, err = b.DeleteArticle(t.Context(), b.Agent, id)
		wantKind(t, err, schemas.KindNotFound)
		_, err = b.AddSource(t.Context(), b.Agent, schemas.NewSource{Type: schemas.SourceArticle, Article: id})
		wantKind(t, err, schemas.KindNotFound)
	}
	if got := b.titles(t, ArticleQuery{Limit: 10}); len(got) != 0 {
		t.Errorf("articles %v", got)
	}
	b.article(t, schemas.Article{External: "7", Title: "Refunds", Body: "refund"})
	// The source lets go of the article in the end.
	b.purge(t, src, 10)
	b.forget(t, b.removals(t)...)
	if more := b.purge(t, src, 10); more {
		t.Error("the source of a deleted article stays")
	}
}

func TestAnArticleIsReadAsItIsNow(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	a := b.article(t, schemas.Article{Title: "Refunds", Body: "Yes.", URL: "https://kb.example/7", Language: "en"})
	run := b.begin(t, b.articleSource(t, a.ID))
	a.Body = "No."
	if _, err := b.ChangeArticle(t.Context(), b.Agent, a); err != nil {
		t.Fatal(err)
	}
	job, err := b.SyncJob(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	got := job.Article
	if got.ID != a.ID || got.Body != "No." || got.Revision != 2 || got.Title != "Refunds" || got.URL != a.URL || got.Format != a.Format || got.Language != "en" {
		t.Errorf("article %+v", got)
	}
}
