package files

import (
	"encoding/csv"
	"regexp"
	"strconv"
	"strings"
)

var (
	gridBorder   = regexp.MustCompile(`^\+(?:-+\+|=+\+)+$`)
	simpleBorder = regexp.MustCompile(`^=+(?: +=+)+$`)
	simpleSpan   = regexp.MustCompile(`^-+(?: +-+)*$`)
)

const (
	// maxColumns bounds the columns of a table.
	maxColumns = 500
	// maxCells bounds the cells of a table: short rows of a wide table are many
	// cells in few bytes. The rows beyond it are left out.
	maxCells = 1 << 20
	// maxTableWork bounds the lines of a table times its columns.
	maxTableWork = 16 << 20
	// maxHeaderRows is how many rows may be the header of a table.
	maxHeaderRows = 8
)

// gridTable reads a table that is drawn with + - and |. Cells over several
// columns or rows keep their text in the first of them.
func (r *rst) gridTable(lines []string, i, depth int) (string, int) {
	end := i
	for end < len(lines) && (strings.HasPrefix(lines[end], "+") || strings.HasPrefix(lines[end], "|")) {
		end++
	}
	bounds := boundsOf(lines[i:end])
	if len(bounds) > maxColumns {
		return r.inline(oneLine(strings.Join(lines[i:end], " "))), end
	}
	var rows [][]string
	header, open := 0, make([][]string, len(bounds))
	flush := func() {
		row, any := make([]string, len(bounds)), false
		for n, cell := range open {
			row[n] = r.cell(cell, depth)
			any = any || row[n] != ""
			open[n] = nil
		}
		if any && len(rows)*len(bounds) < maxCells {
			rows = append(rows, row)
		}
	}
	for _, line := range lines[i:min(end, i+maxTableWork/len(bounds))] {
		if gridBorder.MatchString(line) {
			flush()
			if header == 0 && strings.Contains(line, "=") {
				header = len(rows)
			}
			continue
		}
		for n, text := range cellsAt([]rune(line), bounds) {
			if drawing := strings.Trim(text, "-+ ") == "" && strings.Contains(text, "--"); drawing {
				// A border under some of the columns; the other cells go on.
				text = ""
			}
			if text != "" || len(open[n]) > 0 {
				open[n] = append(open[n], text)
			}
		}
	}
	flush()
	return tableOf(rows, header), end
}

// boundsOf returns the columns at which cells begin, by all borders.
func boundsOf(lines []string) []int {
	starts := make(map[int]bool)
	width := 0
	for _, line := range lines {
		if !gridBorder.MatchString(line) {
			continue
		}
		for n := range len(line) - 1 {
			if line[n] == '+' {
				starts[n+1] = true
			}
		}
		width = max(width, len(line))
	}
	var out []int
	for n := range width {
		if starts[n] {
			out = append(out, n)
		}
	}
	return out
}

// cellsAt cuts a line at the bounds where it has a bar.
func cellsAt(line []rune, bounds []int) []string {
	out := make([]string, len(bounds))
	owner := 0
	for n, start := range bounds {
		if start > len(line) {
			break
		}
		if n == 0 || line[start-1] == '|' || line[start-1] == '+' {
			owner = n
		}
		end := len(line)
		if n+1 < len(bounds) {
			end = min(bounds[n+1]-1, len(line))
		}
		if owner != n && start > 0 {
			start--
		}
		out[owner] += string(line[start:max(end, start)])
	}
	for n := range out {
		out[n] = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(out[n], " "), "|"), " ")
	}
	return out
}

// lastTableEnd returns the last line that can end a simple table; a border
// beyond it begins none.
func lastTableEnd(lines []string) int {
	for i := len(lines) - 1; i > 0; i-- {
		if endsTable(lines, i) {
			return i
		}
	}
	return 0
}

func endsTable(lines []string, i int) bool {
	return strings.HasPrefix(lines[i], "=") && simpleBorder.MatchString(lines[i]) && (i+1 >= len(lines) || blank(lines[i+1]))
}

