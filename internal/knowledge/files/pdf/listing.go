package pdf

import (
	"bufio"
	"html"
	"io"
	"strconv"
	"strings"
)

// box is a place on a page, in points from its upper left corner.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) height() float64 { return b.y1 - b.y0 }
func (b box) width() float64  { return b.x1 - b.x0 }

// join is the smallest box around both.
func (b box) join(c box) box {
	return box{min(b.x0, c.x0), min(b.y0, c.y0), max(b.x1, c.x1), max(b.y1, c.y1)}
}

// beside reports whether two boxes share a range of x.
func (b box) beside(c box) bool { return b.x0 < c.x1 && c.x0 < b.x1 }

// line is a line of text.
type line struct {
	box
	text string
}

// region is a block of lines that belong together.
type region struct {
	box
	lines []line
}

func newRegion(lines []line) *region {
	r := &region{box: lines[0].box, lines: lines}
	for _, l := range lines[1:] {
		r.box = r.join(l.box)
	}
	return r
}

// sheet is a page with its regions in reading order.
type sheet struct {
	width, height float64
	regions       []*region
}

// layout is where the text of a file stands.
type layout struct {
	title  string
	sheets []sheet
	// partial is true when a limit was reached and the rest is left out.
	partial bool
}

// longestEntry is the longest line of a listing, in bytes.
const longestEntry = 64 << 10

// readListing reads what pdftotext -bbox-layout writes: one element on a line.
// full is true when a limit ends it.
func readListing(r io.Reader) (l *layout, full bool) {
	limited := &io.LimitedReader{R: r, N: maxListing}
	p := &listing{layout: &layout{}}
	in := bufio.NewReaderSize(limited, longestEntry)
	for {
		entry, isPrefix, err := in.ReadLine()
		if err != nil {
			p.layout.partial = p.layout.partial || limited.N <= 0
			return p.layout, limited.N <= 0
		}
		if isPrefix {
			continue
		}
		if !p.take(strings.TrimSpace(string(entry))) {
			p.layout.partial = true
			return p.layout, true
		}
	}
}

// listing is a listing that is being read.
type listing struct {
	layout *layout
	lines  []line
	words  []string
	place  box
	size   int
}

// take reads one line; false ends the reading.
func (p *listing) take(entry string) bool {
	switch {
	case strings.HasPrefix(entry, "<word "):
		if word := between(entry, ">", "</word>"); word != "" {
			p.words = append(p.words, html.UnescapeString(word))
			p.size += len(word) + 1
		}
	case strings.HasPrefix(entry, "<line "):
		p.place, p.words = box{attribute(entry, "xMin"), attribute(entry, "yMin"), attribute(entry, "xMax"), attribute(entry, "yMax")}, nil
	case entry == "</line>":
		if len(p.words) > 0 && p.place.height() > 0 {
			p.lines = append(p.lines, line{p.place, strings.Join(p.words, " ")})
		}
	case entry == "</block>":
		p.closeBlock()
	case strings.HasPrefix(entry, "<page "):
		if len(p.layout.sheets) == maxPages {
			return false
		}
		p.layout.sheets = append(p.layout.sheets, sheet{width: attribute(entry, "width"), height: attribute(entry, "height")})
	case strings.HasPrefix(entry, "<title>"):
		p.layout.title = html.UnescapeString(between(entry, ">", "</title>"))
	}
	return p.size <= maxText
}

func (p *listing) closeBlock() {
	n := len(p.layout.sheets)
	if n > 0 && len(p.lines) > 0 {
		s := &p.layout.sheets[n-1]
		s.regions = append(s.regions, newRegion(p.lines))
	}
	p.lines = nil
}

// between is what stands after the first open and before the last end.
func between(s, open, end string) string {
	_, s, _ = strings.Cut(s, open)
	i := strings.LastIndex(s, end)
	if i < 0 {
		return ""
	}
	return s[:i]
}

// attribute reads a number, or 0.
func attribute(entry, name string) float64 {
	_, rest, ok := strings.Cut(entry, name+`="`)
	if !ok {
		return 0
	}
	value, _, _ := strings.Cut(rest, `"`)
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || n != n || n > 1e6 || n < -1e6 {
		return 0
	}
	return n
}
