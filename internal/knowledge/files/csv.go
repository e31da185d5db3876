package files

import (
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
)

const (
	// rowsOfBlock is how many rows stand below one heading.
	rowsOfBlock = 25
	// sniffLines is how many lines tell the delimiter and the header.
	sniffLines = 50
	// maxCellLines is the longest cell believed in; a longer one is a quote that
	// nobody closed.
	maxCellLines = 500
)

// readCSV writes each row as an item with a line "column: value" for every
// cell, so that a row says what its values are wherever it is cut off. The
// names of the columns stand once at the top as the file has them.
// partial is true when the rest did not fit.
func readCSV(source string) (markdown string, partial bool, err error) {
	source, delimiter := delimiterOf(source)
	t := &table{w: &writer{}, delimiter: string(delimiter)}
	if err := eachRecord(source, delimiter, t.add); err != nil {
		return "", false, err
	}
	t.finish()
	return t.w.String(), t.w.full, nil
}

var separatorLine = regexp.MustCompile(`(?i)^"?sep=(.)"?\r?\n`)

// delimiterOf finds the delimiter: by the line with which spreadsheets name it,
// else the one that cuts most of the first lines into the same number of cells.
func delimiterOf(source string) (string, rune) {
	if m := separatorLine.FindStringSubmatchIndex(source); m != nil {
		if r := rune(source[m[2]]); strings.ContainsRune(",;\t|:^~", r) {
			return source[m[1]:], r
		}
	}
	best, score := ',', 0
	for _, candidate := range "\t;,|" {
		if s := regularity(source, byte(candidate)); s > score {
			best, score = candidate, s
		}
	}
	return source, best
}

// regularity rates a delimiter by how many of the first lines it cuts alike,
// and then by into how many cells. Delimiters inside quotes do not count.
func regularity(source string, delimiter byte) int {
	counts := make(map[int]int)
	quoted, cells, lines := false, 0, 0
	for i := 0; i < len(source) && i < maxText && lines < sniffLines; i++ {
		switch source[i] {
		case '"':
			quoted = !quoted
		case delimiter:
			if !quoted {
				cells++
			}
		case '\n':
			if !quoted {
				counts[cells]++
				cells = 0
				lines++
			}
		}
	}
	counts[cells]++
	best := 0
	for cells, n := range counts {
		if cells > 0 {
			best = max(best, n*1000+min(cells, 999))
		}
	}
	return best
}

// errStop ends the reading when enough is read.
var errStop = errors.New("enough")

// eachRecord calls fn for every record. A file whose quotes do not add up is
// read by its lines instead.
func eachRecord(source string, delimiter rune, fn func([]string) error) error {
	reader := csv.NewReader(strings.NewReader(source))
	reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord, reader.ReuseRecord = delimiter, true, -1, true
	reader.TrimLeadingSpace = delimiter != '\t'
	for {
		from := reader.InputOffset()
		record, err := reader.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if long(record) {
			return eachLine(source[from:], delimiter, fn)
		}
		if err := fn(record); errors.Is(err, errStop) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func long(record []string) bool {
	for _, cell := range record {
		if strings.Count(cell, "\n") > maxCellLines {
			return true
		}
	}
	return false
}

func eachLine(source string, delimiter rune, fn func([]string) error) error {
	for line := range strings.Lines(source) {
		cells := strings.Split(strings.TrimRight(line, "\r\n"), string(delimiter))
		for i, cell := range cells {
			cells[i] = strings.Trim(cell, `" `)
		}
		if err := fn(cells); err != nil {
			if errors.Is(err, errStop) {
				return nil
			}
			return err
		}
	}
	return nil
}

// table writes records as rows. It holds back the first ones until it knows
// which of them is the header.
type table struct {
	w         *writer
	delimiter string
	held      [][]string
	header    []string
	started   bool
	rows      []string
	// done counts the rows written.
	done int
}

func (t *table) add(record []string) error {
	record = trimCells(record)
	if len(record) == 0 {
		return nil
	}
	if !t.started {
		t.held = append(t.held, record)
		if len(t.held) < sniffLines {
			return nil
		}
		t.start()
		return nil
	}
	t.row(record)
	if t.w.full {
		return errStop
	}
	return nil
}

// trimCells returns the cells of a record, each in one line, without empty ones
// at the end. A row without cells has none.
func trimCells(record []string) []string {
	if len(record) > maxColumns {
		record = record[:maxColumns]
	}
	out := make([]string, len(record))
	last := 0
	for i, cell := range record {
		if out[i] = oneLine(cell); out[i] != "" {
			last = i + 1
		}
	}
	return out[:last]
}

func (t *table) finish() {
	if !t.started {
		t.start()
	}
	t.flush(t.done > 0)
}

// start decides on the header. Lines of one cell above a wider table are what
// exports say about themselves.
func (t *table) start() {
	t.started = true
	held := t.held
	t.held = nil
	width := 0
	for _, record := range held {
		width = max(width, len(record))
	}
	for len(held) > 1 && width > 1 && len(held[0]) == 1 {
		t.w.block(held[0][0])
		held = held[1:]
	}
	if len(held) > 1 && isHeader(held[0], width) {
		t.header = held[0]
		t.w.block(strings.Join(t.header, t.delimiter))
		held = held[1:]
	}
	for _, record := range held {
		t.row(record)
	}
}

var valueShape = regexp.MustCompile(`^[-+(]?[\p{Sc}]?\s?\d[\d.,:/\s\-%)]*[\p{Sc}]?$|^(?i:true|false)$|://|@.+\.`)

// isHeader takes the first record for the names of the columns unless it has
// gaps, repeats itself or holds what only values look like.
func isHeader(record []string, width int) bool {
	if len(record) < width-1 {
		return false
	}
	seen := make(map[string]bool, len(record))
	for _, cell := range record {
		key := strings.ToLower(cell)
		if cell == "" || seen[key] || valueShape.MatchString(cell) {
			return false
		}
		seen[key] = true
	}
	return true
}

func (t *table) row(record []string) {
	if len(t.rows) == rowsOfBlock {
		t.flush(true)
	}
	t.rows = append(t.rows, rowItem(t.header, record))
}

// rowItem writes one row; a cell without a column name stands by itself.
func rowItem(header, record []string) string {
	if header == nil {
		return "- " + strings.Join(nonEmpty(record), " | ")
	}
	var lines []string
	for i, cell := range record {
		switch {
		case cell == "":
		case i < len(header):
			lines = append(lines, header[i]+": "+cell)
		default:
			lines = append(lines, cell)
		}
	}
	return "- " + strings.Join(lines, "\n  ")
}

func nonEmpty(cells []string) []string {
	var out []string
	for _, cell := range cells {
		if cell != "" {
			out = append(out, cell)
		}
	}
	return out
}

// flush writes the rows under way, below a heading with their numbers when the
// table has more than one block of them.
func (t *table) flush(numbered bool) {
	if len(t.rows) == 0 {
		return
	}
	from := t.done + 1
	t.done += len(t.rows)
	if numbered {
		t.w.heading(2, "Rows "+strconv.Itoa(from)+"–"+strconv.Itoa(t.done))
	}
	t.w.block(strings.Join(t.rows, "\n"))
	t.rows = nil
}
