package office

import (
	"regexp"
	"strconv"
	"strings"
)

// maxInheritance bounds how many styles are based on one another.
const maxInheritance = 20

// unset is a level that a style or paragraph does not name.
const unset = -1

// bodyLevel is the outline level of text that is no heading.
const bodyLevel = 9

// style is a paragraph or character style of a Word document.
type style struct {
	id, name, basedOn string
	// outline is 0 to 8 for headings, bodyLevel for text, or unset.
	outline int
	// list is the numbering it gives, and level its depth there, or unset.
	list  string
	level int
	// hidden is set when the style says whether its text is shown.
	hidden *bool
}

// styleSheet has the styles of a document by their id.
type styleSheet struct {
	byID map[string]*style
	// known are the traits that were asked for.
	known map[string]traits
}

// traits are what a style means, with all it is based on.
type traits struct {
	// heading is a level from 1, or 0.
	heading int
	// title, contents and hidden: it is that of the document's title, of a table
	// of contents, of text that is not shown.
	title, contents, hidden bool
	// list and level are where its paragraphs are numbered, or "" and unset.
	list  string
	level int
}

// readStyles reads a styles part. An empty name gives no styles.
func readStyles(a *archive, name string) (*styleSheet, error) {
	sheet := &styleSheet{byID: map[string]*style{}, known: map[string]traits{}}
	if name == "" || !a.has(name) {
		return sheet, nil
	}
	return sheet, a.walk(name, &styleReader{sheet: sheet})
}

// traits are those of the style with an id, also of one that is not defined.
func (s *styleSheet) traits(id string) traits {
	t, ok := s.known[id]
	if !ok {
		t = s.derive(id)
		s.known[id] = t
	}
	return t
}

func (s *styleSheet) derive(id string) traits {
	t := traits{level: unset, contents: contentsStyle.MatchString(id)}
	st, ok := s.byID[id]
	if !ok {
		t.heading, t.title = headingName(id), titleStyle.MatchString(id)
		return t
	}
	t.title = titleStyle.MatchString(st.name)
	outline, shown := unset, false
	for range maxInheritance {
		t.contents = t.contents || contentsStyle.MatchString(st.name)
		if outline == unset {
			outline = st.outline
		}
		if outline == unset && t.heading == 0 {
			t.heading = max(headingName(st.name), headingName(st.id))
		}
		if st.hidden != nil && !shown {
			shown, t.hidden = true, *st.hidden
		}
		if t.level == unset {
			t.level = st.level
		}
		if t.list == "" {
			t.list = st.list
		}
		if st, ok = s.byID[st.basedOn]; !ok {
			break
		}
	}
	if outline != unset && t.heading == 0 {
		t.heading = (outline + 1) % (bodyLevel + 1)
	}
	return t
}

var (
	// headingStyle is the name of a heading style in the languages of Word and
	// LibreOffice, and its id, from which Word leaves out letters with accents.
	headingStyle = regexp.MustCompile(`(?i)^(?:heading|header level|überschrift|berschrift|titre|titolo|título|ttulo|titulo|rubrik|kop|` +
		`overskrift|otsikko|nagłówek|nagwek|nadpis|címsor|cmsor|başlık|balk|заголовок|заглавие|επικεφαλίδα|titlu|naslov|antraštė|virsraksts|pealkiri|` +
		`見出し|标题|標題|제목)[ _-]?([1-9])$`)
	// titleStyle is the style of a document's title. Programs write the name of
	// this built-in style in English.
	titleStyle = regexp.MustCompile(`(?i)^title$`)
	// contentsStyle is that of a table of contents: it repeats the headings, far
	// from what they stand for.
	contentsStyle = regexp.MustCompile(`(?i)^(?:toc|contents|verzeichnis|innehåll|sommario|tm|indice|tdc)[ _-]?[1-9]$|^toc heading$`)
)

// headingName is the level in the name or id of a heading style, or 0.
func headingName(name string) int {
	m := headingStyle.FindStringSubmatch(strings.TrimSpace(name))
	if m == nil {
		return 0
	}
	level, _ := strconv.Atoi(m[1])
	return level
}

// styleReader is a visitor of styles.xml.
type styleReader struct {
	sheet *styleSheet
	style *style
}

func (r *styleReader) open(el element) verdict {
	if el.name == "style" {
		r.style = &style{id: el.attr("styleId"), outline: unset, level: unset}
		return enter
	}
	st := r.style
	if st == nil {
		return enter
	}
	switch el.parent + "/" + el.name {
	case "style/name":
		st.name = el.attr("val")
	case "style/basedOn":
		st.basedOn = el.attr("val")
	case "pPr/outlineLvl":
		st.outline = number(el.attr("val"), unset)
	case "numPr/numId":
		st.list = el.attr("val")
	case "numPr/ilvl":
		st.level = number(el.attr("val"), unset)
	case "rPr/vanish":
		hidden := el.on()
		st.hidden = &hidden
	case "style/tblStylePr":
		return skip
	}
	return enter
}

func (*styleReader) text(string, []byte) verdict { return enter }

func (r *styleReader) close(name string) {
	if name == "style" && r.style != nil {
		r.sheet.byID[r.style.id] = r.style
		r.style = nil
	}
}

// number reads a whole number of 0 or more, or returns otherwise.
func number(s string, otherwise int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}
