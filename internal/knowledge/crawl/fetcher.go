package crawl

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"time"

	whatwg "github.com/nlnwa/whatwg-url/url"
	"golang.org/x/net/publicsuffix"

	"steward/internal/knowledge"
	"steward/internal/netguard"
	"steward/schemas"
)

const (
	// DefaultTimeout bounds one request with its answer.
	DefaultTimeout = 20 * time.Second
	// maxRedirects is how many redirects of one address are followed.
	maxRedirects = 10
)

// Options set up a Fetcher.
type Options struct {
	// Version and Site make the user agent "Steward/<version> (+<site>)".
	Version string
	Site    string
	// AllowPrivate lists "host:port" pairs that may be reached although they
	// are not public or not on port 80 or 443: a company's own intranet.
	AllowPrivate []string
	// Dial opens connections; it must refuse addresses that are not public with
	// netguard.ErrForbidden. Nil: a guard that lets AllowPrivate through.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout of one request, redirects counted as requests of their own; 0
	// means DefaultTimeout. The time that Request.Admit takes is not counted.
	Timeout time.Duration
}

// Fetcher reads public addresses. It is safe for concurrent use.
type Fetcher struct {
	agent     string
	allowed   []string
	timeout   time.Duration
	transport *http.Transport
}

var _ knowledge.Fetcher = (*Fetcher)(nil)

// New makes a Fetcher.
func New(o Options) *Fetcher {
	f := &Fetcher{
		agent:   UserAgent(o.Version, o.Site),
		allowed: slices.Clone(o.AllowPrivate),
		timeout: o.Timeout,
		transport: &http.Transport{
			// A proxy would look names up for us, behind the guard's back.
			Proxy:                  nil,
			DialContext:            o.Dial,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    10 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           16,
			IdleConnTimeout:        30 * time.Second,
			ForceAttemptHTTP2:      true,
			// What a body unpacks to is bounded by exchange.
			DisableCompression: true,
		},
	}
	if o.Dial == nil {
		f.transport.DialContext = netguard.New(o.AllowPrivate).DialWeb
	}
	if f.timeout <= 0 {
		f.timeout = DefaultTimeout
	}
	return f
}

// UserAgent is the name that the crawler and its browser give themselves.
func UserAgent(version, site string) string { return fmt.Sprintf("Steward/%s (+%s)", version, site) }

// Close drops idle connections.
func (f *Fetcher) Close() { f.transport.CloseIdleConnections() }

// Fetch implements knowledge.Fetcher. It follows up to ten redirects, and each
// hop is held to the same rules: http or https, a public address, port 80, 443
// or an allowed one, and what request.Admit says. Cookies live as long as the
// call: a site that sets one and redirects to itself would go round for ever.
// Its own Failures are forbidden_host, timeout, unreachable, too_many_redirects
// and unsupported_type (an encoding that was not asked for).
func (f *Fetcher) Fetch(ctx context.Context, request knowledge.Request) (knowledge.Response, error) {
	target, err := parse("", request.URL)
	if err != nil {
		return knowledge.Response{}, err
	}
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		return knowledge.Response{}, fmt.Errorf("make cookie jar: %w", err)
	}
	var passed []string
	for {
		address, err := href(target)
		if err != nil {
			return knowledge.Response{}, err
		}
		if err := f.admit(ctx, request, target, address); err != nil {
			return knowledge.Response{}, err
		}
		got, err := f.visit(ctx, request, address, jar)
		if err != nil {
			return knowledge.Response{}, failure(ctx, err)
		}
		if got.location == "" {
			got.Redirects = passed
			return got.Response, nil
		}
		if len(passed) == maxRedirects {
			return knowledge.Response{}, knowledge.Fail(schemas.FailRedirects, nil)
		}
		passed = append(passed, address)
		if target, err = parse(address, got.location); err != nil {
			return knowledge.Response{}, err
		}
	}
}

// admit checks one hop before anything is sent.
func (f *Fetcher) admit(ctx context.Context, request knowledge.Request, target *whatwg.Url, address string) error {
	// The port is empty when it is the scheme's own.
	if port := target.Port(); port != "" && port != "80" && port != "443" && !slices.Contains(f.allowed, target.Host()) {
		return knowledge.Fail(schemas.FailForbiddenHost, errors.New("only ports 80 and 443 are read"))
	}
	if request.Admit == nil {
		return nil
	}
	return request.Admit(ctx, address)
}

// failure names the reason of an error of the network. What it keeps of the
// error has no address in it.
func failure(ctx context.Context, err error) error {
	var known *knowledge.Failure
	var slow net.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, netguard.ErrForbidden):
		return knowledge.Fail(schemas.FailForbiddenHost, netguard.ErrForbidden)
	case errors.Is(ctx.Err(), context.Canceled):
		return knowledge.FailForNow(schemas.FailInternal, context.Canceled)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded),
		errors.As(err, &slow) && slow.Timeout():
		return knowledge.FailForNow(schemas.FailTimeout, errors.New("no answer in time"))
	}
	return knowledge.FailForNow(schemas.FailUnreachable, errors.New("no connection to the site"))
}
