package crawl

import (
	"net/url"
	"strings"
	"testing"

	"steward/internal/knowledge"
	"steward/schemas"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, base, ref, want string }{
		{"bare host is https", "", "example.com", "https://example.com/"},
		{"bare host with a path", "", " example.com/help ", "https://example.com/help"},
		{"bare host with a port", "", "localhost:8080/x", "https://localhost:8080/x"},
		{"address in the query of a bare host", "", "example.com/go?u=http://b.com", "https://example.com/go?u=http://b.com"},
		{"no scheme but slashes", "", "//example.com/a", "https://example.com/a"},
		{"case of scheme and host", "", "HTTP://EXAMPLE.Com/Path", "http://example.com/Path"},
		{"default port of http", "", "http://example.com:80/", "http://example.com/"},
		{"default port of https", "", "https://example.com:443/", "https://example.com/"},
		{"other port", "", "https://example.com:8443/", "https://example.com:8443/"},
		{"fragment", "", "https://example.com/a#b", "https://example.com/a"},
		{"fragment after a query", "", "https://example.com/?page=2#x", "https://example.com/?page=2"},
		{"hash bang", "", "https://example.com/#!/a", "https://example.com/"},
		{"dot after the host", "", "https://example.com./a", "https://example.com/a"},
		{"dots after the host", "", "https://example.com../a", "https://example.com/a"},
		{"blanks and line breaks", "", " https://exa\nmple.com/a\tb ", "https://example.com/ab"},
		{"name in letters of the world", "", "https://BÜCHER.example/straße", "https://xn--bcher-kva.example/stra%C3%9Fe"},
		{"dot segments", "", "https://example.com/a/./b/../c", "https://example.com/a/c"},
		{"encoded dot segments", "", "https://example.com/a/%2e%2E/c", "https://example.com/c"},
		{"backslashes", "", `https:\\example.com\a\b`, "https://example.com/a/b"},
		{"no slashes", "", "https:example.com", "https://example.com/"},
		{"percent sign that encodes nothing", "", "https://example.com/100%?q=%zz", "https://example.com/100%25?q=%zz"},
		{"backslashes in the path", "", `https://example.com\a\b`, "https://example.com/a/b"},
		{"trailing slash stays", "", "https://example.com/a/", "https://example.com/a/"},
		{"index file stays", "", "https://example.com/index.html", "https://example.com/index.html"},
		{"www stays", "", "https://www.example.com", "https://www.example.com/"},
		{"double slashes stay", "", "https://example.com//a//b", "https://example.com//a//b"},
		{"empty query", "", "https://example.com/a?", "https://example.com/a"},
		{"query that starts with a mark", "", "https://example.com/a??b=1", "https://example.com/a??b=1"},
		{"query that ends with a mark", "", "https://example.com/a?b=c?", "https://example.com/a?b=c?"},
		{"query keeps its order", "", "https://example.com/?b=2&a=1&b=1", "https://example.com/?b=2&a=1&b=1"},
		{"blank in a query", "", "https://example.com/?q=a b", "https://example.com/?q=a%20b"},
		{"plus in a query stays", "", "https://example.com/?q=a+b", "https://example.com/?q=a+b"},
		{"tracking", "", "https://example.com/a?utm_source=x&UTM_Medium=y&gclid=1&fbclid=2&mc_cid=3&mc_eid=4&_ga=5", "https://example.com/a"},
		{"sessions", "", "https://example.com/a?id=7&sessionid=1&PHPSESSID=2&sid=3", "https://example.com/a?id=7"},
		{"tracking that is encoded", "", "https://example.com/a?utm%5Fsource=x&b=1", "https://example.com/a?b=1"},
		{"no tracking", "", "https://example.com/a?side=1&id_sid=2&gclidx=3", "https://example.com/a?side=1&id_sid=2&gclidx=3"},
		{"relative", "https://example.com/a/b?c=d", "e", "https://example.com/a/e"},
		{"absolute path", "https://example.com/a/b", "/e?f#g", "https://example.com/e?f"},
		{"query alone", "https://example.com/a/b?c", "?d=1", "https://example.com/a/b?d=1"},
		{"fragment alone", "https://example.com/a/b?c", "#d", "https://example.com/a/b?c"},
		{"empty link", "https://example.com/a/b", "", "https://example.com/a/b"},
		{"other host", "https://example.com/a", "//other.example/b", "https://other.example/b"},
		{"host without a scheme is a path", "https://example.com/a/", "other.example", "https://example.com/a/other.example"},
		{"other scheme of the web", "https://example.com/a", "http://example.com/b", "http://example.com/b"},
		{"IPv4 in decimal", "", "http://2130706433/", "http://127.0.0.1/"},
		{"IPv4 in octal", "", "http://017700000001/", "http://127.0.0.1/"},
		{"IPv4 in hexadecimal", "", "http://0x7f.1/", "http://127.0.0.1/"},
		{"IPv4 in short", "", "http://127.1/", "http://127.0.0.1/"},
		{"IPv4 in circled digits", "", "http://①②⑦.0.0.1/", "http://127.0.0.1/"},
		{"IPv4 with a dot after it", "", "http://127.0.0.1./", "http://127.0.0.1/"},
		{"IPv4 in IPv6", "", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"},
		{"IPv6", "", "http://[0:0:0:0:0:0:0:1]:80/", "http://[::1]/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Normalize(tt.base, tt.ref)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Fatalf("Normalize(%q, %q) = %q, %v; want %q", tt.base, tt.ref, got, err, tt.want)
			}
		})
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	const page = "https://example.com/a"
	long := strings.Repeat("a", maxURLBytes)
	for _, tt := range []struct {
		base, ref string
		code      schemas.FailCode
	}{
		{"", "", schemas.FailUnreachable},
		{"", "http://", schemas.FailUnreachable},
		{"", "http://.", schemas.FailUnreachable},
		{"", "https://exa mple", schemas.FailUnreachable},
		{"", "http://[::1", schemas.FailUnreachable},
		{"", "http://a.example:99999/", schemas.FailUnreachable},
		{"", "http://a{b.example/", schemas.FailUnreachable},
		{"", "http://a.example/" + long, schemas.FailUnreachable},
		{page, long, schemas.FailUnreachable},
		{page, "#" + strings.Repeat("a", maxRefBytes), schemas.FailUnreachable},
		{"not an address", "a", schemas.FailUnreachable},
		{"", "javascript:alert(1)", schemas.FailUnreachable},
		{"", "file:///etc/passwd", schemas.FailForbiddenHost},
		{"", "ftp://example.com/", schemas.FailForbiddenHost},
		{page, "mailto:a@example.com", schemas.FailForbiddenHost},
		{page, "tel:+391234", schemas.FailForbiddenHost},
		{page, "javascript:void(0)", schemas.FailForbiddenHost},
		{page, "data:text/html,hello", schemas.FailForbiddenHost},
		{page, "blob:https://example.com/1", schemas.FailForbiddenHost},
		{"", "http://user@127.0.0.1/", schemas.FailForbiddenHost},
		{"", "http://user:pw@example.com/", schemas.FailForbiddenHost},
		{"", "http://:pw@example.com/", schemas.FailForbiddenHost},
		{page, "//example.com@evil.example/", schemas.FailForbiddenHost},
	} {
		got, err := Normalize(tt.base, tt.ref)
		code, again := knowledge.CodeOf(err)
		if got != "" || code != tt.code || again {
			t.Errorf("Normalize(%.60q, %.60q) = %.60q, %v", tt.base, tt.ref, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "example") {
			t.Errorf("the error names the address: %v", err)
		}
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"http://example.com/a", "https://example.com/a"},
		{"https://example.com/a?b=2&a=1", "https://example.com/a?a=1&b=2", "http://example.com/a?&a=1&&b=2&"},
		{"https://example.com/caf%C3%A9", "https://example.com/caf%c3%a9"},
		{"https://example.com/%7Ejo%2d", "https://example.com/~jo-"},
		{"https://example.com/a?q=%41", "https://example.com/a?q=A"},
		{"https://example.com/a?%62=1&a=2", "https://example.com/a?a=2&b=1"},
	} {
		for _, address := range same {
			if Key(address) != Key(same[0]) {
				t.Errorf("Key(%q) = %q, Key(%q) = %q", address, Key(address), same[0], Key(same[0]))
			}
		}
	}
	seen := map[string]string{}
	for _, address := range []string{
		"https://example.com/a", "https://example.com/a/", "https://www.example.com/a", "https://example.com/A",
		"https://example.com/a/index.html", "https://example.com:8443/a", "https://example.com/a?b", "https://example.com/a?b=",
		"https://example.com/a?b=1&b=2", "https://example.com/a?b=2&b=1", "https://example.com/a%2Fb", "https://example.com/a/b",
		"https://example.com/a?b=1%262", "https://example.com/a?b=1&2", "https://example.com//a",
	} {
		if other, ok := seen[Key(address)]; ok {
			t.Errorf("%q and %q have the key %q", address, other, Key(address))
		}
		seen[Key(address)] = address
	}
	if got := Key("https://example.com/a?b=2&a=1"); got != "example.com/a?a=1&b=2" {
		t.Errorf("Key = %q", got)
	}
}

