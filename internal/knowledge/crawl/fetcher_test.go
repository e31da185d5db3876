package crawl

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"steward/internal/knowledge"
	"steward/internal/netguard"
	"steward/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// host is a website that notes what it is asked for.
type host struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string][]http.Header
}

func newHost(t *testing.T, pages map[string]http.HandlerFunc) *host {
	t.Helper()
	h := &host{seen: make(map[string][]http.Header)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.seen[r.URL.Path] = append(h.seen[r.URL.Path], r.Header)
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

// asked returns the headers of the requests for a path.
func (h *host) asked(path string) []http.Header {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.seen[path])
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

func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

func isCode(err error, want schemas.FailCode) bool {
	code, _ := knowledge.CodeOf(err)
	return code == want
}

func TestFetch(t *testing.T) {
	t.Parallel()
	site := newHost(t, map[string]http.HandlerFunc{"/page": func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range [][2]string{
			{"Content-Type", "text/html; charset=iso-8859-1"},
			{"ETag", `W/"7"`},
			{"Last-Modified", "Sun, 01 Mar 2026 12:00:00 GMT"},
			{"X-Robots-Tag", "noindex"},
			{"X-Robots-Tag", "otherbot: nofollow"},
			{"Retry-After", "7"},
		} {
			w.Header().Add(h[0], h[1])
		}
		fmt.Fprint(w, "<p>\xe8 vero</p>")
	}})
	f := newFetcher(t, Options{}, site)
	got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + "/page#part"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Took <= 0 {
		t.Errorf("it took %v", got.Took)
	}
	got.Took = 0
	want := knowledge.Response{
		URL: site.URL + "/page", Status: 200, ContentType: "text/html; charset=iso-8859-1", ETag: `W/"7"`,
		LastModified: "Sun, 01 Mar 2026 12:00:00 GMT", RobotsTag: "noindex, otherbot: nofollow", RetryAfter: 7 * time.Second,
		// The bytes are as they came: whoever reads them knows the charset.
		Body: []byte("<p>\xe8 vero</p>"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	asked := site.asked("/page")[0]
	if agent := asked.Get("User-Agent"); agent != "Steward/1.2 (+https://steward.example)" {
		t.Errorf("user agent %q", agent)
	}
	for _, name := range []string{"If-None-Match", "If-Modified-Since", "Cookie", "Referer"} {
		if value, ok := asked[name]; ok {
			t.Errorf("it sends %s: %s", name, value)
		}
	}
	if len(site.seen) != 1 {
		t.Errorf("it asks for %v", site.seen)
	}
}

// A status is an answer, not an error.
func TestStatuses(t *testing.T) {
	t.Parallel()
	pages := map[string]http.HandlerFunc{}
	codes := []int{201, 204, 206, 300, 301, 304, 305, 400, 401, 403, 404, 410, 418, 429, 500, 502, 503, 599}
	for _, code := range codes {
		pages[fmt.Sprint("/", code)] = status(code, "Retry-After", "1")
	}
	site := newHost(t, pages)
	f := newFetcher(t, Options{}, site)
	for _, code := range codes {
		got, err := f.Fetch(t.Context(), knowledge.Request{URL: fmt.Sprint(site.URL, "/", code)})
		if err != nil || got.Status != code || got.RetryAfter != time.Second || len(got.Body) != 0 || got.TooLarge {
			t.Errorf("%d: %+v, %v", code, got, err)
		}
	}
}

func TestConditionalRequest(t *testing.T) {
	t.Parallel()
	site := newHost(t, map[string]http.HandlerFunc{"/page": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, "page.html", time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), strings.NewReader("hello"))
	}})
	f := newFetcher(t, Options{}, site)
	for _, tt := range []struct {
		etag, modified string
		status         int
		body           string
	}{
		{"", "", 200, "hello"},
		{`"1"`, "", 304, ""},
		{`"0"`, "", 200, "hello"},
		{"", "Sun, 01 Mar 2026 12:00:00 GMT", 304, ""},
		{"", "Sun, 01 Mar 2026 11:59:59 GMT", 200, "hello"},
		{`"0"`, "Sun, 01 Mar 2026 12:00:00 GMT", 200, "hello"},
	} {
		got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + "/page", ETag: tt.etag, LastModified: tt.modified})
		if err != nil || got.Status != tt.status || string(got.Body) != tt.body || got.ETag != `"1"` {
			t.Errorf("%q, %q: %d %q, %v", tt.etag, tt.modified, got.Status, got.Body, err)
		}
	}
}

