package crawl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// robotsBytes is how much of a robots.txt is read; RFC 9309 asks for 500 KiB.
	robotsBytes = 512 << 10
	// robotsAge is how long rules are kept.
	robotsAge = 24 * time.Hour
	// closedAge is how long a site whose rules cannot be had stays closed.
	closedAge = time.Minute
	// robotsHosts bounds the number of sites remembered.
	robotsHosts = 1000
)

// policy knows the robots.txt of the sites visited lately.
type policy struct {
	client  *http.Client
	agent   string
	product string
	now     func() time.Time

	mu    sync.Mutex
	sites map[string]site
}

type site struct {
	rules rules
	until time.Time
}

func newPolicy(transport http.RoundTripper, agent, product string) *policy {
	return &policy{
		client: &http.Client{Transport: transport, CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects || !webScheme(req.URL.Scheme) {
				return http.ErrUseLastResponse
			}
			return nil
		}},
		agent: agent, product: product, now: time.Now, sites: make(map[string]site),
	}
}

// allows reports whether target may be read. An error means that the site's
// rules cannot be had now.
func (p *policy) allows(ctx context.Context, target *url.URL) (bool, error) {
	key := target.Scheme + "://" + target.Host
	p.mu.Lock()
	known, ok := p.sites[key]
	p.mu.Unlock()
	if !ok || p.now().After(known.until) {
		fetched, err := p.fetch(ctx, key)
		if err != nil {
			return false, err
		}
		p.remember(key, fetched)
		known = fetched
	}
	if known.rules.closed {
		return false, knowledge.FailForNow(schemas.FailRobots, errors.New("robots.txt cannot be read now"))
	}
	return known.rules.allows(target.RequestURI()), nil
}

func (p *policy) remember(key string, s site) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.sites) >= robotsHosts {
		clear(p.sites)
	}
	p.sites[key] = s
}

// fetch reads the rules of a site: a client error means there are none, a
// server error closes the site for now.
func (p *policy) fetch(ctx context.Context, origin string) (site, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+"/robots.txt", nil)
	if err != nil {
		return site{}, fmt.Errorf("make robots request: %w", err)
	}
	req.Header.Set("User-Agent", p.agent)
	res, err := p.client.Do(req)
	if err != nil {
		return site{}, fmt.Errorf("fetch robots.txt: %w", bare(err))
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests:
		return site{rules: rules{closed: true}, until: p.now().Add(closedAge)}, nil
	case res.StatusCode != http.StatusOK:
		return site{until: p.now().Add(robotsAge)}, nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, robotsBytes))
	if err != nil {
		return site{}, fmt.Errorf("read robots.txt: %w", bare(err))
	}
	return site{rules: parseRobots(string(body), p.product), until: p.now().Add(robotsAge)}, nil
}

// bare takes the address out of an error, which may end in a log.
func bare(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}
