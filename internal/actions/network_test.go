package actions_test

import (
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"steward/internal/actions"
	"steward/schemas"
)

// names is a name server on loopback that answers every name with the next of
// its addresses.
type names struct {
	asked atomic.Int64
}

func (n *names) resolver(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if reply := n.reply(buffer[:size], addresses); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (n *names) reply(query []byte, addresses []string) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response = true
	q := m.Questions[0]
	header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
	at := netip.MustParseAddr(addresses[min(int(n.asked.Load())/2, len(addresses)-1)])
	switch {
	case q.Type == dnsmessage.TypeA && at.Is4():
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: at.As4()}}}
	case q.Type == dnsmessage.TypeAAAA && at.Is6():
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: at.As16()}}}
	}
	// A lookup asks for both kinds of address.
	n.asked.Add(1)
	m.Additionals = nil
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

// public makes a connection to a system by a name, as if it were on the
// internet: only its port is allowed.
func public(s *system, c schemas.Connection) schemas.Connection {
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	n, _ := strconv.Atoi(port)
	c.PrivateHosts, c.Ports, c.BaseURL = nil, []int{n}, "https://shop.example.com:"+port
	return c
}

// A name leads where its owner wants, and somewhere else the next time: what is
// dialled counts.
func TestNamesThatLeadInside(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"127.0.0.1", "169.254.169.254", "100.64.0.1", "::ffff:10.0.0.1", "168.63.129.16", "10.1.2.3", "192.168.0.1", "0.0.0.0",
		"::1", "fd00::1", "64:ff9b::7f00:1", "2002:7f00:1::1", "224.0.0.1",
	} {
		s, c, o := serve(t, says(`{"status":"x"}`))
		var n names
		o.Resolver = n.resolver(t, address)
		r := run(t, o, refund(), public(s, c), order17())
		if r.State != schemas.RunFailed || r.Error != schemas.RunErrorBlocked || r.Retryable || s.hits.Load() != 0 {
			t.Errorf("%s: %+v, %d calls", address, r, s.hits.Load())
		}
		if n.asked.Load() == 0 {
			t.Errorf("%s: the name was not looked up", address)
		}
	}
}

func TestRebinding(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, says(`{"status":"x"}`))
	var n names
	o.Resolver = n.resolver(t, "127.0.0.1", "169.254.169.254")
	c = public(s, c)
	allowed := c
	allowed.PrivateHosts = []string{strings.TrimPrefix(c.BaseURL, "https://")}
	// The certificate of the fake is for example.com and its names.
	if r := run(t, o, lookup(), allowed, order17()); r.State != schemas.RunOK || s.hits.Load() != 1 {
		t.Fatalf("an allowed private host: %+v", r)
	}
	for range 2 {
		if r := run(t, o, lookup(), c, order17()); r.Error != schemas.RunErrorBlocked {
			t.Errorf("%+v", r)
		}
	}
	if s.hits.Load() != 1 || n.asked.Load() < 6 {
		t.Errorf("%d calls, %d lookups", s.hits.Load(), n.asked.Load())
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	other, _, _ := serve(t, says(`{"status":"x"}`))
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, target := range []string{other.URL + "/x", "http://169.254.169.254/latest/meta-data", "/elsewhere"} {
			s, c, o := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, status) })
			r := run(t, o, lookup(), c, order17())
			if r.State != schemas.RunFailed || r.Error != schemas.RunErrorRejected || r.Status != status || s.hits.Load() != 1 {
				t.Errorf("%d to %s: %+v, %d calls", status, target, r, s.hits.Load())
			}
		}
	}
	if other.hits.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// Not parallel: the environment belongs to the process.
func TestProxiesAreNotUsed(t *testing.T) {
	var asked atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	s, c, o := serve(t, says(`{"status":"x"}`))
	var n names
	o.Resolver = n.resolver(t, "127.0.0.1")
	c = public(s, c)
	c.PrivateHosts = []string{strings.TrimPrefix(c.BaseURL, "https://")}
	if r := run(t, o, lookup(), c, order17()); r.State != schemas.RunOK || asked.Load() != 0 || s.hits.Load() != 1 {
		t.Errorf("%+v, %d requests to the proxy", r, asked.Load())
	}
}

// endless writes for as long as anybody reads.
func endless(w io.Writer) {
	chunk := []byte(strings.Repeat(`"aaaaaaaaaaaaaaaa",`, 500))
	for {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func TestAnswersWithoutEnd(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"endless body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			endless(w)
		},
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			endless(z)
			_ = z.Close()
		},
		"one byte too many": says(`{"status":"` + strings.Repeat("a", 256<<10-12) + `"}`),
	} {
		_, c, o := serve(t, handler)
		r := run(t, o, lookup(), c, order17())
		if r.State != schemas.RunFailed || r.Error != schemas.RunErrorTooLarge || r.Retryable {
			t.Errorf("%s: %+v", name, r)
		}
		a := refund()
		a.Outputs = lookup().Outputs
		if r := run(t, o, a, c, order17()); r.State != schemas.RunUnknown || r.Error != schemas.RunErrorTooLarge {
			t.Errorf("%s, a write: %+v", name, r)
		}
	}
	_, c, o := serve(t, says(`{"status":"`+strings.Repeat("a", 256<<10-13)+`"}`))
	if r := run(t, o, lookup(), c, order17()); r.State != schemas.RunOK {
		t.Errorf("exactly the limit: %s", r.Error)
	}
}

