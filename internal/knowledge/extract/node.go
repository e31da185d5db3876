package extract

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// attr returns an attribute's value, empty when there is none.
func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key && a.Namespace == "" })
}

// is reports whether n is an element of one of the names.
func is(n *html.Node, names ...atom.Atom) bool {
	return n.Type == html.ElementNode && n.DataAtom != 0 && slices.Contains(names, n.DataAtom)
}

// token reports whether a list of words parted by spaces has one of the words.
func token(list string, words ...string) bool {
	for field := range strings.FieldsSeq(list) {
		for _, word := range words {
			if strings.EqualFold(field, word) {
				return true
			}
		}
	}
	return false
}

// role reports whether n has one of the ARIA roles.
func role(n *html.Node, roles ...string) bool { return token(attr(n, "role"), roles...) }

// text returns the text below n in one line.
func text(n *html.Node) string { return strings.Join(strings.Fields(rawText(n)), " ") }

func rawText(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// weight is how much text there is below n: its runes without spaces, so that
// scripts without spaces between words count like others.
func weight(n *html.Node) int {
	if n.Type == html.TextNode {
		return runes(n.Data)
	}
	total := 0
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			total += runes(d.Data)
		}
	}
	return total
}

// lighter reports whether there is less text below n than a limit. It does not
// read on when there is more.
func lighter(n *html.Node, limit int) bool {
	total := 0
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			if total += runesUpTo(d.Data, limit); total >= limit {
				return false
			}
		}
	}
	return true
}

// plainer reports whether there is at least some text below n that is in no
// link.
func plainer(n *html.Node, limit int) bool {
	total := 0
	var walk func(n *html.Node) bool
	walk = func(n *html.Node) bool {
		for child := range n.ChildNodes() {
			if child.Type == html.TextNode {
				total += runesUpTo(child.Data, limit)
			} else if !is(child, atom.A) {
				walk(child)
			}
			if total >= limit {
				return true
			}
		}
		return false
	}
	return walk(n)
}

// blank reports whether there is no text below n.
func blank(n *html.Node) bool {
	return !contains(n, func(d *html.Node) bool { return d.Type == html.TextNode && strings.TrimSpace(d.Data) != "" })
}

// linkWeight is the part of weight that is in links.
func linkWeight(n *html.Node) int {
	total := 0
	for child := range n.ChildNodes() {
		if is(child, atom.A) {
			total += weight(child)
		} else {
			total += linkWeight(child)
		}
	}
	return total
}

func runes(s string) int { return runesUpTo(s, len(s)) }

// runesUpTo counts no further than a limit.
func runesUpTo(s string, limit int) int {
	total := 0
	for _, r := range s {
		if r > ' ' && !unicode.IsSpace(r) {
			if total++; total >= limit {
				break
			}
		}
	}
	return total
}

// find returns the first element below n that fits.
func find(n *html.Node, fits func(*html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && fits(d) {
			return d
		}
	}
	return nil
}

// contains reports whether a node below n, element or text, fits.
func contains(n *html.Node, fits func(*html.Node) bool) bool {
	for d := range n.Descendants() {
		if fits(d) {
			return true
		}
	}
	return false
}

// bodyOf returns the body of a parsed page, which the parser makes when there is
// none. A page of frames has none.
func bodyOf(root *html.Node) *html.Node {
	if body := find(root, named(atom.Body)); body != nil {
		return body
	}
	return root
}

// all returns the elements below n that fit, in their order.
func all(n *html.Node, fits func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && fits(d) {
			out = append(out, d)
		}
	}
	return out
}

func named(names ...atom.Atom) func(*html.Node) bool {
	return func(n *html.Node) bool { return is(n, names...) }
}

// inside reports whether one of n's ancestors fits.
func inside(n *html.Node, fits func(*html.Node) bool) bool {
	for a := range n.Ancestors() {
		if a.Type == html.ElementNode && fits(a) {
			return true
		}
	}
	return false
}

// prune removes the nodes below n that drop wants gone, without asking for what
// is below those.
func prune(n *html.Node, drop func(*html.Node) bool) {
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		if drop(child) {
			n.RemoveChild(child)
		} else {
			prune(child, drop)
		}
		child = next
	}
}

func remove(n *html.Node) {
	if n.Parent != nil {
		n.Parent.RemoveChild(n)
	}
}

// unwrap puts an element's children in its place.
func unwrap(n *html.Node) {
	parent := n.Parent
	if parent == nil {
		return
	}
	for child := n.FirstChild; child != nil; child = n.FirstChild {
		n.RemoveChild(child)
		parent.InsertBefore(child, n)
	}
	parent.RemoveChild(n)
}

// rename makes n another element.
func rename(n *html.Node, name atom.Atom) {
	n.Data, n.DataAtom, n.Attr = name.String(), name, nil
}

// sibling returns the next element in a direction, skipping blank text.
func sibling(n *html.Node, step func(*html.Node) *html.Node) *html.Node {
	for s := step(n); s != nil; s = step(s) {
		if s.Type == html.ElementNode {
			return s
		}
		if s.Type == html.TextNode && strings.TrimSpace(s.Data) != "" {
			return nil
		}
	}
	return nil
}

func before(n *html.Node) *html.Node { return n.PrevSibling }
func after(n *html.Node) *html.Node  { return n.NextSibling }

// clone copies n and all below it.
func clone(n *html.Node) *html.Node {
	out := &html.Node{Type: n.Type, DataAtom: n.DataAtom, Data: n.Data, Namespace: n.Namespace, Attr: slices.Clone(n.Attr)}
	for child := range n.ChildNodes() {
		out.AppendChild(clone(child))
	}
	return out
}
