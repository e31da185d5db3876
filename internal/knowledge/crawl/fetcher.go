package crawl

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	whatwg "github.com/nlnwa/whatwg-url/url"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// DefaultTimeout bounds a fetch with its redirects and robots files.
	DefaultTimeout = 20 * time.Second
	maxRedirects   = 5
	maxURLBytes    = 2048
	// product is the name that groups of a robots.txt address.
	product = "steward"
)

// Options set up a Fetcher.
type Options struct {
	// Version and Site make the user agent "Steward/<version> (+<site>)".
	Version string
	Site    string
	// AllowPrivate lists "host:port" pairs that may be reached although they
	// are not public or not on port 80 or 443: a company's own intranet.
	AllowPrivate []string
	// Timeout of one fetch; 0 means DefaultTimeout.
	Timeout time.Duration
}

// Fetcher reads single public pages. It is safe for concurrent use.
type Fetcher struct {
	agent     string
	allowed   []string
	timeout   time.Duration
	transport *http.Transport
	robots    *policy
}

var _ knowledge.Fetcher = (*Fetcher)(nil)

// New makes a Fetcher.
func New(o Options) *Fetcher {
	f := &Fetcher{
		agent:   fmt.Sprintf("Steward/%s (+%s)", o.Version, o.Site),
		allowed: slices.Clone(o.AllowPrivate),
		timeout: o.Timeout,
		transport: &http.Transport{
			// A proxy would look names up for us, behind the guard's back.
			Proxy:                  nil,
			DialContext:            newGuard(o.AllowPrivate).dial,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    dialTimeout,
			ResponseHeaderTimeout:  DefaultTimeout,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           16,
			IdleConnTimeout:        30 * time.Second,
			ForceAttemptHTTP2:      true,
		},
	}
	if f.timeout <= 0 {
		f.timeout = DefaultTimeout
	}
	f.robots = newPolicy(f.transport, f.agent, product)
	return f
}

// Close drops idle connections.
func (f *Fetcher) Close() { f.transport.CloseIdleConnections() }

// Fetch reads the page at address. Redirects are followed up to five times, each
// one held to the same rules: http or https, a public address, robots.txt.
// Errors are knowledge.Failure and never contain the address.
func (f *Fetcher) Fetch(ctx context.Context, address string) (knowledge.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	target, err := parseTarget(address)
	if err != nil {
		return knowledge.Page{}, knowledge.Fail(schemas.FailUnreachable, err)
	}
	if err := f.admit(ctx, target); err != nil {
		return knowledge.Page{}, failure(ctx, err)
	}
	got, err := f.visit(ctx, target.String())
	if err != nil {
		return knowledge.Page{}, failure(ctx, err)
	}
	if err := judge(got); err != nil {
		return knowledge.Page{}, err
	}
	return knowledge.Page{URL: got.url, ContentType: got.contentType, Body: got.body}, nil
}

// answer is what a site sent.
type answer struct {
	url         string
	status      int
	contentType string
	body        []byte
}

// parseTarget reads an address as a browser does, so that every way of writing
// an IP address has been resolved before the guard sees it.
func parseTarget(address string) (*url.URL, error) {
	address = strings.TrimSpace(address)
	if len(address) > maxURLBytes {
		return nil, errors.New("address is too long")
	}
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	parsed, err := whatwg.NewParser().Parse(address)
	if err != nil {
		return nil, errors.New("not an address of a page")
	}
	target, err := url.Parse(parsed.Href(true))
	if err != nil {
		return nil, errors.New("not an address of a page")
	}
	target.User = nil
	return target, nil
}

func webScheme(scheme string) bool { return scheme == "http" || scheme == "https" }

// admit checks one hop: scheme, port, robots.txt.
func (f *Fetcher) admit(ctx context.Context, target *url.URL) error {
	if !webScheme(target.Scheme) || target.Host == "" {
		return knowledge.Fail(schemas.FailForbiddenHost, errors.New("only http and https are read"))
	}
	if port := target.Port(); port != "" && port != "80" && port != "443" && !slices.Contains(f.allowed, target.Host) {
		return knowledge.Fail(schemas.FailForbiddenHost, errors.New("only ports 80 and 443 are read"))
	}
	ok, err := f.robots.allows(ctx, target)
	if err != nil {
		return err
	}
	if !ok {
		return knowledge.Fail(schemas.FailRobots, nil)
	}
	return nil
}

// judge turns what came into a failure unless it is a readable page.
func judge(got answer) error {
	switch {
	case got.status == http.StatusUnauthorized:
		return knowledge.Fail(schemas.FailLoginRequired, nil)
	case got.status == http.StatusNoContent:
		return knowledge.Fail(schemas.FailEmpty, nil)
	case got.status == http.StatusTooManyRequests || got.status >= 500:
		return knowledge.FailForNow(statusCode(got.status), nil)
	case got.status != http.StatusOK:
		return knowledge.Fail(statusCode(got.status), nil)
	case !readable(got.contentType):
		return knowledge.Fail(schemas.FailUnsupportedType, nil)
	case len(got.body) > schemas.MaxSourceBytes:
		return knowledge.Fail(schemas.FailTooLarge, nil)
	}
	return nil
}

func statusCode(status int) schemas.FailCode {
	return schemas.FailCode(fmt.Sprintf("http_%d", status))
}

// readable reports whether a content type is one that files can read.
func readable(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(contentType, ";")
	}
	switch strings.ToLower(strings.TrimSpace(media)) {
	case "text/html", "application/xhtml+xml", "text/plain", "text/markdown", "text/x-markdown":
		return true
	}
	return false
}

// failure names the reason of an error of the network.
func failure(ctx context.Context, err error) error {
	var known *knowledge.Failure
	if errors.As(err, &known) {
		return known
	}
	err = bare(err)
	var slow net.Error
	switch {
	case errors.Is(err, errForbidden):
		return knowledge.Fail(schemas.FailForbiddenHost, errForbidden)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded),
		errors.As(err, &slow) && slow.Timeout():
		return knowledge.FailForNow(schemas.FailTimeout, errors.New("no answer in time"))
	case errors.Is(err, context.Canceled):
		return knowledge.FailForNow(schemas.FailInternal, context.Canceled)
	}
	return knowledge.FailForNow(schemas.FailUnreachable, errors.New("no connection to the site"))
}
