package activities

import (
	"context"

	"steward/schemas"
)

// Crawler reads the pages of web sources.
type Crawler interface {
	// Discover finds what a crawl begins with.
	Discover(ctx context.Context, job schemas.CrawlJob, beat func(any)) (schemas.DiscoverResult, error)
	// Batch reads some of the addresses that wait.
	Batch(ctx context.Context, job schemas.CrawlJob, beat func(any)) (schemas.CrawlBatchResult, error)
}

// DiscoverPages finds the addresses that a crawl begins with: the start, the
// sitemaps and the pages of earlier runs. Spec: S16, S17.
func (a *Knowledge) DiscoverPages(ctx context.Context, in schemas.SyncRef) (schemas.DiscoverResult, error) {
	note, stop := progress(ctx)
	defer stop()
	job, err := a.Runs.CrawlJob(ctx, in)
	if err != nil {
		return schemas.DiscoverResult{}, failure(ctx, err)
	}
	out, err := a.Crawler.Discover(ctx, job, note)
	if err != nil {
		return schemas.DiscoverResult{}, failure(ctx, err)
	}
	return out, failure(ctx, a.Runs.Discovered(ctx, in, out))
}

// CrawlBatch reads up to fifty pages. What it has done is in the frontier, so a
// batch that is repeated goes on where the lost one stopped. Spec: D24.
func (a *Knowledge) CrawlBatch(ctx context.Context, in schemas.SyncRef) (schemas.CrawlBatchResult, error) {
	note, stop := progress(ctx)
	defer stop()
	job, err := a.Runs.CrawlJob(ctx, in)
	if err != nil {
		return schemas.CrawlBatchResult{}, failure(ctx, err)
	}
	out, err := a.Crawler.Batch(ctx, job, note)
	a.fault("crawl_batch.after")
	return out, failure(ctx, err)
}

// CloseCrawl marks the pages that are not read any more, with the reason.
func (a *Knowledge) CloseCrawl(ctx context.Context, in schemas.FinishSyncInput) error {
	_, err := a.Runs.CloseFrontier(ctx, in.SyncRef, in.Reason)
	return failure(ctx, err)
}
