package office

import (
	"strconv"
	"strings"
)

// slideText is which shapes of a part are wanted.
type slideText int

const (
	// ownText is all a slide says itself.
	ownText slideText = iota
	// shownText is what a master or layout shows on every slide.
	shownText
	// notesText is the body of a page of notes.
	notesText
)

// slideReader is a visitor of a slide, a layout, a master or a page of notes.
type slideReader struct {
	*deck
	relations map[string]relation
	wanted    slideText

	// title and blocks are what was found.
	title  string
	blocks []block
	// titleSlide is true when the title is laid out as that of the presentation.
	titleSlide bool
	// masterHidden is true when the shapes of its master are not shown.
	masterHidden bool

	shapes []shape
	tables []*table
	cells  []cell
	line   slideLine
}

// shape is an open shape.
type shape struct {
	// placeholder is its role, such as title; "" for a shape of its own.
	placeholder string
	hidden      bool
	lines       []slideLine
}

// slideLine is a paragraph of a shape.
type slideLine struct {
	text  []byte
	level int
	// bullet is true, and numbered, when it is marked so itself; plain when it is
	// marked as not being part of a list.
	bullet, numbered, plain bool
	lang                    string
	target                  string
}

func (s *slideReader) open(el element) verdict {
	switch el.name {
	case "sld", "sldLayout":
		s.masterHidden = el.attr("showMasterSp") == "0" || el.attr("showMasterSp") == "false"
	case "sp", "graphicFrame", "cxnSp":
		s.shapes = append(s.shapes, shape{})
	case "cNvPr":
		if sh := s.shape(); sh != nil && (el.attr("hidden") == "1" || el.attr("hidden") == "true") {
			sh.hidden = true
		}
	case "ph":
		s.placeholder(el)
	case "p":
		s.line = slideLine{}
	case "r", "fld":
		s.line.lang, s.line.target = "", ""
		// Numbers of slides and dates change with every showing.
		if kind := el.attr("type"); kind == "slidenum" || strings.HasPrefix(kind, "datetime") {
			return skip
		}
	case "tbl":
		s.tables = append(s.tables, &table{})
	case "tc":
		s.openCell(el)
	case "chart":
		s.drawn(s.chart, el.reference("id"))
	case "relIds":
		s.drawn(s.diagram, el.reference("dm"))
	default:
		return s.inline(el)
	}
	return enter
}

// drawn adds a drawing, unless its shape is hidden.
func (s *slideReader) drawn(read func(relation) []block, id string) {
	if sh := s.shape(); s.wanted == ownText && (sh == nil || !sh.hidden) {
		s.blocks = append(s.blocks, read(s.relations[id])...)
	}
}

func (s *slideReader) placeholder(el element) {
	sh := s.shape()
	if sh == nil {
		return
	}
	// Without a type it is one for content.
	sh.placeholder = el.attr("type")
	if sh.placeholder == "" {
		sh.placeholder = "obj"
	}
	if sh.placeholder == "ctrTitle" {
		s.titleSlide = true
	}
}

// inline takes what stands in a paragraph beside its text.
func (s *slideReader) inline(el element) verdict {
	switch el.name {
	case "pPr":
		s.line.level = number(el.attr("lvl"), 0)
	case "buNone":
		s.line.plain = true
	case "buChar", "buBlip":
		s.line.bullet = true
	case "buAutoNum":
		s.line.bullet, s.line.numbered = true, true
	case "rPr":
		s.line.lang = el.attr("lang")
	case "hlinkClick":
		if r := s.relations[el.reference("id")]; r.external && el.parent == "rPr" {
			s.line.target = address(r.target)
		}
	case "br":
		return s.write("\n")
	case "tab":
		if el.parent == "r" {
			return s.write(" ")
		}
	case "sldTxStyles", "txStyles", "lstStyle", "extLst", "timing", "transition":
		return skip
	}
	return enter
}

func (s *slideReader) openCell(el element) {
	merged := el.attr("vMerge")
	s.cells = append(s.cells, cell{span: 1, continued: merged == "1" || merged == "true"})
	around := s.shape()
	s.shapes = append(s.shapes, shape{hidden: around != nil && around.hidden})
}