func TestHostAndSite(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ address, host, site string }{
		{"https://example.com/a", "example.com", "example.com"},
		{"https://www.example.com", "www.example.com", "example.com"},
		{"https://a.b.example.co.uk/?q", "a.b.example.co.uk", "example.co.uk"},
		{"http://example.com:8080/a", "example.com:8080", "example.com"},
		{"https://jo.github.io/x", "jo.github.io", "jo.github.io"},
		{"https://github.io/x", "github.io", "github.io"},
		{"https://co.uk/", "co.uk", "co.uk"},
		{"https://xn--bcher-kva.example/", "xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"http://localhost/", "localhost", "localhost"},
		{"http://localhost:8080/", "localhost:8080", "localhost:8080"},
		{"http://wiki.intranet/", "wiki.intranet", "wiki.intranet"},
		{"http://127.0.0.1/", "127.0.0.1", "127.0.0.1"},
		{"http://127.0.0.1:8080/", "127.0.0.1:8080", "127.0.0.1:8080"},
		{"http://[::1]/", "[::1]", "[::1]"},
		{"http://[::1]:8080/", "[::1]:8080", "[::1]:8080"},
		{"http://[2001:db8::1]", "[2001:db8::1]", "[2001:db8::1]"},
		{"", "", ""},
		{"no address", "", ""},
	} {
		if host, site := Host(tt.address), Site(tt.address); host != tt.host || site != tt.site {
			t.Errorf("%q: Host = %q, Site = %q; want %q, %q", tt.address, host, site, tt.host, tt.site)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, ref := range []string{
		"https://example.com/a?b=c#d", "../x", "//a.example:80/%zz", "?utm_a=1&&b", "http://①②⑦.0.0.1./", "http://[::ffff:1.2.3.4]/",
		"https://example.com/??", `\\a\b`, "https://ÄÖ.example/\xff\x00", "https://a..b/", "http://a.example/?q=%&x='",
	} {
		f.Add("https://example.com/a/b?c", ref)
		f.Add("", ref)
	}
	f.Fuzz(func(t *testing.T, base, ref string) {
		first, err := Normalize(base, ref)
		if err != nil {
			if first != "" {
				t.Fatalf("%q comes with %v", first, err)
			}
			return
		}
		if again, err := Normalize("", first); again != first || err != nil {
			t.Fatalf("Normalize(%q) = %q, %v", first, again, err)
		}
		if again, err := Normalize(base, first); again != first || err != nil {
			t.Fatalf("Normalize(%q, %q) = %q, %v", base, first, again, err)
		}
		u, err := url.Parse(first)
		if err != nil {
			t.Fatalf("url.Parse(%q): %v", first, err)
		}
		if u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" || u.Hostname() == "" || len(first) > maxURLBytes {
			t.Fatalf("Normalize(%q, %q) = %q", base, ref, first)
		}
		if Host(first) != u.Host {
			t.Fatalf("Host(%q) = %q, not %q", first, Host(first), u.Host)
		}
		if Site(first) == "" || !strings.HasPrefix(Key(first), octets(u.Host)) {
			t.Fatalf("%q: Site = %q, Key = %q", first, Site(first), Key(first))
		}
	})
}
