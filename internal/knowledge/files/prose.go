package files

import (
	"slices"
	"strconv"
	"strings"
)

// proseRoots are the root elements of DocBook, DITA, TEI and their kin.
const proseRoots = "book article chapter section sect1 sect2 part set preface appendix refentry topic concept task reference " +
	"glossary troubleshooting dita TEI manual document doc"

// What elements of documents are to a reader.
const (
	proseTitles = "title subtitle head heading bridgehead caption h1 h2 h3 h4 h5 h6"
	proseItems  = "listitem li item step substep member callout choice"
	proseTerms  = "term dt glossterm question"
	proseLists  = "itemizedlist orderedlist simplelist procedure substeps steps steps-unordered choices list ul ol sl calloutlist"
	proseCounts = "orderedlist ol procedure steps substeps"
	proseCode   = "programlisting screen literallayout codeblock pre synopsis msgblock"
	proseRows   = "row tr strow sthead"
	proseCells  = "entry td th stentry"
	proseTables = "table informaltable simpletable tgroup"
	// proseInline may be the only element of a paragraph.
	proseInline = "emphasis em i b strong bold italic link ulink xref a code literal filename command option ph uicontrol menucascade " +
		"guimenu guimenuitem guibutton guilabel quote q sub sup subscript superscript span tt phrase acronym abbrev citetitle email uri " +
		"hi ref keycap firstterm application productname trademark systemitem varname replaceable userinput computeroutput cite"
	// proseSilent are data about the document, or no text.
	proseSilent = "indexterm remark comment script style imageobject graphic image videoobject audioobject toc index revhistory " +
		"prolog metadata teiHeader colspec spanspec processing-instruction draft-comment bookinfo articleinfo chapterinfo sectioninfo info"
)

func among(list, name string) bool { return slices.Contains(strings.Fields(list), name) }

// isProse tells a document from data: by its root, or by text that goes on
// around elements.
func isProse(root *node) bool {
	return among(proseRoots, root.name) || mixed(root)
}

func mixed(n *node) bool {
	text, elements := false, false
	for _, kid := range n.kids {
		switch {
		case kid.name == nameText:
			text = true
		case !strings.HasPrefix(kid.name, "@"):
			if elements = true; mixed(kid) {
				return true
			}
		}
	}
	return text && elements
}

// prose writes a document.
type prose struct {
	*writer
	title string
}

// section writes an element that holds blocks. Those with a title of their own
// are one level below what they stand in.
func (p *prose) section(n *node, level int) {
	if info := n.child("info", "bookinfo", "articleinfo", "chapterinfo", "sectioninfo"); info != nil && n.child("title") == nil {
		if title := info.child("title"); title != nil {
			p.head(title, level)
		}
	}
	below := level
	if n.child("title", "head", "info", "bookinfo", "articleinfo") != nil {
		below++
	}
	for _, kid := range n.elements() {
		if among(proseTitles, kid.name) {
			p.head(kid, level)
			continue
		}
		p.element(kid, below)
	}
}

func (p *prose) head(n *node, level int) {
	text := oneLine(n.words())
	if p.title == "" {
		p.title = text
	}
	p.heading(level, text)
}

// element writes what stands in a section.
func (p *prose) element(n *node, level int) {
	switch {
	case p.full || among(proseSilent, n.name):
	case among(proseCode, n.name):
		if text := strings.Trim(n.words(), "\n"); strings.TrimSpace(text) != "" {
			p.block(fence("", strings.Split(text, "\n")))
		}
	case among(proseTables, n.name):
		p.table(n)
	case among(proseLists, n.name):
		p.block(p.list(n))
	case among(proseTerms, n.name), isParagraph(n):
		p.block(p.inline(n))
	default:
		p.section(n, level)
	}
}

// isParagraph reports whether an element is text with inline elements only.
func isParagraph(n *node) bool {
	elements := n.elements()
	if len(elements) == 0 {
		return true
	}
	for _, kid := range elements {
		if among(proseLists, kid.name) || among(proseCode, kid.name) || among(proseTables, kid.name) || among(proseTitles, kid.name) {
			return false
		}
	}
	return n.child(nameText) != nil || !slices.ContainsFunc(elements, func(kid *node) bool { return !among(proseInline, kid.name) })
}

// list writes items, each with what stands in it.
func (p *prose) list(n *node) string {
	counted := among(proseCounts, n.name)
	var items []string
	for _, kid := range n.elements() {
		if among(proseTitles, kid.name) {
			items = append(items, oneLine(kid.words()))
			continue
		}
		mark := "- "
		if counted {
			mark = strconv.Itoa(len(items)+1) + ". "
		}
		inner := &prose{writer: &writer{}}
		if isParagraph(kid) {
			inner.block(inner.inline(kid))
		} else {
			inner.section(kid, maxHeading)
		}
		if text := inner.String(); text != "" {
			items = append(items, listItem(mark, strings.Split(text, "\n\n")))
		}
	}
	return strings.Join(items, "\n")
}

// table writes the rows of a table, wherever they are grouped.
func (p *prose) table(n *node) {
	if title := n.child("title", "caption"); title != nil {
		p.block(oneLine(title.words()))
	}
	var header []string
	var rows [][]string
	cells := 0
	var walk func(n *node, head bool)
	walk = func(n *node, head bool) {
		for _, kid := range n.elements() {
			if !among(proseRows, kid.name) {
				walk(kid, head || kid.name == "thead")
				continue
			}
			var row []string
			for _, cell := range kid.elements() {
				if among(proseCells, cell.name) {
					row = append(row, oneLine(p.inline(cell)))
				}
			}
			if cells += len(row); cells > maxCells {
				return
			}
			if header == nil && len(rows) == 0 && (head || kid.name == "sthead" || kid.child("th") != nil) {
				header = row
				continue
			}
			rows = append(rows, row)
		}
	}
	walk(n, false)
	p.block(markdownTable(header, rows))
}

// inline returns the text of an element in one line, with the links that a
// customer can follow.
func (p *prose) inline(n *node) string {
	var b strings.Builder
	inlineWords(n, &b)
	return oneLine(b.String())
}

func inlineWords(n *node, b *strings.Builder) {
	for _, kid := range n.kids {
		if strings.HasPrefix(kid.name, "@") || among(proseSilent, kid.name) {
			continue
		}
		if kid.spaced || kid.name != nameText && !among(proseInline, kid.name) {
			b.WriteByte(' ')
		}
		if kid.name == nameText {
			b.WriteString(kid.text)
			continue
		}
		target := kid.attribute("href")
		if target == "" {
			target = kid.attribute("url")
		}
		text := oneLine(kid.words())
		if text == "" || !strings.HasPrefix(target, "https://") && !strings.HasPrefix(target, "http://") {
			inlineWords(kid, b)
			continue
		}
		b.WriteString("[" + text + "](" + target + ")")
	}
}
