package pdf

import (
	"math"
	"slices"
	"strings"
)

const (
	// shortCell is the length of a text, in characters, that one cell of every
	// row of a table stays below. Columns of running text do not.
	shortCell = 60
	// shortLineLength is the length of lines, in characters, that are no running
	// text.
	shortLineLength = 30
	// maxCellLines is the number of lines of a cell.
	maxCellLines = 12
	// rowGap is the largest distance between two rows, in lines.
	rowGap = 4
)

// band is a strip of a page: the regions that stand at one height, grouped by
// the range of x they share, from left to right.
type band struct {
	box
	cells [][]*region
}

// table is a table on a page.
type table struct {
	rows [][]string
	// regions are those it is made of.
	regions map[*region]bool
}

// tables finds the tables of a page by the places of its regions. A table is a
// run of strips with several cells each.
func (s *sheet) tables() []table {
	if s.crowded() {
		return nil
	}
	bands := s.bands()
	var out []table
	for start := 0; start < len(bands); {
		end := runOf(bands, start)
		if t, ok := tableOf(bands[start:end]); ok {
			out = append(out, t)
		}
		start = end
	}
	return out
}

// bands cuts a page into strips.
func (s *sheet) bands() []band {
	// The boxes of neighbouring lines may touch; their cores do not.
	const core = 0.3
	sorted := slices.Clone(s.regions)
	slices.SortStableFunc(sorted, func(a, b *region) int { return compare(a.y0, b.y0) })
	var out []band
	var group []*region
	bottom := 0.0
	flush := func() {
		if len(group) > 0 {
			out = append(out, bandOf(group))
		}
		group = nil
	}
	for _, r := range sorted {
		inset := core * r.lines[0].height()
		if len(group) > 0 && r.y0+inset >= bottom {
			flush()
		}
		if len(group) == 0 {
			bottom = r.y1 - inset
		}
		bottom = max(bottom, r.y1-inset)
		group = append(group, r)
	}
	flush()
	return out
}

func bandOf(group []*region) band {
	boxes := make([]box, len(group))
	b := band{box: group[0].box}
	for i, r := range group {
		boxes[i] = r.box
		b.box = b.join(r.box)
	}
	spans := spansOf(boxes)
	b.cells = make([][]*region, len(spans))
	for _, r := range group {
		i := spanOf(spans, r.box)
		b.cells[i] = append(b.cells[i], r)
	}
	return b
}

// row reports whether a strip can be a row of a table, or several.
func (b band) row() bool {
	if len(b.cells) < 2 {
		return false
	}
	short := false
	for _, cell := range b.cells {
		lines, size, longest := 0, 0, 0
		for _, r := range cell {
			lines += len(r.lines)
			for _, l := range r.lines {
				size, longest = size+len(l.text), max(longest, len(l.text))
			}
		}
		if lines > maxCellLines && longest > shortLineLength {
			return false
		}
		short = short || size <= shortCell || longest <= shortLineLength
	}
	return short
}

// lists reports whether a strip has columns of short lines that stand at the
// same heights: a table without space between its rows.
func (b band) lists() bool {
	for _, cell := range b.cells {
		for _, r := range cell {
			for _, l := range r.lines {
				if len(l.text) > shortLineLength {
					return false
				}
			}
		}
	}
	return b.heights() != nil
}

// runOf is the end of the rows that begin at start. A strip with a single cell
// belongs to them when it stands between rows and below one column.
func runOf(bands []band, start int) int {
	if !bands[start].row() {
		return start + 1
	}
	end := start + 1
	for end < len(bands) && near(bands[end-1], bands[end]) {
		switch {
		case bands[end].row():
			end++
		case end+1 < len(bands) && bands[end+1].row() && near(bands[end], bands[end+1]) && within(bands[end], bands[end-1]):
			end += 2
		default:
			return end
		}
	}
	return end
}

// near reports whether b follows a as close as rows do. A strip without text is
// near nothing: what a damaged file draws may have no lines.
func near(a, b band) bool {
	if len(a.cells) == 0 || len(a.cells[0]) == 0 || len(a.cells[0][0].lines) == 0 {
		return false
	}
	return b.y0-a.y1 <= rowGap*a.cells[0][0].lines[0].height()
}

