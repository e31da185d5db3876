package office

import (
	"encoding/binary"
	"unicode/utf16"
)

// Records of the binary format. See MS-XLS 2.3.
const (
	recFormula    = 0x0006
	recEOF        = 0x000A
	recDateMode   = 0x0022
	recFilePass   = 0x002F
	recContinue   = 0x003C
	recCodePage   = 0x0042
	recColInfo    = 0x007D
	recBoundSheet = 0x0085
	recMulRK      = 0x00BD
	recRString    = 0x00D6
	recXF         = 0x00E0
	recSST        = 0x00FC
	recLabelSST   = 0x00FD
	recNumber     = 0x0203
	recLabel      = 0x0204
	recBoolErr    = 0x0205
	recString     = 0x0207
	recRK         = 0x027E
	recBOF        = 0x0809
	recFormat     = 0x041E
	// recFormatOld and recFormulaOld are what some writers of BIFF5 put in.
	recFormatOld  = 0x001E
	recFormulaOld = 0x0406
)

// record is one record of a stream.
type record struct {
	id   uint16
	data []byte
}

// records reads a stream of records from one place on.
type records struct {
	stream []byte
	pos    int
}

// next returns the next record; ok is false at the end, and where a record is
// longer than what is left.
func (r *records) next() (rec record, ok bool) {
	const head = 4
	if r.pos < 0 || r.pos+head > len(r.stream) {
		return record{}, false
	}
	size := int(binary.LittleEndian.Uint16(r.stream[r.pos+2:]))
	if r.pos+head+size > len(r.stream) {
		return record{}, false
	}
	rec.id = binary.LittleEndian.Uint16(r.stream[r.pos:])
	rec.data = r.stream[r.pos+head : r.pos+head+size]
	r.pos += head + size
	return rec, true
}

// continued returns a record's data and that of the records that continue it.
func (r *records) continued(rec record) *pieces {
	p := &pieces{parts: [][]byte{rec.data}}
	for {
		at := r.pos
		more, ok := r.next()
		if !ok || more.id != recContinue {
			r.pos = at
			return p
		}
		p.parts = append(p.parts, more.data)
	}
}

// pieces reads data that goes on from one record to the next.
type pieces struct {
	parts [][]byte
	part  int
	pos   int
	// short is true once more was read than there is.
	short bool
}

// left is what is left of the current part, which is the next one when this one
// is used up; moved tells that.
func (p *pieces) left() (rest []byte, moved bool) {
	for p.part < len(p.parts) && p.pos >= len(p.parts[p.part]) {
		p.part, p.pos, moved = p.part+1, 0, true
	}
	if p.part >= len(p.parts) {
		p.short = true
		return nil, moved
	}
	return p.parts[p.part][p.pos:], moved
}

func (p *pieces) byte() byte {
	rest, _ := p.left()
	if len(rest) == 0 {
		return 0
	}
	p.pos++
	return rest[0]
}

func (p *pieces) uint16() int { return int(p.byte()) | int(p.byte())<<8 }

func (p *pieces) uint32() int { return p.uint16() | p.uint16()<<16 }

func (p *pieces) skip(n int) {
	for n > 0 && !p.short {
		rest, _ := p.left()
		step := min(n, len(rest))
		p.pos, n = p.pos+step, n-step
	}
}

// Flags of a string. See MS-XLS 2.5.293.
const (
	stringWide   = 0x01
	stringExtras = 0x04
	stringRuns   = 0x08
)

// unicode reads a string of count characters with its flags and what follows
// its characters. Where a string goes on in another record, that record begins
// with the flag for the width of the rest.
func (p *pieces) unicode(count int) string {
	flags := p.byte()
	runs, extras := 0, 0
	if flags&stringRuns != 0 {
		runs = p.uint16()
	}
	if flags&stringExtras != 0 {
		extras = p.uint32()
	}
	var units []uint16
	for count > 0 && !p.short {
		rest, moved := p.left()
		if moved && len(rest) > 0 {
			flags = rest[0]
			p.pos, rest = p.pos+1, rest[1:]
		}
		width := 1 + int(flags&stringWide)
		n := min(count, len(rest)/width)
		for i := range n {
			if width == 1 {
				units = append(units, uint16(rest[i]))
			} else {
				units = append(units, binary.LittleEndian.Uint16(rest[2*i:]))
			}
		}
		p.pos, count = p.pos+n*width, count-n
		if n == 0 {
			// Half a character at the end of a record belongs to none.
			p.pos += len(rest)
		}
	}
	const run = 4
	p.skip(run*runs + extras)
	return string(utf16.Decode(units))
}
