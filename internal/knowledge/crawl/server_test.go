package crawl

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/internal/netguard"
)

// web is all hosts of a test, on one server that is reached without a network,
// so that the test's clock can be the bubble's.
type web struct {
	// pages by address, or by the beginning of one before a star.
	pages map[string]*served
	hosts map[string]bool

	mu  sync.Mutex
	log []asked
}

// asked is one request as the server saw it.
type asked struct {
	address     string
	conditional bool
	at          time.Time
}

// served is what a site file says of one address.
type served struct {
	status   int
	header   http.Header
	body     string
	delays   []time.Duration
	gzip     bool
	repeat   int
	statuses []int
	times    int
}

// listener hands connections from dial to a server.
type listener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error   { close(l.closed); return nil }
func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }

// start serves the web and returns how to dial it. Addresses that are not
// public are refused as the guard refuses them, unknown hosts have no server.
func (w *web) start(t *testing.T, cert tls.Certificate) func(context.Context, string, string) (net.Conn, error) {
	t.Helper()
	plain := &listener{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: w, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(plain) })
	t.Cleanup(func() { _ = server.Close(); running.Wait() })
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if ip, err := netip.ParseAddr(host); err == nil && !netguard.Public(ip) {
			return nil, netguard.ErrForbidden
		}
		if !w.hosts[host] {
			return nil, errors.New("connection refused")
		}
		near, far := net.Pipe()
		if port == "443" {
			far = tls.Server(far, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
		}
		select {
		case plain.conns <- far:
			return near, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// testCert is a certificate for the https hosts of sites; nobody checks it.
func testCert(t *testing.T) tls.Certificate {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return server.TLS.Certificates[0]
}

func (w *web) ServeHTTP(out http.ResponseWriter, req *http.Request) {
	scheme := "http://"
	if req.TLS != nil {
		scheme = "https://"
	}
	address := scheme + req.Host + req.URL.RequestURI()
	page := w.note(address, req)
	if page == nil {
		page = &served{status: http.StatusNotFound, body: "<title>404</title><p>Not found"}
	}
	if len(page.delays) > 0 {
		select {
		case <-time.After(page.delays[0]):
		case <-req.Context().Done():
			return
		}
	}
	page.answer(out, req, address)
}

// taken returns the log and begins a new one.
func (w *web) taken() []asked {
	w.mu.Lock()
	defer w.mu.Unlock()
	log := w.log
	w.log = nil
	return log
}

// opened notes that a browser opens a page.
func (w *web) opened(address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, asked{address: "browser " + address, at: time.Now()})
}

func (w *web) note(address string, req *http.Request) *served {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, asked{
		address: address, at: time.Now(),
		conditional: req.Header.Get("If-None-Match")+req.Header.Get("If-Modified-Since") != "",
	})
	if page := w.pages[address]; page != nil {
		return page.next()
	}
	// The longest beginning wins.
	var best *served
	size := -1
	for pattern, page := range w.pages {
		start, ok := strings.CutSuffix(pattern, "*")
		if ok && strings.HasPrefix(address, start) && len(start) > size {
			best, size = page, len(start)
		}
	}
	if best == nil {
		return nil
	}
	return best.next()
}

// next returns the page as its next request gets it.
func (s *served) next() *served {
	out := *s
	if len(s.statuses) > 0 {
		out.status = s.statuses[min(s.times, len(s.statuses)-1)]
	}
	if len(s.delays) > 0 {
		out.delays = s.delays[min(s.times, len(s.delays)-1):]
	}
	s.times++
	return &out
}

func (s *served) answer(out http.ResponseWriter, req *http.Request, address string) {
	for name, values := range s.header {
		if name != "Retry-After" || s.status >= 400 {
			out.Header()[name] = values
		}
	}
	if out.Header().Get("Content-Type") == "" {
		out.Header().Set("Content-Type", typeOf(req.URL.Path))
	}
	tag, modified := s.header.Get("Etag"), s.header.Get("Last-Modified")
	if s.status == http.StatusOK && (tag != "" && tag == req.Header.Get("If-None-Match") ||
		modified != "" && modified == req.Header.Get("If-Modified-Since")) {
		out.WriteHeader(http.StatusNotModified)
		return
	}
	body := []byte(strings.Repeat(fill(s.body, address), max(1, s.repeat)))
	if s.gzip {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(body)
		_ = z.Close()
		body = packed.Bytes()
	}
	out.WriteHeader(s.status)
	_, _ = out.Write(body)
}

func typeOf(path string) string {
	switch {
	case strings.HasSuffix(path, ".txt"):
		return "text/plain"
	case strings.HasSuffix(path, ".xml"):
		return "application/xml"
	case strings.HasSuffix(path, ".pdf"):
		return "application/pdf"
	case strings.HasSuffix(path, ".gz"):
		return "application/gzip"
	}
	return "text/html; charset=utf-8"
}

var (
	number  = regexp.MustCompile(`[0-9]+`)
	listing = regexp.MustCompile(`\{\{(links|locs) ([0-9]+) ([0-9]+) (\S+)\}\}`)
)

// fill replaces what stands for the address and for lists of links in a body:
// {path}, {n} and {next} (the last number of the address, and one more),
// {{links 1 30 /p/#}} and, for sitemaps, {{locs 1 30 http://host/p/#}}.
func fill(body, address string) string {
	body = listing.ReplaceAllStringFunc(body, func(match string) string {
		parts := listing.FindStringSubmatch(match)
		from, _ := strconv.Atoi(parts[2])
		to, _ := strconv.Atoi(parts[3])
		var out strings.Builder
		for i := from; i <= to; i++ {
			link := strings.ReplaceAll(parts[4], "#", strconv.Itoa(i))
			if parts[1] == "locs" {
				fmt.Fprintf(&out, "<url><loc>%s</loc></url>\n", link)
			} else {
				fmt.Fprintf(&out, "<a href=\"%s\">link %d</a>\n", link, i)
			}
		}
		return out.String()
	})
	_, path, _ := strings.Cut(address, "://")
	path = path[strings.IndexByte(path, '/'):]
	n := 0
	if all := number.FindAllString(path, -1); len(all) > 0 {
		n, _ = strconv.Atoi(all[len(all)-1])
	}
	return strings.NewReplacer("{path}", path, "{n}", strconv.Itoa(n), "{next}", strconv.Itoa(n+1)).Replace(body)
}
