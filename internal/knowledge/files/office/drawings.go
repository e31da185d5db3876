package office

import (
	"strconv"
	"strings"
)

// drawings reads charts and diagrams, which documents keep in parts of their
// own. Each part is read once, however often it is shown.
type drawings struct {
	archive *archive
	room    budget
	seen    map[string]bool
}

func newDrawings(a *archive) *drawings {
	return &drawings{archive: a, room: budget{left: maxText}, seen: map[string]bool{}}
}

// chart is the title of a chart and the figures that were drawn.
func (d *drawings) chart(r relation) []block {
	c := &chartReader{drawings: d}
	if !d.readOnce(r, c) {
		return nil
	}
	var blocks []block
	if text := oneLine(c.title.String()); text != "" {
		blocks = append(blocks, block{kind: kindParagraph, text: text})
	}
	if rows := compact(c.rows()); len(rows) > 1 {
		blocks = append(blocks, block{kind: kindTable, text: markdownTable(&d.room, rows[0], rows[1:])})
	}
	return blocks
}

// diagram is the text of a SmartArt drawing, one item for each of its points.
func (d *drawings) diagram(r relation) []block {
	v := &diagramReader{drawings: d}
	if !d.readOnce(r, v) {
		return nil
	}
	return v.blocks
}

// readOnce reads the part of a drawing. One that is broken is left out: the text
// around it stands without it.
func (d *drawings) readOnce(r relation, v visitor) bool {
	if r.external || r.target == "" || d.seen[r.target] || !d.archive.has(r.target) {
		return false
	}
	d.seen[r.target] = true
	if err := d.archive.walk(r.target, v); err != nil {
		d.room.cut = true
		return false
	}
	return true
}

// diagramReader is a visitor of the data of a diagram.
type diagramReader struct {
	*drawings
	blocks []block
	line   []byte
}

func (r *diagramReader) open(el element) verdict {
	if el.name == "pt" {
		switch el.attr("type") {
		case "pres", "parTrans", "sibTrans":
			return skip
		}
	}
	return enter
}

func (r *diagramReader) text(parent string, s []byte) verdict {
	if parent != "t" {
		return enter
	}
	if !r.room.take(len(s)) {
		return stop
	}
	r.line = append(r.line, s...)
	return enter
}

func (r *diagramReader) close(name string) {
	if name != "p" {
		return
	}
	if text := oneLine(string(r.line)); text != "" {
		r.blocks = append(r.blocks, block{kind: kindItem, text: text})
	}
	r.line = r.line[:0]
}

// chartReader is a visitor of a chart.
type chartReader struct {
	*drawings
	title strings.Builder
	// labels are those of the first series that has any; names and values have
	// one entry for each series.
	labels []string
	names  []string
	values [][]string

	series bool
	// field is what points belong to: the name of a series, its labels or its
	// values.
	field string
	index int
	value []byte
}

// maxPoints is how many points of a series are kept.
const maxPoints = 1000

func (r *chartReader) open(el element) verdict {
	switch el.name {
	case "ser":
		if len(r.names) == maxColumns {
			return skip
		}
		r.series = true
		r.names, r.values = append(r.names, ""), append(r.values, nil)
	case "tx", "cat", "xVal", "val", "yVal":
		r.field = el.name
	case "pt":
		r.index, r.value = number(el.attr("idx"), maxPoints), r.value[:0]
	case "dLbls", "txPr", "dPt", "extLst":
		return skip
	}
	return enter
}

func (r *chartReader) text(parent string, s []byte) verdict {
	if parent != "t" && parent != "v" {
		return enter
	}
	if !r.room.take(len(s)) {
		return stop
	}
	switch {
	case parent == "v" && r.series:
		r.value = append(r.value, s...)
	case parent == "t" && !r.series:
		r.title.Write(s)
	}
	return enter
}

func (r *chartReader) close(name string) {
	switch name {
	case "ser":
		r.series = false
	case "p":
		r.title.WriteString(" ")
	case "pt":
		r.point(oneLine(string(r.value)))
	}
}

func (r *chartReader) point(value string) {
	last := len(r.names) - 1
	if !r.series || last < 0 || r.index >= maxPoints {
		return
	}
	switch r.field {
	case "tx":
		r.names[last] = value
	case "cat", "xVal":
		if last == 0 {
			r.labels = place(r.labels, r.index, value)
		}
	case "val", "yVal":
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			value = general(v)
		}
		r.values[last] = place(r.values[last], r.index, value)
	}
}

func place(list []string, at int, value string) []string {
	for len(list) <= at {
		list = append(list, "")
	}
	list[at] = value
	return list
}

// rows are the figures with one line for each label.
func (r *chartReader) rows() [][]string {
	rows := [][]string{append([]string{""}, r.names...)}
	height := len(r.labels)
	for _, v := range r.values {
		height = max(height, len(v))
	}
	for i := range height {
		row := []string{""}
		if !r.room.take(len(r.names)) {
			break
		}
		if i < len(r.labels) {
			row[0] = r.labels[i]
		}
		for _, v := range r.values {
			value := ""
			if i < len(v) {
				value = v[i]
			}
			row = append(row, value)
		}
		rows = append(rows, row)
	}
	return rows
}
