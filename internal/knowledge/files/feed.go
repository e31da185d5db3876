package files

import (
	"regexp"
	"strings"

	"steward/internal/knowledge"
)

// feed writes the items of RSS and Atom.
type feed struct {
	w    *writer
	html func(string) string
}

// isFeed reports whether a root is that of a feed.
func isFeed(root *node) bool {
	switch strings.ToLower(root.name) {
	case "rss":
		return root.child("channel") != nil
	case "feed":
		return root.child("entry", "title") != nil
	case "rdf":
		return root.child("channel") != nil && root.child("item") != nil
	}
	return false
}

func (f *feed) write(root *node, text *knowledge.Text) {
	channel := root
	if c := root.child("channel"); c != nil {
		channel = c
	}
	text.Title = f.text(channel.child("title"))
	if lang := channel.child("language"); lang != nil {
		text.Language = languageCode(lang.words())
	}
	f.w.block(f.text(channel.child("description", "subtitle")))
	for _, parent := range []*node{channel, root} {
		for _, kid := range parent.elements() {
			if kid.name == "item" || kid.name == "entry" {
				f.item(kid)
			}
		}
		if parent == root {
			break
		}
	}
}

// item writes one item with the longest text it has of itself.
func (f *feed) item(n *node) {
	body := ""
	for _, name := range []string{"encoded", "content", "description", "summary"} {
		if text := f.text(n.child(name)); len(text) > len(body) {
			body = text
		}
	}
	title := oneLine(f.text(n.child("title")))
	if title == "" && body == "" {
		return
	}
	f.w.heading(2, title)
	f.w.block(demoted(body, 2))
	if link := n.child("link"); link != nil {
		address := link.attribute("href")
		if address == "" {
			address = link.words()
		}
		if strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
			f.w.block(address)
		}
	}
}

// text returns the text of an element, which holds markup as text, as elements,
// or none.
func (f *feed) text(n *node) string {
	if n == nil {
		return ""
	}
	if len(n.elements()) > 0 {
		p := &prose{writer: &writer{}}
		if isParagraph(n) {
			return p.inline(n)
		}
		p.section(n, 3)
		return p.String()
	}
	text := n.words()
	if marked(text) {
		return f.html(text)
	}
	return text
}

var tag = regexp.MustCompile(`<(?:/[A-Za-z][A-Za-z0-9]*\s*|br\s*/?|(?:p|div|span|a|ul|ol|li|table|h[1-6]|img|strong|em|b|i)(?:\s[^<>]*)?)>`)

// marked reports whether a text is HTML.
func marked(text string) bool { return strings.Contains(text, "<") && tag.MatchString(text) }
