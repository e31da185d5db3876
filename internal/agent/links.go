package agent

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/publicsuffix"

	"steward/internal/language"
	"steward/schemas"
)

var (
	htmlTag    = regexp.MustCompile(`<\s*[/!?]?\s*[a-zA-Z]|<\s*[!?]`)
	schemeLink = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.|javascript:|data:|mailto:|tel:)[^\s<>()\[\]"']*`)
	bareHost   = regexp.MustCompile(`(?i)(?:^|[\s(\["'*_])((?:[\p{L}\p{N}-]{2,63}\.)+[\p{L}]{2,24})((?:[/?#][^\s<>()\[\]"']*)?)`)
	imageMark  = regexp.MustCompile(`!\s*\[`)
)

// links checks that the reply holds no markup that loads or hides something,
// and only links to allowed hosts that are known from a cited passage, the
// customer or the settings. Reference links are refused as a whole: they hide
// their target and have been used to leak data.
func (c *checker) links() {
	source := marker.ReplaceAllString(c.d.Text, " ")
	found := readMarkdown(source)
	// A definition can use the markers themselves as its name.
	if found.markup || readMarkdown(c.d.Text).markup || htmlTag.MatchString(source) || imageMark.MatchString(source) {
		c.breaks(ViolationMarkup)
	}
	if disguised(source) {
		c.breaks(ViolationLink)
	}
	for _, target := range append(found.targets, addresses(source)...) {
		if !c.allowed(target) {
			c.breaks(ViolationLink)
		}
	}
}

// addresses are the web addresses in plain text, with a scheme or without.
func addresses(source string) []string {
	out := schemeLink.FindAllString(source, -1)
	for _, m := range bareHost.FindAllStringSubmatch(emailToken.ReplaceAllString(source, " "), -1) {
		suffix, known := publicsuffix.PublicSuffix(strings.ToLower(m[1]))
		if known && !strings.EqualFold(suffix, m[1]) {
			out = append(out, m[1]+m[2])
		}
	}
	return out
}

// disguised reports whether text names a host that only shows once letters,
// full stops and slashes of other forms are read as browsers and people read
// them.
func disguised(source string) bool {
	shown := map[string]bool{}
	for host := range hosts(source) {
		shown[language.Fold(host)] = true
	}
	plain := strings.NewReplacer("。", ".", "｡", ".", "︒", ".", `\`, "/").Replace(language.Fold(source))
	for host := range hosts(plain) {
		if !shown[host] {
			return true
		}
	}
	return false
}

// hosts are the hosts of the addresses in text.
func hosts(source string) map[string]bool {
	out := map[string]bool{}
	for _, target := range addresses(source) {
		if !strings.Contains(target, "://") {
			target = "https://" + target
		}
		if u, err := url.Parse(target); err == nil && u.Hostname() != "" {
			out[u.Hostname()] = true
		}
	}
	return out
}

type markdown struct {
	markup  bool
	targets []string
}

// readMarkdown parses text as the strictest reader of it would, with automatic
// links, and returns its targets and whether it has HTML, images or
// reference definitions.
func readMarkdown(source string) markdown {
	var out markdown
	raw := []byte(source)
	pc := parser.NewContext()
	md := goldmark.New(goldmark.WithExtensions(extension.Linkify))
	root := md.Parser().Parse(text.NewReader(raw), parser.WithContext(pc))
	out.markup = len(pc.References()) > 0
	// Walk ends with an error only when the visitor returns one.
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Image, *ast.RawHTML, *ast.HTMLBlock:
			out.markup = true
		case *ast.Link:
			out.targets = append(out.targets, string(n.Destination))
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL {
				out.targets = append(out.targets, string(n.URL(raw)))
			}
		}
		return ast.WalkContinue, nil
	})
	return out
}

// allowed reports whether the reply may link to target.
func (c *checker) allowed(target string) bool {
	target = strings.TrimRight(target, ".,;:!?)*_")
	full := target
	if !strings.Contains(full, "://") {
		full = "https://" + full
	}
	u, err := url.Parse(full)
	if err != nil || u.Hostname() == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return false
	}
	for _, p := range c.m.Passages {
		if !p.Citable && p.URL != "" && sameURL(p.URL, u) {
			return false
		}
	}
	// An admin has declared these values of an action's answer as links.
	for _, r := range results(c.m) {
		if slices.Contains(r.Links, target) || slices.Contains(r.Links, full) {
			return true
		}
	}
	if !hostAllowed(c.m, u.Hostname()) {
		return false
	}
	known := strings.Contains(c.evidence, target)
	if u.RawQuery != "" || u.Fragment != "" {
		// A query can carry data out, so it must be one the source has.
		return known
	}
	return known || listed(c.m.Settings.Profile.LinkHosts, u.Hostname()) || c.citesURL(u)
}

func (c *checker) citesURL(u *url.URL) bool {
	return slices.ContainsFunc(c.m.Passages, func(p schemas.Passage) bool {
		return p.Citable && slices.Contains(c.cited, p.Number) && sameURL(p.URL, u)
	})
}

// hostAllowed reports whether host is one of the citable passages' or of the
// settings' link hosts.
func hostAllowed(m schemas.Material, host string) bool {
	if listed(m.Settings.Profile.LinkHosts, host) {
		return true
	}
	return slices.ContainsFunc(m.Passages, func(p schemas.Passage) bool {
		u, err := url.Parse(p.URL)
		return p.Citable && err == nil && u.Hostname() != "" && strings.EqualFold(u.Hostname(), host)
	})
}

func listed(hosts []string, host string) bool {
	return slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, host) })
}

// sameURL compares addresses without scheme, query and a slash at the end.
func sameURL(raw string, u *url.URL) bool {
	other, err := url.Parse(raw)
	return err == nil && strings.EqualFold(other.Host, u.Host) &&
		strings.TrimRight(other.Path, "/") == strings.TrimRight(u.Path, "/")
}
