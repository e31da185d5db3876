package office

import "strings"

const (
	// maxColumns is the number of columns kept of a table.
	maxColumns = 256
	// maxRepeat is the longest text, in bytes, that is repeated in every row of
	// a cell that spans several.
	maxRepeat = 200
	// maxCell is the longest cell of a table, in bytes. Tables with longer ones
	// only place text on the page.
	maxCell = 1500
)

// cell is one cell of a table as its document describes it.
type cell struct {
	blocks []block
	// span is the number of columns it covers, at least 1.
	span int
	// continued is true when it belongs to the cell above.
	continued bool
}

// table collects the rows of a table.
type table struct {
	rows [][]cell
	row  []cell
	// dropped is true while the row is a deleted or hidden one.
	dropped bool
}

func (t *table) endRow() {
	if !t.dropped && len(t.row) > 0 {
		t.rows = append(t.rows, t.row)
	}
	t.row, t.dropped = nil, false
}

// blocks are what a table says: itself, or its content one after the other when
// it has a single column or row, or cells too long for one.
func (t *table) blocks(room *budget, nested bool) []block {
	if t.layout() {
		var out []block
		for _, row := range t.rows {
			for _, c := range row {
				out = append(out, c.blocks...)
			}
		}
		return out
	}
	rows := compact(t.grid(room))
	if len(rows) == 0 {
		return nil
	}
	if nested {
		return []block{{kind: kindParagraph, text: inline(rows)}}
	}
	return []block{{kind: kindTable, text: markdownTable(room, rows[0], rows[1:])}}
}

func (t *table) layout() bool {
	if len(t.rows) < 2 {
		return true
	}
	width := 0
	for _, row := range t.rows {
		width = max(width, len(row))
		for _, c := range row {
			size := 0
			for _, b := range c.blocks {
				size += len(b.text)
			}
			if size > maxCell {
				return true
			}
		}
	}
	return width < 2
}

// grid lays cells out in columns. The text of a cell that spans rows stands in
// each of them, so that a row can be read alone.
func (t *table) grid(room *budget) [][]string {
	out := make([][]string, 0, len(t.rows))
	var above []string
	for _, row := range t.rows {
		line := make([]string, 0, len(row))
		for _, c := range row {
			text := flat(c.blocks)
			if c.continued {
				text = ""
				if at := len(line); at < len(above) && repeats(room, above[at]) {
					text = above[at]
				}
			}
			line = append(line, text)
			for i := 1; i < c.span && len(line) < maxColumns; i++ {
				line = append(line, "")
			}
			if len(line) >= maxColumns {
				break
			}
		}
		out, above = append(out, line), line
	}
	return out
}

// repeats reports whether there is room to write a text again. Repeating leaves
// room for the rows themselves.
func repeats(room *budget, text string) bool {
	return len(text) <= min(maxRepeat, room.left/2) && room.take(len(text))
}

// compact leaves out rows and columns without any text.
func compact(rows [][]string) [][]string {
	var used []bool
	kept := rows[:0]
	for _, row := range rows {
		some := false
		for i, text := range row {
			for len(used) <= i {
				used = append(used, false)
			}
			if strings.TrimSpace(text) != "" {
				used[i], some = true, true
			}
		}
		if some {
			kept = append(kept, row)
		}
	}
	for r, row := range kept {
		line := make([]string, 0, len(row))
		for i, text := range row {
			if used[i] {
				line = append(line, text)
			}
		}
		kept[r] = line
	}
	return kept
}

// inline writes the rows of a table inside another one.
func inline(rows [][]string) string {
	lines := make([]string, len(rows))
	for i, row := range rows {
		var cells []string
		for _, text := range row {
			if text = oneLine(text); text != "" {
				cells = append(cells, text)
			}
		}
		lines[i] = strings.Join(cells, ", ")
	}
	return strings.Join(lines, "; ")
}

// markdownTable writes rows below a header. All get the width of the widest, and
// only as many as there is room for.
func markdownTable(room *budget, header []string, rows [][]string) string {
	width := len(header)
	for _, row := range rows {
		width = max(width, len(row))
	}
	var b strings.Builder
	writeRow(&b, header, width)
	b.WriteString(strings.Repeat("|---", width) + "|\n")
	for _, row := range rows {
		if !room.take(len("|  ") * width) {
			break
		}
		writeRow(&b, row, width)
	}
	return strings.TrimRight(b.String(), "\n")
}

func writeRow(b *strings.Builder, cells []string, width int) {
	for i := range width {
		text := ""
		if i < len(cells) {
			text = strings.ReplaceAll(oneLine(cells[i]), "|", `\|`)
		}
		b.WriteString("| " + text + " ")
	}
	b.WriteString("|\n")
}
