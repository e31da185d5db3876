package files

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"steward/internal/knowledge"
)

// readXML writes a file of XML by its shape: a feed by its items, a document by
// its sections and paragraphs, anything else as data. No entity is expanded but
// those of XML and HTML, and no DTD is read.
func readXML(source string, html func(string) string) (knowledge.Text, error) {
	root, full, err := parseXML(source)
	if err != nil {
		return knowledge.Text{}, treeFailure(err)
	}
	w := &writer{}
	text := knowledge.Text{Language: languageCode(root.attribute("lang"))}
	switch {
	case isFeed(root):
		f := feed{w: w, html: html}
		f.write(root, &text)
	case isProse(root):
		p := prose{writer: w}
		p.section(root, 1)
		text.Title = p.title
	default:
		data := dataOf(root)
		data.measure()
		d := &dataWriter{writer: w, html: html}
		if title := titleOf(data); title != nil && !data.list {
			text.Title = title.text
		}
		d.value(data, 2, "")
	}
	text.Markdown = w.String()
	if full || w.full {
		text.Notes = []knowledge.Note{knowledge.NotePartial}
	}
	return text, nil
}

// xmlTree reads tokens into a tree as far as the budget goes. Elements are
// known by their local names, attributes by theirs behind an @, text by #.
type xmlTree struct {
	stack  []*node
	root   *node
	spaced bool
	budget budget
	names  map[string]string
}

// nameText is the name of text between elements.
const nameText = "#"

// parseXML returns the root element. Tags need not match: whoever wrote the
// file by hand is forgiven.
func parseXML(source string) (root *node, full bool, err error) {
	decoder := xml.NewDecoder(strings.NewReader(source))
	decoder.Strict = false
	decoder.Entity = xml.HTMLEntity
	// The source is UTF-8 already, whatever it declares.
	decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	t := &xmlTree{names: make(map[string]string)}
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var syntax *xml.SyntaxError
			if errors.As(err, &syntax) && strings.Contains(syntax.Msg, "unexpected EOF") {
				err = io.ErrUnexpectedEOF
			}
			return nil, false, fmt.Errorf("read xml: %w", err)
		}
		if err := t.token(token); errors.Is(err, errStop) {
			return t.root, true, nil
		} else if err != nil {
			return nil, false, err
		}
	}
	switch {
	case t.root == nil:
		return nil, false, errors.New("read xml: no element")
	case len(t.stack) > 0:
		return nil, false, fmt.Errorf("read xml: %w", io.ErrUnexpectedEOF)
	}
	return t.root, false, nil
}

func (t *xmlTree) token(token xml.Token) error {
	switch v := token.(type) {
	case xml.StartElement:
		return t.open(v)
	case xml.EndElement:
		if len(t.stack) > 0 {
			t.stack = t.stack[:len(t.stack)-1]
		}
		t.spaced = false
	case xml.CharData:
		return t.characters(string(v))
	}
	return nil
}

func (t *xmlTree) open(start xml.StartElement) error {
	if len(t.stack) >= maxDepth {
		return errDeep
	}
	n := &node{name: t.name(start.Name.Local), spaced: t.spaced}
	t.spaced = false
	if !t.budget.take(len(n.name)) {
		return errStop
	}
	switch {
	case len(t.stack) > 0:
		t.stack[len(t.stack)-1].add(n)
	case t.root == nil:
		t.root = n
	default:
		// A second root: what follows the document is no part of it.
		return errStop
	}
	t.stack = append(t.stack, n)
	for _, a := range start.Attr {
		value := oneLine(a.Value)
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" || value == "" {
			continue
		}
		if !t.budget.take(len(value)) {
			return errStop
		}
		n.add(&node{name: t.name("@" + a.Name.Local), text: value})
	}
	return nil
}

func (t *xmlTree) characters(text string) error {
	if len(t.stack) == 0 {
		return nil
	}
	if strings.TrimSpace(text) == "" {
		t.spaced = t.spaced || text != ""
		return nil
	}
	if !t.budget.take(len(text)) {
		return errStop
	}
	t.stack[len(t.stack)-1].add(&node{name: nameText, text: text, spaced: t.spaced})
	t.spaced = false
	return nil
}

func (t *xmlTree) name(name string) string {
	known, ok := t.names[name]
	if !ok {
		known = strings.Clone(name)
		t.names[name] = known
	}
	return known
}

// attribute returns the value of an attribute, or nothing.
func (n *node) attribute(name string) string {
	for _, kid := range n.kids {
		if kid.name == "@"+name {
			return kid.text
		}
	}
	return ""
}

// child returns the first element of one of the names, or nil.
func (n *node) child(names ...string) *node {
	for _, name := range names {
		for _, kid := range n.kids {
			if kid.name == name {
				return kid
			}
		}
	}
	return nil
}

// elements returns the kids that are elements.
func (n *node) elements() []*node {
	return slices.DeleteFunc(slices.Clone(n.kids), func(kid *node) bool {
		return kid.name == nameText || strings.HasPrefix(kid.name, "@")
	})
}

// words returns all text below an element, in its order.
func (n *node) words() string {
	var b strings.Builder
	n.writeWords(&b)
	return strings.TrimSpace(b.String())
}

func (n *node) writeWords(b *strings.Builder) {
	for _, kid := range n.kids {
		if strings.HasPrefix(kid.name, "@") {
			continue
		}
		if kid.spaced {
			b.WriteByte(' ')
		}
		if kid.name == nameText {
			b.WriteString(kid.text)
			continue
		}
		kid.writeWords(b)
	}
}

// dataOf turns an element into values: attributes and elements are its fields,
// and elements of one name are an array.
func dataOf(n *node) *node {
	out := &node{name: strings.TrimPrefix(n.name, "@"), text: n.text}
	count := make(map[string]int)
	for _, kid := range n.kids {
		count[kid.name]++
	}
	if len(n.kids) == count[nameText] {
		out.text += n.words()
		return out
	}
	arrays := make(map[string]*node)
	for _, kid := range n.kids {
		if kid.name == nameText {
			continue
		}
		if count[kid.name] == 1 {
			out.add(dataOf(kid))
			continue
		}
		array := arrays[kid.name]
		if array == nil {
			array = &node{name: kid.name, list: true}
			arrays[kid.name] = array
			out.add(array)
		}
		element := dataOf(kid)
		element.name = ""
		array.add(element)
	}
	if count[nameText] > 0 {
		out.add(&node{text: n.words()})
	}
	if len(out.kids) == 1 && out.kids[0].list {
		// An element around repeated ones is the array itself.
		only := out.kids[0]
		only.name = out.name
		return only
	}
	return out
}
