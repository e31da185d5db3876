package httpkit

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// ClientIP returns a function that finds the address of whoever sent a request
// through the proxies at the given CIDRs: the last address in X-Forwarded-For
// that is not one of them. From anywhere else the header is not believed.
// Without proxies it is RemoteIP.
func ClientIP(proxies []string) (func(*http.Request) string, error) {
	if len(proxies) == 0 {
		return RemoteIP, nil
	}
	trusted := make([]netip.Prefix, 0, len(proxies))
	for _, p := range proxies {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(p))
		if err != nil {
			return nil, fmt.Errorf("trusted proxy %q is not a CIDR such as 10.0.0.0/8", p)
		}
		trusted = append(trusted, prefix)
	}
	isProxy := func(address string) bool {
		ip, err := netip.ParseAddr(strings.TrimSpace(address))
		if err != nil {
			return false
		}
		for _, p := range trusted {
			if p.Contains(ip.Unmap()) {
				return true
			}
		}
		return false
	}
	return func(r *http.Request) string {
		client := RemoteIP(r)
		if !isProxy(client) {
			return client
		}
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0; i-- {
			hop := strings.TrimSpace(hops[i])
			if _, err := netip.ParseAddr(hop); err != nil {
				return client
			}
			if client = hop; !isProxy(hop) {
				return hop
			}
		}
		return client
	}, nil
}
