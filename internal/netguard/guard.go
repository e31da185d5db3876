package netguard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ErrForbidden is a dial that the guard refuses. Nothing has been sent.
var ErrForbidden = errors.New("address is not public")

// dialTimeout bounds one connection attempt.
const dialTimeout = 10 * time.Second

// closed are the networks outside of the public internet, beside those that
// netip already names. 168.63.129.16 is a metadata service in public space; the
// IPv6 ranges at the end carry IPv4 addresses or are not routed.
var closed = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "168.63.129.16/32",
	"::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
	"2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fec0::/10",
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(list))
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// Public reports whether an address is part of the public internet.
func Public(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() || !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.IsLoopback() ||
		addr.IsLinkLocalUnicast() || addr.IsMulticast() || addr.IsUnspecified() {
		return false
	}
	return !slices.ContainsFunc(closed, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Guard dials public addresses only. It sees the address that is really
// dialled, after every lookup, so a name that changes its mind is caught too.
// It is safe for concurrent use.
type Guard struct {
	allowed map[string]bool
	open    net.Dialer
	closed  net.Dialer
}

// New makes a Guard that lets the given "host:port" pairs through, such as
// "wiki.intranet:8080". An operator chooses them; they are compared with what
// is dialled as it is written, before any lookup.
func New(allow []string) *Guard {
	g := &Guard{
		allowed: make(map[string]bool, len(allow)),
		open:    net.Dialer{Timeout: dialTimeout},
		closed:  net.Dialer{Timeout: dialTimeout, Control: refusePrivate},
	}
	for _, host := range allow {
		g.allowed[host] = true
	}
	return g
}

// DialContext dials "host:port" as net.Dialer does. It returns ErrForbidden for
// an address that is not public.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if g.allowed[address] {
		return g.open.DialContext(ctx, network, address)
	}
	return g.closed.DialContext(ctx, network, address)
}

// DialWeb is DialContext for the ports of the web: 80, 443, and those of pairs
// that are let through. Whoever reads pages should not knock at other doors.
func (g *Guard) DialWeb(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil || port != "80" && port != "443" && !g.allowed[address] {
		return nil, fmt.Errorf("dial port: %w", ErrForbidden)
	}
	return g.DialContext(ctx, network, address)
}

func refusePrivate(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("parse dialled address: %w", ErrForbidden)
	}
	if !Public(target.Addr()) {
		return ErrForbidden
	}
	return nil
}
