package office

// wordBody is a visitor of the parts of a Word document that hold text: the
// document itself, its footnotes and its endnotes.
type wordBody struct {
	doc *word
	// relations of the part.
	relations map[string]relation
	// flows are the places blocks go to: the part, then cells, text boxes and
	// notes inside it.
	flows []flow
	// paragraphs are those that are open: more than one in text boxes.
	paragraphs []*wordParagraph
	runs       []wordRun
	fields     []wordField
	// unread is the number of open fields whose result has not begun.
	unread int
	tables []*table
	cells  []cell
	// pending are notes named since the last block of the part.
	pending []block
}

// flow is a place that blocks go to.
type flow struct {
	blocks []block
	// note is set for a footnote or endnote.
	note string
}

// wordRun is the formatting of a run of characters.
type wordRun struct {
	hidden bool
	lang   string
}

// open is told of an element.
func (w *wordBody) open(el element) verdict {
	switch el.name {
	case "del", "moveFrom":
		// In the properties of a row the same name says that the row is deleted.
		if el.parent == "trPr" {
			w.dropRow(el.name == "del")
		}
		return skip
	case "delText", "delInstrText", "sdtPr", "sdtEndPr", "sectPr", "tblPr", "tblGrid", "rt", "pPrChange", "rPrChange",
		"tcPrChange", "trPrChange", "numberingChange":
		return skip
	case "rPr":
		// Within a paragraph's properties it is about the paragraph's mark only.
		if el.parent == "pPr" {
			return skip
		}
		return enter
	case "txbxContent":
		w.flows = append(w.flows, flow{})
	case "footnote", "endnote":
		if kind := el.attr("type"); kind != "" && kind != "normal" {
			return skip
		}
		w.flows = append(w.flows, flow{note: el.name + el.attr("id")})
	case "p":
		w.paragraphs = append(w.paragraphs, newWordParagraph())
	case "r":
		w.runs = append(w.runs, wordRun{})
	case "tbl":
		w.tables = append(w.tables, &table{})
	case "tc":
		w.flows = append(w.flows, flow{})
		w.cells = append(w.cells, cell{span: 1})
	default:
		switch el.parent {
		case "pPr", "numPr":
			w.paragraphProperty(el)
		case "rPr":
			w.runProperty(el)
		case "tcPr", "trPr":
			w.tableProperty(el)
		default:
			return w.content(el)
		}
	}
	return enter
}

func (w *wordBody) paragraphProperty(el element) {
	p := w.paragraph()
	if p == nil {
		return
	}
	switch el.name {
	case "pStyle":
		p.style = el.attr("val")
	case "outlineLvl":
		p.outline = number(el.attr("val"), unset)
	case "numId":
		p.list = el.attr("val")
	case "ilvl":
		p.level = number(el.attr("val"), unset)
	}
}

// invisibleSize is the largest size of type that nobody can read, in half
// points.
const invisibleSize = 2

func (w *wordBody) runProperty(el element) {
	if len(w.runs) == 0 {
		return
	}
	run := &w.runs[len(w.runs)-1]
	switch el.name {
	case "rStyle":
		run.hidden = run.hidden || w.doc.styles.traits(el.attr("val")).hidden
	case "vanish":
		run.hidden = el.on()
	case "sz":
		run.hidden = run.hidden || number(el.attr("val"), invisibleSize+1) <= invisibleSize
	case "lang":
		run.lang = el.attr("val")
	}
}

func (w *wordBody) tableProperty(el element) {
	switch el.name {
	case "gridSpan":
		if len(w.cells) > 0 {
			w.cells[len(w.cells)-1].span = max(1, number(el.attr("val"), 1))
		}
	case "vMerge":
		if len(w.cells) > 0 {
			w.cells[len(w.cells)-1].continued = el.attr("val") != "restart"
		}
	case "gridBefore":
		if t := w.table(); t != nil {
			for range min(number(el.attr("val"), 0), maxColumns) {
				t.row = append(t.row, cell{span: 1})
			}
		}
	case "hidden":
		w.dropRow(el.on())
	}
}

