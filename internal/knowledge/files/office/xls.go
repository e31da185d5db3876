package office

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"steward/internal/knowledge"
)

const (
	// biff8 is the version of Excel 97 to 2003, biff5 that of Excel 5 and 95.
	biff8 = 0x0600
	biff5 = 0x0500
	// maxXLSCells is how many cells of a workbook are kept in memory.
	maxXLSCells = 2 << 20
	// xlsColumns is how many columns a sheet has.
	xlsColumns = 256
)

// ReadXls returns the text of a workbook of Excel 5 to 2003: every sheet that is
// shown under its name, as tables of 30 rows that repeat the header. Dates are
// written as 2006-01-02, other numbers by their format. The error is a
// knowledge.Failure: encrypted, truncated, bomb, no_text, unsupported_type,
// timeout or internal.
func ReadXls(ctx context.Context, body []byte) (knowledge.Text, error) {
	text, cut, err := readXls(ctx, body)
	if err != nil {
		return knowledge.Text{}, failure(err)
	}
	return result(text, cut)
}

func readXls(ctx context.Context, body []byte) (knowledge.Text, bool, error) {
	stream, err := xlsStream(body)
	if err != nil {
		return knowledge.Text{}, false, err
	}
	book := &xlsBook{stream: stream, room: budget{left: maxText}, cells: maxXLSCells, steps: len(stream), decode: codePage(0)}
	if err := book.globals(); err != nil {
		return knowledge.Text{}, false, err
	}
	var blocks []block
	for _, s := range book.sheets {
		if err := ctx.Err(); err != nil {
			return knowledge.Text{}, false, err
		}
		blocks = append(blocks, book.sheet(s)...)
	}
	return knowledge.Text{Markdown: render(blocks)}, book.room.cut, nil
}

// xlsStream finds the stream of records: in a compound file, or alone, as some
// programs write it.
func xlsStream(body []byte) ([]byte, error) {
	if !bytes.HasPrefix(body, []byte(compoundMark)) {
		if len(body) > 4 && binary.LittleEndian.Uint16(body) == recBOF {
			return body, nil
		}
		return nil, errForeign
	}
	c, err := openCompound(body)
	if err != nil {
		return nil, err
	}
	// A file of both versions has the older one for older programs.
	f := c.find("Workbook", "WORKBOOK", "Book", "BOOK")
	switch {
	case f == nil && c.find("EncryptedPackage") != nil:
		return nil, errPassword
	case f == nil:
		return nil, errForeign
	}
	data, err := c.read(f)
	if err != nil && len(data) == 0 {
		return nil, fmt.Errorf("read workbook: %w", err)
	}
	return data, nil
}

// xlsBook is a workbook that is being read.
type xlsBook struct {
	stream  []byte
	version int
	// decode turns bytes of text into characters, before BIFF8.
	decode  func([]byte) string
	strings []string
	// formats are format codes by their id; cellFormats the id of each XF record.
	formats     map[int]string
	cellFormats []int
	// from1904 is true when days count from 1904.
	from1904 bool
	sheets   []xlsSheet

	room  budget
	cells int
	// steps is how many records of sheets may still be read: several sheets may
	// claim the same ones.
	steps int
}

// xlsSheet is a sheet that is shown.
type xlsSheet struct {
	name string
	pos  int
}

// xlsCell is a cell with its text as it is shown.
type xlsCell struct {
	row, col int
	text     string
}

// globals reads what sheets share. See MS-XLS 2.1.7.20.3.
func (b *xlsBook) globals() error {
	r := &records{stream: b.stream}
	first, ok := r.next()
	if !ok || first.id != recBOF || len(first.data) < 4 {
		return errForeign
	}
	b.version = int(binary.LittleEndian.Uint16(first.data))
	if b.version != biff8 && b.version != biff5 {
		return errForeign
	}
	b.formats = map[int]string{}
	for {
		rec, ok := r.next()
		if !ok || rec.id == recEOF {
			break
		}
		if rec.id == recFilePass {
			return errPassword
		}
		b.global(r, rec)
	}
	if len(b.sheets) == 0 {
		return fmt.Errorf("read workbook: %w", errNoPart)
	}
	return nil
}

