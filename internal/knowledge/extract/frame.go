package extract

import (
	"regexp"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// mainShare is the part of a page's text that its one main element must hold to
// be taken for the content.
const mainShare = 0.1

// region finds the element that a page marks as its content: its one <main>, or
// the only one of main, article and articleBody when each counts once. When
// there is none, it returns the body and false.
func region(body *html.Node) (*html.Node, bool) {
	whole := float64(weight(body))
	for _, marks := range []func(*html.Node) bool{isMain, isContent} {
		var found []*html.Node
		outermost(body, marks, &found)
		if len(found) == 1 && float64(weight(found[0])) >= mainShare*whole {
			return found[0], true
		}
	}
	return body, false
}

func isMain(n *html.Node) bool { return is(n, atom.Main) || role(n, "main") }

func isContent(n *html.Node) bool {
	return isMain(n) || is(n, atom.Article) || token(attr(n, "itemprop"), "articleBody")
}

func outermost(n *html.Node, fits func(*html.Node) bool, found *[]*html.Node) {
	for child := range n.ChildNodes() {
		if child.Type != html.ElementNode {
			continue
		}
		if fits(child) {
			*found = append(*found, child)
		} else {
			outermost(child, fits, found)
		}
	}
}

// frame removes what is around the content: menus, widgets, forms.
type frame struct {
	content *html.Node
	// page is true when the content is the whole body, with the site's head
	// and foot.
	page bool
	// whole is the weight of the content.
	whole int
	// names remembers which classes are those of widgets.
	names map[string]bool
}

// clear takes the frame of the site out of the content.
func (f *frame) clear() {
	f.names = map[string]bool{}
	f.whole = weight(f.content)
	prune(f.content, f.foreign)
	dropRelated(f.content)
	f.dropPath()
	prune(f.content, emptied)
}

// foreign reports whether n is no part of the content. Names and phrases are
// clues only, so what they point to has to be a small part of the text.
func (f *frame) foreign(n *html.Node) bool {
	if n.Type != html.ElementNode {
		return false
	}
	switch {
	case f.landmark(n):
		return true
	case is(n, atom.Form):
		// Some site builders put the whole page into a form.
		return weight(n)*2 < f.whole
	case is(n, atom.Button):
		return !f.question(n)
	case is(n, atom.Input, atom.Textarea, atom.Select, atom.Progress, atom.Meter, atom.Dialog):
		return true
	case is(n, atom.A):
		return sharing.MatchString(attr(n, "href")) || lighter(n, maxFeedback) && tool.MatchString(text(n))
	case is(n, atom.Td):
		return column(n) || f.widget(n)
	case is(n, atom.Label):
		return blank(n)
	}
	return f.widget(n) || f.feedback(n) || f.contents(n)
}

// landmark knows the parts of a page by their elements and roles. A tip beside
// the text is an aside too, but belongs to it, and so does the source of a
// quotation.
func (f *frame) landmark(n *html.Node) bool {
	switch {
	case is(n, atom.Nav), ofSite(n), role(n, "complementary", "toolbar", "alertdialog", "tooltip", "status", "progressbar"):
		return !callout.MatchString(attr(n, "class"))
	case is(n, atom.Aside):
		return !callout.MatchString(attr(n, "class")) && !role(n, "note")
	case is(n, atom.Footer):
		return !inside(n, named(atom.Blockquote))
	case is(n, atom.Header):
		return f.page && !inside(n, named(atom.Article, atom.Section, atom.Main))
	}
	return false
}

var callout = regexp.MustCompile(`(?i)note|tip\b|warning|caution|callout|admonition|\binfo|important|alert|notice|hint|danger`)

// question reports whether a button is the heading of something that unfolds.
func (f *frame) question(n *html.Node) bool {
	return !blank(n) && (toggles(n) || attr(n, "aria-controls") != "" || foldingBody.MatchString(attr(n, "class")) ||
		inside(n, named(atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Dt, atom.Summary)))
}

func heading(n *html.Node) bool {
	return is(n, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6)
}

// emptied reports whether an item or heading lost all it had.
func emptied(n *html.Node) bool {
	return (heading(n) || is(n, atom.Li, atom.Ul, atom.Ol, atom.Figure)) && blank(n)
}
