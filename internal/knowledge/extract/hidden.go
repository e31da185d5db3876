package extract

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// stripHidden removes what a visitor cannot read: such text could carry
// instructions for a model. It keeps what a visitor opens with a click, see
// opened.
func (s *survey) stripHidden(root *html.Node) {
	whole := weight(root)
	spellIcons(root)
	prune(root, func(n *html.Node) bool {
		switch n.Type {
		case html.CommentNode:
			return true
		case html.TextNode:
			n.Data = strings.Map(readable, n.Data)
			return false
		case html.ElementNode:
			return neverShown(n) || anchor(n) || s.hidden(n, whole)
		}
		return false
	})
}

// readable drops characters that show nothing and those of icon fonts, which
// show something else than they say. Spaces that keep a line together become
// plain ones.
func readable(r rune) rune {
	if r == 0xA0 || r == 0x202F || r == 0x2007 {
		return ' '
	}
	if r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x206F ||
		r == 0xAD || r == 0xFEFF || r == 0xFFFC || r >= 0xE0000 && r <= 0xE0FFF || unicode.Is(unicode.Co, r) {
		return -1
	}
	return r
}

// neverShown knows the elements without text for a reader.
func neverShown(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Frame, atom.Object, atom.Embed,
		atom.Svg, atom.Canvas, atom.Audio, atom.Video, atom.Map, atom.Head, atom.Datalist, atom.Link, atom.Meta:
		return true
	case atom.Dialog:
		return !hasAttr(n, "open")
	case atom.Input:
		return strings.EqualFold(attr(n, "type"), "hidden")
	}
	return false
}

// anchor reports whether a link is the mark beside a heading that leads to it,
// which shows when the pointer is there.
func anchor(n *html.Node) bool {
	return strings.HasPrefix(attr(n, "href"), "#") && lighter(n, 3) && inside(n, heading)
}

// readAloud reports whether an element has one of the classes by which pages
// hide text from the eye alone.
func readAloud(class string) bool {
	return token(class, "sr-only", "visually-hidden", "visuallyhidden", "u-visually-hidden", "screen-reader-text",
		"screen-reader-only", "screenreader-only", "a11y-hidden")
}

// hidden reports whether nothing below n can be read. A page as a whole is
// never hidden: what hides it is meant to last until its scripts have run.
func (s *survey) hidden(n *html.Node, whole int) bool {
	if is(n, atom.Html, atom.Body) || len(n.Attr) == 0 {
		return false
	}
	style := styleOf(n)
	class := attr(n, "class")
	switch {
	case style.concealed(), style.invisible(n):
		return true
	case style.folded(), hasAttr(n, "hidden"), hiddenByClass(class):
		return !s.opened(n)
	case strings.EqualFold(attr(n, "aria-hidden"), "true"):
		// This alone hides nothing from the eye. It marks decoration and
		// doubled text, but also all of a page behind a cookie banner.
		return weight(n)*2 < whole && !s.opened(n)
	case class != "" && readAloud(class):
		// In a table, it says what an icon means.
		return !inside(n, named(atom.Td, atom.Th))
	}
	return false
}

// hiddenByClass knows the two class names that mean one thing everywhere, and
// leaves them alone where another class shows the element again on some screens.
func hiddenByClass(class string) bool {
	return class != "" && token(class, "hidden", "d-none") && !shownAgain.MatchString(class)
}

var shownAgain = regexp.MustCompile(`(?i)(?:^|\s)(?:\S+:(?:block|flex|grid|inline\S*|table\S*|contents|visible)|d-\w+-(?:block|flex|grid|inline\S*|table\S*))(?:\s|$)`)

var (
	// tabBody names what a row of tabs switches.
	tabBody = regexp.MustCompile(`(?i)(?:^|[\s_-])tab[-_]?(?:content|pane|panel|body)`)
	// foldingBody names what folds and unfolds.
	foldingBody = regexp.MustCompile(`(?i)accordion|collaps|expand|disclosure|toggle|spoiler|faq|answer|show-?more|read-?more`)
	// overPage names what opens too but is no part of the text.
	overPage = regexp.MustCompile(`(?i)menu|modal|popup|popover|dropdown|drawer|off-?canvas|tooltip|lightbox|overlay|cookie|consent|search|(?:^|[\s_-])nav`)
)

