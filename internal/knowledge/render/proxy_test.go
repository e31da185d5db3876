package render

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"steward/internal/netguard"
)

// through makes a client of a proxy that may reach the given addresses.
func through(t *testing.T, allowed ...string) (*http.Client, *proxy) {
	t.Helper()
	p, err := newProxy(netguard.New(allowed).DialWeb)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	transport := &http.Transport{
		Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: p.address()}), DisableKeepAlives: true, DisableCompression: true,
	}
	return &http.Client{Transport: transport}, p
}

func TestProxyForwards(t *testing.T) {
	t.Parallel()
	var seen http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		w.Header().Set("X-Answer", "yes")
		w.WriteHeader(http.StatusTeapot)
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.Host, r.RequestURI, body)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	client, p := through(t, host)
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/a%2Fb?c=d;e&f", strings.NewReader("body"))
	request.Header.Set("User-Agent", "browser")
	request.Header.Set("Proxy-Authorization", "secret")
	res, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if want := "POST " + host + " /a%2Fb?c=d;e&f body"; string(body) != want || res.StatusCode != http.StatusTeapot || res.Header.Get("X-Answer") != "yes" {
		t.Errorf("%d %q", res.StatusCode, body)
	}
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "Via", "Proxy-Connection", "Proxy-Authorization"} {
		if value, ok := seen[name]; ok {
			t.Errorf("the site is told %s: %s", name, value)
		}
	}
	if seen.Get("User-Agent") != "browser" || p.refused.Load() {
		t.Errorf("user agent %q", seen.Get("User-Agent"))
	}
}

func TestProxyTunnels(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") }))
	defer server.Close()
	client, p := through(t, strings.TrimPrefix(server.URL, "https://"))
	client.Transport.(*http.Transport).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	res, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); string(body) != "hello" || p.left.Load() >= maxTraffic {
		t.Errorf("%q, %d bytes left", body, p.left.Load())
	}
}

func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a private address was reached") }))
	defer server.Close()
	for _, address := range []string{server.URL, strings.Replace(server.URL, "http:", "https:", 1), "http://127.0.0.1/", "http://93.184.216.34:22/"} {
		client, p := through(t)
		if res, err := client.Get(address); err == nil {
			res.Body.Close()
			t.Errorf("%s: status %d", address, res.StatusCode)
		}
		if !p.refused.Load() {
			t.Errorf("%s: the refusal is not noted", address)
		}
	}
	client, p := through(t, "127.0.0.1:1")
	if res, err := client.Get("http://127.0.0.1:1/"); err == nil || p.refused.Load() {
		t.Errorf("nobody listens: %v", res)
	}
}

// What is no request to a proxy gets an answer of its own, and reaches nobody.
func TestProxyIsNoServer(t *testing.T) {
	t.Parallel()
	_, p := through(t)
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "GET ftp://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
		"GET https://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", p.address())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, request)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || res.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: %v, %v", request, res, err)
			continue
		}
		res.Body.Close()
	}
}

// A page has one budget for all that it loads.
func TestProxyLimitsTraffic(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 1<<20)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	client, p := through(t, strings.TrimPrefix(server.URL, "http://"))
	res, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if n, err := io.Copy(io.Discard, res.Body); err == nil || n > maxTraffic || n < maxTraffic/2 {
		t.Errorf("%d bytes, %v", n, err)
	}
	if res, err := client.Get(server.URL); err == nil {
		res.Body.Close()
		t.Error("the budget is that of one connection")
	}
	if p.left.Load() > 0 {
		t.Errorf("%d bytes are left", p.left.Load())
	}
}

// When a page is closed, so is all that it has open.
func TestProxyCloses(t *testing.T) {
	t.Parallel()
	arrived, ended := make(chan struct{}), make(chan struct{})
	plain := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
		ended <- struct{}{}
	}))
	defer plain.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		arrived <- struct{}{}
		_, _ = io.Copy(io.Discard, conn)
		ended <- struct{}{}
	}()
	p, err := newProxy(netguard.New([]string{strings.TrimPrefix(plain.URL, "http://"), listener.Addr().String()}).DialContext)
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range []string{
		fmt.Sprintf("GET %s/ HTTP/1.1\r\nHost: a\r\n\r\n", plain.URL),
		fmt.Sprintf("CONNECT %[1]s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", listener.Addr()),
	} {
		conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.address())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, request)
		<-arrived
	}
	p.close()
	<-ended
	<-ended
}
