package pdf

import (
	"math"
	"regexp"
	"slices"
	"strconv"
)

// document turns places into text.
func (l *layout) document() *Document {
	l.dropMargins()
	for i := range l.sheets {
		l.sheets[i].markers()
		l.sheets[i].split()
	}
	t := l.typography()
	d := &Document{title: title(l.title), partial: l.partial, pages: make([]page, len(l.sheets))}
	for i := range l.sheets {
		s := &l.sheets[i]
		d.pages[i] = page{pieces: s.pieces(t), shows: s.characters()}
	}
	if d.title == "" && len(d.pages) > 0 {
		d.title = firstTitle(d.pages[0].pieces)
	}
	return d
}

func (s *sheet) characters() int {
	n := 0
	s.each(func(l line) { n += characters(l.text) })
	return n
}

const (
	// margin is the part of a page's height, at its top and bottom, where running
	// headers and footers stand; numberMargin that where numbers of pages do.
	margin       = 0.09
	numberMargin = 0.2
	// sameHeight is how far apart, in points, lines at one height may be.
	sameHeight = 2
	// headerGap is the distance of a header or footer from the text, in lines. The
	// header of a table that begins at the top of a page is closer.
	headerGap = 1.3
)

// running is a line in a margin, told apart by its text without numbers and by
// its height on the page. For the number of a page it is how far that is from
// its place in the file, instead of its text.
type running struct {
	text     string
	at       int
	numbered bool
	offset   int
}

var (
	digits = regexp.MustCompile(`[0-9]+`)
	// pageNumber is a line that says no more than the number of its page.
	pageNumber = regexp.MustCompile(`^[-–—|. ]*([0-9]{1,4})(?: ?(?:/|of|von|di|de|av) ?[0-9]{1,4})?[-–—|. ]*$`)
)

func runningOf(l line, index int) running {
	at := int(math.Round(l.y0 / sameHeight))
	if m := pageNumber.FindStringSubmatch(l.text); m != nil {
		n, _ := strconv.Atoi(m[1])
		return running{at: at, numbered: true, offset: n - index}
	}
	return running{text: digits.ReplaceAllString(oneLine(l.text), "#"), at: at}
}

// running lists the lines of a page that may be headers or footers.
func (s *sheet) running(index int) map[line]running {
	out := map[line]running{}
	if s.height <= 0 {
		return out
	}
	header, footer := s.margins()
	s.each(func(l line) {
		r := runningOf(l, index)
		top, bottom := header, footer
		if r.numbered {
			top, bottom = s.height*numberMargin, s.height*(1-numberMargin)
		}
		if l.y1 <= top || l.y0 >= bottom {
			out[l] = r
		}
	})
	return out
}

// margins are the end of the header and the beginning of the footer: the last
// and the first gap between lines that is within the margins.
func (s *sheet) margins() (header, footer float64) {
	var lines []line
	s.each(func(l line) { lines = append(lines, l) })
	slices.SortStableFunc(lines, func(a, b line) int { return compare(a.y0, b.y0) })
	footer = s.height
	if len(lines) == 0 {
		return 0, footer
	}
	end := lines[0].y1
	for _, l := range lines[1:] {
		if l.y0-end >= headerGap*l.height() {
			if end <= s.height*margin {
				header = end
			}
			if l.y0 >= s.height*(1-margin) && footer == s.height {
				footer = l.y0
			}
		}
		end = max(end, l.y1)
	}
	return header, footer
}

// dropMargins takes away headers and footers: lines in the margins that come
// back at the same height on another page. What stands on the first page stays,
// once, unless it is a number: it may be an address.
func (l *layout) dropMargins() {
	counts := map[running]int{}
	lines := make([]map[line]running, len(l.sheets))
	for i := range l.sheets {
		lines[i] = l.sheets[i].running(i)
		for _, r := range lines[i] {
			counts[r]++
		}
	}
	for i := range l.sheets {
		s := &l.sheets[i]
		for _, r := range s.regions {
			r.lines = slices.DeleteFunc(r.lines, func(ln line) bool {
				key, ok := lines[i][ln]
				return ok && counts[key] > 1 && (i > 0 || key.numbered)
			})
		}
		s.settle()
	}
}

func (s *sheet) each(f func(line)) {
	for _, r := range s.regions {
		for _, l := range r.lines {
			f(l)
		}
	}
}

// settle drops empty regions and measures the others anew.
func (s *sheet) settle() {
	kept := s.regions[:0]
	for _, r := range s.regions {
		if len(r.lines) > 0 {
			kept = append(kept, newRegion(r.lines))
		}
	}
	s.regions = kept
}

