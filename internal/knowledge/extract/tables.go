package extract

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	// maxCells is the largest table written as one, in cells with those that
	// are filled up: a few bytes of HTML can ask for millions.
	maxCells = 20_000
	// maxColumns is the largest number of columns.
	maxColumns = 100
	// maxCell is the longest text in a cell of a table that holds data, in
	// runes. Longer ones are the columns of a layout.
	maxCell = 1200
	// maxCellNodes is the same in nodes.
	maxCellNodes = 400
)

// writeTable makes a table one that Markdown can show: rows of cells with one
// line each. A table that only arranges a page becomes its content.
func writeTable(n *html.Node) {
	rows := rowsOf(n)
	columns := 0
	for _, row := range rows {
		columns = max(columns, len(row))
	}
	if len(rows) < 2 || columns < 2 || columns > maxColumns || columns*len(rows) > maxCells || layout(n, rows) {
		dissolve(n)
		return
	}
	body := &html.Node{Type: html.ElementNode, Data: "tbody", DataAtom: atom.Tbody}
	for i, row := range rows {
		line := &html.Node{Type: html.ElementNode, Data: "tr", DataAtom: atom.Tr}
		for _, cell := range row {
			cell = clone(cell)
			rename(cell, atom.Td)
			if i == 0 {
				rename(cell, atom.Th)
			}
			oneLine(cell)
			bars(cell)
			line.AppendChild(cell)
		}
		body.AppendChild(line)
	}
	caption := find(n, named(atom.Caption))
	for child := n.FirstChild; child != nil; child = n.FirstChild {
		n.RemoveChild(child)
	}
	if caption != nil && n.Parent != nil {
		remove(caption)
		rename(caption, atom.P)
		n.Parent.InsertBefore(caption, n)
	}
	n.AppendChild(body)
	n.Attr = nil
}

// rowsOf returns the cells of a table, with those that span rows repeated in
// each, so that every row can be understood alone, and with empty ones for those
// that span columns. Rows without text are left out.
func rowsOf(table *html.Node) [][]*html.Node {
	var rows [][]*html.Node
	open := map[int]*span{}
	total := 0
	for _, tr := range all(table, func(n *html.Node) bool { return is(n, atom.Tr) && owner(n) == table }) {
		var row []*html.Node
		fill := func() {
			for above := open[len(row)]; above != nil && above.rows > 0; above = open[len(row)] {
				above.rows--
				row = append(row, above.cell)
			}
		}
		for cell := range tr.ChildNodes() {
			if !is(cell, atom.Td, atom.Th) {
				continue
			}
			fill()
			at := len(row)
			row = append(row, cell)
			width, height := spanOf(cell, "colspan"), spanOf(cell, "rowspan")
			for range width - 1 {
				row = append(row, &html.Node{Type: html.ElementNode, Data: "td", DataAtom: atom.Td})
			}
			if height > 1 {
				open[at] = &span{cell: cell, rows: height - 1}
			}
		}
		fill()
		if total += len(row); total > maxCells {
			return nil
		}
		if slices.ContainsFunc(row, func(n *html.Node) bool { return !blank(n) }) {
			rows = append(rows, row)
		}
	}
	return rows
}

// span is a cell that reaches into rows below it.
type span struct {
	cell *html.Node
	rows int
}

func spanOf(cell *html.Node, key string) int {
	n, err := strconv.Atoi(strings.TrimSpace(attr(cell, key)))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, maxColumns)
}

// owner is the table that a row belongs to.
func owner(n *html.Node) *html.Node {
	for a := range n.Ancestors() {
		if is(a, atom.Table) {
			return a
		}
	}
	return nil
}

// layout reports whether a table arranges a page instead of showing data.
func layout(table *html.Node, rows [][]*html.Node) bool {
	if find(table, named(atom.Table, atom.Pre)) != nil {
		return true
	}
	for _, row := range rows {
		for _, cell := range row {
			if nodes(cell, maxCellNodes) >= maxCellNodes || weight(cell) > maxCell {
				return true
			}
		}
	}
	return false
}

// dissolve makes the parts of a table blocks of text.
func dissolve(table *html.Node) {
	for _, n := range all(table, func(n *html.Node) bool {
		return is(n, atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr, atom.Td, atom.Th, atom.Caption) && owner(n) == table
	}) {
		rename(n, atom.Div)
	}
	rename(table, atom.Div)
}

// bars escapes the bars in a cell, which would part it.
func bars(cell *html.Node) {
	for n := range cell.Descendants() {
		if n.Type == html.TextNode {
			n.Data = strings.ReplaceAll(n.Data, "|", `\|`)
		}
	}
}

// oneLine puts all below n into one line. Items of a list are parted by
// semicolons.
func oneLine(n *html.Node) {
	var blocks []*html.Node
	part := map[*html.Node]string{}
	for n := range n.Descendants() {
		switch {
		case is(n, atom.A, atom.Code, atom.Span, atom.Sup, atom.Sub, atom.Kbd, atom.Samp, atom.Var, atom.Abbr, atom.Time):
		case n.Type == html.ElementNode:
			blocks = append(blocks, n)
			part[n] = " "
			if is(n, atom.Li) && sibling(n, before) != nil {
				part[n] = nextItem
			}
		}
	}
	for _, n := range blocks {
		n.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: part[n]}, n)
		n.AppendChild(&html.Node{Type: html.TextNode, Data: " "})
		unwrap(n)
	}
}
