// Command knowledge measures how a site becomes content: a local help centre is
// crawled, extracted, split, embedded and indexed by the product, then read
// again unchanged. Fetching the same pages with colly alone is the yardstick.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/gocolly/colly/v2"

	"steward/bench/rig"
	"steward/schemas"
	"steward/starter/api/client"
)

func main() {
	pages := flag.Int("pages", 5000, "pages of the site")
	size := flag.Int("bytes", 35_000, "bytes of a page")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *pages, *size); err != nil {
		fmt.Fprintln(os.Stderr, "knowledge:", err)
		os.Exit(1)
	}
}

// within bounds one run of the product.
const within = 30 * time.Minute

func run(ctx context.Context, pages, size int) error {
	site, err := newSite(pages, size)
	if err != nil {
		return err
	}
	defer site.Close()
	alone, fetched := fetchAlone(site)
	fmt.Printf("colly alone, 8 at a time: %d pages in %.1f s (%.0f pages/s)\n", fetched, alone.Seconds(), float64(fetched)/alone.Seconds())
	// Durable: a database without its own upkeep loses its plans as tables grow.
	r, err := rig.Start(ctx, rig.Options{Durable: true, Env: []string{"STEWARD_CRAWL_ALLOW=" + site.host(), "STEWARD_CRAWL_PAUSE=false"}})
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	api, err := client.New(client.Options{URL: r.URL, Token: rig.Token})
	if err != nil {
		return err
	}
	site.requests.Store(0)
	source, _, err := api.AddSource(ctx, schemas.NewSource{Type: schemas.SourceCrawl, URL: site.URL, Citations: true, SourceSettings: schemas.SourceSettings{MaxPages: min(pages, schemas.MaxCrawlPages)}})
	if err != nil {
		return err
	}
	first, err := follow(ctx, r, api, source.ID, "")
	if err != nil {
		return err
	}
	first.print("first run", pages)
	fmt.Printf("ratio to colly fetching alone: %.1f\n", first.took.Seconds()/alone.Seconds())
	if err := rightSoon(ctx, api, site); err != nil {
		return err
	}
	site.requests.Store(0)
	site.notModified.Store(0)
	if _, err := api.SyncSource(ctx, source.ID); err != nil {
		return err
	}
	again, err := follow(ctx, r, api, source.ID, first.run.ID)
	if err != nil {
		return err
	}
	again.print("unchanged", pages)
	n := again.run.Counts
	fmt.Printf("unchanged: %d of %d stopped at 304 or hash (%.1f %%), %d requests, %d answered 304, %d passages embedded\n",
		n.Unchanged, n.Fetched, 100*float64(n.Unchanged)/float64(max(n.Fetched, 1)), site.requests.Load(), site.notModified.Load(), n.Embedded)
	return nil
}

// fetchAlone reads the site with colly and does nothing with it.
func fetchAlone(s *site) (time.Duration, int) {
	c := colly.NewCollector(colly.Async(true))
	_ = c.Limit(&colly.LimitRule{DomainGlob: "*", Parallelism: 8})
	start := time.Now()
	for i := range s.pages {
		_ = c.Visit(fmt.Sprintf("%s/help/%d", s.URL, i))
	}
	c.Wait()
	return time.Since(start), int(s.requests.Load())
}

// rightSoon asks for words that one page alone has, and for how long it takes
// until that page comes first.
func rightSoon(ctx context.Context, api *client.Client, s *site) error {
	start, right := time.Now(), 0
	const asked = 20
	for i := range asked {
		// Page 0 is known by the address that the crawl begins with.
		number := (2*i + 1) * s.pages / (2 * asked)
		found, err := api.Search(ctx, ownWord(number))
		if err != nil {
			return err
		}
		for _, p := range found.Passages {
			if p.URL == fmt.Sprintf("%s/help/%d", s.URL, number) {
				right++
				break
			}
		}
	}
	fmt.Printf("found after the import: %d of %d pages by their own word, within %.1f s\n", right, asked, time.Since(start).Seconds())
	return nil
}
