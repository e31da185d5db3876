package crawl

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"steward/internal/knowledge"
	"steward/schemas"
)

func redirect(to string) http.HandlerFunc { return status(http.StatusFound, "Location", to) }

func TestRedirects(t *testing.T) {
	t.Parallel()
	site := newHost(t, map[string]http.HandlerFunc{
		"/301": status(301, "Location", "/302"), "/302": status(302, "Location", "303?a=1"), "/303": status(303, "Location", "./307#x"),
		"/307": status(307, "Location", "//HOST/308"), "/308": status(308, "Location", "/end"), "/end": send("text/html", "end"),
		"/letters": redirect("/caff\xc3\xa8"), "/octets": redirect("/caff\xe8"), "/caffè": send("text/html", "caffè"), "/caff\xe8": send("text/html", "caff?"),
		"/session": redirect("/end?sid=7"),
	})
	handler := site.Config.Handler
	site.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(&hostNamer{w, site.address()}, r)
	})
	f := newFetcher(t, Options{}, site)
	var admitted []string
	got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + "/301", ETag: `"1"`, Admit: func(_ context.Context, address string) error {
		admitted = append(admitted, strings.TrimPrefix(address, site.URL))
		return nil
	}})
	want := []string{"/301", "/302", "/303?a=1", "/307", "/308", "/end"}
	if err != nil || string(got.Body) != "end" || got.URL != site.URL+"/end" || !slices.Equal(admitted, want) {
		t.Errorf("%q at %s, %v; admitted %q", got.Body, got.URL, err, admitted)
	}
	for i, address := range got.Redirects {
		if address != site.URL+want[i] {
			t.Errorf("redirect %d: %s", i, address)
		}
	}
	if len(got.Redirects) != 5 || site.asked("/end")[0].Get("If-None-Match") != `"1"` || site.asked("/end")[0].Get("Referer") != "" {
		t.Errorf("redirects %q, header %v", got.Redirects, site.asked("/end")[0])
	}
	for path, want := range map[string]string{
		"/letters": "/caff%C3%A8", "/octets": "/caff%E8",
		// What tracks stays in a redirect: without it some sites go round.
		"/session": "/end?sid=7",
	} {
		if got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + path}); err != nil || got.URL != site.URL+want || got.Status != 200 {
			t.Errorf("%s: %d at %s, %v", path, got.Status, got.URL, err)
		}
	}
}

// hostNamer puts the site's own address into its headers.
type hostNamer struct {
	http.ResponseWriter
	host string
}

func (h *hostNamer) WriteHeader(code int) {
	h.Header().Set("Location", strings.ReplaceAll(h.Header().Get("Location"), "HOST", h.host))
	if h.Header().Get("Location") == "" {
		h.Header().Del("Location")
	}
	h.ResponseWriter.WriteHeader(code)
}

// Every hop is asked for before it is requested, and a refusal is returned as
// it is.
func TestAdmitRefuses(t *testing.T) {
	t.Parallel()
	site := newHost(t, map[string]http.HandlerFunc{"/open": redirect("/closed"), "/closed": send("text/html", "secret")})
	f := newFetcher(t, Options{}, site)
	refused := knowledge.Fail(schemas.FailRobots, nil)
	admit := func(_ context.Context, address string) error {
		if strings.HasSuffix(address, "/closed") {
			return refused
		}
		return nil
	}
	for _, path := range []string{"/closed", "/open"} {
		got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + path, Admit: admit})
		if !errors.Is(err, refused) || got.Status != 0 || len(got.Body) != 0 {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
	if len(site.asked("/closed")) != 0 || len(site.asked("/open")) != 1 {
		t.Errorf("requested: %v", site.seen)
	}
}

func TestRedirectLimit(t *testing.T) {
	t.Parallel()
	pages := map[string]http.HandlerFunc{"/0": send("text/html", "end"), "/round": redirect("/round")}
	for i := 1; i <= maxRedirects+1; i++ {
		pages[fmt.Sprint("/", i)] = redirect(fmt.Sprint("/", i-1))
	}
	site := newHost(t, pages)
	f := newFetcher(t, Options{}, site)
	if got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + "/10"}); err != nil || len(got.Redirects) != 10 {
		t.Errorf("ten redirects: %v", err)
	}
	for _, path := range []string{"/11", "/round"} {
		_, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + path})
		if code, again := knowledge.CodeOf(err); code != schemas.FailRedirects || again {
			t.Errorf("%s: %v", path, err)
		}
	}
	if n := len(site.asked("/round")); n != maxRedirects+1 {
		t.Errorf("it goes round %d times", n)
	}
}

