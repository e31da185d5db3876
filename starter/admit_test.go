package main

import (
	"strings"
	"testing"

	"steward/schemas"
)

func TestPrivateAddressesAreRefusedAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	admit := admits([]string{"wiki.intranet:8080", "10.0.0.7:80", "[fd00::1]:443", "docs.example.com:8443"})
	for _, address := range []string{
		"https://example.com/help", "example.com", "http://example.com:443/", "https://1.1.1.1/", "https://[2606:4700::1111]/",
		"http://wiki.intranet:8080/", "HTTP://WIKI.intranet:8080", "http://10.0.0.7", "http://10.0.0.7:80/a", "https://[fd00::1]/x",
		"https://docs.example.com:8443/", "https://localhost.example.com/", "https://münchen.example/",
	} {
		if err := admit(address); err != nil {
			t.Errorf("%s is refused: %v", address, err)
		}
	}
	for address, says := range map[string]string{
		"http://127.0.0.1/": "private network", "http://10.0.0.1/": "private network", "http://localhost/": "private network",
		"http://2130706433/": "127.0.0.1:80", "http://0x7f.1/": "127.0.0.1:80", "http://017700000001/": "127.0.0.1:80", "http://127.1": "127.0.0.1:80",
		"http://①②⑦.0.0.1/": "127.0.0.1:80", "http://[::ffff:127.0.0.1]/": "private network", "http://[::1]:8080/": "[::1]:8080",
		"http://0.0.0.0/": "private network", "http://169.254.169.254/latest/meta-data/": "private network", "http://100.64.0.1/": "private network",
		"http://localhost./": "private network", "http://a.LOCALHOST/": "private network", "http://printer.local/": "private network",
		"http://metadata.google.internal/": "private network", "http://router.home.arpa": "private network", "https://intranet/": "private network",
		"http://wiki.intranet:8081/": "port 8081", "http://10.0.0.7:8080/": "private network", "https://example.com:8443/": "STEWARD_CRAWL_ALLOW=example.com:8443",
		"https://user:secret@example.com/": "not the address", "ftp://example.com/": "not the address", "https://exa mple.com/": "not the address", "": "not the address",
		"https://example.com:99999/": "not the address",
	} {
		err := admit(address)
		if err == nil || schemas.KindOf(err) != schemas.KindInvalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want a refusal that says %q", address, err, says)
			continue
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the refusal repeats a password: %v", address, err)
		}
	}
}
