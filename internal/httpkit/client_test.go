package httpkit

import (
	"net/http/httptest"
	"testing"
)

func TestClientIP(t *testing.T) {
	t.Parallel()
	find, err := ClientIP([]string{"10.0.0.0/8", "127.0.0.1/32"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ remote, forwarded, want string }{
		"direct":                      {"203.0.113.9:1", "", "203.0.113.9"},
		"direct, header not believed": {"203.0.113.9:1", "198.51.100.7", "203.0.113.9"},
		"one proxy":                   {"10.1.1.1:1", "198.51.100.7", "198.51.100.7"},
		"two proxies":                 {"127.0.0.1:1", "198.51.100.7, 10.2.2.2", "198.51.100.7"},
		"forged beginning":            {"10.1.1.1:1", "1.2.3.4, 198.51.100.7", "198.51.100.7"},
		"not an address":              {"10.1.1.1:1", "evil", "10.1.1.1"},
		"no header":                   {"10.1.1.1:1", "", "10.1.1.1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := find(r); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if _, err := ClientIP([]string{"10.0.0.1"}); err == nil {
		t.Error("an address without a length was taken for a CIDR")
	}
}