func (w *wordBody) dropRow(drop bool) {
	if t := w.table(); t != nil && drop {
		t.dropped = true
	}
}

// content takes what stands in a paragraph beside its text.
func (w *wordBody) content(el element) verdict {
	p := w.paragraph()
	if p == nil {
		return enter
	}
	if el.parent == "r" {
		if s := shown(el); s != "" {
			return w.write(s)
		}
	}
	switch el.name {
	case "hyperlink":
		p.openLink(w.target(el))
	case "fldChar":
		w.field(el.attr("fldCharType"))
	case "footnoteReference", "endnoteReference":
		return w.reference(el)
	case "chart":
		p.insert(w.doc.chart(w.relations[el.reference("id")]))
	case "relIds":
		p.insert(w.doc.diagram(w.relations[el.reference("dm")]))
	}
	return enter
}

// shown are the characters that a run writes as elements.
func shown(el element) string {
	switch el.name {
	case "tab", "ptab":
		return " "
	case "br", "cr":
		return "\n"
	case "noBreakHyphen":
		return "-"
	case "sym":
		return symbol(el.attr("char"))
	}
	return ""
}

func (w *wordBody) target(el element) string {
	r := w.relations[el.reference("id")]
	if !r.external {
		return ""
	}
	return address(r.target)
}

// reference writes the number of a note and keeps its text for after the block.
func (w *wordBody) reference(el element) verdict {
	name := "footnote"
	if el.name == "endnoteReference" {
		name = "endnote"
	}
	text, ok := w.doc.notes[name+el.attr("id")]
	if !ok || text == "" || w.silent() {
		return enter
	}
	sign := w.doc.noteSign()
	if !w.doc.room.take(len(text)) {
		return stop
	}
	w.pending = append(w.pending, block{kind: kindParagraph, text: sign + " " + text})
	return w.write(sign)
}

// text takes characters; only those of w:t, and m:t of formulas, are shown.
func (w *wordBody) text(parent string, s []byte) verdict {
	switch parent {
	case "t":
		return w.write(string(s))
	case "instrText":
		if len(w.fields) > 0 {
			w.fields[len(w.fields)-1].instruction(s)
		}
	}
	return enter
}

// silent reports whether what comes now is not shown.
func (w *wordBody) silent() bool {
	if len(w.runs) > 0 && w.runs[len(w.runs)-1].hidden {
		return true
	}
	return w.unread > 0
}

func (w *wordBody) write(s string) verdict {
	p := w.paragraph()
	if p == nil || w.silent() {
		return enter
	}
	if !w.doc.room.take(len(s)) {
		return stop
	}
	p.text = append(p.text, s...)
	lang := ""
	if len(w.runs) > 0 {
		lang = w.runs[len(w.runs)-1].lang
	}
	w.doc.langs.add(lang, []byte(s))
	return enter
}

// close is told of the end of an element.
func (w *wordBody) close(name string) {
	switch name {
	case "r":
		if n := len(w.runs); n > 0 {
			w.runs = w.runs[:n-1]
		}
	case "hyperlink":
		if p := w.paragraph(); p != nil {
			p.closeLink(&w.doc.room)
		}
	case "p":
		w.closeParagraph()
	case "txbxContent":
		if f := w.pop(); len(w.paragraphs) > 0 {
			w.paragraph().insert(f.blocks)
		} else {
			w.emit(f.blocks...)
		}
	case "footnote", "endnote":
		if f := w.pop(); f.note != "" {
			w.doc.notes[f.note] = flat(f.blocks)
		}
	case "tc":
		w.closeCell()
	case "tr":
		if t := w.table(); t != nil {
			t.endRow()
		}
	case "tbl":
		w.closeTable()
	}
}
