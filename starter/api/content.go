package api

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"steward/internal/httpkit"
	"steward/internal/store"
	"steward/schemas"
)

func (a *API) content(mux *http.ServeMux) {
	serve(a, route{
		method: http.MethodGet, path: "/sources/{id}/pages", id: "list-pages",
		summary: "The pages of a source with what became of each", errors: []int{404},
	}, a.getPages)
	a.raw(mux, rawRoute{
		path: "/sources/{id}/pages.csv", id: "export-pages", kind: "text/csv", summary: "The pages of a source as CSV",
		query: map[string]string{"outcome": "Only pages with this outcome.", "reason": "Only pages with this reason."},
	}, a.pagesCSV)
	serve(a, route{
		method: http.MethodGet, path: "/documents/{id}", id: "get-document",
		summary: "The text that was read of a page or file, its passages and its earlier versions", errors: []int{404},
	}, a.getDocumentView)
	serve(a, route{
		method: http.MethodPost, path: "/documents/{id}/restore", id: "restore-document",
		summary: "Make an earlier version of a document the current one, until it changes again",
		status:  http.StatusNoContent, errors: []int{404, 503},
	}, a.restoreDocument)
	serve(a, route{
		method: http.MethodPost, path: "/search", id: "search",
		summary: "What the agent finds for a question, and how", errors: []int{503},
	}, a.search)
	serve(a, route{
		method: http.MethodPost, path: "/knowledge/rebuild", id: "rebuild-index",
		summary: "Make the search index anew from what is stored", status: http.StatusAccepted, errors: []int{503},
	}, a.rebuild)
}

const (
	pageLimit    = 100
	maxPageLimit = 1000
)

func (a *API) getPages(ctx context.Context, in *struct {
	SourcePath
	Outcome schemas.PageOutcome `query:"outcome" enum:"queued,reading,new,updated,unchanged,stale,skipped,failed,gone" doc:"Only pages with this outcome."`
	Reason  schemas.FailCode    `query:"reason" maxLength:"40" doc:"Only pages with this reason, such as robots."`
	Cursor  string              `query:"cursor" maxLength:"3000"`
	Limit   int                 `query:"limit" minimum:"1" maximum:"1000" default:"100"`
},
) (*body[schemas.List[schemas.Page]], error) {
	if _, err := a.o.Store.Source(ctx, in.ID); err != nil {
		return nil, err
	}
	limit := in.Limit
	if limit == 0 {
		limit = pageLimit
	}
	pages, err := a.o.Store.Pages(ctx, in.ID, store.PageQuery{Outcome: in.Outcome, Reason: in.Reason, After: in.Cursor, Limit: limit + 1})
	if err != nil {
		return nil, err
	}
	out := schemas.List[schemas.Page]{Items: pages}
	if len(pages) > limit {
		out.Items = pages[:limit]
		out.NextCursor = &out.Items[limit-1].Key
	}
	return answer(out, nil)
}

// pagesCSV exports the pages of a source. What fails after it has begun breaks
// the connection off: half a list must not look like a whole one.
func (a *API) pagesCSV(w http.ResponseWriter, r *http.Request) {
	id := schemas.SourceID(r.PathValue("id"))
	if _, err := a.o.Store.Source(r.Context(), id); err != nil {
		a.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="pages.csv"`)
	out := csv.NewWriter(w)
	_ = out.Write([]string{"url", "outcome", "reason", "status", "title", "language", "passages", "version", "duplicate_of", "read_at", "stale_since"})
	q := store.PageQuery{
		Outcome: schemas.PageOutcome(r.URL.Query().Get("outcome")), Reason: schemas.FailCode(r.URL.Query().Get("reason")), Limit: maxPageLimit,
	}
	for {
		pages, err := a.o.Store.Pages(r.Context(), id, q)
		if err != nil {
			a.o.Log.WarnContext(r.Context(), "export of pages broken off", "request", httpkit.RequestID(r.Context()), "error", err)
			panic(http.ErrAbortHandler)
		}
		if len(pages) == 0 {
			out.Flush()
			return
		}
		for _, p := range pages {
			_ = out.Write(cells(p))
		}
		q.After = pages[len(pages)-1].URL
	}
}

func cells(p schemas.Page) []string {
	row := []string{
		p.URL, string(p.Outcome), string(p.Reason), strconv.Itoa(p.Status), p.Title, p.Language,
		strconv.Itoa(p.Chunks), strconv.Itoa(p.Version), p.DuplicateOf, stamp(p.ReadAt), stamp(p.StaleSince),
	}
	for i, text := range row {
		row[i] = cell(text)
	}
	return row
}

// cell keeps a text that others wrote from being a formula in a spreadsheet.
func cell(text string) string {
	if first, _ := utf8.DecodeRuneInString(text); strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// DocumentPath names a document in an address.
type DocumentPath struct {
	ID schemas.DocumentID `path:"id" maxLength:"64"`
}

func (a *API) getDocumentView(ctx context.Context, in *DocumentPath) (*body[schemas.DocumentView], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	return answer(a.o.Store.Document(ctx, d.Agent, in.ID))
}

// versionChoice names a version of a document.
type versionChoice struct {
	Version int `json:"version" minimum:"1"`
}

func (a *API) restoreDocument(ctx context.Context, in *struct {
	DocumentPath
	Body versionChoice
},
) (*nothing, error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	source, err := a.o.Store.RestoreVersion(ctx, d.Agent, in.ID, in.Body.Version)
	if err == nil {
		err = a.reread(ctx, d.Agent, source)
	}
	return nil, err
}

// question is what is searched for.
type question struct {
	Question string `json:"question" minLength:"1" maxLength:"2000" pattern:"\\S" patternDescription:"a question"`
}

func (a *API) search(ctx context.Context, in *struct{ Body question }) (*body[schemas.SearchResult], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	if a.o.Search == nil {
		return nil, schemas.NewError(schemas.KindUnavailable, "this server has no search")
	}
	found, err := a.o.Search.Search(ctx, d.Agent, in.Body.Question)
	found.Passages, found.Languages, found.Terms = some(found.Passages), some(found.Languages), some(found.Terms)
	return answer(found, err)
}

func (a *API) rebuild(ctx context.Context, _ *struct{}) (*body[schemas.ReindexInput], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	in := schemas.ReindexInput{Agent: d.Agent, Rebuild: true}
	err = a.inTime(ctx, func(ctx context.Context) error { return a.o.Workflows.StartReindex(ctx, in) })
	return answer(in, err)
}
