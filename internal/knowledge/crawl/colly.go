package crawl

import (
	"context"
	"net/http"
	"time"

	"github.com/gocolly/colly/v2"

	"steward/internal/knowledge"
)

// answer is what one request got.
type answer struct {
	knowledge.Response
	// location is where a redirect leads; empty for all other answers.
	location string
}

// visit makes one request with a collector of its own. What colly brings for
// robots, limits and redirects is not used: it checks no redirect target, waits
// without regard to cancellation, and can be changed by the environment, which
// is why every setting that matters is set again after it has been made.
func (f *Fetcher) visit(ctx context.Context, request knowledge.Request, address string, jar http.CookieJar) (answer, error) {
	began := time.Now()
	exchange := &exchange{next: f.transport, request: request}
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
	// The exchange bounds the body, as it knows what it holds.
	c.MaxBodySize = 0
	c.SetCookieJar(jar)
	c.WithTransport(exchange)
	c.SetRequestTimeout(f.timeout)
	c.SetRedirectHandler(func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse })
	var got answer
	c.OnResponse(func(r *colly.Response) { got = exchange.answer(r.StatusCode, r.Body) })
	err := c.Request(http.MethodGet, address, nil, nil, header(request, f.agent))
	got.URL, got.Took = address, time.Since(began)
	return got, err
}

// header asks for an answer that can be read, and for none when the page is
// what it was. RFC 9110, section 13.1.
func header(request knowledge.Request, agent string) http.Header {
	h := http.Header{
		"Accept":          {"text/html,application/xhtml+xml,text/markdown,text/plain;q=0.9,*/*;q=0.5"},
		"Accept-Encoding": {"gzip"},
		"User-Agent":      {agent},
	}
	if request.ETag != "" {
		h.Set("If-None-Match", request.ETag)
	}
	if request.LastModified != "" {
		h.Set("If-Modified-Since", request.LastModified)
	}
	return h
}
