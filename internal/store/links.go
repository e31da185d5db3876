package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// pageLinks are the links of a page, which it keeps. An unchanged page, and
// one that cannot be read now, has those that it had when it was read last.
func (s *Store) pageLinks(ctx context.Context, tx pgx.Tx, r ref, page schemas.PageRead, depth int32) ([]schemas.FrontierURL, error) {
	links := page.Links
	if (page.Outcome == schemas.PageUnchanged || page.Outcome == schemas.PageStale) && len(links) == 0 {
		row, err := s.q.PageLinks(ctx, tx, r.source, page.Key)
		if noSuch(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		for i, key := range row.LinkKeys {
			links = append(links, schemas.FrontierURL{Key: key, URL: row.LinkUrls[i], Class: schemas.ClassLink, Depth: int(depth) + 1})
		}
		return links, nil
	}
	if len(links) == 0 {
		return nil, nil
	}
	keys, urls := make([]string, 0, len(links)), make([]string, 0, len(links))
	for _, l := range links {
		keys, urls = append(keys, l.Key), append(urls, l.URL)
	}
	err := s.q.SetPageLinks(ctx, tx, dbq.SetPageLinksParams{Keys: keys, Urls: urls, SourceID: r.source, Key: page.Key})
	if err != nil {
		return nil, fmt.Errorf("keep links: %w", err)
	}
	return links, nil
}

// frontierLimit is how many addresses a run's frontier takes: ten times the
// documents that it may have.
func frontierLimit(maxPages int32) int32 { return 10 * max(maxPages, 1) }

// lockURLs locks what a page changes of the frontier, see addURLs: its own
// address and those that it names.
func (s *Store) lockURLs(ctx context.Context, tx pgx.Tx, r ref, own string, links []schemas.FrontierURL) error {
	if len(links) == 0 {
		return nil
	}
	p := dbq.LockURLsParams{RunID: r.run, Own: own, Keys: []string{own}}
	for _, link := range links {
		p.Keys = append(p.Keys, plain(link.Key, maxText))
	}
	return s.q.LockURLs(ctx, tx, p)
}

// analyzeFrom is the size of a frontier from which on it gets statistics, again
// when it is ten times as large.
const analyzeFrom = 100

// outgrown reports whether a frontier has become so large.
func outgrown(before, after int32) bool {
	for at := int32(analyzeFrom); at <= after; at *= 10 {
		if before < at {
			return true
		}
	}
	return false
}

// addURLs puts addresses into the frontier as far as it has room. The caller
// counts them, and has locked them. grown says that the frontier has come to
// another order of size: see AnalyzeFrontier.
func (s *Store) addURLs(ctx context.Context, tx pgx.Tx, r ref, maxPages int32, links []schemas.FrontierURL) (added int, grown bool, err error) {
	if len(links) == 0 {
		return 0, false, nil
	}
	size, err := s.q.FrontierSize(ctx, tx, r.run)
	if err != nil {
		return 0, false, noRows(err, "sync")
	}
	p := dbq.AddURLsParams{RunID: r.run, SourceID: r.source, Room: frontierLimit(maxPages) - size}
	for _, link := range links {
		p.Keys, p.Urls = append(p.Keys, plain(link.Key, maxText)), append(p.Urls, plain(link.URL, maxText))
		p.Classes, p.Depths = append(p.Classes, int16(link.Class)), append(p.Depths, int32(min(link.Depth, 1<<20)))
	}
	n, err := s.q.AddURLs(ctx, tx, p)
	if err != nil {
		return 0, false, fmt.Errorf("add addresses: %w", err)
	}
	return int(n), outgrown(size, size+n), nil
}

// analyze makes statistics of frontiers. Without them a crawl is slow, and right.
func (s *Store) analyze(ctx context.Context) { _ = s.q.AnalyzeFrontier(ctx, s.pool) }