func (s *slideReader) text(parent string, text []byte) verdict {
	if parent != "t" {
		return enter
	}
	return s.write(link(string(text), s.line.target))
}

func (s *slideReader) write(text string) verdict {
	if sh := s.shape(); sh == nil || sh.hidden || !s.wants(sh) {
		return enter
	}
	if !s.room.take(len(text)) {
		return stop
	}
	s.line.text = append(s.line.text, text...)
	s.langs.add(s.line.lang, []byte(text))
	return enter
}

// wants reports whether the text of a shape is read.
func (s *slideReader) wants(sh *shape) bool {
	switch s.wanted {
	case notesText:
		return sh.placeholder == "body"
	case shownText:
		return sh.placeholder == ""
	}
	switch sh.placeholder {
	case "dt", "sldNum", "sldImg", "hdr":
		return false
	}
	return true
}

func (s *slideReader) shape() *shape {
	if len(s.shapes) == 0 {
		return nil
	}
	return &s.shapes[len(s.shapes)-1]
}

func (s *slideReader) close(name string) {
	switch name {
	case "p":
		if sh := s.shape(); sh != nil && len(strings.TrimSpace(string(s.line.text))) > 0 {
			sh.lines = append(sh.lines, s.line)
		}
		s.line = slideLine{}
	case "sp", "graphicFrame", "cxnSp":
		if sh := s.pop(); len(sh.lines) > 0 {
			s.place(sh)
		}
	case "tc":
		s.closeCell()
	case "tr":
		if n := len(s.tables); n > 0 {
			s.tables[n-1].endRow()
		}
	case "tbl":
		if n := len(s.tables); n > 0 {
			t := s.tables[n-1]
			s.tables = s.tables[:n-1]
			s.blocks = append(s.blocks, t.blocks(&s.room, false)...)
		}
	}
}

func (s *slideReader) pop() shape {
	n := len(s.shapes)
	if n == 0 {
		return shape{}
	}
	sh := s.shapes[n-1]
	s.shapes = s.shapes[:n-1]
	return sh
}

func (s *slideReader) closeCell() {
	n := len(s.cells)
	if n == 0 {
		return
	}
	c := s.cells[n-1]
	s.cells = s.cells[:n-1]
	c.blocks = paragraphs(s.pop().lines)
	if m := len(s.tables); m > 0 {
		t := s.tables[m-1]
		t.row = append(t.row, c)
	}
}

// place adds what a shape says, by its role.
func (s *slideReader) place(sh shape) {
	blocks := paragraphs(sh.lines)
	switch sh.placeholder {
	case "title", "ctrTitle":
		s.title = oneLine(s.title + " " + flat(blocks))
	case "ftr":
		if text := flat(blocks); !s.footers[text] {
			s.footers[text] = true
			s.blocks = append(s.blocks, block{kind: kindParagraph, text: text})
		}
	case "body", "obj":
		// What marks their lines stands in the layout: several lines are a list.
		if s.wanted == ownText && len(sh.lines) > 1 {
			blocks = items(sh.lines, true)
		}
		s.blocks = append(s.blocks, blocks...)
	default:
		s.blocks = append(s.blocks, items(sh.lines, false)...)
	}
}

func paragraphs(lines []slideLine) []block {
	blocks := make([]block, len(lines))
	for i, line := range lines {
		blocks[i] = block{kind: kindParagraph, text: strings.TrimSpace(string(line.text))}
	}
	return blocks
}

// items makes a list of the lines that are marked, or of all that are not marked
// as plain when all is true.
func items(lines []slideLine, all bool) []block {
	blocks := paragraphs(lines)
	var counts [maxSlideLevel + 1]int
	for i, line := range lines {
		if line.plain || !all && !line.bullet {
			counts = [maxSlideLevel + 1]int{}
			continue
		}
		level := min(line.level, maxSlideLevel)
		blocks[i].kind, blocks[i].level = kindItem, level
		clear(counts[level+1:])
		if line.numbered {
			counts[level]++
			blocks[i].label = strconv.Itoa(counts[level]) + "."
		}
	}
	return blocks
}

// maxSlideLevel is the deepest level of a list on a slide.
const maxSlideLevel = 8
