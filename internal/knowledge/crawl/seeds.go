package crawl

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// maxSitemaps is how many files of a sitemap are read in a run.
	maxSitemaps = 100
	// addBlock is how many addresses go to the frontier at a time.
	addBlock = 1000
)

// sitemaps puts the addresses of the site's sitemaps into the frontier: the
// files that robots.txt names, else /sitemap.xml, and those that they name. What
// they say of changes is not used: many sites say that everything has just
// changed. Spec: S17.
func (d *discovery) sitemaps(ctx context.Context) error {
	if !d.scope.links || d.job.Retry {
		return nil
	}
	rules, err := d.rules(ctx, d.start)
	if err != nil {
		return err
	}
	queue := rules.Sitemaps
	if len(queue) == 0 {
		queue = []string{"/sitemap.xml"}
	}
	most := requestsPerPage * d.job.Source.MaxPages
	files, seen := make(map[string]bool), map[string]bool{Key(d.start): true}
	for len(queue) > 0 && len(files) < maxSitemaps && len(seen) < most && hasTime(ctx, 0, pageTimeout) {
		address, err := Normalize(d.start, queue[0])
		queue = queue[1:]
		if err != nil || files[address] {
			continue
		}
		files[address] = true
		file, err := d.sitemap(ctx, address)
		if err != nil {
			return err
		}
		queue = append(queue, file.Sitemaps...)
		if err := d.addSitemap(ctx, file, seen, most); err != nil {
			return err
		}
	}
	return nil
}

// sitemap reads one file; one that cannot be read is empty. When it may be read
// another day, the run does not know all addresses.
func (d *discovery) sitemap(ctx context.Context, address string) (SitemapFile, error) {
	reason, passing, err := d.forbids(ctx, address)
	if err != nil || reason != "" {
		d.res.Partial = d.res.Partial || passing
		return SitemapFile{}, err
	}
	got, err := d.ask(ctx, address, maxSitemapBytes)
	if ctx.Err() != nil {
		return SitemapFile{}, ctx.Err()
	}
	var failure *knowledge.Failure
	var late *laterError
	switch {
	case errors.As(err, &failure):
		d.res.Partial = d.res.Partial || failure.Again
		return SitemapFile{}, nil
	case errors.As(err, &late):
		d.res.Partial = true
		return SitemapFile{}, nil
	case err != nil:
		return SitemapFile{}, err
	case got.Status != http.StatusOK:
		d.res.Partial = d.res.Partial || isPassing(got.Status)
		return SitemapFile{}, nil
	}
	// What was read before an error is of use.
	file, err := ReadSitemap(bytes.NewReader(got.Body))
	d.res.Partial = d.res.Partial || err != nil && !errors.Is(err, ErrNoSitemap)
	return file, nil
}

// addSitemap puts what a file lists into the frontier, up to as many addresses
// as a run may ask for.
func (d *discovery) addSitemap(ctx context.Context, file SitemapFile, seen map[string]bool, most int) error {
	var block []schemas.FrontierURL
	flush := func() error {
		_, err := d.Frontier.Add(ctx, d.job.SyncRef, block)
		block = nil
		return err
	}
	for _, entry := range file.URLs {
		address, err := Normalize(d.start, entry.URL)
		if err != nil || seen[Key(address)] || !d.scope.picks(address) || isAsset(address) {
			continue
		}
		if len(seen) == most {
			break
		}
		seen[Key(address)] = true
		block = append(block, schemas.FrontierURL{Key: Key(address), URL: address, Class: schemas.ClassSitemap, Depth: 1})
		if len(block) == addBlock {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
