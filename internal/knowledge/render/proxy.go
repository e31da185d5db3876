package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"sync/atomic"
	"time"

	"steward/internal/netguard"
)

// maxTraffic is how many bytes one page may load.
const maxTraffic = 64 << 20

// proxy is the only way of one page to the network: an HTTP proxy on loopback
// that dials through the guard.
type proxy struct {
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	listener net.Listener
	server   *http.Server
	forward  *httputil.ReverseProxy
	left     atomic.Int64 // bytes that may still be loaded

	ctx     context.Context // ends with close
	stop    context.CancelFunc
	serving sync.WaitGroup
	tunnels sync.WaitGroup

	// refused is true when the guard has refused an address.
	refused atomic.Bool
}

func newProxy(dial func(ctx context.Context, network, address string) (net.Conn, error)) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open proxy: %w", err)
	}
	p := &proxy{dial: dial, listener: listener}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.left.Store(maxTraffic)
	silent := log.New(io.Discard, "", 0)
	p.forward = &httputil.ReverseProxy{
		// The query goes on as it came; by default one that Go cannot parse
		// loses parts.
		Rewrite:   func(r *httputil.ProxyRequest) { r.Out.URL.RawQuery = r.In.URL.RawQuery },
		Transport: &http.Transport{DialContext: p.connect, DisableCompression: true, DisableKeepAlives: true},
		// An answer of ours would be taken for the site's.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:     silent,
	}
	p.server = &http.Server{Handler: p, ErrorLog: silent, ReadHeaderTimeout: 10 * time.Second}
	p.serving.Go(func() { _ = p.server.Serve(listener) })
	return p, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// close ends all connections and waits for that.
func (p *proxy) close() {
	p.stop()
	_ = p.server.Close()
	p.serving.Wait()
	p.tunnels.Wait()
}

// connect dials through the guard and counts what comes back.
func (p *proxy) connect(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := p.dial(ctx, network, address)
	if err != nil {
		if errors.Is(err, netguard.ErrForbidden) {
			p.refused.Store(true)
		}
		return nil, err
	}
	return &metered{Conn: conn, left: &p.left}, nil
}

// ServeHTTP implements http.Handler for CONNECT and for http addresses.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		p.tunnel(w, r)
	case r.URL.Scheme == "http" && r.URL.Host != "":
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(p.ctx, cancel)()
		p.forward.ServeHTTP(w, r.WithContext(ctx))
	default:
		http.Error(w, "not a proxy request", http.StatusBadRequest)
	}
}

// tunnel connects the browser with a host and copies both ways until either
// ends or the proxy closes.
func (p *proxy) tunnel(w http.ResponseWriter, r *http.Request) {
	p.tunnels.Add(1)
	defer p.tunnels.Done()
	remote, err := p.connect(r.Context(), "tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer remote.Close()
	browser, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	defer browser.Close()
	defer context.AfterFunc(p.ctx, func() {
		browser.Close()
		remote.Close()
	})()
	if _, err := io.WriteString(browser, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	var sending sync.WaitGroup
	sending.Go(func() {
		_, _ = io.Copy(remote, buffered)
		_ = remote.Close()
	})
	_, _ = io.Copy(browser, remote)
	_ = browser.Close()
	sending.Wait()
}

// errTraffic ends a connection of a page that loads too much.
var errTraffic = errors.New("page loads too much")

// metered counts what is read.
type metered struct {
	net.Conn
	left *atomic.Int64
}

// Read implements net.Conn.
func (m *metered) Read(p []byte) (int, error) {
	if m.left.Load() <= 0 {
		return 0, errTraffic
	}
	n, err := m.Conn.Read(p)
	m.left.Add(-int64(n))
	return n, err
}
