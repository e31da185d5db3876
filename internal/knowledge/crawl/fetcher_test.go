package crawl

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

// host is a website that counts what it is asked for.
type host struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]int
}

func newHost(t *testing.T, pages map[string]http.HandlerFunc) *host {
	t.Helper()
	h := &host{seen: make(map[string]int)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.seen[r.URL.Path]++
		h.mu.Unlock()
		page, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		page(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) asked(path string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen[path]
}

func (h *host) address() string {
	u, _ := url.Parse(h.URL)
	return u.Host
}

func newFetcher(t *testing.T, o Options, hosts ...*host) *Fetcher {
	t.Helper()
	for _, h := range hosts {
		o.AllowPrivate = append(o.AllowPrivate, h.address())
	}
	o.Version, o.Site = "1.2", "https://steward.example"
	f := New(o)
	t.Cleanup(f.Close)
	return f
}

func send(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		fmt.Fprint(w, body)
	}
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestFetch(t *testing.T) {
	t.Parallel()
	var agents sync.Map
	page := func(w http.ResponseWriter, r *http.Request) {
		agents.Store(r.URL.Path, r.Header.Get("User-Agent"))
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		fmt.Fprint(w, "<p>hello</p>")
	}
	site := newHost(t, map[string]http.HandlerFunc{
		"/page": page, "/robots.txt": func(w http.ResponseWriter, r *http.Request) {
			agents.Store(r.URL.Path, r.Header.Get("User-Agent"))
			fmt.Fprint(w, "User-agent: *\nDisallow: /private")
		},
		"/moved": redirect("/page"),
	})
	f := newFetcher(t, Options{}, site)
	for _, path := range []string{"/page", "/moved", "/page#part"} {
		got, err := f.Fetch(context.Background(), site.URL+path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if string(got.Body) != "<p>hello</p>" || got.URL != site.URL+"/page" || got.ContentType != "text/html; charset=utf-8" || got.Name != "" {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if n := site.asked("/robots.txt"); n != 1 {
		t.Errorf("robots.txt was fetched %d times", n)
	}
	for _, path := range []string{"/page", "/robots.txt"} {
		if agent, _ := agents.Load(path); agent != "Steward/1.2 (+https://steward.example)" {
			t.Errorf("%s: user agent %q", path, agent)
		}
	}
}

// unpacks is a small answer that becomes one of 40 MiB.
func unpacks() http.HandlerFunc {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 40 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", schemas.MaxSourceBytes+1)
	zipped := unpacks()
	site := newHost(t, map[string]http.HandlerFunc{
		"/robots.txt": send("text/plain", "User-agent: *\nDisallow: /private"),
		"/private":    send("text/html", "secret"), "/to-private": redirect("/private"),
		"/login": status(401), "/forbidden": status(403), "/gone": status(410), "/empty": status(204),
		"/slow-down": status(429), "/broken": status(500), "/unavailable": status(503),
		"/pdf": send("application/pdf", "%PDF"), "/image": send("image/png", big), "/none": send("", "x"),
		"/big": send("text/html", big), "/bomb": zipped, "/bomb.xml.gz": zipped,
		"/round": redirect("/round"), "/to-file": redirect("file:///etc/passwd"),
		"/to-metadata": redirect("http://169.254.169.254/latest/"), "/to-port": redirect("http://93.184.216.34:22/"),
	})
	f := newFetcher(t, Options{}, site)
	for _, tt := range []struct {
		path  string
		code  schemas.FailCode
		again bool
	}{
		{"/private", schemas.FailRobots, false},
		{"/to-private", schemas.FailRobots, false},
		{"/login", schemas.FailLoginRequired, false},
		{"/forbidden", "http_403", false},
		{"/missing", "http_404", false},
		{"/gone", "http_410", false},
		{"/empty", schemas.FailEmpty, false},
		{"/slow-down", "http_429", true},
		{"/broken", "http_500", true},
		{"/unavailable", "http_503", true},
		{"/pdf", schemas.FailUnsupportedType, false},
		{"/image", schemas.FailUnsupportedType, false},
		{"/big", schemas.FailTooLarge, false},
		{"/bomb", schemas.FailTooLarge, false},
		{"/bomb.xml.gz", schemas.FailTooLarge, false},
		{"/round", schemas.FailUnreachable, false},
		{"/to-file", schemas.FailForbiddenHost, false},
		{"/to-metadata", schemas.FailForbiddenHost, false},
		{"/to-port", schemas.FailForbiddenHost, false},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			_, err := f.Fetch(context.Background(), site.URL+tt.path)
			code, again := knowledge.CodeOf(err)
			if code != tt.code || again != tt.again {
				t.Errorf("%v: code %q, again %v", err, code, again)
			}
			if err != nil && strings.Contains(err.Error(), site.address()) {
				t.Errorf("the error names the address: %v", err)
			}
		})
	}
	t.Cleanup(func() {
		if n := site.asked("/private"); n != 0 {
			t.Errorf("a page closed by robots.txt was fetched %d times", n)
		}
	})
}

// A redirect leads to another site, whose own rules count.
func TestRedirectAcrossSites(t *testing.T) {
	t.Parallel()
	other := newHost(t, map[string]http.HandlerFunc{
		"/robots.txt": send("text/plain", "User-agent: steward\nDisallow: /closed"),
		"/open":       send("text/html", "open"), "/closed": send("text/html", "closed"),
	})
	site := newHost(t, map[string]http.HandlerFunc{
		"/open": redirect(other.URL + "/open"), "/closed": redirect(other.URL + "/closed"),
	})
	f := newFetcher(t, Options{}, site, other)
	if got, err := f.Fetch(context.Background(), site.URL+"/open"); err != nil || got.URL != other.URL+"/open" {
		t.Errorf("open: %v %q", err, got.URL)
	}
	if _, err := f.Fetch(context.Background(), site.URL+"/closed"); !isCode(err, schemas.FailRobots) || other.asked("/closed") != 0 {
		t.Errorf("closed: %v", err)
	}
	private := newFetcher(t, Options{}, site)
	if _, err := private.Fetch(context.Background(), site.URL+"/open"); !isCode(err, schemas.FailForbiddenHost) || len(other.seen) != 2 {
		t.Errorf("private: %v", err)
	}
}

func TestRedirectLimit(t *testing.T) {
	t.Parallel()
	pages := map[string]http.HandlerFunc{"/0": send("text/html", "end")}
	for i := 1; i <= maxRedirects+1; i++ {
		pages[fmt.Sprint("/", i)] = redirect(fmt.Sprint("/", i-1))
	}
	site := newHost(t, pages)
	f := newFetcher(t, Options{}, site)
	if _, err := f.Fetch(context.Background(), fmt.Sprint(site.URL, "/", maxRedirects)); err != nil {
		t.Errorf("five redirects: %v", err)
	}
	if _, err := f.Fetch(context.Background(), fmt.Sprint(site.URL, "/", maxRedirects+1)); !isCode(err, schemas.FailUnreachable) {
		t.Errorf("six redirects: %v", err)
	}
}

func TestRobotsOutage(t *testing.T) {
	t.Parallel()
	site := newHost(t, map[string]http.HandlerFunc{"/robots.txt": status(503), "/page": send("text/html", "x")})
	f := newFetcher(t, Options{}, site)
	_, err := f.Fetch(context.Background(), site.URL+"/page")
	if code, again := knowledge.CodeOf(err); code != schemas.FailRobots || !again || site.asked("/page") != 0 {
		t.Errorf("rules that cannot be had: %v", err)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	site := newHost(t, map[string]http.HandlerFunc{"/hang": func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}})
	t.Cleanup(func() { close(release) })
	f := newFetcher(t, Options{Timeout: 300 * time.Millisecond}, site)
	_, err := f.Fetch(context.Background(), site.URL+"/hang")
	if code, again := knowledge.CodeOf(err); code != schemas.FailTimeout || !again {
		t.Errorf("hang: %v", err)
	}
	gone := newHost(t, nil)
	gone.Close()
	_, err = newFetcher(t, Options{}, gone).Fetch(context.Background(), gone.URL)
	if code, again := knowledge.CodeOf(err); code != schemas.FailUnreachable || !again {
		t.Errorf("gone: %v", err)
	}
}

func isCode(err error, want schemas.FailCode) bool {
	code, _ := knowledge.CodeOf(err)
	return code == want
}

// Settings in the environment must not change what is fetched.
func TestEnvironmentIsIgnored(t *testing.T) {
	for key, value := range map[string]string{
		"COLLY_MAX_BODY_SIZE": "3", "COLLY_USER_AGENT": "evil", "COLLY_DISALLOWED_DOMAINS": "127.0.0.1",
		"COLLY_FOLLOW_REDIRECTS": "n", "COLLY_IGNORE_ROBOTSTXT": "n", "HTTP_PROXY": "http://127.0.0.1:1",
	} {
		t.Setenv(key, value)
	}
	site := newHost(t, map[string]http.HandlerFunc{"/page": send("text/html", "hello"), "/moved": redirect("/page")})
	got, err := newFetcher(t, Options{}, site).Fetch(context.Background(), site.URL+"/moved")
	if err != nil || string(got.Body) != "hello" || site.asked("/robots.txt") != 1 {
		t.Errorf("Fetch = %q, %v, robots %d", got.Body, err, site.asked("/robots.txt"))
	}
}
