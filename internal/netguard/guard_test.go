package netguard

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPublic(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		// The cases of reference §2.4, as they are dialled.
		"127.0.0.1", "127.0.0.2", "0.0.0.0", "169.254.169.254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::1",
		// First and last address of every range.
		"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.0", "127.255.255.255",
		"168.63.129.16", "169.254.0.0", "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.0",
		"192.0.2.255", "192.88.99.0", "192.88.99.255", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.0",
		"198.51.100.255", "203.0.113.0", "203.0.113.255", "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.254", "255.255.255.255",
		"::", "::2", "::127.0.0.1", "::ffff:0.0.0.0", "::ffff:10.0.0.1", "::ffff:100.64.0.1", "::ffff:168.63.129.16", "::ffff:255.255.255.255",
		"64:ff9b::", "64:ff9b::7f00:1", "64:ff9b::ffff:ffff", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "100::", "100::ffff:ffff:ffff:ffff",
		"2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2002::", "2002:7f00:1::",
		"2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "5f00::1", "fc00::", "fd00:ec2::254",
		"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::", "fe80::1%eth0", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::",
		"feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::", "ff02::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	} {
		if Public(netip.MustParseAddr(text)) {
			t.Errorf("%s is taken for public", text)
		}
	}
	for _, text := range []string{
		// The neighbours of the ranges.
		"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "168.63.129.15", "168.63.129.17",
		"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.167.255.255",
		"192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "1.1.1.1", "93.184.216.34",
		"2606:4700::1111", "2a00:1450::1", "2001:200::", "2001:4860:4860::8888", "2003::1", "::ffff:1.1.1.1",
	} {
		if !Public(netip.MustParseAddr(text)) {
			t.Errorf("%s is taken for private", text)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is taken for public")
	}
}

// listen opens a port that takes connections and says how many.
func listen(t *testing.T, address string) (net.Listener, <-chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	taken := make(chan struct{}, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
			taken <- struct{}{}
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l, taken
}

// However an address is written, nothing reaches it. Names are looked up first,
// so that what they lead to counts.
func TestDialRefuses(t *testing.T) {
	t.Parallel()
	l, taken := listen(t, "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(l.Addr().String())
	guard := New([]string{"127.0.0.1:1", "example.org:" + port})
	for _, host := range []string{"127.0.0.1", "127.0.0.2", "localhost", "0.0.0.0", "::ffff:127.0.0.1", "::", ""} {
		for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){"DialContext": guard.DialContext, "DialWeb": guard.DialWeb} {
			conn, err := dial(t.Context(), "tcp", net.JoinHostPort(host, port))
			if !errors.Is(err, ErrForbidden) {
				t.Errorf("%s %q: %v", name, host, err)
			}
			if conn != nil {
				conn.Close()
			}
		}
	}
	if len(taken) != 0 {
		t.Errorf("%d connections were made", len(taken))
	}
}

func TestDialAllowed(t *testing.T) {
	t.Parallel()
	l, taken := listen(t, "127.0.0.1:0")
	guard := New([]string{l.Addr().String()})
	for _, dial := range []func(context.Context, string, string) (net.Conn, error){guard.DialContext, guard.DialWeb} {
		conn, err := dial(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		<-taken
	}
}

// The web has two ports; all others are refused before a lookup.
func TestDialWebPorts(t *testing.T) {
	t.Parallel()
	guard := New([]string{"a.invalid:8080"})
	for address, allowed := range map[string]bool{
		"a.invalid:80": true, "a.invalid:443": true, "a.invalid:8080": true, "b.invalid:8080": false, "a.invalid:22": false,
		"a.invalid:0": false, "a.invalid:": false, "a.invalid": false, "": false, "a.invalid:http": false,
	} {
		_, err := guard.DialWeb(t.Context(), "tcp", address)
		if err == nil || errors.Is(err, ErrForbidden) == allowed {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestDialIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(nil).DialContext(ctx, "tcp", "1.1.1.1:80"); err == nil || errors.Is(err, ErrForbidden) {
		t.Errorf("a cancelled dial: %v", err)
	}
}
