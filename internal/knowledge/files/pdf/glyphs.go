package pdf

import (
	"math"
	"strings"
)

const (
	// wordGap is the space between words, and cellGap that between columns, in
	// parts of the size of the type.
	wordGap = 0.15
	cellGap = 1.2
	// sameLine is how far characters of one line may stand above one another.
	sameLine = 0.4
	// leading is the largest distance between two lines of a paragraph.
	leading = 0.8
	// ascent is the part of the size of the type above the line.
	ascent = 0.8
)

// glyph is a string as it was drawn, with its lower left corner.
type glyph struct {
	x, y, width, size float64
	text              string
}

// run is a line that is put together from strings.
type run struct {
	x0, x1, y, size float64
	text            strings.Builder
}

// put adds a string to the line, or begins another one.
func (t *painter) put(g glyph) {
	if g.size <= 0 || g.width < 0 || math.IsNaN(g.x+g.y+g.width+g.size) || math.IsInf(g.x+g.y+g.width+g.size, 0) {
		return
	}
	if t.run == nil || !t.run.follows(g) {
		t.flush()
		t.run = &run{x0: g.x, x1: g.x, y: g.y, size: g.size}
	}
	r := t.run
	if g.x-r.x1 > wordGap*g.size && r.text.Len() > 0 {
		r.text.WriteByte(' ')
	}
	r.text.WriteString(letters(g.text))
	r.x0, r.x1 = min(r.x0, g.x), max(r.x1, g.x+g.width)
}

// letters takes ligatures apart: nobody searches for one.
func letters(s string) string {
	isLigature := func(r rune) bool { return r >= 'ﬀ' && r <= 'ﬆ' }
	if !strings.ContainsFunc(s, isLigature) {
		return s
	}
	return strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st").Replace(s)
}

// follows reports whether a string goes on with a line.
func (r *run) follows(g glyph) bool {
	return math.Abs(g.y-r.y) < sameLine*max(g.size, r.size) && g.x-r.x1 < cellGap*g.size && g.x-r.x1 > -cellGap*g.size
}

func (t *painter) flush() {
	if t.run == nil {
		return
	}
	r := t.run
	t.run = nil
	if text := oneLine(r.text.String()); text != "" {
		// Pages are measured from below; the height of this one comes later.
		top := -r.y - ascent*r.size
		t.lines = append(t.lines, line{box{r.x0, top, max(r.x1, r.x0+1), top + r.size}, text})
	}
}

// sheet is the page that was drawn, its lines in the order of their drawing.
func (t *painter) sheet(frame box) sheet {
	t.flush()
	s := sheet{width: frame.width(), height: frame.height()}
	for i := range t.lines {
		l := &t.lines[i]
		l.box = box{l.x0 - frame.x0, l.y0 + frame.y1, l.x1 - frame.x0, l.y1 + frame.y1}
	}
	for start, i := 0, 1; i <= len(t.lines); i++ {
		if i == len(t.lines) || parted(t.lines[i-1], t.lines[i]) {
			s.regions = append(s.regions, newRegion(t.lines[start:i:i]))
			start = i
		}
	}
	return s
}

// parted reports whether two lines that were drawn one after the other are in
// different blocks.
func parted(a, b line) bool {
	return !a.beside(b.box) || b.y0 < a.y0 || b.y0-a.y1 > leading*a.height()
}
