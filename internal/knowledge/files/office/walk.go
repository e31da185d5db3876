package office

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding/htmlindex"
)

// verdict is what a visitor wants done with an element.
type verdict int

const (
	// enter goes on with what is inside.
	enter verdict = iota
	// skip leaves out all that is inside.
	skip
	// stop ends the walk.
	stop
)

// element is a start tag. Names come without their prefix: the prefixes are
// free, and within one part no two elements that matter share a local name.
type element struct {
	name string
	// parent is the element around it, apart from those of mc:AlternateContent.
	parent string
	attrs  []xml.Attr
}

// attr returns the value of an attribute by its local name, or "".
func (e element) attr(local string) string {
	v, _ := e.lookup(local)
	return v
}

func (e element) lookup(local string) (string, bool) {
	for _, a := range e.attrs {
		if a.Name.Local == local {
			return a.Value, true
		}
	}
	return "", false
}

// reference returns the id of a relation: the attribute of that name with a
// prefix, which is not the part's own.
func (e element) reference(local string) string {
	for _, a := range e.attrs {
		if a.Name.Local == local && a.Name.Space != "" && a.Name.Space != "w" {
			return a.Value
		}
	}
	return ""
}

// on reads a switch such as <w:vanish/>: on unless its value says no.
func (e element) on() bool {
	switch e.attr("val") {
	case "0", "false", "off":
		return false
	}
	return true
}

// visitor is told of the elements of a part in their order. Every element that
// was entered is closed, also when the walk ends early.
type visitor interface {
	open(el element) verdict
	// text is a run of characters directly inside the element parent.
	text(parent string, s []byte) verdict
	close(name string)
}

// visit is a visitor that looks at start tags only.
type visit func(el element) verdict

func (v visit) open(el element) verdict   { return v(el) }
func (visit) text(string, []byte) verdict { return enter }
func (visit) close(string)                {}

// walker is one walk through a part.
type walker struct {
	v     visitor
	stack []frame
	// skipping is the depth inside an element that is left out.
	skipping int
	// choices has one entry for every open mc:AlternateContent: whether one of
	// its variants has been taken.
	choices []bool
}

// frame is an open element.
type frame struct {
	name string
	// inside is what its children have as their parent.
	inside string
}

// walk reads a part. What follows a limit is left out without an error; then
// archive.cut is true.
func (a *archive) walk(name string, v visitor) error {
	p, err := a.unpack(name)
	if err != nil {
		return err
	}
	defer func() { _ = p.Close() }()
	dec := xml.NewDecoder(p)
	dec.CharsetReader = decodeCharset
	w := &walker{v: v}
	defer w.finish()
	const look = 4096
	for n := 0; ; n++ {
		if n%look == 0 && a.ctx.Err() != nil {
			return fmt.Errorf("read part: %w", a.ctx.Err())
		}
		// RawToken keeps no stack of names and expands no entities but the five
		// of XML.
		tok, err := dec.RawToken()
		if errors.Is(err, io.EOF) || err != nil && p.cut {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read part: %w", err)
		}
		if w.take(tok) == stop {
			return nil
		}
	}
}

// finish closes what is still open.
func (w *walker) finish() {
	for i := len(w.stack) - 1; i >= 0; i-- {
		w.v.close(w.stack[i].name)
	}
}

func (w *walker) take(tok xml.Token) verdict {
	switch tok := tok.(type) {
	case xml.StartElement:
		return w.start(tok)
	case xml.EndElement:
		w.end()
	case xml.CharData:
		if w.skipping == 0 && len(w.stack) > 0 {
			return w.v.text(w.inside(), tok)
		}
	}
	return enter
}

func (w *walker) start(tok xml.StartElement) verdict {
	if w.skipping > 0 {
		w.skipping++
		return enter
	}
	el := element{name: tok.Name.Local, parent: w.inside(), attrs: tok.Attr}
	decision := w.alternative(el)
	if decision == enter {
		decision = w.v.open(el)
	}
	switch decision {
	case skip:
		w.skipping = 1
	case enter:
		inside := el.name
		switch el.name {
		case "AlternateContent", "Choice", "Fallback":
			inside = el.parent
		}
		w.stack = append(w.stack, frame{el.name, inside})
	}
	return decision
}

func (w *walker) inside() string {
	if len(w.stack) == 0 {
		return ""
	}
	return w.stack[len(w.stack)-1].inside
}

// alternative takes the first variant of an mc:AlternateContent. The others say
// the same again for other programs.
func (w *walker) alternative(el element) verdict {
	switch {
	case el.name == "AlternateContent":
		w.choices = append(w.choices, false)
	case len(w.stack) > 0 && w.stack[len(w.stack)-1].name == "AlternateContent" && len(w.choices) > 0:
		last := len(w.choices) - 1
		if w.choices[last] {
			return skip
		}
		w.choices[last] = true
	}
	return enter
}

func (w *walker) end() {
	if w.skipping > 0 {
		w.skipping--
		return
	}
	if len(w.stack) == 0 {
		return
	}
	name := w.stack[len(w.stack)-1].name
	w.stack = w.stack[:len(w.stack)-1]
	if name == "AlternateContent" && len(w.choices) > 0 {
		w.choices = w.choices[:len(w.choices)-1]
	}
	w.v.close(name)
}

// decodeCharset reads parts that are not in UTF-8.
func decodeCharset(label string, input io.Reader) (io.Reader, error) {
	encoding, err := htmlindex.Get(label)
	if err != nil {
		return nil, fmt.Errorf("find character set: %w", err)
	}
	return encoding.NewDecoder().Reader(input), nil
}
