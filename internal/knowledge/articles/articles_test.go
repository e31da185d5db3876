package articles_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/internal/knowledge"
	"steward/internal/knowledge/articles"
	"steward/internal/knowledge/articles/hubspottest"
	"steward/schemas"
)

const token = "pat-na1-0f9e8d7c-secret"

// pulled is what one pull gave.
type pulled struct {
	articles []schemas.PulledArticle
	complete []schemas.ArticleType
	err      error
	took     time.Duration
}

// pull runs one pull on a clock of its own.
func pull(t *testing.T, client *http.Client, c schemas.Connector, secret string, yields ...func(schemas.PulledArticle) error) pulled {
	t.Helper()
	var out pulled
	synctest.Test(t, func(t *testing.T) { out = pullNow(t.Context(), client, c, secret, yields...) })
	return out
}

func pullNow(ctx context.Context, client *http.Client, c schemas.Connector, secret string, yields ...func(schemas.PulledArticle) error) pulled {
	var out pulled
	began := time.Now()
	out.complete, out.err = articles.New(articles.Options{Client: client, UserAgent: "Steward/test"}).Pull(ctx, c, secret,
		func(a schemas.PulledArticle) error {
			out.articles = append(out.articles, a)
			for _, yield := range yields {
				if err := yield(a); err != nil {
					return err
				}
			}
			return nil
		})
	out.took = time.Since(began)
	return out
}

func (p pulled) titles() string {
	list := make([]string, 0, len(p.articles))
	for _, a := range p.articles {
		list = append(list, a.Title)
	}
	return strings.Join(list, " | ")
}

// check compares a failure and holds every error to the rule that it names
// neither the token nor an address.
func (p pulled) check(t *testing.T, code schemas.FailCode, again bool) {
	t.Helper()
	gotCode, gotAgain := knowledge.CodeOf(p.err)
	if gotCode != code || gotAgain != again {
		t.Errorf("failure %q again %v (%v), want %q again %v", gotCode, gotAgain, p.err, code, again)
	}
	if p.err == nil {
		return
	}
	for _, secret := range []string{token, "example", "http:", "https:", "127.0.0.1"} {
		if strings.Contains(p.err.Error(), secret) {
			t.Errorf("the error names %q: %v", secret, p.err)
		}
	}
	if len(p.complete) > 0 {
		t.Errorf("a failed pull is complete for %v", p.complete)
	}
}

func TestYieldEndsThePull(t *testing.T) {
	t.Parallel()
	full := errors.New("the store is full")
	server := hubspottest.New(token, 2)
	server.Add(hubspottest.BlogPosts, hubspottest.Post("1", "One", "<p>a</p>"), hubspottest.Post("2", "Two", "<p>b</p>"))
	got := pull(t, server.Client(), hubSpot, token, func(schemas.PulledArticle) error { return full })
	if !errors.Is(got.err, full) || got.titles() != "One" {
		t.Errorf("error %v after %q", got.err, got.titles())
	}
}

func TestUnknownKind(t *testing.T) {
	t.Parallel()
	pull(t, nil, schemas.Connector{Kind: "rss"}, "").check(t, schemas.FailUnsupportedType, false)
}

func TestTokenStaysSecret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]schemas.Connector{
		"feed in the clear":    {Kind: schemas.ConnectorFeed, URL: "http://example.com/feed.json"},
		"HubSpot in the clear": {Kind: schemas.ConnectorHubSpot, URL: "http://api.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := false
			client := &http.Client{Transport: hubspottest.InMemory(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))}
			pull(t, client, c, token).check(t, schemas.FailForbiddenHost, false)
			if asked {
				t.Error("the token was sent")
			}
		})
	}
}

