package actions

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"steward/schemas"
)

// The host, the scheme and the path that the admin wrote never change, and one
// value is one part of the path and one value of the query.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"A-17", "../../admin?x=", "\r\nX: 1", "%2e%2e%2f", "..;/", "//evil.example", "@evil.example:80", "a/b\\c", "", "#", "?a=b&c=d", "\u202e", "\xff", "{order}", ".%00.", "%", "%25%32%65%25%32%65",
	} {
		f.Add(seed, seed)
	}
	base, err := url.Parse("https://api.example.com:8443/v1/shop")
	if err != nil {
		f.Fatal(err)
	}
	call := schemas.HTTPCall{
		Method: "GET", Path: "/orders/{order}/of-{who}/lines", Query: map[string]string{"q": "{order}", "fixed": "1"},
		Headers: map[string]string{"X-Order": "{who}"},
	}
	f.Fuzz(func(t *testing.T, order, who string) {
		v := values{}
		for name, text := range map[string]string{"order": order, "who": who} {
			raw, err := json.Marshal(text)
			if err != nil {
				t.Skip()
			}
			v[name] = raw
		}
		req, err := render(t.Context(), base, call, v)
		if err != nil {
			return
		}
		u, err := url.Parse(req.URL.String())
		if err != nil {
			t.Fatalf("%q %q: not an address: %v", order, who, err)
		}
		parts := strings.Split(u.EscapedPath(), "/")
		switch {
		case u.Scheme != "https" || u.Host != "api.example.com:8443" || u.User != nil || u.Fragment != "":
			t.Errorf("%q %q: leads to %s", order, who, u)
		case len(parts) != 7 || strings.Join(parts[:4], "/") != "/v1/shop/orders" || !strings.HasPrefix(parts[5], "of-") || parts[6] != "lines":
			t.Errorf("%q %q: path %s", order, who, u.EscapedPath())
		case len(u.Query()) != 2 || u.Query().Get("fixed") != "1":
			t.Errorf("%q %q: query %s", order, who, u.RawQuery)
		}
		for _, part := range parts {
			plain, err := url.PathUnescape(part)
			if err != nil || plain == "." || plain == ".." || strings.HasPrefix(plain, "../") || strings.Contains(plain, "/../") {
				t.Errorf("%q %q: part %q", order, who, part)
			}
		}
		if strings.ContainsAny(req.Header.Get("X-Order"), "\r\n\x00") {
			t.Errorf("%q: header", who)
		}
	})
}

func TestDotted(t *testing.T) {
	t.Parallel()
	for part, want := range map[string]bool{
		"..": true, ".": true, "a/..": true, "..\\a": true, "%2e%2e": true, "%252e%252e": true, "..%2f..": true, "..;a=b": true, "%2E/x": true,
		"...": false, "a..b": false, "a.b": false, "..a": false, "": false, "%zz": false, "1/2": false,
	} {
		if got := dotted(part); got != want {
			t.Errorf("%q: %v", part, got)
		}
	}
}
