package api

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"steward/internal/store"
	"steward/schemas"
)

// ArticlePath names an article in an address.
type ArticlePath struct {
	ID schemas.ArticleID `path:"id" maxLength:"64"`
}

// newArticle is the body with which an article is written.
type newArticle struct {
	ExternalID string                `json:"external_id,omitempty" maxLength:"200" doc:"Its id in the system it comes from; unique."`
	Type       schemas.ArticleType   `json:"type,omitempty" enum:"article,website_page,landing_page,blog_post" default:"article"`
	Title      string                `json:"title" minLength:"1" maxLength:"200"`
	Body       string                `json:"body" minLength:"1" doc:"Markdown or HTML, at most 5 MiB."`
	Format     schemas.ArticleFormat `json:"format,omitempty" enum:"markdown,html" default:"markdown"`
	URL        string                `json:"url,omitempty" maxLength:"2000"`
	Language   string                `json:"language,omitempty" maxLength:"10"`
}

func (b newArticle) article(id schemas.ArticleID) schemas.Article {
	return schemas.Article{
		ID: id, External: b.ExternalID, Type: cmp.Or(b.Type, schemas.ArticleKB), Title: b.Title, Body: b.Body,
		Format: cmp.Or(b.Format, schemas.FormatMarkdown), URL: b.URL, Language: b.Language,
	}
}

func (a *API) articles() {
	serve(a, route{method: http.MethodGet, path: "/articles", id: "list-articles", summary: "The items of the knowledge system, the last changed first"}, a.getArticles)
	serve(a, route{
		method: http.MethodPost, path: "/articles", id: "add-article", summary: "Add an article; it is used once it is a source",
		status: http.StatusCreated, errors: []int{409, 413},
	}, a.addArticle)
	serve(a, route{method: http.MethodGet, path: "/articles/{id}", id: "get-article", summary: "One article with its text", errors: []int{404}}, a.getArticle)
	serve(a, route{
		method: http.MethodPut, path: "/articles/{id}", id: "put-article",
		summary: "Change an article; the source made of it is read again at once", errors: []int{404, 409, 413, 503},
	}, a.putArticle)
	serve(a, route{
		method: http.MethodDelete, path: "/articles/{id}", id: "delete-article",
		summary: "Delete an article and the source made of it", status: http.StatusNoContent, errors: []int{404, 409},
	}, a.deleteArticle)
	a.connectors()
}

func (a *API) getArticles(ctx context.Context, in *struct {
	Type   schemas.ArticleType `query:"type" enum:"article,website_page,landing_page,blog_post"`
	Query  string              `query:"q" maxLength:"200" doc:"Only articles whose title holds this."`
	Cursor string              `query:"cursor" maxLength:"20"`
	Limit  int                 `query:"limit" minimum:"1" maximum:"1000" default:"100"`
},
) (*body[schemas.List[schemas.Article]], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	limit, skip := cmp.Or(in.Limit, pageLimit), 0
	if in.Cursor != "" {
		if skip, err = strconv.Atoi(in.Cursor); err != nil || skip < 0 || skip > maxSkip {
			return nil, &schemas.Error{Kind: schemas.KindInvalid, Message: "cursor is not one of this list", Cause: err}
		}
	}
	found, err := a.o.Store.Articles(ctx, d.Agent, store.ArticleQuery{Type: in.Type, Title: in.Query, Limit: limit + 1, Skip: skip})
	out := schemas.List[schemas.Article]{Items: some(found)}
	if len(found) > limit {
		next := strconv.Itoa(skip + limit)
		out.Items, out.NextCursor = found[:limit], &next
	}
	return answer(out, err)
}

// maxSkip is how far into the list of articles a cursor leads.
const maxSkip = 1_000_000

func (a *API) getArticle(ctx context.Context, in *ArticlePath) (*body[schemas.Article], error) {
	return answer(a.o.Store.Article(ctx, in.ID))
}

func (a *API) addArticle(ctx context.Context, in *struct{ Body newArticle }) (*body[schemas.Article], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkLink(in.Body.URL); err != nil {
		return nil, err
	}
	return answer(a.o.Store.AddArticle(ctx, d.Agent, in.Body.article("")))
}

// putArticle changes an article. Spec: S19.
func (a *API) putArticle(ctx context.Context, in *struct {
	ArticlePath
	Body newArticle
},
) (*body[schemas.Article], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkLink(in.Body.URL); err != nil {
		return nil, err
	}
	article, err := a.o.Store.ChangeArticle(ctx, d.Agent, in.Body.article(in.ID))
	if err == nil && article.Source != "" {
		err = a.reread(ctx, d.Agent, article.Source)
	}
	return answer(article, err)
}

func (a *API) deleteArticle(ctx context.Context, in *ArticlePath) (*nothing, error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	article, err := a.o.Store.Article(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if article.Connector != "" {
		// The next pull would bring it back.
		return nil, schemas.NewError(schemas.KindConflict, "the article comes from a connector: delete it there, or remove its source")
	}
	source, err := a.o.Store.DeleteArticle(ctx, d.Agent, in.ID)
	if err == nil && source != "" {
		a.clear(ctx, d.Agent, source)
	}
	return nil, err
}