// Settings in the environment must not change what is fetched.
func TestEnvironmentIsIgnored(t *testing.T) {
	for key, value := range map[string]string{
		"COLLY_MAX_BODY_SIZE": "3", "COLLY_USER_AGENT": "evil", "COLLY_DISALLOWED_DOMAINS": "127.0.0.1", "COLLY_ALLOWED_DOMAINS": "a.example",
		"COLLY_FOLLOW_REDIRECTS": "n", "COLLY_IGNORE_ROBOTSTXT": "n", "COLLY_DETECT_CHARSET": "y", "COLLY_MAX_DEPTH": "1",
		"COLLY_MAX_REQUESTS": "1", "COLLY_PARSE_HTTP_ERROR_RESPONSE": "n", "COLLY_TRACE_HTTP": "y", "COLLY_DISABLE_COOKIES": "y",
		"COLLY_CACHE_DIR": t.TempDir(), "HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1",
	} {
		t.Setenv(key, value)
	}
	site := newHost(t, map[string]http.HandlerFunc{
		"/page": send("text/html", "hello \xe8"), "/moved": status(301, "Location", "/page"), "/robots.txt": send("text/plain", "User-agent: *\nDisallow: /"),
	})
	f := newFetcher(t, Options{}, site)
	for n := range 2 {
		got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + "/moved"})
		if err != nil || string(got.Body) != "hello \xe8" || len(site.asked("/robots.txt")) != 0 || len(site.asked("/page")) != n+1 {
			t.Errorf("Fetch = %q, %v", got.Body, err)
		}
	}
	if agent := site.asked("/page")[0].Get("User-Agent"); !strings.HasPrefix(agent, "Steward/") {
		t.Errorf("user agent %q", agent)
	}
	if got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + "/none"}); err != nil || got.Status != 404 {
		t.Errorf("missing page: %d, %v", got.Status, err)
	}
}

// Every way of writing a private address ends at the guard, before anything is
// sent.
func TestForbiddenHosts(t *testing.T) {
	t.Parallel()
	f := newFetcher(t, Options{})
	for _, address := range append(forbidden(),
		"http://user:pw@127.0.0.1/", "http://127.0.0.1:22/", "https://example.org:8443/", "file:///etc/passwd",
		"gopher://127.0.0.1/", "ftp://127.0.0.1/", "http://93.184.216.34:22/") {
		_, err := f.Fetch(t.Context(), knowledge.Request{URL: address})
		code, again := knowledge.CodeOf(err)
		if code != schemas.FailForbiddenHost || again {
			t.Errorf("%s: %v, again %v", address, err, again)
		}
	}
}

// forbidden are ways of writing addresses that must not be reached.
func forbidden() []string {
	return []string{
		"http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://017700000001/", "http://127.1/",
		"http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://①②⑦.0.0.1/", "http://0.0.0.0/", "http://user@127.0.0.1/",
		"http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://localhost/",
	}
}

// The normal form shows what an address is, so that a link, a sitemap or a
// robots.txt cannot hide it either.
func TestForbiddenHostsInNormalForm(t *testing.T) {
	t.Parallel()
	for _, address := range forbidden() {
		normal, err := Normalize("https://example.com/sitemap.xml", address)
		if err != nil {
			if !isCode(err, schemas.FailForbiddenHost) {
				t.Errorf("%s: %v", address, err)
			}
			continue
		}
		host := strings.Trim(Host(normal), "[]")
		if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || netguard.Public(ip)) {
			t.Errorf("%s becomes %s", address, normal)
		}
	}
}

