package actions

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"steward/internal/netguard"
	"steward/schemas"
)

// dialTimeout bounds one connection attempt; the call has a shorter one of its
// own where the admin chose it.
const dialTimeout = 10 * time.Second

// maxHeaderBytes bounds the headers of an answer.
const maxHeaderBytes = 64 << 10

// maxToolBytes bounds everything that an MCP server sends in one answer, its
// list of tools included.
const maxToolBytes = 2 << 20

var (
	errBlocked  = errors.New("address is not allowed")
	errTooLarge = errors.New("answer is over its limit")
)

// transport makes connections to the hosts of one connection. The address that
// is really dialled is checked, after every lookup, by the registries of special
// networks and by the project's own list; a proxy would look names up behind its
// back, so none is used. A private host is let through as it is written, before
// any lookup.
func (r *Runner) transport(c schemas.Connection) *http.Transport {
	ports := make([]uint16, 0, len(c.Ports)+2)
	for _, port := range allowedPorts(c) {
		ports = append(ports, uint16(port))
	}
	guardian := ssrf.New(ssrf.WithPorts(ports...))
	open := &net.Dialer{Timeout: dialTimeout, Resolver: r.options.Resolver}
	guarded := &net.Dialer{
		Timeout: dialTimeout, Resolver: r.options.Resolver,
		Control: func(network, address string, raw syscall.RawConn) error {
			target, err := netip.ParseAddrPort(address)
			if err != nil || guardian.Safe(network, address, raw) != nil || !netguard.Public(target.Addr()) {
				return errBlocked
			}
			return nil
		},
	}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if slices.Contains(c.PrivateHosts, strings.ToLower(address)) {
				return open.DialContext(ctx, network, address)
			}
			return guarded.DialContext(ctx, network, address)
		},
		TLSClientConfig:        &tls.Config{RootCAs: r.options.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ForceAttemptHTTP2:      true,
	}
}

// dialable reports whether an address is one that the guard lets through.
func dialable(addr netip.Addr) bool {
	return netguard.Public(addr) && ssrf.New().SafeAddr(addr.WithZone("")) == nil
}

// client follows no redirect: the answer of one is an answer like any other.
func client(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// limited is a body that fails beyond its limit, which counts what comes out of
// the decompression.
type limited struct {
	io.ReadCloser
	left int
	// over is told of an answer that is too long, which the reader may hide.
	over func(error) error
}

// Read implements io.Reader.
func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, errTooLarge
	}
	// One byte more than is left shows that there is more.
	if len(p) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.ReadCloser.Read(p)
	if l.left -= n; l.left < 0 {
		return n - 1, l.over(errTooLarge)
	}
	return n, err
}
