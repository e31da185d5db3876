package office

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// biff writes a stream of records.
type biff struct{ bytes.Buffer }

// rec writes a record of values, as they are in memory.
func (b *biff) rec(id uint16, values ...any) *biff {
	var data bytes.Buffer
	for _, v := range values {
		switch v := v.(type) {
		case string:
			data.WriteString(v)
		case []byte:
			data.Write(v)
		default:
			_ = binary.Write(&data, binary.LittleEndian, v)
		}
	}
	_ = binary.Write(b, binary.LittleEndian, id)
	_ = binary.Write(b, binary.LittleEndian, uint16(data.Len()))
	b.Write(data.Bytes())
	return b
}

func u16(n int) uint16 { return uint16(n) }

// wide is a string with its length and flags, in two bytes for each character.
func wide(s string) []byte {
	units := utf16.Encode([]rune(s))
	out := binary.LittleEndian.AppendUint16(nil, uint16(len(units)))
	out = append(out, stringWide)
	for _, u := range units {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

// narrow is one with a byte for each character.
func narrow(s string) []byte {
	return append(binary.LittleEndian.AppendUint16(nil, uint16(len(s))), append([]byte{0}, s...)...)
}

// xls8 makes a workbook of Excel 97: globals, then a sheet for each of cells.
func xls8(globals func(*biff), names []string, states []byte, cells ...func(*biff)) []byte {
	head := new(biff)
	head.rec(recBOF, u16(biff8), u16(5), uint64(0))
	if globals != nil {
		globals(head)
	}
	bound := 0
	for _, name := range names {
		bound += 4 + 8 + len(name)
	}
	pos := head.Len() + bound + 4
	var sheets []byte
	for i, fill := range cells {
		head.rec(recBoundSheet, uint32(pos+len(sheets)), states[i], byte(0), byte(len(names[i])), byte(0), names[i])
		s := new(biff)
		s.rec(recBOF, u16(biff8), u16(0x10), uint64(0))
		fill(s)
		s.rec(recEOF)
		sheets = append(sheets, s.Bytes()...)
	}
	head.rec(recEOF)
	return append(head.Bytes(), sheets...)
}

func one(fill func(*biff)) []byte { return xls8(nil, []string{"S"}, []byte{0}, fill) }

// cut takes bytes off the end.
func cut(body []byte, n int) []byte { return body[:len(body)-n] }

func TestReadXls(t *testing.T) {
	t.Parallel()
	label := func(b *biff, row, col int, text string) {
		b.rec(recLabel, u16(row), u16(col), u16(0), narrow(text))
	}
	for _, test := range []struct {
		name string
		body []byte
		want string
	}{
		{
			"cells of every kind, whatever their order",
			one(func(b *biff) {
				b.rec(recNumber, u16(1), u16(1), u16(0), 2.5)
				label(b, 0, 1, "B")
				label(b, 0, 0, "A")
				b.rec(recRString, u16(1), u16(0), u16(0), wide("Größe"), u16(0))
				b.rec(recMulRK, u16(2), u16(0), u16(0), uint32(7<<2|2), u16(0), uint32(1250<<2|3), u16(1))
				b.rec(recBoolErr, u16(3), u16(0), u16(0), byte(1), byte(0))
				b.rec(recBoolErr, u16(3), u16(1), u16(0), byte(0x2A), byte(1))
				b.rec(recRK, u16(4), u16(0), u16(0), uint32(math.Float64bits(3)>>32))
			}),
			"## S\n\n| A | B |\n|---|---|\n| Größe | 2.5 |\n| 7 | 12.5 |\n| TRUE | #N/A |\n| 3 |  |",
		},
		{
			"results of formulas",
			one(func(b *biff) {
				label(b, 0, 0, "A")
				label(b, 0, 1, "B")
				b.rec(recFormula, u16(1), u16(0), u16(0), 42.0, uint64(0))
				b.rec(recFormula, u16(1), u16(1), u16(0), []byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, uint64(0))
				b.rec(0x04BC, u16(0))
				b.rec(recString, narrow("text"))
				b.rec(recFormula, u16(2), u16(0), u16(0), []byte{1, 0, 0, 0, 0, 0, 0xFF, 0xFF}, uint64(0))
				b.rec(recFormula, u16(2), u16(1), u16(0), []byte{2, 0, 7, 0, 0, 0, 0xFF, 0xFF}, uint64(0))
			}),
			"## S\n\n| A | B |\n|---|---|\n| 42 | text |\n| FALSE | #DIV/0! |",
		},
		{
			"hidden sheets and columns are left out, charts are no cells",
			xls8(nil, []string{"Shown", "Hidden", "Secret"}, []byte{0, 1, 2}, func(b *biff) {
				b.rec(recColInfo, u16(1), u16(1), u16(0), u16(0), u16(1), u16(0))
				b.rec(recColInfo, u16(2), u16(2), u16(0), u16(0), u16(1|1<<8), u16(0))
				for col, text := range []string{"Item", "Cost", "Folded", "Price"} {
					label(b, 0, col, text)
				}
				b.rec(recBOF, u16(biff8), u16(0x20), uint64(0))
				label(b, 9, 9, "chart")
				b.rec(recEOF)
				for col, text := range []string{"Cup", "1", "yes", "5"} {
					label(b, 1, col, text)
				}
			}, func(b *biff) { label(b, 0, 0, "no") }, func(b *biff) { label(b, 0, 0, "no") }),
			"## Shown\n\n| Item | Folded | Price |\n|---|---|---|\n| Cup | yes | 5 |",
		},
		{
			"numbers by their format",
			xls8(func(b *biff) {
				b.rec(recFormat, u16(200), narrow(`#,##0.00\ "kr"`))
				b.rec(recXF, u16(0), u16(0))
				b.rec(recXF, u16(0), u16(200))
				b.rec(recXF, u16(0), u16(14))
				b.rec(recXF, u16(0), u16(10))
			}, []string{"S"}, []byte{0}, func(b *biff) {
				b.rec(recNumber, u16(0), u16(0), u16(1), 1234.5)
				b.rec(recNumber, u16(0), u16(1), u16(2), 45360.0)
				b.rec(recNumber, u16(0), u16(2), u16(3), 0.125)
				b.rec(recNumber, u16(1), u16(0), u16(99), 1.0)
			}),
			"## S\n\n| 1,234.50 kr | 2024-03-09 | 12.50% |\n|---|---|---|\n| 1 |  |  |",
		},
		{"a stream that ends early says so", cut(one(func(b *biff) { label(b, 0, 0, "A"); label(b, 0, 1, "B") }), 6), "## S\n\nA"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, mustRead(t, ReadXls, test.body).Markdown); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestXlsStringsGoOnInFurtherRecords(t *testing.T) {
	t.Parallel()
	// One is cut between its characters where the rest is wide, one in the runs
	// of formatting behind it, one before its first character.
	body := xls8(func(b *biff) {
		b.rec(recSST, uint32(4), uint32(4), u16(6), byte(0), "abc")
		b.rec(recContinue, byte(stringWide), u16('ä'), u16('ö'), u16('ü'), u16(3), byte(stringRuns), u16(2), "xyz", []byte{1, 2, 3})
		b.rec(recContinue, []byte{4, 5, 6, 7, 8}, u16(2), byte(0))
		b.rec(recContinue, byte(0), "hi", narrow("end"))
	}, []string{"S"}, []byte{0}, func(b *biff) {
		for i := range 4 {
			b.rec(recLabelSST, u16(0), u16(i), u16(0), uint32(i))
		}
		b.rec(recLabelSST, u16(1), u16(0), u16(0), uint32(99))
	})
	if text := mustRead(t, ReadXls, body); text.Markdown != "## S\n\nabcäöü, xyz, hi, end" {
		t.Errorf("read %q", text.Markdown)
	}
}

func TestXls5UsesItsCodePage(t *testing.T) {
	t.Parallel()
	b := new(biff)
	b.rec(recBOF, u16(biff5), u16(5), uint32(0))
	b.rec(recCodePage, u16(1250))
	at := b.Len() + 4 + 8 + 4
	b.rec(recBoundSheet, uint32(at), byte(0), byte(0), byte(1), "S")
	b.rec(recEOF)
	b.rec(recBOF, u16(biff5), u16(0x10), uint32(0))
	b.rec(recLabel, u16(0), u16(0), u16(0), u16(4), "\xb3\xf3d\x9f")
	b.rec(recEOF)
	if text := mustRead(t, ReadXls, b.Bytes()); text.Markdown != "## S\n\nłódź" {
		t.Errorf("read %q", text.Markdown)
	}
}

func TestXlsRefusals(t *testing.T) {
	t.Parallel()
	locked := xls8(func(b *biff) { b.rec(recFilePass, u16(1), u16(1)) }, []string{"S"}, []byte{0}, func(*biff) {})
	old := new(biff)
	old.rec(recBOF, u16(0x0200), u16(5), uint64(0))
	for name, test := range map[string]struct {
		body []byte
		want string
	}{
		"a password":           {locked, "encrypted"},
		"an older version":     {old.Bytes(), "unsupported_type"},
		"another kind":         {[]byte("<html>"), "unsupported_type"},
		"a document":           {docx(t, para("", "x")), "unsupported_type"},
		"no sheets":            {new(biff).rec(recBOF, u16(biff8), u16(5), uint64(0)).rec(recEOF).Bytes(), "truncated"},
		"an empty sheet":       {one(func(*biff) {}), "no_text"},
		"a cut directory":      {[]byte(compoundMark + "rest"), "truncated"},
		"nothing but a header": {append([]byte(compoundMark), make([]byte, 504)...), "truncated"},
	} {
		_, err := ReadXls(t.Context(), test.body)
		if code := codeOf(t, err); string(code) != test.want {
			t.Errorf("%s: %s, want %s", name, code, test.want)
		}
	}
}

func TestXlsSheetsThatClaimTheSameRecords(t *testing.T) {
	t.Parallel()
	// A thousand sheets at one place: the work is bounded by the file.
	head := new(biff)
	head.rec(recBOF, u16(biff8), u16(5), uint64(0))
	const sheets = 1000
	at := head.Len() + sheets*(4+9) + 4
	for range sheets {
		head.rec(recBoundSheet, uint32(at), byte(0), byte(0), byte(1), byte(0), "S")
	}
	head.rec(recEOF)
	head.rec(recBOF, u16(biff8), u16(0x10), uint64(0))
	for range 100_000 {
		head.rec(0x00FF)
	}
	head.rec(recNumber, u16(0), u16(0), u16(0), 1.0)
	head.rec(recEOF)
	text := mustRead(t, ReadXls, head.Bytes())
	if len(text.Notes) != 1 || len(text.Markdown) > 100 {
		t.Errorf("read %d bytes with the notes %v", len(text.Markdown), text.Notes)
	}
}