var (
	// loneMarker is a bullet or number that stands apart from its text.
	loneMarker = regexp.MustCompile(`^(?:[•●▪■◦‣○*·–—\x{F0A7}\x{F0B7}-]|\(?[0-9]{1,2}[.)]|\(?[a-zA-Z][.)]|[0-9]{1,2}(?:\.[0-9]{1,2}){1,3}\.?|[0-9]{1,2})$`)
	loneNumber = regexp.MustCompile(`^[0-9]{1,2}$`)
)

const (
	// markerReach is how far from its marker a text may begin, in points.
	markerReach = 60
	// maxLines is the number of lines of a page whose places are compared with
	// each other. Pages with more are drawings.
	maxLines = 2000
)

func (s *sheet) crowded() bool {
	n := 0
	for _, r := range s.regions {
		n += len(r.lines)
	}
	return n > maxLines
}

// markers puts bullets and numbers that stand apart in front of the line beside
// them.
func (s *sheet) markers() {
	if s.crowded() {
		return
	}
	var all []*line
	for _, r := range s.regions {
		for i := range r.lines {
			all = append(all, &r.lines[i])
		}
	}
	for _, m := range all {
		if !loneMarker.MatchString(m.text) {
			continue
		}
		if to := nearest(m, all); to != nil {
			to.text, to.x0 = m.text+" "+to.text, m.x0
			m.text = ""
		}
	}
	for _, r := range s.regions {
		r.lines = slices.DeleteFunc(r.lines, func(l line) bool { return l.text == "" })
	}
	s.settle()
}

// nearest is the line to the right of a marker, at its height. A bare number is
// a marker only beside a heading: elsewhere it is a cell of a table.
func nearest(m *line, all []*line) *line {
	var best *line
	for _, l := range all {
		gap := l.x0 - m.x1
		if l == m || l.text == "" || gap < 0 || gap > markerReach || overlap(m.box, l.box) < 0.5*min(m.height(), l.height()) {
			continue
		}
		if best == nil || l.x0 < best.x0 {
			best = l
		}
	}
	if best == nil || characters(best.text) == 0 || loneMarker.MatchString(best.text) {
		return nil
	}
	if loneNumber.MatchString(m.text) && !startsUpper(best.text) {
		return nil
	}
	return best
}

// overlap is the common range of y.
func overlap(a, b box) float64 { return min(a.y1, b.y1) - max(a.y0, b.y0) }

// sizeStep is by how much the height of lines differs when they are set in
// different sizes.
const sizeStep = 1.15

// split parts regions whose lines stand beside each other, as the cells of a
// table do, and those whose lines differ in size, as a heading and its text do.
func (s *sheet) split() {
	if s.crowded() {
		return
	}
	var out []*region
	for _, r := range s.regions {
		for _, column := range columnsOf(r.lines) {
			start := 0
			for i := 1; i <= len(column); i++ {
				if i == len(column) || differ(column[i-1], column[i]) {
					out = append(out, newRegion(column[start:i]))
					start = i
				}
			}
		}
	}
	s.regions = out
}

func differ(a, b line) bool {
	const letters = 3
	if characters(a.text) < letters || characters(b.text) < letters {
		return false
	}
	return max(a.height(), b.height()) > sizeStep*min(a.height(), b.height())
}

// columnsOf groups lines that share a range of x, in the order of their first
// lines.
func columnsOf(lines []line) [][]line {
	boxes := make([]box, len(lines))
	for i, l := range lines {
		boxes[i] = l.box
	}
	spans := spansOf(boxes)
	if len(spans) < 2 {
		return [][]line{lines}
	}
	groups := make([][]line, len(spans))
	var order []int
	for _, l := range lines {
		i := spanOf(spans, l.box)
		if len(groups[i]) == 0 {
			order = append(order, i)
		}
		groups[i] = append(groups[i], l)
	}
	out := make([][]line, len(order))
	for i, g := range order {
		out[i] = groups[g]
	}
	return out
}

// spansOf are the ranges of x that boxes cover, from left to right.
func spansOf(boxes []box) []box {
	sorted := slices.Clone(boxes)
	slices.SortFunc(sorted, func(a, b box) int { return compare(a.x0, b.x0) })
	var out []box
	for _, b := range sorted {
		if n := len(out); n > 0 && b.x0 < out[n-1].x1 {
			out[n-1] = out[n-1].join(b)
			continue
		}
		out = append(out, b)
	}
	return out
}

// spanOf is the first span that a box shares a range with.
func spanOf(spans []box, b box) int {
	for i, s := range spans {
		if s.beside(b) {
			return i
		}
	}
	return len(spans) - 1
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