func TestSlowAnswers(t *testing.T) {
	t.Parallel()
	a := lookup()
	a.HTTP.TimeoutSeconds = 1
	for name, handler := range map[string]http.HandlerFunc{
		"headers": hang,
		"body": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"status":`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c, o := serve(t, handler)
			if r := run(t, o, a, c, order17()); r.Error != schemas.RunErrorTimeout || !r.Retryable {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestAnswersOfOtherKinds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    schemas.RunError
	}{
		"html":             {answers(200, "text/html", "<p>status</p>"), schemas.RunErrorMalformed},
		"image":            {answers(200, "image/png", "\x89PNG"), schemas.RunErrorMalformed},
		"broken type":      {answers(200, "application/json;;;=", `{"status":"x"}`), schemas.RunErrorMalformed},
		"text":             {answers(200, "text/plain", "shipped"), schemas.RunErrorMalformed},
		"empty":            {answers(200, "application/json", ""), schemas.RunErrorMalformed},
		"list":             {says(`[1,2]`), schemas.RunErrorMalformed},
		"too deep":         {says(strings.Repeat("[", 100) + strings.Repeat("]", 100)), schemas.RunErrorMalformed},
		"huge number":      {says(`{"status":1e999999999}`), schemas.RunErrorMalformed},
		"problem document": {answers(200, "application/vnd.shop+json; charset=utf-8", `{"status":"x"}`), schemas.RunErrorNone},
		"other encoding": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			says(`{"status":"x"}`)(w, r)
		}, schemas.RunErrorMalformed},
		"cut gzip": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			says("\x1f\x8b\x08")(w, r)
		}, schemas.RunErrorUnavailable},
	} {
		_, c, o := serve(t, tc.handler)
		if r := run(t, o, lookup(), c, order17()); r.Error != tc.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
	whole := lookup()
	whole.Outputs = nil
	_, c, o := serve(t, answers(200, "text/plain; charset=utf-8", "It is\u200b shipped."))
	if got := actions.ForEngine(whole, run(t, o, whole, c, order17())); got != `{"result":"It is shipped."}` {
		t.Errorf("text: %s", got)
	}
	_, c, o = serve(t, answers(204, "", ""))
	if r := run(t, o, whole, c, order17()); r.State != schemas.RunOK || len(r.Values) != 0 {
		t.Errorf("nothing: %+v", r)
	}
	_, c, o = serve(t, answers(200, "text/html", "<p>done</p>"))
	if r := run(t, o, refund(), c, order17()); r.State != schemas.RunOK || len(r.Values) != 0 {
		t.Errorf("a write of which nothing is read: %+v", r)
	}
}

// Whatever a value holds, the call goes to the same host below the same path.
func TestValuesStayInTheirPlace(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, says(`{"status":"x"}`))
	a := lookup()
	a.HTTP.Path, a.HTTP.Query, a.HTTP.Headers = "/v1/orders/{order}/lines", map[string]string{"q": "id:{order}"}, map[string]string{"X-Order": "no {order}"}
	for value, path := range map[string]string{
		`A 17`:                    "/v1/orders/A%2017/lines",
		`a/b`:                     "/v1/orders/a%2Fb/lines",
		`x?admin=1#f`:             "/v1/orders/x%3Fadmin=1%23f/lines",
		`@evil.example`:           "/v1/orders/@evil.example/lines",
		`100%`:                    "/v1/orders/100%25/lines",
		`{order}`:                 "/v1/orders/%7Border%7D/lines",
		`https://evil.example`:    "/v1/orders/https:%2F%2Fevil.example/lines",
		`../../admin?x=`:          "",
		`..`:                      "",
		`.`:                       "",
		`%2e%2e`:                  "",
		`%2e%2e%2fadmin`:          "",
		`..%5cadmin`:              "",
		"..;x":                    "",
		"A\r\nX-Admin: 1":         "",
		"A\tB":                    "",
		"":                        "",
		strings.Repeat("a", 3000): "",
	} {
		before := s.hits.Load()
		r := run(t, o, a, c, args("order", quote(value)))
		if path == "" {
			if r.Error != schemas.RunErrorArguments || s.hits.Load() != before {
				t.Errorf("%q: %+v", value, r)
			}
			continue
		}
		if r.State != schemas.RunOK {
			t.Errorf("%q: %+v", value, r)
			continue
		}
		u, _ := url.ParseRequestURI(s.seen().RequestURI)
		if u.EscapedPath() != path || u.Query().Get("q") != "id:"+value || len(u.Query()) != 1 || s.seen().Header.Get("X-Order") != "no "+value {
			t.Errorf("%q: asked for %s", value, s.seen().RequestURI)
		}
		if s.seen().Host != s.Listener.Addr().String() {
			t.Errorf("%q: host %s", value, s.seen().Host)
		}
	}
}

func TestOptionalValuesAreLeftOut(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, says(`{"status":"x"}`))
	a := lookup()
	a.Inputs = append(a.Inputs, schemas.Input{Name: "page"})
	a.HTTP.Query = map[string]string{"page": "{page}", "size": "10"}
	a.HTTP.Headers = map[string]string{"X-Page": "{page}"}
	run(t, o, a, c, order17())
	if got := s.seen().URL.RawQuery; got != "size=10" {
		t.Errorf("query %s", got)
	}
	if _, there := s.seen().Header["X-Page"]; there {
		t.Error("a header without a value is sent")
	}
}
