package crawl

import (
	"context"
	"errors"
	"net/http"

	"github.com/gocolly/colly/v2"

	"steward/internal/knowledge"
	"steward/schemas"
)

// visit reads one page with a collector of its own. What colly brings for
// robots, limits and redirects is not used: it checks no redirect target, waits
// without regard to cancellation, and can be changed by the environment, which
// is why every setting that matters is set again after it has been made.
func (f *Fetcher) visit(ctx context.Context, address string) (answer, error) {
	c := colly.NewCollector(colly.StdlibContext(ctx))
	c.UserAgent = f.agent
	c.AllowURLRevisit = true
	c.IgnoreRobotsTxt = true
	c.ParseHTTPErrorResponse = true
	c.DetectCharset = false
	c.TraceHTTP = false
	c.CacheDir = ""
	c.MaxDepth, c.MaxRequests = 0, 0
	c.AllowedDomains, c.DisallowedDomains = nil, nil
	// One byte more shows that the page was longer.
	c.MaxBodySize = schemas.MaxSourceBytes + 1
	c.DisableCookies()
	c.WithTransport(limited{f.transport})
	c.SetRequestTimeout(f.timeout)
	c.SetRedirectHandler(func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return knowledge.Fail(schemas.FailUnreachable, errors.New("too many redirects"))
		}
		req.Header.Del("Referer")
		return f.admit(ctx, req.URL)
	})
	var got answer
	c.OnResponseHeaders(func(r *colly.Response) {
		// A body that will not be read need not be loaded.
		if r.StatusCode == http.StatusOK && !readable(r.Headers.Get("Content-Type")) {
			got = answer{status: r.StatusCode, contentType: r.Headers.Get("Content-Type")}
			r.Request.Abort()
		}
	})
	c.OnResponse(func(r *colly.Response) {
		got = answer{
			url: r.Request.URL.String(), status: r.StatusCode,
			contentType: r.Headers.Get("Content-Type"), body: r.Body,
		}
	})
	err := c.Request(http.MethodGet, address, nil, nil, http.Header{
		"Accept":     {"text/html,application/xhtml+xml,text/markdown,text/plain;q=0.9"},
		"User-Agent": {f.agent},
	})
	if errors.Is(err, colly.ErrAbortedAfterHeaders) {
		return got, nil
	}
	return got, err
}
