package extract

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// mostTrimmed is the part of a page's own content above which nothing is
// trimmed: then it is the article that is wrong.
const mostTrimmed = 0.5

// paragraph is how long a text outside of links is that says something, in
// runes.
const paragraph = 80

// trim takes out of a page's own content what its article leaves out: teasers,
// notes about authors and calls to sign up before the first and after the last
// text of the article, captions and links to other pages in between. Headings,
// lists, tables, code, what unfolds and paragraphs beside those of the article
// stay: the search for articles often misses them.
func trim(article, own *html.Node) {
	known := runsBelow(article)
	var texts []*html.Node
	var found []bool
	first, last := -1, -1
	for n := range own.Descendants() {
		if n.Type != html.TextNode || strings.TrimSpace(n.Data) == "" {
			continue
		}
		found = append(found, known.has(units(n.Data)))
		if found[len(texts)] {
			last = len(texts)
			if first < 0 {
				first = last
			}
		}
		texts = append(texts, n)
	}
	if first < 0 {
		return
	}
	var gone []*html.Node
	loss := 0
	for i, n := range texts {
		if !found[i] && known.foreign(n, i < first || i > last) {
			gone = append(gone, n)
			loss += runes(n.Data)
		}
	}
	if float64(loss) > mostTrimmed*float64(weight(own)) {
		return
	}
	end := texts[last]
	for _, n := range gone {
		remove(n)
	}
	dropBareHeadings(own, end)
}

// foreign reports whether a text that an article does not have is none of the
// page's own. outside is true before the first and after the last text of the
// article.
func (k known) foreign(n *html.Node, outside bool) bool {
	if inside(n, heading) {
		return false
	}
	if inside(n, solid) {
		return outside && inside(n, func(a *html.Node) bool { return is(a, atom.Li) && mostlyLinks(a) })
	}
	block := blockOf(n)
	switch {
	case k.below(block):
		return false
	case outside:
		return !plainer(block, paragraph) || !k.near(block)
	}
	return mostlyLinks(block) || inside(n, func(a *html.Node) bool { return is(a, atom.Figure) || captions.MatchString(attr(a, "class")) })
}

// near reports whether the article has text right around a block.
func (k known) near(block *html.Node) bool {
	if block.Parent == nil {
		return false
	}
	return k.below(block.Parent) || block.Parent.Parent != nil && k.below(block.Parent.Parent)
}

func (k known) below(n *html.Node) bool {
	return contains(n, func(d *html.Node) bool { return d.Type == html.TextNode && k.has(units(d.Data)) })
}

var captions = regexp.MustCompile(`(?i)caption|credit|figure|image|photo|copyright`)

// solid knows the elements with text that is seldom a frame's.
func solid(n *html.Node) bool {
	return is(n, atom.Li, atom.Table, atom.Pre, atom.Dl, atom.Details, atom.Blockquote, atom.Button) || toggles(n)
}

// blockOf is the block that a text stands in.
func blockOf(n *html.Node) *html.Node {
	for a := range n.Ancestors() {
		if !is(a, atom.A, atom.Span, atom.B, atom.Strong, atom.Em, atom.I, atom.Code, atom.Font, atom.U, atom.Small, atom.Sup, atom.Sub) {
			return a
		}
	}
	return n
}

// dropBareHeadings removes the headings after a text that have nothing below
// them.
func dropBareHeadings(own, text *html.Node) {
	var bare []*html.Node
	after := false
	for n := range own.Descendants() {
		switch {
		case n == text:
			after = true
		case !after:
		case heading(n):
			bare = append(bare, n)
		case n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" && !inside(n, heading):
			bare = nil
		}
	}
	for _, n := range bare {
		remove(n)
	}
}
