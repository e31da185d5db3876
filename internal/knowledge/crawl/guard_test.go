package crawl

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"steward/internal/knowledge"
	"steward/schemas"
)

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1",
		"192.0.0.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
		"64:ff9b:1::1", "fc00::1", "fd00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2002:7f00:1::",
		"2001::1", "2001:db8::1", "100::1",
	} {
		if public(netip.MustParseAddr(text)) {
			t.Errorf("%s is taken for public", text)
		}
	}
	for _, text := range []string{"1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1", "172.32.0.1", "100.128.0.1"} {
		if !public(netip.MustParseAddr(text)) {
			t.Errorf("%s is taken for private", text)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is taken for public")
	}
}

// Every way of writing a private address ends at the guard, before anything is
// sent.
func TestForbiddenHosts(t *testing.T) {
	t.Parallel()
	f := New(Options{Version: "test"})
	t.Cleanup(f.Close)
	for _, address := range []string{
		"http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://017700000001/", "http://127.1/",
		"http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://①②⑦.0.0.1/", "http://0.0.0.0/", "http://user:pw@127.0.0.1/",
		"http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://localhost/",
		"http://127.0.0.1:22/", "https://example.org:8443/", "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/",
	} {
		_, err := f.Fetch(context.Background(), address)
		code, again := knowledge.CodeOf(err)
		if code != schemas.FailForbiddenHost || again {
			t.Errorf("%s: %v, again %v", address, err, again)
		}
	}
}

func TestBadAddresses(t *testing.T) {
	t.Parallel()
	f := New(Options{})
	for _, address := range []string{"", "http://", "https://exa mple", "http://[::1", "http://a b/"} {
		var failure *knowledge.Failure
		if _, err := f.Fetch(context.Background(), address); !errors.As(err, &failure) || failure.Again {
			t.Errorf("Fetch(%q) = %v", address, err)
		}
	}
}
