package articles

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"steward/internal/knowledge"
	"steward/internal/language"
	"steward/schemas"
)

const (
	// maxArticles is the largest number of articles of one connector.
	maxArticles = 5000
	// maxFeedBytes and maxListBytes bound one page of a listing, in bytes.
	// HubSpot's pages carry the whole layout beside the text.
	maxFeedBytes = 10 << 20
	maxListBytes = 32 << 20
	maxTitle     = 300
)

// Options set up a Puller.
type Options struct {
	// Client makes the requests; its transport holds the network guard. Default
	// http.DefaultClient.
	Client *http.Client
	// UserAgent of the requests, such as "Steward/1.2 (+https://example.com)".
	UserAgent string
}

// Puller pulls from every kind of connector. Safe for concurrent use.
type Puller struct {
	client *http.Client
	agent  string
}

// New makes a Puller.
func New(o Options) *Puller {
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	}
	client.CheckRedirect = stayOnHost
	client.Jar = nil
	return &Puller{client: &client, agent: o.UserAgent}
}

// Pull calls yield for every article of the connector, each once, in the order
// of the system. An error of yield ends it and is returned. Spec: S13, S19.
//
// complete names the types of which every article has been seen: what is stored
// of such a type and was not yielded is gone there. A type that is missing from
// it was not readable with this token and says nothing; after an error complete
// is empty, although the articles already yielded are good.
//
// Errors are knowledge.Failures without addresses and without the token:
// unreachable, timeout, login_required, too_large, unsupported_type (an answer
// of another shape, or a listing that runs in circles), limit_reached (more than
// 5,000 articles), out_of_scope (a redirect to another host), forbidden_host (a
// token would travel in the clear), site_busy (the system asks for a longer
// pause than a pull waits) and http_<status>. When ctx was cancelled the error
// is that of ctx.
func (p *Puller) Pull(ctx context.Context, c schemas.Connector, token string, yield func(schemas.PulledArticle) error) (complete []schemas.ArticleType, err error) {
	l := &listing{client: p.client, agent: p.agent, token: token, yield: yield, seen: make(map[string]bool)}
	switch c.Kind {
	case schemas.ConnectorFeed:
		complete, err = l.feed(ctx, c.URL)
	case schemas.ConnectorHubSpot:
		complete, err = l.hubSpot(ctx, c.URL)
	default:
		err = knowledge.Fail(schemas.FailUnsupportedType, errors.New("unknown kind of connector"))
	}
	if err != nil {
		return nil, err
	}
	return complete, nil
}

// listing is one pull.
type listing struct {
	client *http.Client
	agent  string
	token  string
	yield  func(schemas.PulledArticle) error
	// seen are the external ids given out: a listing that changes while it is
	// paged through shows some items twice.
	seen map[string]bool
}

// give hands one article on.
func (l *listing) give(a schemas.PulledArticle) error {
	if l.seen[a.External] {
		return nil
	}
	if len(l.seen) == maxArticles {
		return knowledge.Fail(schemas.FailLimitReached, errors.New("the system has more articles than are read"))
	}
	l.seen[a.External] = true
	a.Title = shorten(strings.Join(strings.Fields(language.Clean(a.Title)), " "), maxTitle)
	if a.Title == "" {
		a.Title = a.External
	}
	a.URL = publicURL(a.URL)
	a.Language = languageCode(a.Language)
	return l.yield(a)
}

func shorten(s string, limit int) string {
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit])
	}
	return s
}

// publicURL returns an address that may be shown to customers, else nothing.
func publicURL(shown string) string {
	u, err := url.Parse(strings.TrimSpace(shown))
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// languageCode is the ISO 639-1 code of a language tag, empty when it has none.
func languageCode(tag string) string {
	code, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	if len(code) != 2 || code[0] < 'a' || code[0] > 'z' || code[1] < 'a' || code[1] > 'z' {
		return ""
	}
	return code
}
