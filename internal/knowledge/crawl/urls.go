package crawl

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	whatwg "github.com/nlnwa/whatwg-url/url"
	"golang.org/x/net/publicsuffix"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// maxURLBytes is the longest address that is read.
	maxURLBytes = 2048
	// maxRefBytes is the longest link that is looked at; what is longer is
	// data, not an address with a long fragment.
	maxRefBytes = 4 * maxURLBytes
)

// Normalize returns the normal form of ref, which may be relative to base: as a
// browser reads it (WHATWG), without default port, fragment, a dot after the
// host, and the query parameters that only track visitors. Everything else
// stays, as a site may tell such addresses apart; see Key for what is compared.
//
// An empty base stands for an address as an admin enters it: without a scheme
// it is https. Errors are Failures: forbidden_host for what is not http or
// https or carries a user name, unreachable for what is no address or is
// longer than 2,048 bytes.
func Normalize(base, ref string) (string, error) {
	u, err := parse(base, ref)
	if err != nil {
		return "", err
	}
	query := withoutTracking(u.Query())
	if query != "" {
		query = "?" + query
	}
	u.SetSearch(query)
	return href(u)
}

// parse reads an address as a browser does, so that every way of writing an IP
// address is resolved before anything looks at it.
func parse(base, ref string) (*whatwg.Url, error) {
	if len(base) > maxRefBytes || len(ref) > maxRefBytes {
		return nil, notAnAddress("address is too long")
	}
	base, ref = strings.TrimSpace(base), strings.TrimSpace(ref)
	// A percent sign that encodes nothing is one that net/url refuses.
	parser := whatwg.NewParser(whatwg.WithPercentEncodeSinglePercentSign())
	var u *whatwg.Url
	var err error
	switch {
	case base != "":
		u, err = parser.ParseRef(base, ref)
	case hasScheme(ref):
		u, err = parser.Parse(ref)
	default:
		u, err = parser.Parse("https://" + strings.TrimPrefix(ref, "//"))
	}
	if err != nil {
		return nil, notAnAddress("not an address of a page")
	}
	switch {
	case u.Scheme() != "http" && u.Scheme() != "https":
		return nil, knowledge.Fail(schemas.FailForbiddenHost, errors.New("only http and https are read"))
	case u.Username() != "" || u.Password() != "":
		return nil, knowledge.Fail(schemas.FailForbiddenHost, errors.New("an address with a user name is not read"))
	case strings.Trim(u.Hostname(), ".") == "":
		return nil, notAnAddress("address names no host")
	}
	if name := u.Hostname(); strings.HasSuffix(name, ".") {
		u.SetHostname(strings.TrimRight(name, "."))
	}
	u.SetHash("")
	return u, nil
}

// hasScheme tells https://host from host:8080 and host/path?to=https://other.
func hasScheme(ref string) bool {
	before, after, ok := strings.Cut(ref, ":")
	if strings.EqualFold(before, "http") || strings.EqualFold(before, "https") {
		return ok
	}
	return strings.HasPrefix(after, "//") && !strings.ContainsAny(before, "/?#@")
}

// href writes an address down, unless it is too long or cannot be requested.
func href(u *whatwg.Url) (string, error) {
	text := u.Href(true)
	if len(text) > maxURLBytes {
		return "", notAnAddress("address is too long")
	}
	// net/http must read it in the same way, or not at all.
	if read, err := url.Parse(text); err != nil || read.Host != u.Host() {
		return "", notAnAddress("not an address of a page")
	}
	return text, nil
}

func notAnAddress(why string) error {
	return knowledge.Fail(schemas.FailUnreachable, errors.New(why))
}

// withoutTracking leaves out the parameters that tell visitors apart, not
// pages. The others keep their order and spelling.
func withoutTracking(query string) string {
	pairs := strings.Split(query, "&")
	pairs = slices.DeleteFunc(pairs, func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return tracks(strings.ToLower(octets(name)))
	})
	return strings.Join(pairs, "&")
}

func tracks(name string) bool {
	switch name {
	case "gclid", "fbclid", "_ga", "sessionid", "phpsessid", "sid":
		return true
	}
	return strings.HasPrefix(name, "utm_") || strings.HasPrefix(name, "mc_")
}

// Key returns what an address in normal form is known by: two addresses with
// one key are the same page. It leaves out the scheme, sorts the query by name,
// and writes percent-encoded octets in one way. `www.`, trailing slashes and
// names of index files stay, as only the site knows what they mean there.
func Key(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	rest, _, _ = strings.Cut(rest, "#")
	path, query, _ := strings.Cut(rest, "?")
	pairs := strings.FieldsFunc(octets(query), func(r rune) bool { return r == '&' })
	if len(pairs) == 0 {
		return octets(path)
	}
	// Values of one name keep their order, which may mean something.
	slices.SortStableFunc(pairs, func(a, b string) int {
		nameA, _, _ := strings.Cut(a, "=")
		nameB, _, _ := strings.Cut(b, "=")
		return strings.Compare(nameA, nameB)
	})
	return octets(path) + "?" + strings.Join(pairs, "&")
}

// Host returns the host of an address in normal form, with its port unless that
// is the scheme's own: what a browser calls the host. It is empty when there is
// none.
func Host(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	if end := strings.IndexAny(rest, `/?#\`); end >= 0 {
		rest = rest[:end]
	}
	return strings.ToLower(rest)
}

// Site returns the registrable domain of an address in normal form, such as
// example.co.uk. IP addresses, names of one label and public suffixes stand for
// themselves, with their port.
func Site(address string) string {
	host := Host(address)
	name := host
	if at := strings.LastIndexByte(name, ':'); at > strings.LastIndexByte(name, ']') {
		name = name[:at]
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return host
	}
	return domain
}
