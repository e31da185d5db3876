package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ledongthuc/pdf"
)

const (
	// maxStream is how long the instructions of one page, or the table of one
	// font, may be once they are unpacked, in bytes. The library may hold twenty
	// times as much of them in memory.
	maxStream = 8 << 20
	// maxNodes is the number of nodes of the tree of pages, and maxParents how
	// deep a page may stand in it.
	maxNodes   = 4 * maxPages
	maxParents = 64
	// rereading is how many times its own length may be read of a file: objects
	// are looked up again each time they are used.
	rereading = 2000
	// leastReading is what may be read of any file, in bytes.
	leastReading = 64 << 20
)

// readAlone reads a file without another program. What the library does with a
// file has no bound of its own: it ends when the file cannot be read any more,
// which is so once ctx is done or it has read the file over and over.
func readAlone(ctx context.Context, body []byte) (l *layout, err error) {
	body = trimmed(body)
	source := &source{ctx: ctx, r: bytes.NewReader(body), left: max(leastReading, rereading*int64(len(body)))}
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("%w: the library gave up", errBroken)
		}
		if source.err != nil {
			err = source.err
		}
		if err != nil {
			l = nil
		}
	}()
	r, err := pdf.NewReader(source, int64(len(body)))
	switch {
	case errors.Is(err, pdf.ErrInvalidPassword), err != nil && bytes.Contains(body, []byte("/Encrypt")):
		return nil, errPassword
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	pages, err := pagesOf(r)
	if err != nil {
		return nil, err
	}
	l = &layout{title: r.Trailer().Key("Info").Key("Title").Text()}
	if len(pages) > maxPages {
		pages, l.partial = pages[:maxPages], true
	}
	size := 0
	var worst error
	for _, p := range pages {
		s, err := alonePage(p)
		if source.err != nil {
			break
		}
		if err != nil {
			// A page that cannot be read counts as one without text.
			l.partial = true
			worst = err
		}
		l.sheets = append(l.sheets, s)
		if size += s.characters(); size > maxText {
			l.partial = true
			break
		}
	}
	if size == 0 && errors.Is(worst, errMemory) {
		return nil, worst
	}
	return l, nil
}

// trimmed is the file from its mark to its last end, as the library wants it.
func trimmed(body []byte) []byte {
	const end, version = "%%EOF", len("%PDF-1.")
	body = body[max(0, bytes.Index(body[:min(len(body), headBytes)], []byte("%PDF-"))):]
	if i := bytes.LastIndex(body, []byte(end)); i >= 0 {
		body = body[:i+len(end)]
	}
	if len(body) <= version+1 {
		return body
	}
	// It knows neither version 2 nor anything but a line end after the version.
	body = bytes.Clone(body)
	if copy(body, "%PDF-1."); body[version+1] != '\r' {
		body[version+1] = '\n'
	}
	return body
}

// source is a file that can be read until ctx is done or a limit is reached.
type source struct {
	ctx  context.Context
	r    *bytes.Reader
	left int64
	err  error
}

func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if s.err == nil && s.ctx.Err() != nil {
		s.err = s.ctx.Err()
	}
	if s.left -= int64(len(p)); s.err == nil && s.left < 0 {
		s.err = errCycle
	}
	if s.err != nil {
		return 0, s.err
	}
	return s.r.ReadAt(p, off)
}

// pagesOf walks the tree of pages. The library looks a page up by counting, and
// never ends in a tree that refers to itself.
func pagesOf(r *pdf.Reader) ([]pdf.Page, error) {
	waiting := []pdf.Value{r.Trailer().Key("Root").Key("Pages")}
	var out []pdf.Page
	for nodes := 0; len(waiting) > 0; nodes++ {
		if nodes > maxNodes {
			return nil, errCycle
		}
		node := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if kids := node.Key("Kids"); kids.Kind() == pdf.Array {
			if kids.Len()+len(waiting) > maxNodes {
				return nil, errCycle
			}
			for i := kids.Len() - 1; i >= 0; i-- {
				waiting = append(waiting, kids.Index(i))
			}
			continue
		}
		if node.Kind() != pdf.Dict {
			continue
		}
		if err := rooted(node); err != nil {
			return nil, err
		}
		out = append(out, pdf.Page{V: node})
	}
	return out, nil
}

// rooted checks that the parents of a page come to an end: what a page inherits
// is looked for in them.
func rooted(node pdf.Value) error {
	for range maxParents {
		if node = node.Key("Parent"); node.IsNull() {
			return nil
		}
	}
	return errCycle
}

// alonePage reads one page.
func alonePage(p pdf.Page) (s sheet, err error) {
	defer func() {
		if recover() != nil {
			s, err = sheet{}, errVendor
		}
	}()
	t := &painter{left: maxStream}
	t.paint(p.V.Key("Contents"), p.Resources())
	if t.full {
		err = errMemory
	}
	return t.sheet(frame(p.V)), err
}

// frame is the place of a page in its own coordinates, which its parents may
// name; A4 when nobody does.
func frame(node pdf.Value) box {
	for range maxParents {
		if b := node.Key("MediaBox"); b.Len() == 4 {
			return box{b.Index(0).Float64(), b.Index(1).Float64(), b.Index(2).Float64(), b.Index(3).Float64()}
		}
		node = node.Key("Parent")
	}
	return box{x1: 595, y1: 842}
}

// unpacked is the length of a stream, or of an array of them, up to just above
// most.
func unpacked(v pdf.Value, most int64) int64 {
	if v.Kind() == pdf.Array {
		var total int64
		for i := 0; i < v.Len() && total <= most; i++ {
			total += unpacked(v.Index(i), most-total)
		}
		return total
	}
	if v.Kind() != pdf.Stream {
		return 0
	}
	r := v.Reader()
	defer func() { _ = r.Close() }()
	n, _ := io.Copy(io.Discard, io.LimitReader(r, most+1))
	return n
}