// opened reports whether a visitor opens an element, which is folded away at
// first, with a click on text beside it. Help centres fold most of their
// answers, so that counts as visible text:
//
//   - the body of <details>, and hidden="until-found", which the browser opens;
//   - what a button, tab or link with text names as what it controls, by
//     aria-controls or by Bootstrap's data-target, see opener;
//   - tab panels, by role or class;
//   - the element right after a term or a text that says it is folded, by
//     aria-expanded;
//   - the element right after any other text, when one of the two or what holds
//     them has the class of an accordion.
//
// Menus, dialogs and forms open too but are no content. Nothing else that is
// folded away is visible, whatever a script might do; and no click opens text
// that is too small, transparent or off the screen (see style.concealed).
func (s *survey) opened(n *html.Node) bool {
	class := attr(n, "class")
	if is(n, atom.Nav, atom.Form, atom.Menu, atom.Dialog) || overPage.MatchString(class) ||
		role(n, "dialog", "alertdialog", "menu", "menubar", "listbox", "tooltip", "navigation", "search") {
		return false
	}
	if strings.EqualFold(attr(n, "hidden"), "until-found") || role(n, "tabpanel") || tabBody.MatchString(class) {
		return true
	}
	if id := attr(n, "id"); id != "" && s.openers[id] {
		return true
	}
	if is(n, atom.Span, atom.I, atom.B, atom.Em, atom.Small) {
		return false // A mark beside the text.
	}
	trigger := sibling(n, before)
	if trigger == nil && n.Parent != nil && sibling(n, after) == nil {
		trigger = sibling(n.Parent, before)
	}
	if trigger == nil || blank(trigger) {
		return false
	}
	if is(trigger, atom.Dt) || toggles(trigger) || find(trigger, toggles) != nil {
		return true
	}
	return foldingBody.MatchString(class + " " + attr(n.Parent, "class") + " " + attr(trigger, "class"))
}

// toggles reports whether n says itself that it unfolds something.
func toggles(n *html.Node) bool {
	return (hasAttr(n, "aria-expanded") || role(n, "tab")) && attr(n, "aria-haspopup") == "" && clickable(n)
}

// clickable reports whether n is a control that can be seen.
func clickable(n *html.Node) bool {
	style := styleOf(n)
	return !style.concealed() && !style.folded() && !hasAttr(n, "hidden") && !blank(n)
}

// opener notes what an element says it opens. It has to be a button, tab or
// link with text, and outside of the menus of the site.
func (s *survey) opener(n *html.Node) {
	ids := attr(n, "aria-controls")
	if token(attr(n, "data-toggle")+" "+attr(n, "data-bs-toggle"), "collapse", "tab", "pill") {
		for _, key := range []string{"data-target", "data-bs-target", "href"} {
			ids += " " + strings.TrimPrefix(attr(n, key), "#")
		}
	}
	if ids == "" || attr(n, "aria-haspopup") != "" || !clickable(n) || inside(n, ofSite) {
		return
	}
	if !is(n, atom.Button, atom.A, atom.Summary) && !hasAttr(n, "aria-expanded") && !role(n, "button", "tab") {
		return
	}
	for id := range strings.FieldsSeq(ids) {
		s.openers[id] = true
	}
}

// ofSite knows the parts of a page that belong to the site.
func ofSite(n *html.Node) bool {
	return is(n, atom.Nav) || role(n, "navigation", "menu", "menubar", "banner", "search", "dialog", "contentinfo")
}

// maxLabel is the longest text taken for a picture, in bytes.
const maxLabel = 100

// spellIcons puts the names of pictures where nothing else is said: in a cell
// of a table that ticks things off, and in a link that is a picture. Elsewhere
// the text of a picture doubles what is beside it, and it is left out.
func spellIcons(root *html.Node) {
	for _, n := range all(root, named(atom.Td, atom.Th, atom.A)) {
		if says(n) {
			continue
		}
		if label := labelBelow(n); label != "" && len(label) <= maxLabel {
			n.AppendChild(&html.Node{Type: html.TextNode, Data: label})
		}
	}
}

// says reports whether there is text below n outside of drawings.
func says(n *html.Node) bool {
	for child := range n.ChildNodes() {
		if child.Type == html.TextNode && strings.TrimSpace(child.Data) != "" || !is(child, atom.Svg) && says(child) {
			return true
		}
	}
	return false
}

func labelBelow(n *html.Node) string {
	label := ""
	find(n, func(d *html.Node) bool {
		switch {
		case is(d, atom.Img):
			label = attr(d, "alt")
		case attr(d, "aria-label") != "":
			label = attr(d, "aria-label")
		case d.Data == "title" && d.Namespace == "svg":
			label = rawText(d)
		}
		label = strings.Join(strings.Fields(label), " ")
		return label != ""
	})
	return label
}
