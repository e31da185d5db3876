package office

import (
	"encoding/binary"
	"math"
	"strconv"
)

// xlsRows reads the cells of one sheet.
type xlsRows struct {
	book    *xlsBook
	records *records
	cells   []xlsCell
	// hidden says of each column whether it is hidden, and not only folded.
	hidden []bool
	// waiting is the cell of a formula whose text comes in a record of its own.
	waiting *xlsCell
}

// read goes through the records up to the end of the sheet. Charts inside it
// have a beginning and end of their own.
func (r *xlsRows) read() {
	depth := 0
	for {
		rec, ok := r.records.next()
		if !ok {
			// The stream ends inside the sheet.
			r.book.room.cut = true
			return
		}
		switch {
		case depth == 0 && rec.id != recBOF:
			return
		case rec.id == recBOF:
			depth++
		case rec.id == recEOF:
			if depth--; depth == 0 {
				return
			}
		case depth == 1:
			r.take(rec)
		}
		if r.book.steps--; r.book.cells <= 0 || r.book.steps <= 0 {
			r.book.room.cut = true
			return
		}
	}
}

func (r *xlsRows) take(rec record) {
	d := rec.data
	switch rec.id {
	case recColInfo:
		r.column(d)
	case recString:
		if r.waiting != nil {
			r.add(r.waiting.row, r.waiting.col, r.result(rec))
			r.waiting = nil
		}
	case recMulRK:
		r.numbers(d)
	default:
		const head = 6
		if len(d) <= head {
			return
		}
		row, col := int(binary.LittleEndian.Uint16(d)), int(binary.LittleEndian.Uint16(d[2:]))
		if text, ok := r.cell(rec.id, row, col, int(binary.LittleEndian.Uint16(d[4:])), d[head:]); ok {
			r.add(row, col, text)
		}
	}
}

// cell returns the text of a cell's record; ok is false for other records, and
// for formulas whose text follows.
func (r *xlsRows) cell(id uint16, row, col, format int, d []byte) (text string, ok bool) {
	b := r.book
	switch id {
	case recLabelSST:
		if len(d) >= 4 {
			if i := int(binary.LittleEndian.Uint32(d)); i < len(b.strings) {
				return b.strings[i], true
			}
		}
	case recLabel, recRString:
		return b.text(d), true
	case recNumber:
		if len(d) >= 8 {
			return b.number(math.Float64frombits(binary.LittleEndian.Uint64(d)), format), true
		}
	case recRK:
		if len(d) >= 4 {
			return b.number(rk(binary.LittleEndian.Uint32(d)), format), true
		}
	case recBoolErr:
		if len(d) >= 2 {
			return boolOrError(d[0], d[1] != 0), true
		}
	case recFormula, recFormulaOld:
		return r.formula(row, col, format, d)
	}
	return "", false
}

// formula returns the result that was saved with a formula. See MS-XLS
// 2.5.133.
func (r *xlsRows) formula(row, col, format int, d []byte) (text string, ok bool) {
	const result = 8
	if len(d) < result {
		return "", false
	}
	r.waiting = nil
	if d[6] != 0xFF || d[7] != 0xFF {
		return r.book.number(math.Float64frombits(binary.LittleEndian.Uint64(d)), format), true
	}
	switch d[0] {
	case 0:
		r.waiting = &xlsCell{row: row, col: col}
	case 1:
		return boolOrError(d[2], false), true
	case 2:
		return boolOrError(d[2], true), true
	}
	return "", false
}

// result is the text of a formula, which may go on in further records.
func (r *xlsRows) result(rec record) string {
	if r.book.version != biff8 {
		return r.book.text(rec.data)
	}
	p := r.records.continued(rec)
	return p.unicode(p.uint16())
}

// numbers takes several numbers beside each other.
func (r *xlsRows) numbers(d []byte) {
	const head, size, tail = 4, 6, 2
	if len(d) < head {
		return
	}
	row, col := int(binary.LittleEndian.Uint16(d)), int(binary.LittleEndian.Uint16(d[2:]))
	for at := head; at+size+tail <= len(d); at += size {
		format := int(binary.LittleEndian.Uint16(d[at:]))
		r.add(row, col, r.book.number(rk(binary.LittleEndian.Uint32(d[at+2:])), format))
		col++
	}
}

func (r *xlsRows) column(d []byte) {
	const flags, folded = 8, 7
	if len(d) < flags+2 || d[flags]&1 == 0 || d[flags+1]&folded != 0 {
		return
	}
	first, last := int(binary.LittleEndian.Uint16(d)), int(binary.LittleEndian.Uint16(d[2:]))
	for i := first; i <= last && i < len(r.hidden); i++ {
		r.hidden[i] = true
	}
}

func (r *xlsRows) add(row, col int, text string) {
	if col >= xlsColumns || text == "" {
		return
	}
	r.book.cells--
	r.cells = append(r.cells, xlsCell{row: row, col: col, text: text})
}

// number writes a value in the format of a cell.
func (b *xlsBook) number(v float64, cell int) string {
	code := ""
	if cell < len(b.cellFormats) {
		id := b.cellFormats[cell]
		if code = b.formats[id]; code == "" {
			code = builtinFormat(id)
		}
	}
	return formatNumber(v, code, b.from1904)
}

// boolOrError writes a truth value, or an error as Excel shows it. See MS-XLS
// 2.5.10.
func boolOrError(v byte, failed bool) string {
	switch {
	case !failed && v == 0:
		return "FALSE"
	case !failed:
		return "TRUE"
	}
	switch v {
	case 0x00:
		return "#NULL!"
	case 0x07:
		return "#DIV/0!"
	case 0x0F:
		return "#VALUE!"
	case 0x17:
		return "#REF!"
	case 0x1D:
		return "#NAME?"
	case 0x24:
		return "#NUM!"
	case 0x2A:
		return "#N/A"
	}
	return "#" + strconv.Itoa(int(v))
}
