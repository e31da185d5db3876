package office

import (
	"strconv"
	"strings"
)

// wordParagraph is a paragraph that is being read.
type wordParagraph struct {
	text  []byte
	style string
	// outline, level and list are its own, or unset and "".
	outline int
	level   int
	list    string
	links   []openLink
	// after are blocks anchored in it: text boxes, charts.
	after []block
}

// openLink is a link whose text begins at a place in a paragraph.
type openLink struct {
	target string
	start  int
}

func newWordParagraph() *wordParagraph {
	return &wordParagraph{outline: unset, level: unset}
}

// openLink begins a link. One inside another leads nowhere: Markdown has none.
func (p *wordParagraph) openLink(target string) {
	if len(p.links) > 0 {
		target = ""
	}
	p.links = append(p.links, openLink{target, len(p.text)})
}

func (p *wordParagraph) closeLink(room *budget) {
	n := len(p.links)
	if n == 0 {
		return
	}
	open := p.links[n-1]
	p.links = p.links[:n-1]
	if open.target != "" && room.take(len(open.target)) {
		p.text = append(p.text[:open.start], link(string(p.text[open.start:]), open.target)...)
	}
}

func (p *wordParagraph) insert(blocks []block) { p.after = append(p.after, blocks...) }

// wordField is a field: an instruction, then what it came to when the document
// was saved, which is what a reader sees.
type wordField struct {
	code   []byte
	result bool
	// in is the paragraph that its link was opened in.
	in *wordParagraph
}

// maxInstruction is how much of an instruction is kept, in bytes.
const maxInstruction = 4096

func (f *wordField) instruction(s []byte) {
	if !f.result && len(f.code)+len(s) <= maxInstruction {
		f.code = append(f.code, s...)
	}
}

// hyperlink is the address of a HYPERLINK field.
func (f *wordField) hyperlink() string {
	rest, ok := strings.CutPrefix(strings.TrimSpace(string(f.code)), "HYPERLINK")
	if !ok {
		return ""
	}
	rest, ok = strings.CutPrefix(strings.TrimSpace(rest), `"`)
	if !ok {
		return ""
	}
	target, _, _ := strings.Cut(rest, `"`)
	return address(target)
}

func (w *wordBody) field(mark string) {
	n := len(w.fields)
	switch {
	case mark == "begin":
		w.fields = append(w.fields, wordField{})
		w.unread++
	case n == 0:
	case mark == "separate" && !w.fields[n-1].result:
		f := &w.fields[n-1]
		f.result = true
		w.unread--
		if target := f.hyperlink(); target != "" {
			f.in = w.paragraph()
			f.in.openLink(target)
		}
	case mark == "end":
		f := w.fields[n-1]
		if f.in != nil && f.in == w.paragraph() {
			f.in.closeLink(&w.doc.room)
		}
		if !f.result {
			w.unread--
		}
		w.fields = w.fields[:n-1]
	}
}

func (w *wordBody) paragraph() *wordParagraph {
	if len(w.paragraphs) == 0 {
		return nil
	}
	return w.paragraphs[len(w.paragraphs)-1]
}

func (w *wordBody) table() *table {
	if len(w.tables) == 0 {
		return nil
	}
	return w.tables[len(w.tables)-1]
}

func (w *wordBody) pop() flow {
	n := len(w.flows)
	if n == 0 {
		return flow{}
	}
	f := w.flows[n-1]
	w.flows = w.flows[:n-1]
	return f
}

// emit adds blocks to the innermost flow, and the notes that were named in them
// once they are complete.
func (w *wordBody) emit(blocks ...block) {
	n := len(w.flows)
	if n == 0 {
		return
	}
	f := &w.flows[n-1]
	f.blocks = append(f.blocks, blocks...)
	if n == 1 {
		f.blocks = append(f.blocks, w.pending...)
		w.pending = nil
	}
}

func (w *wordBody) closeParagraph() {
	p := w.paragraph()
	if p == nil {
		return
	}
	w.paragraphs = w.paragraphs[:len(w.paragraphs)-1]
	for len(p.links) > 0 {
		p.closeLink(&w.doc.room)
	}
	var blocks []block
	if b, ok := w.doc.block(p); ok {
		blocks = append(blocks, b)
	}
	w.emit(append(blocks, p.after...)...)
}

func (w *wordBody) closeCell() {
	n := len(w.cells)
	if n == 0 {
		return
	}
	c := w.cells[n-1]
	w.cells = w.cells[:n-1]
	c.blocks = w.pop().blocks
	if t := w.table(); t != nil {
		t.row = append(t.row, c)
	}
}

func (w *wordBody) closeTable() {
	t := w.table()
	if t == nil {
		return
	}
	w.tables = w.tables[:len(w.tables)-1]
	w.emit(t.blocks(&w.doc.room, len(w.tables) > 0)...)
}

// block is what a paragraph says, and what kind of block it is.
func (d *word) block(p *wordParagraph) (block, bool) {
	text := strings.TrimSpace(string(p.text))
	style := d.styles.traits(p.style)
	if text == "" || style.contents || style.hidden {
		return block{}, false
	}
	label, listed := d.listed(p, style)
	if style.title {
		if d.title == "" {
			d.title = oneLine(text)
		}
		return block{kind: kindHeading, level: 1, text: text}, true
	}
	level := style.heading
	if p.outline != unset {
		level = (p.outline + 1) % (bodyLevel + 1)
	}
	switch {
	case level > 0:
		return block{kind: kindHeading, level: level, text: strings.TrimSpace(label + " " + text)}, true
	case listed:
		return block{kind: kindItem, level: p.level, label: label, text: text}, true
	}
	return block{kind: kindParagraph, text: text}, true
}

// listed counts a paragraph in its list. A bullet has no label.
func (d *word) listed(p *wordParagraph, style traits) (label string, ok bool) {
	id := style.list
	if p.list != "" {
		id = p.list
	}
	if p.level == unset {
		p.level = max(style.level, 0)
	}
	return d.lists.next(id, p.level)
}

// symbol is a character of a symbol font, where it has a meaning of its own.
func symbol(code string) string {
	switch strings.TrimPrefix(strings.ToUpper(code), "F0") {
	case "FC", "FE":
		return "✓"
	case "FB", "FD":
		return "✗"
	case "E0":
		return "→"
	}
	return ""
}

func (d *word) noteSign() string {
	d.noteCount++
	return "[" + strconv.Itoa(d.noteCount) + "]"
}
