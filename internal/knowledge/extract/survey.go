package extract

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxLinks is the largest number of links taken from one page.
const maxLinks = 5000

// maxAddress is the longest address taken, in bytes.
const maxAddress = 2048

// survey is what a page says about itself, taken in one walk before anything is
// removed: menus that are folded away still have links to follow.
type survey struct {
	// own is the page's address and base what relative links start from; both
	// are empty for an upload.
	own, base *url.URL

	language  string
	title     string // of the window
	shared    string // for social networks
	canonical []string
	links     []string
	noIndex   bool
	noFollow  bool
	// data are the JSON-LD scripts.
	data []string

	// scripts, mount and plea tell a page that scripts have to fill: it loads
	// one, has an element to fill that is next to empty, or asks for scripts.
	scripts, mount, plea bool

	// openers are the ids of what a visible button or tab opens.
	openers map[string]bool

	seen map[string]bool
}

// look surveys a parsed page.
func look(root *html.Node, own *url.URL) *survey {
	s := &survey{own: own, base: own, openers: map[string]bool{}, seen: map[string]bool{}}
	if n := find(root, func(n *html.Node) bool { return is(n, atom.Base) && hasAttr(n, "href") }); n != nil {
		if ref, err := own.Parse(address(n)); err == nil {
			s.base = ref
		}
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			s.element(n)
		}
	}
	return s
}

func (s *survey) element(n *html.Node) {
	switch n.DataAtom {
	case atom.Html:
		s.languageOf(attr(n, "lang"))
		s.languageOf(attr(n, "xml:lang"))
	case atom.Title:
		if s.title == "" && n.Namespace == "" {
			s.title = text(n)
		}
	case atom.Meta:
		s.meta(n)
	case atom.Link:
		if token(attr(n, "rel"), "canonical") && n.Parent != nil && is(n.Parent, atom.Head) {
			s.canonical = append(s.canonical, s.absolute(address(n)))
		}
	case atom.Script:
		if strings.Contains(strings.ToLower(attr(n, "type")), "ld+json") {
			s.data = append(s.data, rawText(n))
		}
		s.scripts = s.scripts || hasAttr(n, "src")
	case atom.Noscript:
		s.plea = s.plea || asksForScripts.MatchString(rawText(n))
	case atom.A, atom.Area:
		s.link(n)
	}
	if mountPoint(n) && lighter(n, maxMount) {
		s.mount = true
	}
	s.opener(n)
}

// maxMount is how much text an element may have that scripts are still to
// fill: a word such as "Loading".
const maxMount = 40

var asksForScripts = regexp.MustCompile(`(?i)java\s?script`)

// mountPoint knows the elements that frameworks fill.
func mountPoint(n *html.Node) bool {
	switch strings.ToLower(attr(n, "id")) {
	case "root", "app", "__next", "__nuxt", "___gatsby", "svelte":
		return true
	}
	return hasAttr(n, "data-reactroot") || n.Data == "app-root"
}

func (s *survey) meta(n *html.Node) {
	content := attr(n, "content")
	switch strings.ToLower(attr(n, "name")) {
	case "robots", "steward":
		words := strings.ReplaceAll(content, ",", " ")
		s.noIndex = s.noIndex || token(words, "noindex", "none")
		s.noFollow = s.noFollow || token(words, "nofollow", "none")
	}
	switch strings.ToLower(attr(n, "property")) {
	case "og:title":
		if s.shared == "" {
			s.shared = strings.Join(strings.Fields(content), " ")
		}
	case "og:locale":
		s.languageOf(content)
	}
	switch strings.ToLower(attr(n, "http-equiv")) {
	case "content-language":
		s.languageOf(content)
	case "refresh":
		if m := refreshTarget.FindStringSubmatch(content); m != nil {
			s.keepLink(cleaned(m[1]))
		}
	}
}

// refreshTarget finds the address in "5; url=/start": where a page without
// content of its own sends its visitors.
var refreshTarget = regexp.MustCompile(`(?i)^[\s\d.]*[;,]\s*(?:url\s*=\s*)?["']?([^"']+)`)

var languageTag = regexp.MustCompile(`^\s*([A-Za-z]{2})(?:[-_].*)?\s*$`)

// languageOf takes the ISO 639-1 part of the first tag that has one. The two
// written forms of Norwegian are one language to the analysis.
func (s *survey) languageOf(tag string) {
	m := languageTag.FindStringSubmatch(tag)
	if m == nil || s.language != "" {
		return
	}
	s.language = strings.ToLower(m[1])
	if s.language == "nb" || s.language == "nn" {
		s.language = "no"
	}
}

// address is an element's href as browsers clean it.
func address(n *html.Node) string { return cleaned(attr(n, "href")) }

func cleaned(href string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return -1
		}
		return r
	}, strings.TrimSpace(href))
}

// absolute resolves an address of the web. It returns "" for all others.
func (s *survey) absolute(href string) string {
	ref := s.resolve(href)
	if ref == nil || ref.Host == "" || ref.Scheme != "http" && ref.Scheme != "https" {
		return ""
	}
	return ref.String()
}

func (s *survey) resolve(href string) *url.URL {
	if href == "" || len(href) > maxAddress {
		return nil
	}
	ref, err := s.base.Parse(href)
	if err != nil {
		return nil
	}
	return ref
}

func (s *survey) link(n *html.Node) {
	if !token(attr(n, "rel"), "nofollow") {
		s.keepLink(address(n))
	}
}

// keepLink takes a link to follow. Places on a page are no pages, apart from those
// by which scripts tell pages apart.
func (s *survey) keepLink(href string) {
	if len(s.links) >= maxLinks {
		return
	}
	place := strings.HasPrefix(href, "#")
	ref := s.resolve(href)
	if ref == nil || ref.Host == "" || ref.Scheme != "http" && ref.Scheme != "https" {
		return
	}
	if !strings.HasPrefix(ref.Fragment, "!") && !strings.HasPrefix(ref.Fragment, "/") {
		if place {
			return
		}
		ref.Fragment, ref.RawFragment = "", ""
	}
	if link := ref.String(); !s.seen[link] {
		s.seen[link] = true
		s.links = append(s.links, link)
	}
}

// canonicalURL is the address the page gives as its own, empty when it gives
// none or several.
func (s *survey) canonicalURL() string {
	if len(s.canonical) == 0 {
		return ""
	}
	for _, other := range s.canonical[1:] {
		if other != s.canonical[0] {
			return ""
		}
	}
	address, _, _ := strings.Cut(s.canonical[0], "#")
	return address
}