func (b *xlsBook) global(r *records, rec record) {
	d := rec.data
	switch rec.id {
	case recCodePage:
		if len(d) >= 2 {
			b.decode = codePage(int(binary.LittleEndian.Uint16(d)))
		}
	case recDateMode:
		b.from1904 = len(d) >= 2 && d[0] == 1
	case recFormat, recFormatOld:
		b.format(d)
	case recXF:
		id := 0
		if len(d) >= 4 {
			id = int(binary.LittleEndian.Uint16(d[2:]))
		}
		b.cellFormats = append(b.cellFormats, id)
	case recBoundSheet:
		b.boundSheet(d)
	case recSST:
		b.sharedStrings(r.continued(rec))
	}
}

func (b *xlsBook) format(d []byte) {
	if len(d) < 3 {
		return
	}
	id := int(binary.LittleEndian.Uint16(d))
	if b.version == biff8 {
		b.formats[id] = b.text(d[2:])
		return
	}
	b.formats[id] = b.shortText(d[2:])
}

// boundSheet keeps a sheet of cells that is not hidden.
func (b *xlsBook) boundSheet(d []byte) {
	const state, kind, name = 4, 5, 6
	if len(d) <= name || d[state]&3 != 0 || d[kind] != 0 {
		return
	}
	s := xlsSheet{pos: int(binary.LittleEndian.Uint32(d))}
	if b.version == biff8 {
		p := &pieces{parts: [][]byte{d[name:]}}
		s.name = p.unicode(int(p.byte()))
	} else {
		s.name = b.shortText(d[name:])
	}
	b.sheets = append(b.sheets, s)
}

func (b *xlsBook) sharedStrings(p *pieces) {
	p.skip(4)
	for n := p.uint32(); n > 0 && !p.short; n-- {
		b.strings = append(b.strings, p.unicode(p.uint16()))
	}
}

// text reads a string with its length in two bytes.
func (b *xlsBook) text(d []byte) string {
	if b.version == biff8 {
		p := &pieces{parts: [][]byte{d}}
		return p.unicode(p.uint16())
	}
	if len(d) < 2 {
		return ""
	}
	n := int(binary.LittleEndian.Uint16(d))
	return b.decode(d[2:min(2+n, len(d))])
}

// shortText reads a string of BIFF5 with its length in one byte.
func (b *xlsBook) shortText(d []byte) string {
	if len(d) == 0 {
		return ""
	}
	return b.decode(d[1:min(1+int(d[0]), len(d))])
}

// sheet returns the blocks of one sheet.
func (b *xlsBook) sheet(s xlsSheet) []block {
	r := &xlsRows{book: b, records: &records{stream: b.stream, pos: s.pos}, hidden: make([]bool, xlsColumns)}
	r.read()
	slices.SortStableFunc(r.cells, func(x, y xlsCell) int {
		return cmp.Or(cmp.Compare(x.row, y.row), cmp.Compare(x.col, y.col))
	})
	out := newSheet(&b.room, s.name)
	for i := 0; i < len(r.cells); {
		var line []string
		row := r.cells[i].row
		for ; i < len(r.cells) && r.cells[i].row == row; i++ {
			if c := r.cells[i]; !r.hidden[c.col] {
				line = place(line, c.col, c.text)
			}
		}
		if !out.add(line) {
			break
		}
	}
	return out.end()
}

// rk reads a number packed into four bytes. See MS-XLS 2.5.217.
func rk(v uint32) float64 {
	const hundredth, whole = 1, 2
	var f float64
	if v&whole != 0 {
		f = float64(int32(v) >> 2)
	} else {
		f = math.Float64frombits(uint64(v&^3) << 32)
	}
	if v&hundredth != 0 {
		f /= 100
	}
	return f
}
