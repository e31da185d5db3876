package pdf

import (
	"math"

	"github.com/ledongthuc/pdf"
)

// maxForms is how deep forms may be drawn inside forms.
const maxForms = 8

// matrix places one system of coordinates in another: x' = a*x + c*y + e.
type matrix struct{ a, b, c, d, e, f float64 }

// over is m, then n.
func (m matrix) over(n matrix) matrix {
	return matrix{
		m.a*n.a + m.b*n.c, m.a*n.b + m.b*n.d,
		m.c*n.a + m.d*n.c, m.c*n.b + m.d*n.d,
		m.e*n.a + m.f*n.c + n.e, m.e*n.b + m.f*n.d + n.f,
	}
}

func unit() matrix { return matrix{a: 1, d: 1} }

// drawing is the state of a drawing. See ISO 32000-1, 8.4 and 9.3.
type drawing struct {
	page                  matrix
	face                  *face
	size, leading         float64
	letters, words, scale float64
	rise                  float64
}

// painter follows the instructions of a page as far as they draw text.
type painter struct {
	lines []line
	run   *run
	// left is how much of the instructions may still be read, in bytes.
	left int64
	// full is true when that was not enough.
	full bool

	drawing
	saved      []drawing
	text, line matrix
	resources  pdf.Value
	faces      map[string]*face
	depth      int
}

// paint follows one stream of instructions.
func (t *painter) paint(stream, resources pdf.Value) {
	size := unpacked(stream, t.left)
	if t.left -= size; t.left < 0 {
		t.full = true
		return
	}
	before, state := *t, t.drawing
	if t.depth == 0 {
		t.page, t.scale = unit(), 1
	}
	t.resources, t.faces, t.saved = resources, map[string]*face{}, nil
	t.text, t.line = unit(), unit()
	pdf.Interpret(stream, func(stack *pdf.Stack, op string) {
		args := make([]pdf.Value, stack.Len())
		for i := len(args) - 1; i >= 0; i-- {
			args[i] = stack.Pop()
		}
		t.operator(op, args)
	})
	t.resources, t.faces, t.saved, t.text, t.line, t.drawing = before.resources, before.faces, before.saved, before.text, before.line, state
}

// arguments is how many an operator takes at least.
func arguments(op string) int {
	switch op {
	case "cm", "Tm":
		return 6
	case "\"":
		return 3
	case "Td", "TD", "Tf":
		return 2
	case "Tj", "TJ", "'", "Do", "Tc", "Tw", "Tz", "TL", "Ts":
		return 1
	}
	return 0
}

func (t *painter) operator(op string, args []pdf.Value) {
	if len(args) < arguments(op) {
		return
	}
	n := func(i int) float64 { return args[i].Float64() }
	switch op {
	case "q":
		if len(t.saved) < maxNodes {
			t.saved = append(t.saved, t.drawing)
		}
	case "Q":
		if last := len(t.saved) - 1; last >= 0 {
			t.drawing, t.saved = t.saved[last], t.saved[:last]
		}
	case "cm":
		t.page = matrix{n(0), n(1), n(2), n(3), n(4), n(5)}.over(t.page)
	case "Do":
		t.form(args[0].Name())
	case "BT":
		t.text, t.line = unit(), unit()
	case "Tm":
		t.line = matrix{n(0), n(1), n(2), n(3), n(4), n(5)}
		t.text = t.line
	case "Td":
		t.move(n(0), n(1))
	case "TD":
		t.leading = -n(1)
		t.move(n(0), n(1))
	case "T*":
		t.move(0, -t.leading)
	case "Tf":
		t.face, t.size = t.load(args[0].Name()), n(1)
	case "Tc":
		t.letters = n(0)
	case "Tw":
		t.words = n(0)
	case "Tz":
		t.scale = n(0) / 100
	case "TL":
		t.leading = n(0)
	case "Ts":
		t.rise = n(0)
	default:
		t.shows(op, args)
	}
}

// shows takes the operators that draw characters.
func (t *painter) shows(op string, args []pdf.Value) {
	switch op {
	case "Tj":
		t.show(args[0].RawString())
	case "'":
		t.move(0, -t.leading)
		t.show(args[0].RawString())
	case "\"":
		t.words, t.letters = args[0].Float64(), args[1].Float64()
		t.move(0, -t.leading)
		t.show(args[2].RawString())
	case "TJ":
		for i := range args[0].Len() {
			if v := args[0].Index(i); v.Kind() == pdf.String {
				t.show(v.RawString())
			} else {
				t.advance(-v.Float64() / 1000 * t.size * t.scale)
			}
		}
	}
}

func (t *painter) move(x, y float64) {
	t.line = matrix{1, 0, 0, 1, x, y}.over(t.line)
	t.text = t.line
}

func (t *painter) advance(x float64) {
	t.text = matrix{1, 0, 0, 1, x, 0}.over(t.text)
}

// form draws a form, which is a stream of instructions of its own.
func (t *painter) form(name string) {
	x := t.resources.Key("XObject").Key(name)
	if x.Key("Subtype").Name() != "Form" || t.depth >= maxForms {
		return
	}
	state := t.drawing
	if m := x.Key("Matrix"); m.Len() == 6 {
		n := func(i int) float64 { return m.Index(i).Float64() }
		t.page = matrix{n(0), n(1), n(2), n(3), n(4), n(5)}.over(t.page)
	}
	resources := x.Key("Resources")
	if resources.IsNull() {
		resources = t.resources
	}
	t.depth++
	t.paint(x, resources)
	t.depth--
	t.drawing = state
}

// show draws a string.
func (t *painter) show(raw string) {
	if t.face == nil || raw == "" {
		return
	}
	m := matrix{t.size * t.scale, 0, 0, t.size, 0, t.rise}.over(t.text).over(t.page)
	width, codes, spaces := t.face.measure(raw)
	length := (width/1000*t.size + t.letters*float64(codes) + t.words*float64(spaces)) * t.scale
	size := math.Hypot(m.c, m.d)
	across := matrix{1, 0, 0, 1, length, 0}.over(t.text).over(t.page)
	t.put(glyph{x: m.e, y: m.f, width: across.e - m.e, size: size, text: t.face.encoding.Decode(raw)})
	t.advance(length)
}