// An address of the allow list is one host with one port.
func TestAllowPrivate(t *testing.T) {
	t.Parallel()
	site := newHost(t, map[string]http.HandlerFunc{"/": send("text/html", "hello")})
	other := newHost(t, nil)
	f := newFetcher(t, Options{}, site)
	if got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL}); err != nil || string(got.Body) != "hello" {
		t.Errorf("allowed: %q, %v", got.Body, err)
	}
	if _, err := f.Fetch(t.Context(), knowledge.Request{URL: other.URL}); !isCode(err, schemas.FailForbiddenHost) || len(other.seen) != 0 {
		t.Errorf("other port: %v", err)
	}
}

func TestConnectionErrors(t *testing.T) {
	t.Parallel()
	gone := newHost(t, nil)
	gone.Close()
	cut := newHost(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "half")
	}})
	plain := newHost(t, nil)
	f := newFetcher(t, Options{}, gone, cut, plain)
	for name, address := range map[string]string{
		"nobody listens": gone.URL, "half a body": cut.URL, "no TLS": strings.Replace(plain.URL, "http:", "https:", 1),
		"no such name": "http://steward.invalid/",
	} {
		_, err := f.Fetch(t.Context(), knowledge.Request{URL: address})
		code, again := knowledge.CodeOf(err)
		if code != schemas.FailUnreachable || !again {
			t.Errorf("%s: %v, again %v", name, err, again)
		}
		if u, _ := url.Parse(address); err != nil && (strings.Contains(err.Error(), u.Hostname()) || strings.Contains(err.Error(), u.Port()) && u.Port() != "") {
			t.Errorf("%s: the error names the address: %v", name, err)
		}
	}
}

// pipes is a network in memory, so that a test can let time pass.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.IPAddr{} }

// inMemory runs a test with a site that is reached through memory.
func inMemory(t *testing.T, handler http.HandlerFunc, test func(t *testing.T, f *Fetcher)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := pipes{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: handler}
		go func() { _ = server.Serve(network) }()
		synctest.Wait()
		f := New(Options{Dial: network.dial})
		test(t, f)
		f.Close()
		_ = server.Close()
	})
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "half"} {
		inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			if body != "" {
				fmt.Fprint(w, body)
				_ = http.NewResponseController(w).Flush()
			}
			<-r.Context().Done()
		}, func(t *testing.T, f *Fetcher) {
			began := time.Now()
			_, err := f.Fetch(t.Context(), knowledge.Request{URL: "http://a.example/"})
			if code, again := knowledge.CodeOf(err); code != schemas.FailTimeout || !again || time.Since(began) != DefaultTimeout {
				t.Errorf("%q and no more: %v after %v", body, err, time.Since(began))
			}
			short, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := f.Fetch(short, knowledge.Request{URL: "http://a.example/"}); !isCode(err, schemas.FailTimeout) {
				t.Errorf("the caller's deadline: %v", err)
			}
		})
	}
}

// Whoever waits for a host's turn has not used up the time of the request.
func TestWaitingForATurnIsNotCounted(t *testing.T) {
	t.Parallel()
	inMemory(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(3 * time.Second)
		if r.URL.Path == "/" {
			w.Header().Set("Location", "/next")
			w.WriteHeader(302)
		}
	}, func(t *testing.T, f *Fetcher) {
		got, err := f.Fetch(t.Context(), knowledge.Request{URL: "http://a.example/", Admit: func(context.Context, string) error {
			time.Sleep(10 * time.Minute)
			return nil
		}})
		if err != nil || got.Status != 200 || got.Took != 3*time.Second {
			t.Errorf("%d after %v, %v", got.Status, got.Took, err)
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	inMemory(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, func(t *testing.T, f *Fetcher) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		_, err := f.Fetch(ctx, knowledge.Request{URL: "http://a.example/"})
		if _, again := knowledge.CodeOf(err); !errors.Is(err, context.Canceled) || !again || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
