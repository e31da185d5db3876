package workflows_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"steward/activities"
	"steward/internal/knowledge"
	"steward/internal/knowledge/articles"
	"steward/internal/knowledge/crawl"
	"steward/internal/knowledge/embed"
	"steward/internal/knowledge/extract"
	"steward/internal/knowledge/memory"
	"steward/internal/netguard"
	"steward/internal/store"
	"steward/schemas"
)

// content adds the activities that read and index content, as in the product
// but for the index, which is in memory.
func (r *recording) content(all *activities.All) {
	index := memory.New()
	config := embed.Config{Kind: schemas.EmbedderLSA}
	registry, err := embed.Configured(config, r.store)
	r.must(err)
	guard := netguard.New([]string{helpHost})
	pages := extract.Reader{}
	all.Knowledge = &activities.Knowledge{
		Runs: r.store, Documents: r.store, Reader: knowledge.Library{Files: pages, Pages: pages},
		Crawler: &crawl.Crawler{
			Frontier: store.Frontier{Store: r.store, StartDelay: 10 * time.Millisecond},
			Fetcher:  crawl.New(crawl.Options{Version: "test", Site: "https://steward.example", AllowPrivate: []string{helpHost}, Dial: guard.DialWeb}),
			Reader:   pages, Product: "steward",
		},
		Schedules: r.dispatch, Removed: activities.Cleaner{Chunks: r.store, Index: index},
	}
	all.Indexing = &activities.Indexing{Chunks: r.store, Models: r.store, Index: index, Embedders: registry, Content: r.store, Workflows: r.dispatch, Wanted: config.Wanted()}
	all.Articles = &activities.Articles{Store: r.store, Puller: articles.New(articles.Options{}), Syncs: r.dispatch, Token: func(string) string { return "" }}
	all.Upkeep = &activities.Upkeep{Store: r.store, Workflows: r.dispatch, Index: index, Models: r.store, Wanted: config.Wanted()}
}

// helpHost is where helpSite listens.
const helpHost = "127.0.0.1:18473"

// helpSite is a site of six pages.
func helpSite(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", helpHost)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" || r.URL.Path == "/sitemap.xml" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, "<html lang=en><title>Help %[1]s</title><main><h1>Help %[1]s</h1><p>%[2]s This page is about %[1]s alone.</p>", r.URL.Path, answerSaid)
		for _, page := range []string{"returns", "delivery", "payment", "sizes", "repairs"} {
			_, _ = fmt.Fprintf(w, `<a href="/help/%[1]s">%[1]s</a> `, page)
		}
		_, _ = fmt.Fprint(w, "</main></html>")
	})}}
	server.Start()
	t.Cleanup(server.Close)
	address, err := url.JoinPath(server.URL, "help")
	if err != nil {
		t.Fatal(err)
	}
	return address
}
