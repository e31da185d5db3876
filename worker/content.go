package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"steward/activities"
	"steward/internal/config"
	"steward/internal/fault"
	"steward/internal/knowledge"
	"steward/internal/knowledge/articles"
	"steward/internal/knowledge/crawl"
	"steward/internal/knowledge/extract"
	"steward/internal/knowledge/files"
	"steward/internal/knowledge/files/media"
	"steward/internal/knowledge/files/sandbox"
	"steward/internal/knowledge/render"
	"steward/internal/netguard"
	"steward/internal/store"
	"steward/starter/dispatch"
)

const (
	// parseCommand is the word with which the worker's program reads one file
	// in a process of its own.
	parseCommand = "parse"
	// parsers is how many files are read at once.
	parsers = 2
	// product is the name by which robots.txt addresses us.
	product = "steward"
)

// content are the adapters that find and read content.
type content struct {
	browser *render.Browser
	guard   *netguard.Guard
	pool    *sandbox.Pool
}

func (m *Main) newContent() (*content, error) {
	cfg := m.o.Config
	c := &content{guard: netguard.New(cfg.CrawlAllow), pool: sandbox.NewPool("", parsers)}
	if !cfg.Browser {
		return c, nil
	}
	var err error
	c.browser, err = render.New(render.Options{Dial: c.guard.DialWeb, UserAgent: crawl.UserAgent(m.o.Version, site)})
	if errors.Is(err, render.ErrNoBrowser) {
		m.o.Log.Info("no browser is installed: pages that need scripts are skipped as js_required")
		return c, nil
	}
	return c, err
}

// close gives back what newContent has opened.
func (c *content) close() {
	if c != nil && c.browser != nil {
		c.browser.Close()
	}
}

// contentActivities are the activities that read and index content.
func (m *Main) contentActivities(all *activities.All, d *dispatch.Client, faults *fault.Points) error {
	cfg, c, index := m.o.Config, m.content, m.search.Index
	reader, err := c.reader(cfg)
	if err != nil {
		return err
	}
	crawler := &crawl.Crawler{
		Frontier: store.Frontier{Store: m.store, StartDelay: crawl.StartDelay, NoPause: !cfg.CrawlPause},
		Fetcher: crawl.New(crawl.Options{
			Version: m.o.Version, Site: site, AllowPrivate: cfg.CrawlAllow, Dial: c.guard.DialWeb,
		}),
		Reader: reader, Product: product,
	}
	if c.browser != nil {
		crawler.Renderer = c.browser
	}
	all.Knowledge = &activities.Knowledge{
		Runs: m.store, Documents: m.store, Reader: knowledge.Library{Files: reader, Pages: extract.Reader{}}, Crawler: crawler,
		Schedules: d, Removed: activities.Cleaner{Chunks: m.store, Index: index}, Fault: faults,
	}
	all.Indexing = &activities.Indexing{
		Chunks: m.store, Models: m.store, Index: index, Embedders: m.search.Embedders, Content: m.store, Workflows: d, Wanted: m.search.Wanted, Fault: faults,
	}
	all.Articles = &activities.Articles{
		Store: m.store, Syncs: d, Token: os.Getenv,
		Puller: articles.New(articles.Options{
			Client: &http.Client{Transport: &http.Transport{DialContext: c.guard.DialWeb}}, UserAgent: crawl.UserAgent(m.o.Version, site),
		}),
	}
	all.Upkeep = &activities.Upkeep{Store: m.store, Workflows: d, Index: index, Models: m.store, Wanted: m.search.Wanted}
	return nil
}

// reader reads uploads, pages and documents. What strangers made is parsed in a
// process of its own, but for web pages, which one robust parser reads.
func (c *content) reader(cfg config.Config) (knowledge.Reader, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	videos := media.Reader{FFmpeg: files.FindTools().FFmpeg, Pool: c.pool}
	if cfg.TranscriberBaseURL != "" {
		videos.Transcriber = &media.Transcriber{
			BaseURL: cfg.TranscriberBaseURL, APIKey: cfg.TranscriberAPIKey.Reveal(), Model: cfg.TranscriberModel,
		}
	}
	return files.Router{
		Pages: extract.Reader{}, Documents: sandbox.Runner{Pool: c.pool, Command: []string{program, parseCommand}}, Media: videos,
	}, nil
}

// parse is `steward-worker parse`: it reads a page from its input and writes
// its text.
func parse(ctx context.Context) int {
	tools := files.FindTools()
	reader := files.Reader{HTML: extract.Reader{}, Fragment: extract.Fragment, PDF: tools.PDF(), OCR: tools.OCR()}
	return sandbox.Main(ctx, reader, os.Stdin, os.Stdout)
}
