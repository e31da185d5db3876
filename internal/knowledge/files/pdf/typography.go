package pdf

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// largerThanText is how much higher than running text a heading is set.
	largerThanText = 1.2
	// maxHeadingLength is the longest heading, in bytes.
	maxHeadingLength = 150
	// headingSizes is the number of sizes of headings told apart.
	headingSizes = 4
	// mostHeadings is the part of a long text that can be in headings of one
	// size. What is more than that is text.
	mostHeadings  = 0.15
	longText      = 2000
	deepestNumber = 3
)

// typography is how a document sets its text.
type typography struct {
	// text is the height of its running text, in points.
	text float64
	// headings are the heights of its headings, the largest first.
	headings []float64
	// words are all its words in lower case, to tell a hyphen from a hyphenation.
	words map[string]bool
}

// typography measures a document.
func (l *layout) typography() *typography {
	t := &typography{words: map[string]bool{}}
	sizes := map[float64]int{}
	total := 0
	l.each(func(r *region) {
		for _, ln := range r.lines {
			n := characters(ln.text)
			sizes[rounded(ln.height())] += n
			total += n
			t.learn(ln.text)
		}
	})
	most := 0
	for size, n := range sizes {
		if n > most || n == most && size < t.text {
			t.text, most = size, n
		}
	}
	found := map[float64]int{}
	l.each(func(r *region) {
		if r.height() > 0 && t.larger(r) && headingLike(r.text()) && len(r.lines) <= 3 {
			found[rounded(r.lines[0].height())] += characters(r.text())
		}
	})
	for size, n := range found {
		if total < longText || float64(n) < mostHeadings*float64(total) {
			t.headings = append(t.headings, size)
		}
	}
	slices.SortFunc(t.headings, func(a, b float64) int { return compare(b, a) })
	t.headings = slices.CompactFunc(t.headings, func(smaller, larger float64) bool { return larger < sizeStep*smaller })
	t.headings = t.headings[:min(len(t.headings), headingSizes)]
	return t
}

func (l *layout) each(f func(*region)) {
	for i := range l.sheets {
		for _, r := range l.sheets[i].regions {
			f(r)
		}
	}
}

// rounded is a height to half a point.
func rounded(height float64) float64 { return math.Round(height*2) / 2 }

const (
	maxWords     = 300_000
	longestKnown = 40
)

func (t *typography) learn(text string) {
	for _, w := range strings.Fields(text) {
		w = strings.ToLower(strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }))
		if w != "" && len(w) <= longestKnown && len(t.words) < maxWords {
			t.words[w] = true
		}
	}
}

func (t *typography) larger(r *region) bool {
	return r.lines[0].height() >= largerThanText*t.text
}

var (
	numbered = regexp.MustCompile(`^([0-9]{1,2}(?:\.[0-9]{1,2}){0,4})\.?\s+\p{Lu}`)
	leaders  = regexp.MustCompile(`(?:\. ?){5,}\s*[0-9ivxlc]*$|…{2,}\s*[0-9ivxlc]*$`)
)

// headingLike reports whether a text can be a heading by its words.
func headingLike(text string) bool {
	if len(text) > maxHeadingLength || characters(text) < 2 || leaders.MatchString(text) {
		return false
	}
	first, _ := utf8.DecodeRuneInString(text)
	if unicode.IsLower(first) || strings.ContainsRune("•●▪■◦‣○*·–—-", first) || !mostlyLetters(text) {
		return false
	}
	return !strings.ContainsAny(text[len(text)-1:], ".,;:")
}

// mostlyLetters tells words from formulas and figures.
func mostlyLetters(text string) bool {
	letters, others := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsLetter(r):
			letters++
		case !unicode.IsSpace(r):
			others++
		}
	}
	return letters > others
}

// heading is the level of a region that is a heading, or 0. It is one by its
// size; or when it stands alone on a line and has a number such as 2.1, or asks
// a question that what follows may answer.
func (t *typography) heading(r, next *region, alone bool) int {
	text := r.text()
	if len(r.lines) > 3 || !headingLike(text) || next != nil && startsLower(next.lines[0].text) {
		return 0
	}
	if t.larger(r) {
		for i, size := range t.headings {
			if r.lines[0].height() >= size/math.Sqrt(sizeStep) {
				return i + 1
			}
		}
		return 0
	}
	if len(r.lines) > 1 || !alone || next == nil {
		return 0
	}
	if m := numbered.FindStringSubmatch(text); m != nil && strings.Contains(m[1], ".") {
		return len(t.headings) + min(strings.Count(m[1], "."), deepestNumber)
	}
	if strings.HasSuffix(text, "?") && !strings.HasSuffix(next.text(), "?") {
		return len(t.headings) + 1
	}
	return 0
}

var capitals = regexp.MustCompile(`^[0-9]{1,2}(?:\.[0-9]{1,2})*\.?\s+[\p{Lu}\p{Zs}\p{P}]{4,80}$`)

// capitalHeading is the level of a line with a number and capitals only, which
// is a heading also where its text follows on the next line, or 0.
func (t *typography) capitalHeading(text string) int {
	if !capitals.MatchString(text) || !mostlyLetters(text) {
		return 0
	}
	return len(t.headings) + 1
}

// firstTitle is the largest heading of a page.
func firstTitle(pieces []piece) string {
	for _, p := range pieces {
		if p.kind == kindHeading && p.level == 1 {
			return title(p.text)
		}
	}
	return ""
}

var (
	// fileTitle is a title that is the name of a file, or of the program that
	// made it.
	fileTitle  = regexp.MustCompile(`(?i)\.(?:docx?|dotx?|rtf|odt|pptx?|xlsx?|pdf|indd|qxd|tmp|tex|dvi|html?|wpd|cdr|ai|pub|pages)\b|^microsoft (?:word|powerpoint|excel)\b|^(?:file|https?):`)
	emptyTitle = regexp.MustCompile(`(?i)^(?:untitled.*|unnamed|document\s?[0-9]*|dokument\s?[0-9]*|documento\s?[0-9]*|presentation\s?[0-9]*|powerpoint[ -]\S+|slide [0-9]+|pdf|scan\w*|img[_ -]?[0-9]*|[0-9_ .-]+|about:blank|` +
		`(?:table of )?contents|inhalt(?:sverzeichnis)?|indice|sommario|sommaire|índice|innehåll|inhoud)$`)
)

// title is a title that a person gave, else "".
func title(s string) string {
	s = oneLine(s)
	if len(s) > maxHeadingLength*2 || fileTitle.MatchString(s) || emptyTitle.MatchString(s) || strings.Contains(s, `\`) {
		return ""
	}
	return s
}