// A site that wants its cookie back gets it within one fetch, and no longer.
func TestCookiesOfOneFetch(t *testing.T) {
	t.Parallel()
	site := newHost(t, map[string]http.HandlerFunc{"/page": func(w http.ResponseWriter, r *http.Request) {
		if cookie, err := r.Cookie("seen"); err == nil && cookie.Value == "1" {
			fmt.Fprint(w, "hello")
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1", Path: "/"})
		http.Redirect(w, r, "/page", http.StatusFound)
	}})
	f := newFetcher(t, Options{}, site)
	for range 2 {
		got, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + "/page"})
		if err != nil || string(got.Body) != "hello" || len(got.Redirects) != 1 {
			t.Errorf("%q after %q, %v", got.Body, got.Redirects, err)
		}
	}
}

func TestRedirectsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	secret := newHost(t, map[string]http.HandlerFunc{"/": send("text/html", "secret")})
	pages := map[string]http.HandlerFunc{
		"/file": redirect("file:///etc/passwd"), "/port": redirect("http://93.184.216.34:22/"), "/secret": redirect(secret.URL),
		"/user": redirect("http://user@example.org/"), "/mail": redirect("mailto:a@example.org"),
		"/broken": redirect("http://[::1"), "/host": redirect("http:///"), "/long": redirect("/" + strings.Repeat("a", maxURLBytes)),
	}
	want := map[string]schemas.FailCode{
		"/file": schemas.FailForbiddenHost, "/port": schemas.FailForbiddenHost, "/secret": schemas.FailForbiddenHost, "/user": schemas.FailForbiddenHost,
		"/mail": schemas.FailForbiddenHost, "/broken": schemas.FailUnreachable, "/host": schemas.FailUnreachable, "/long": schemas.FailUnreachable,
	}
	for i, address := range forbidden() {
		path := fmt.Sprint("/private", i)
		pages[path], want[path] = redirect(address), schemas.FailForbiddenHost
	}
	site := newHost(t, pages)
	f := newFetcher(t, Options{}, site)
	for path, code := range want {
		_, err := f.Fetch(t.Context(), knowledge.Request{URL: site.URL + path})
		if got, again := knowledge.CodeOf(err); got != code || again {
			t.Errorf("%s: %v, again %v", path, err, again)
		}
	}
	if len(secret.seen) != 0 {
		t.Error("a private address was reached by redirect")
	}
}

// robots.txt may be a redirect to another host, and never one to a private one.
func TestRobotsByRedirect(t *testing.T) {
	t.Parallel()
	const rules = "User-agent: *\nDisallow: /a"
	other := newHost(t, map[string]http.HandlerFunc{"/rules": send("text/plain", rules)})
	pages := map[string]http.HandlerFunc{"/robots.txt": redirect("/1"), "/5": redirect(other.URL + "/rules")}
	for i := 1; i < 5; i++ {
		pages[fmt.Sprint("/", i)] = redirect(fmt.Sprint("/", i+1))
	}
	site := newHost(t, pages)
	text, code, err := FetchRobots(t.Context(), newFetcher(t, Options{}, site, other), site.URL)
	if text != rules || code != 200 || err != nil {
		t.Errorf("six redirects: %q, %d, %v", text, code, err)
	}
	text, code, err = FetchRobots(t.Context(), newFetcher(t, Options{}, site), site.URL)
	if text != "" || code != 0 || !isCode(err, schemas.FailForbiddenHost) || len(other.asked("/rules")) != 1 {
		t.Errorf("private host: %q, %d, %v", text, code, err)
	}
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		fmt.Fprint(w, r.Proto)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	f := New(Options{AllowPrivate: []string{strings.TrimPrefix(server.URL, "https://")}})
	defer f.Close()
	f.transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	if _, err := f.Fetch(t.Context(), knowledge.Request{URL: server.URL}); !isCode(err, schemas.FailUnreachable) {
		t.Errorf("a certificate that nobody knows: %v", err)
	}
	f.transport.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	if got, err := f.Fetch(t.Context(), knowledge.Request{URL: server.URL + "/moved"}); err != nil || string(got.Body) != "HTTP/2.0" {
		t.Errorf("%q, %v", got.Body, err)
	}
}
