package extract

import (
	"context"
	"net/url"

	trafilatura "github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	// shortText is how much text a page needs to be searched, in runes. On less,
	// the search says all of it in one paragraph.
	shortText = 250
	// longText is how much text makes a page more than a short help page.
	longText = 600
	// hugeText is how much text of its own makes a page on which what is beside
	// it does not count, in runes: searching it costs more than it brings.
	hugeText = 20_000
	// articleText is how much text that is no link makes a page more than a list
	// of other pages, in runes.
	articleText = 1000
	// maxEffort is the largest page that is searched, in runes and nodes times
	// how deep they are: the search reads the text of every element, with all
	// below it, several times.
	maxEffort = 10_000_000
	// articleShare is the part of the text without the site's frame that an
	// article must have to be trusted: with less, a part of the page is lost.
	articleShare = 0.6
	// moreText is how many times as much text an article has when the page's
	// own content has lost some of it with the frame.
	moreText = 1.25
	// proseText is how long a text is that is neither a link nor a label, in
	// runes.
	proseText = 30
	// doubledShare is how much of an article's text may be there twice beyond
	// what the page itself says twice.
	doubledShare = 0.2
	// doubledRun is how many words in a row are no coincidence.
	doubledRun = 6
)

// article asks trafilatura for the article of a page. It returns nil when there
// is none, or when the search gives up on the page.
func article(ctx context.Context, root *html.Node, own *url.URL) *html.Node {
	if ctx.Err() != nil || lighter(root, shortText) || effort(root, 0) > maxEffort {
		return nil
	}
	return search(clone(root), trafilatura.Options{
		OriginalURL: own, EnableFallback: true, Focus: trafilatura.Balanced, ExcludeComments: true, IncludeLinks: true,
		HtmlDateMode: trafilatura.Disabled,
	})
}

// articleWithin asks for the article in a page's own content alone, which takes
// a third of the time.
func articleWithin(ctx context.Context, own *html.Node) *html.Node {
	if ctx.Err() != nil || effort(own, 0) > maxEffort {
		return nil
	}
	root := &html.Node{Type: html.DocumentNode}
	page := &html.Node{Type: html.ElementNode, Data: "html", DataAtom: atom.Html}
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	root.AppendChild(page)
	page.AppendChild(body)
	body.AppendChild(clone(own))
	return search(root, trafilatura.Options{Focus: trafilatura.Balanced, ExcludeComments: true, IncludeLinks: true, HtmlDateMode: trafilatura.Disabled})
}

func search(root *html.Node, options trafilatura.Options) (found *html.Node) {
	defer func() {
		// Its parts index into trees that are not always as they expect.
		if recover() != nil {
			found = nil
		}
	}()
	result, err := trafilatura.ExtractDocument(root, options)
	if err != nil {
		return nil
	}
	return result.ContentNode
}

func effort(n *html.Node, depth int) int {
	total := depth
	if n.Type == html.TextNode {
		total += depth * len(n.Data)
	}
	for child := range n.ChildNodes() {
		total += effort(child, depth+1)
	}
	return total
}

// nodes counts the nodes below n, up to a limit.
func nodes(n *html.Node, limit int) int {
	total := 0
	for range n.Descendants() {
		if total++; total >= limit {
			break
		}
	}
	return total
}

// crowded reports whether a page's main part has an article in it, and more
// text in links to others.
func crowded(own *html.Node) bool {
	whole, links := weight(own), linkWeight(own)
	return links*2 > whole && whole-links > articleText
}

// choose takes the article's place on the page, or the article itself when it
// has none, if it can stand for the page's own content: it has most of its text
// or prose, not much of it twice, and has kept its shape. It can also have more,
// on pages whose frame holds their text.
func choose(article, own *html.Node) *html.Node {
	have, want := float64(weight(article)), float64(weight(own))
	if have > moreText*want && !repeats(article, own) {
		return article
	}
	if have < articleShare*want && float64(prose(article)) < articleShare*float64(prose(own)) {
		return own
	}
	if at := placeOf(article, own); at != nil {
		return at
	}
	if repeats(article, own) || parts(article)*2 < parts(own) {
		return own
	}
	return article
}

// repeats reports whether an article says things twice that the page does not.
func repeats(article, own *html.Node) bool { return doubled(article) > doubled(own)+doubledShare }

// prose is the weight of the longer texts outside of links.
func prose(n *html.Node) int {
	total := 0
	for child := range n.ChildNodes() {
		switch {
		case child.Type == html.TextNode:
			if w := runes(child.Data); w >= proseText {
				total += w
			}
		case !is(child, atom.A):
			total += prose(child)
		}
	}
	return total
}

// parts counts what gives a text its shape: headings, items, rows and code, but
// no menus.
func parts(n *html.Node) int {
	return len(all(n, func(n *html.Node) bool {
		return (heading(n) || is(n, atom.Li, atom.Tr, atom.Pre)) && plainer(n, 1)
	}))
}

// doubled is the part of a text's runs of words that occur in it before.
func doubled(n *html.Node) float64 {
	runs := runsOf(units(rawText(n)), doubledRun)
	if len(runs) < doubledRun {
		return 0
	}
	seen := make(map[uint64]bool, len(runs))
	again := 0
	for _, run := range runs {
		if seen[run] {
			again++
		}
		seen[run] = true
	}
	return float64(again) / float64(len(runs))
}