func TestNetworkFailures(t *testing.T) {
	t.Parallel()
	refusal := knowledge.Fail(schemas.FailForbiddenHost, errors.New("address is not public"))
	for name, tt := range map[string]struct {
		err   error
		code  schemas.FailCode
		again bool
		tries int
	}{
		"a broken connection is tried again":  {errors.New("dial tcp 127.0.0.1:443: connection refused"), schemas.FailUnreachable, true, 4},
		"a slow answer is tried again":        {context.DeadlineExceeded, schemas.FailTimeout, true, 4},
		"what the guard refuses stays as is":  {refusal, schemas.FailForbiddenHost, false, 1},
		"a name that does not exist, as well": {errors.New("lookup example.com: no such host"), schemas.FailUnreachable, true, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tries := 0
			client := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
				tries++
				return nil, tt.err
			})}
			pull(t, client, schemas.Connector{Kind: schemas.ConnectorFeed, URL: feedURL}, token).check(t, tt.code, tt.again)
			if tries != tt.tries {
				t.Errorf("%d tries, want %d", tries, tt.tries)
			}
		})
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// silent never answers.
func silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestEveryWaitEnds(t *testing.T) {
	t.Parallel()
	feed := schemas.Connector{Kind: schemas.ConnectorFeed, URL: feedURL}
	t.Run("a request has its own limit", func(t *testing.T) {
		t.Parallel()
		got := pull(t, &http.Client{Transport: transport(silent)}, feed, "")
		got.check(t, schemas.FailTimeout, true)
		if want := 4*30*time.Second + 7*time.Second; got.took != want {
			t.Errorf("took %v, want %v", got.took, want)
		}
	})
	t.Run("the pull has the caller's limit", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			got := pullNow(ctx, &http.Client{Transport: transport(silent)}, feed, "")
			got.check(t, schemas.FailTimeout, true)
			if got.took != 5*time.Second {
				t.Errorf("took %v", got.took)
			}
		})
	})
	t.Run("a pause that the caller cannot wait for is not begun", func(t *testing.T) {
		t.Parallel()
		busy := hubspottest.New(token, 1)
		busy.Fail(hubspottest.Articles, hubspottest.Limited("TEN_SECONDLY_ROLLING", 9))
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			got := pullNow(ctx, busy.Client(), hubSpot, token)
			got.check(t, "http_429", true)
			if got.took != 0 {
				t.Errorf("took %v", got.took)
			}
		})
	})
	t.Run("a cancelled pull is no failure of the system", func(t *testing.T) {
		t.Parallel()
		stopped := errors.New("the worker stops")
		busy := hubspottest.New(token, 1)
		busy.Fail(hubspottest.Articles, hubspottest.Limited("TEN_SECONDLY_ROLLING", 9))
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(2*time.Second, func() { cancel(stopped) })
			got := pullNow(ctx, busy.Client(), hubSpot, token)
			if !errors.Is(got.err, stopped) || got.took != 2*time.Second {
				t.Errorf("%v after %v", got.err, got.took)
			}
		})
	})
}

func TestLanguagesAndAddresses(t *testing.T) {
	t.Parallel()
	server := hubspottest.New(token, 10)
	for _, tt := range []struct{ id, lang, address string }{
		{"1", "en-us", "https://example.com/a?b=c"},
		{"2", "fil-ph", "javascript:alert(1)"},
		{"3", "IT", "https://user:pass@example.com/"},
		{"4", "", "//example.com/x"},
	} {
		e := hubspottest.Post(tt.id, strings.Repeat("x ", 400), "<p>text</p>")
		e["language"], e["url"] = tt.lang, tt.address
		server.Add(hubspottest.BlogPosts, e)
	}
	got := pull(t, server.Client(), hubSpot, token)
	got.check(t, schemas.FailNone, false)
	var shown [][2]string
	for _, a := range got.articles {
		shown = append(shown, [2]string{a.Language, a.URL})
		if n := len([]rune(a.Title)); n != 300 {
			t.Errorf("title of %d characters", n)
		}
	}
	if diff := cmp.Diff([][2]string{{"en", "https://example.com/a?b=c"}, {"", ""}, {"it", ""}, {"", ""}}, shown); diff != "" {
		t.Errorf("language and address (-want +got):\n%s", diff)
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