// simpleTable reads a table between lines of =, one of which ends it.
func (r *rst) simpleTable(lines []string, i, depth int) (string, int) {
	columns := spansOf(lines[i])
	end := i + 1
	for !endsTable(lines, end) {
		end++
	}
	if len(columns) > maxColumns {
		return r.inline(oneLine(strings.Join(lines[i+1:end], " "))), end + 1
	}
	var rows, open [][]string
	flush := func() {
		if open == nil || len(rows)*len(columns) >= maxCells {
			return
		}
		row := make([]string, len(columns))
		for n, cell := range open {
			row[n] = r.cell(cell, depth)
		}
		rows, open = append(rows, row), nil
	}
	header := 0
	for n := i + 1; n <= min(end, i+maxTableWork/len(columns)); n++ {
		line := lines[n]
		switch {
		case simpleBorder.MatchString(line):
			flush()
			if n != end && header == 0 {
				header = len(rows)
			}
			continue
		case blank(line), simpleSpan.MatchString(line):
			flush()
			continue
		}
		cells := columnsOf([]rune(line), columns)
		if open == nil || strings.TrimSpace(cells[0]) != "" {
			flush()
			open = make([][]string, len(columns))
		}
		for c, text := range cells {
			open[c] = append(open[c], text)
		}
	}
	flush()
	return tableOf(rows, header), end + 1
}

// spansOf returns where the columns of a simple table begin.
func spansOf(border string) []int {
	var out []int
	for n := range len(border) {
		if border[n] == '=' && (n == 0 || border[n-1] == ' ') {
			out = append(out, n)
		}
	}
	return out
}

// columnsOf cuts a line at columns; text that runs over the gap stays whole.
func columnsOf(line []rune, columns []int) []string {
	out := make([]string, len(columns))
	owner := 0
	for n, start := range columns {
		if start >= len(line) {
			break
		}
		if n == 0 || line[start-1] == ' ' {
			owner = n
		}
		end := len(line)
		if n+1 < len(columns) {
			end = min(columns[n+1], len(line))
		}
		out[owner] += string(line[start:end])
	}
	return out
}

// cell writes the blocks of a cell in one line.
func (r *rst) cell(lines []string, depth int) string {
	return oneLine(strings.Join(r.blocks(dedent(trimBlankLines(lines)), depth+1), " "))
}

func tableOf(rows [][]string, header int) string {
	if header == 0 || header > maxHeaderRows || header > len(rows) {
		return markdownTable(nil, rows)
	}
	head := rows[0]
	for _, row := range rows[1:header] {
		for n := range min(len(head), len(row)) {
			head[n] = oneLine(head[n] + " " + row[n])
		}
	}
	return markdownTable(head, rows[header:])
}

// csvTable reads a table written in the document itself. One that is taken from
// a file or an address is left out.
func (r *rst) csvTable(d directive) string {
	if _, ok := d.options["file"]; ok {
		return ""
	}
	if _, ok := d.options["url"]; ok {
		return ""
	}
	rows := r.records(strings.Join(d.body, "\n"))
	header := headerRows(d, len(rows))
	if head := r.records(d.options["header"]); len(head) > 0 {
		rows, header = append(head, rows...), header+len(head)
	}
	return titled(r.inline(d.arg), tableOf(rows, header))
}

func (r *rst) records(source string) [][]string {
	reader := csv.NewReader(strings.NewReader(source))
	reader.LazyQuotes, reader.TrimLeadingSpace, reader.FieldsPerRecord = true, true, -1
	var out [][]string
	for cells := 0; ; {
		record, err := reader.Read()
		if cells += len(record); err != nil || cells > maxCells {
			return out
		}
		for n := range record {
			record[n] = r.inline(oneLine(record[n]))
		}
		out = append(out, record)
	}
}

// listTable reads a table written as a list of lists.
func (r *rst) listTable(d directive, depth int) string {
	var rows [][]string
	for _, row := range bulletBodies(d.body) {
		var cells []string
		for _, cell := range bulletBodies(row) {
			cells = append(cells, r.cell(cell, depth))
		}
		if len(cells) > 0 && len(cells) <= maxColumns {
			rows = append(rows, cells)
		}
	}
	return titled(r.inline(d.arg), tableOf(rows, headerRows(d, len(rows))))
}

// bulletBodies returns the lines of each item of a list.
func bulletBodies(lines []string) [][]string {
	var out [][]string
	for i := 0; i < len(lines); {
		mark := bullet.FindString(lines[i])
		end := max(indentedEnd(lines, i+1), i+1)
		if mark != "" {
			out = append(out, itemBody(lines[i][len(mark):], lines[i+1:end]))
		}
		i = end
	}
	return out
}

func headerRows(d directive, rows int) int {
	n, err := strconv.Atoi(strings.TrimSpace(d.options["header-rows"]))
	if err != nil || n < 0 {
		return 0
	}
	return min(n, rows)
}

func titled(title, table string) string {
	return strings.Trim(title+"\n\n"+table, "\n")
}
