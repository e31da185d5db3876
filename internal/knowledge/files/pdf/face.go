package pdf

import (
	"strings"

	"github.com/ledongthuc/pdf"
)

const (
	// usualWidth is that of a character of unknown width, in thousandths of the
	// size of the type.
	usualWidth = 500
	// wideWidth is that of fonts with many characters, when they do not say.
	wideWidth = 1000
	// maxFaceWidths is the number of widths of a font.
	maxFaceWidths = 1 << 16
)

// face is a font: what its codes stand for, and how wide they are.
type face struct {
	encoding pdf.TextEncoding
	widths   map[int]float64
	usual    float64
	// wide is true when a code takes two bytes.
	wide bool
}

// load reads a font of the resources once.
func (t *painter) load(name string) *face {
	if f, ok := t.faces[name]; ok {
		return f
	}
	v := t.resources.Key("Font").Key(name)
	f := &face{encoding: plainEncoding{}, widths: map[int]float64{}, usual: usualWidth}
	if unpacked(v.Key("ToUnicode"), maxStream) <= maxStream && !v.IsNull() {
		font := pdf.Font{V: v}
		if e := font.Encoder(); e != nil {
			f.encoding = e
		}
	}
	if below := v.Key("DescendantFonts").Index(0); !below.IsNull() {
		f.loadWide(below)
	} else {
		f.loadNarrow(v)
	}
	t.faces[name] = f
	return f
}

func (f *face) loadNarrow(v pdf.Value) {
	first, widths := int(v.Key("FirstChar").Int64()), v.Key("Widths")
	if missing := v.Key("FontDescriptor").Key("MissingWidth").Float64(); missing > 0 {
		f.usual = missing
	}
	for i := range min(widths.Len(), 256) {
		f.widths[first+i] = widths.Index(i).Float64()
	}
}

// loadWide reads the widths of a composite font: lists of a first code and its
// widths, or of a first and last code and their width. See ISO 32000-1,
// 9.7.4.3.
func (f *face) loadWide(v pdf.Value) {
	f.wide, f.usual = true, wideWidth
	if usual := v.Key("DW"); !usual.IsNull() {
		f.usual = usual.Float64()
	}
	list := v.Key("W")
	for i := 0; i+1 < list.Len() && len(f.widths) < maxFaceWidths; {
		first, next := int(list.Index(i).Int64()), list.Index(i+1)
		if next.Kind() == pdf.Array {
			for j := range min(next.Len(), maxFaceWidths) {
				f.widths[first+j] = next.Index(j).Float64()
			}
			i += 2
			continue
		}
		width := list.Index(i + 2).Float64()
		for code := first; code <= min(int(next.Int64()), first+maxFaceWidths); code++ {
			f.widths[code] = width
		}
		i += 3
	}
}

// measure is the width of a string, in thousandths of the size of the type, and
// the number of its codes and of its spaces.
func (f *face) measure(raw string) (width float64, codes, spaces int) {
	step := 1
	if f.wide {
		step = 2
	}
	for i := 0; i+step <= len(raw); i += step {
		code := int(raw[i])
		if f.wide {
			code = code<<8 | int(raw[i+1])
		} else if raw[i] == ' ' {
			spaces++
		}
		w, ok := f.widths[code]
		if !ok {
			w = f.usual
		}
		width, codes = width+w, codes+1
	}
	return width, codes, spaces
}

// plainEncoding reads codes as Latin-1, for fonts that say nothing.
type plainEncoding struct{}

// Decode returns the characters of raw.
func (plainEncoding) Decode(raw string) string {
	var b strings.Builder
	for i := range len(raw) {
		b.WriteRune(rune(raw[i]))
	}
	return b.String()
}
