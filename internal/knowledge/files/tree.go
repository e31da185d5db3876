package files

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxDepth is how deep JSON and XML may be nested.
	maxDepth = 64
	// maxNodes is how many values are kept of one file; each costs about 100
	// bytes beside its text.
	maxNodes = 1 << 20
	// smallNode is the size in bytes up to which a value is written in the lines
	// of its parent instead of below a heading.
	smallNode = 500
)

// errDeep is a nesting beyond maxDepth.
var errDeep = errors.New("nested too deep")

// node is a value of JSON or an element of XML.
type node struct {
	// name is a key or an element's name; empty for the elements of an array.
	name string
	text string
	kids []*node
	// list is true for an array.
	list bool
	// spaced is true when white space stands before it.
	spaced bool
	// size is how much text it holds with its names, in bytes.
	size int
}

func (n *node) leaf() bool { return len(n.kids) == 0 && !n.list }

// rows reports whether n is an array of objects, which is written like a table.
func (n *node) rows() bool {
	return n.list && len(n.kids) > 1 && slices.ContainsFunc(n.kids, func(kid *node) bool { return !kid.leaf() })
}

// add puts kid below n.
func (n *node) add(kid *node) {
	n.kids = append(n.kids, kid)
}

// measure sets the sizes of a tree.
func (n *node) measure() int {
	n.size = len(n.name) + len(n.text)
	for _, kid := range n.kids {
		n.size += kid.measure() + 2
	}
	return n.size
}

// budget bounds the memory of a tree.
type budget struct{ nodes, bytes int }

// take reports whether there is room for one more node.
func (b *budget) take(bytes int) bool {
	b.nodes++
	b.bytes += bytes
	return b.nodes <= maxNodes && b.bytes <= maxText
}

// titleNames are the keys whose value names the object they are in.
const titleNames = "title headline name question subject heading label"

// titleOf returns the leaf that names an object, or nil.
func titleOf(n *node) *node {
	for name := range strings.FieldsSeq(titleNames) {
		for _, kid := range n.kids {
			if kid.leaf() && strings.EqualFold(kid.name, name) && kid.text != "" && len(kid.text) <= 200 && !strings.Contains(kid.text, "\n") {
				return kid
			}
		}
	}
	return nil
}

// dataWriter writes a tree of values: paths are headings, small values are
// lines, arrays of objects are rows.
type dataWriter struct {
	*writer
	// html finds the text of a value that is marked up.
	html func(string) string
}

// object writes the fields of an object and then what is too large for a line,
// so that no field stands below a heading it does not belong to.
func (w *dataWriter) object(n *node, level int, path string) {
	title := titleOf(n)
	var fields []string
	var large []*node
	for _, kid := range n.kids {
		switch {
		case kid == title && path != "":
			// It is the heading.
		case kid.rows():
			large = append(large, kid)
		case kid.size <= smallNode || kid.leaf() && kid.size <= 2*smallNode && !strings.Contains(kid.text, "\n") && !marked(kid.text):
			for _, line := range w.lines(kid, kid.name) {
				fields = append(fields, "- "+line)
			}
		default:
			large = append(large, kid)
		}
	}
	w.block(strings.Join(fields, "\n"))
	for _, kid := range large {
		below := joinPath(path, kid.name)
		if len(large) == 1 && kid.leaf() {
			// The one long text of an object needs no name.
			w.value(kid, level, below)
			continue
		}
		w.heading(level, w.label(kid.name, below, level))
		w.value(kid, level+1, below)
	}
}

// value writes what stands below a heading of the level above.
func (w *dataWriter) value(n *node, level int, path string) {
	switch {
	case n.leaf():
		w.block(demoted(w.prose(n.text), level-1))
	case n.list:
		w.array(n, level, path)
	default:
		w.object(n, level, path)
	}
}

// array writes small elements as rows, and a large one below its own heading.
// Rows have a heading with their places when there are many, and when they would
// stand below that of a large one.
func (w *dataWriter) array(n *node, level int, path string) {
	var rows []string
	from, numbered := 0, len(n.kids) > rowsOfBlock
	flush := func(next int) {
		if len(rows) > 0 && numbered {
			w.heading(level, places(path, from, next-1))
		}
		w.block(strings.Join(rows, "\n"))
		rows, from = nil, next
	}
	for i, kid := range n.kids {
		if w.full {
			return
		}
		if kid.size <= smallNode {
			if len(rows) == rowsOfBlock {
				flush(i)
			}
			if lines := w.lines(kid, ""); len(lines) > 0 {
				rows = append(rows, "- "+strings.Join(lines, "\n  "))
			}
			continue
		}
		flush(i)
		from, numbered = i+1, true
		below := places(path, i, i)
		label := below
		if title := titleOf(kid); title != nil {
			label = title.text
		}
		w.heading(level, label)
		w.value(kid, level+1, below)
	}
	flush(len(n.kids))
}

// places names elements of an array by their numbers from 0.
func places(path string, from, to int) string {
	if from == to {
		return path + "[" + strconv.Itoa(from) + "]"
	}
	return path + "[" + strconv.Itoa(from) + "–" + strconv.Itoa(to) + "]"
}

// lines flattens a value to "path: value".
func (w *dataWriter) lines(n *node, path string) []string {
	switch {
	case n.leaf():
		text := oneLine(w.prose(n.text))
		if text == "" {
			return nil
		}
		if path == "" {
			return []string{text}
		}
		return []string{path + ": " + text}
	case n.list && !slices.ContainsFunc(n.kids, func(kid *node) bool { return !kid.leaf() }):
		var values []string
		for _, kid := range n.kids {
			values = append(values, w.lines(kid, "")...)
		}
		if len(values) == 0 || path == "" {
			return values
		}
		return []string{path + ": " + strings.Join(values, ", ")}
	}
	var out []string
	for i, kid := range n.kids {
		below := joinPath(path, kid.name)
		if n.list {
			below = path + "[" + strconv.Itoa(i) + "]"
		}
		out = append(out, w.lines(kid, below)...)
	}
	return out
}

// prose returns the text of a value, without its markup when it has some.
func (w *dataWriter) prose(text string) string {
	if marked(text) {
		return w.html(text)
	}
	return text
}

// label is the name of a value, or its whole path where headings end.
func (w *dataWriter) label(name, path string, level int) string {
	if level > maxHeading {
		return path
	}
	return name
}

func joinPath(path, name string) string {
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}
