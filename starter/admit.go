package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"steward/internal/knowledge/crawl"
	"steward/internal/netguard"
	"steward/schemas"
)

// admits says at once why an address cannot be a source, where the crawler
// would only fail later: it is private as it is written, or on a port that is
// not read. allow are the "host:port" pairs that the operator lets through.
// Where a name leads is for the crawler's guard to see.
func admits(allow []string) func(address string) error {
	return func(address string) error {
		normal, err := crawl.Normalize("", address)
		if err != nil {
			return &schemas.Error{
				Kind: schemas.KindInvalid, Message: "url is not the address of a page: use one like https://example.com/help", Cause: err,
			}
		}
		u, err := url.Parse(normal)
		if err != nil {
			return &schemas.Error{Kind: schemas.KindInvalid, Message: "url is not the address of a page", Cause: err}
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		pair := net.JoinHostPort(u.Hostname(), port)
		switch {
		case slices.Contains(allow, pair):
			return nil
		case private(u.Hostname()):
			return schemas.NewError(schemas.KindInvalid, fmt.Sprintf(
				"url is inside a private network, which is not read: if it is your own site, the operator allows it with STEWARD_CRAWL_ALLOW=%s", pair))
		case port != "80" && port != "443":
			return schemas.NewError(schemas.KindInvalid, fmt.Sprintf(
				"url is on port %s, and only 80 and 443 are read: if it is your own site, the operator allows it with STEWARD_CRAWL_ALLOW=%s", port, pair))
		}
		return nil
	}
}

// private reports whether a host, written as browsers do, is by itself none of
// the public internet: an address of a private network, or a name that only
// such networks have (RFC 6761, RFC 6762, RFC 8375).
func private(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return !netguard.Public(addr)
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last == host || slices.Contains([]string{"localhost", "local", "internal"}, last) || strings.HasSuffix(host, ".home.arpa")
}
