package extract

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"steward/internal/language"
)

// bestTitle prefers the heading of the content when the title of the window
// only adds the site's name to it. headline is what the page's data say; it
// counts when nothing else does.
func (s *survey) bestTitle(root, content *html.Node, headline string) string {
	title := s.title
	if title == "" {
		title = s.shared
	}
	first := ""
	for _, below := range []*html.Node{content, root} {
		if h := find(below, func(n *html.Node) bool { return is(n, atom.H1) && weight(n) > 0 }); first == "" && h != nil {
			first = text(h)
		}
	}
	if first != "" && (title == "" || strings.Contains(language.Fold(title), language.Fold(first))) {
		return first
	}
	if title == "" {
		return headline
	}
	return title
}

// keepTitle puts the title of a page, which may stand above its content, back
// on top of it.
func (s *survey) keepTitle(title, content *html.Node) {
	if title == nil || find(content, named(atom.H1)) != nil {
		return
	}
	said := language.Fold(s.title + " " + s.shared)
	if strings.Contains(said, language.Fold(text(title))) {
		content.InsertBefore(clone(title), content.FirstChild)
	}
}
