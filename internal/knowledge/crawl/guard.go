package crawl

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

// errForbidden is a dial to an address that is not public.
var errForbidden = errors.New("address is not public")

// dialTimeout bounds one connection attempt.
const dialTimeout = 10 * time.Second

// closed are the networks outside of the public internet, beside those that
// netip already names. 168.63.129.16 is a metadata service in public space.
var closed = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "168.63.129.16/32",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"fc00::/7", "fec0::/10",
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(list))
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// public reports whether an address may be dialled.
func public(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() || !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.IsLoopback() ||
		addr.IsLinkLocalUnicast() || addr.IsMulticast() || addr.IsUnspecified() {
		return false
	}
	return !slices.ContainsFunc(closed, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// guard dials public addresses only. It sees the address that is really
// dialled, after every lookup, so a name that changes its mind is caught too.
type guard struct {
	allowed map[string]bool
	open    net.Dialer
	closed  net.Dialer
}

// newGuard makes a guard that lets the given "host:port" pairs through.
func newGuard(allow []string) *guard {
	g := &guard{
		allowed: make(map[string]bool, len(allow)),
		open:    net.Dialer{Timeout: dialTimeout},
		closed:  net.Dialer{Timeout: dialTimeout, Control: refusePrivate},
	}
	for _, host := range allow {
		g.allowed[host] = true
	}
	return g
}

// dial is a DialContext for a transport.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if g.allowed[address] {
		return g.open.DialContext(ctx, network, address)
	}
	return g.closed.DialContext(ctx, network, address)
}

func refusePrivate(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("parse dialled address: %w", errForbidden)
	}
	if !public(target.Addr()) {
		return errForbidden
	}
	return nil
}