// within reports whether the only cell of a strip stands below a single cell of
// the row above.
func within(single, above band) bool {
	if len(single.cells) != 1 {
		return false
	}
	n := 0
	for _, cell := range above.cells {
		for _, r := range cell {
			if r.beside(single.box) {
				n++
				break
			}
		}
	}
	return n == 1 && len(single.cells[0]) == 1 && len(single.cells[0][0].lines) <= maxCellLines
}

// tableOf makes a table of rows, or finds that they are none.
func tableOf(rows []band) (table, bool) {
	if len(rows) == 1 && !(rows[0].row() && rows[0].lists()) {
		return table{}, false
	}
	columns := columnsOfRows(rows)
	if len(columns) < 2 {
		return table{}, false
	}
	t := table{regions: map[*region]bool{}}
	longest := 0
	for _, b := range rows {
		for _, row := range b.rows(columns) {
			for _, cell := range row {
				longest = max(longest, len(cell))
			}
			t.rows = append(t.rows, row)
		}
		for _, cell := range b.cells {
			for _, r := range cell {
				t.regions[r] = true
			}
		}
	}
	// Two texts side by side, twice, are no table.
	if len(t.rows) == 2 && longest > shortCell {
		return table{}, false
	}
	return t, true
}

// rows are the rows that a strip stands for: one, unless all its cells that have
// several lines have the same number of them, at the same heights.
func (b band) rows(columns []box) [][]string {
	heights := b.heights()
	if heights == nil {
		heights = []float64{b.y0}
	}
	out := make([][]string, len(heights))
	for i := range out {
		out[i] = make([]string, len(columns))
	}
	for _, cell := range b.cells {
		for _, r := range cell {
			at := spanOf(columns, r.box)
			for _, l := range r.lines {
				row := out[closest(heights, l.y0)]
				row[at] = glue(row[at], l.text, nil)
			}
		}
	}
	return out
}

// heights are those of the lines of a strip whose cells are lists of equal
// length, or nil. Two lines may be one text that was too long for its cell.
func (b band) heights() []float64 {
	const fewest = 3
	var out []float64
	lists := 0
	for _, cell := range b.cells {
		var own []float64
		for _, r := range cell {
			for _, l := range r.lines {
				own = append(own, l.y0)
			}
		}
		if len(own) == 1 {
			continue
		}
		if lists++; out == nil {
			out = own
		}
		if len(own) < fewest || len(own) != len(out) {
			return nil
		}
		for i := range own {
			if d := own[i] - out[i]; d > sameHeight || d < -sameHeight {
				return nil
			}
		}
	}
	if lists < 2 {
		return nil
	}
	return out
}

func closest(heights []float64, y float64) int {
	best := 0
	for i, h := range heights {
		if math.Abs(h-y) < math.Abs(heights[best]-y) {
			best = i
		}
	}
	return best
}

// columnsOfRows are the ranges of x of the columns. A cell that reaches over
// several cells of another row says nothing about them.
func columnsOfRows(rows []band) []box {
	var cells []box
	for i, b := range rows {
		for _, cell := range b.cells {
			whole := cell[0].box
			for _, r := range cell[1:] {
				whole = whole.join(r.box)
			}
			if !spanning(whole, rows, i) {
				cells = append(cells, whole)
			}
		}
	}
	return spansOf(cells)
}

// lookAround is how many rows above and below a cell is compared with.
const lookAround = 20

func spanning(cell box, rows []band, own int) bool {
	for i := max(0, own-lookAround); i < min(len(rows), own+lookAround+1); i++ {
		n := 0
		for _, other := range rows[i].cells {
			if i != own && other[0].beside(cell) {
				n++
			}
		}
		if n > 1 {
			return true
		}
	}
	return false
}

// markdown writes a table; the first row is its header.
func (t table) markdown() string {
	var b strings.Builder
	for i, row := range t.rows {
		for _, cell := range row {
			b.WriteString("| " + strings.ReplaceAll(oneLine(cell), "|", `\|`) + " ")
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
