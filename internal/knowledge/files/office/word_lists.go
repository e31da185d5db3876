package office

import (
	"strconv"
	"strings"
)

// listLevels is how deep the lists of Word go.
const listLevels = 9

// listLevel is how one level of a list is marked.
type listLevel struct {
	start int
	// format is the kind of number, such as decimal or bullet.
	format string
	// text is the label, with %1 for the number of the first level.
	text string
}

// listKind is the definition that lists share, with its counters.
type listKind struct {
	levels [listLevels]listLevel
	counts [listLevels]int
	// style is set when the definition is that of a list style.
	style string
}

func newListKind() *listKind {
	k := &listKind{}
	for i := range k.levels {
		k.levels[i].start = 1
	}
	return k
}

// list is one list of a document.
type list struct {
	kind string
	// starts are the numbers it begins with, where it differs.
	starts  map[int]int
	started bool
}

// lists are those of a document.
type lists struct {
	kinds map[string]*listKind
	byID  map[string]*list
}

// readLists reads a numbering part. An empty name gives no lists.
func readLists(a *archive, name string) (*lists, error) {
	l := &lists{kinds: map[string]*listKind{}, byID: map[string]*list{}}
	if name == "" || !a.has(name) {
		return l, nil
	}
	return l, a.walk(name, &listReader{lists: l})
}

// follow takes the definitions of list styles over into the lists that use them.
func (l *lists) follow(sheet *styleSheet) {
	for _, k := range l.kinds {
		if k.style == "" {
			continue
		}
		if entry := l.byID[sheet.traits(k.style).list]; entry != nil && l.kinds[entry.kind] != nil {
			k.levels, k.counts = l.kinds[entry.kind].levels, l.kinds[entry.kind].counts
		}
	}
}

// next counts one paragraph in a list and returns how it is marked. A bullet
// has no label. ok is false when the list marks nothing.
func (l *lists) next(id string, level int) (label string, ok bool) {
	entry := l.byID[id]
	if entry == nil || l.kinds[entry.kind] == nil || level < 0 || level >= listLevels {
		return "", false
	}
	k := l.kinds[entry.kind]
	if !entry.started {
		entry.started = true
		for i, start := range entry.starts {
			k.counts[i] = start - 1
		}
	}
	k.counts[level]++
	for i := level + 1; i < listLevels; i++ {
		k.counts[i] = k.levels[i].start - 1
	}
	def := k.levels[level]
	switch def.format {
	case "bullet":
		return "", true
	case "none":
		return "", false
	}
	label = k.label(level)
	return label, label != ""
}

func (k *listKind) label(level int) string {
	label := k.levels[level].text
	for i := 0; i <= level; i++ {
		place := "%" + strconv.Itoa(i+1)
		if strings.Contains(label, place) {
			// A level that was left out counts as its first number.
			n := max(k.counts[i], k.levels[i].start)
			label = strings.ReplaceAll(label, place, count(n, k.levels[i].format))
		}
	}
	return oneLine(label)
}

// count writes a number in a format of Word. Rare ones come out as digits.
func count(n int, format string) string {
	switch format {
	case "lowerLetter":
		return strings.ToLower(letters(n))
	case "upperLetter":
		return letters(n)
	case "lowerRoman":
		return strings.ToLower(roman(n))
	case "upperRoman":
		return roman(n)
	case "decimalZero":
		if n < 10 {
			return "0" + strconv.Itoa(n)
		}
	}
	return strconv.Itoa(n)
}

// letters counts A to Z, then AA to ZZ, as Word does.
func letters(n int) string {
	const alphabet, most = 26, 20
	if n < 1 || n > alphabet*most {
		return strconv.Itoa(n)
	}
	return strings.Repeat(string(rune('A'+(n-1)%alphabet)), (n-1)/alphabet+1)
}

func roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	values := [...]int{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1}
	signs := [...]string{"M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"}
	var b strings.Builder
	for i, v := range values {
		for ; n >= v; n -= v {
			b.WriteString(signs[i])
		}
	}
	return b.String()
}

// listReader is a visitor of numbering.xml.
type listReader struct {
	lists *lists
	kind  *listKind
	entry *list
	level int
}

func (r *listReader) open(el element) verdict {
	switch el.name {
	case "abstractNum":
		r.kind = newListKind()
		r.lists.kinds[el.attr("abstractNumId")] = r.kind
	case "num":
		r.entry = &list{starts: map[int]int{}}
		r.lists.byID[el.attr("numId")] = r.entry
	case "lvl", "lvlOverride":
		r.level = number(el.attr("ilvl"), unset)
		if r.level == unset || r.level >= listLevels {
			return skip
		}
	}
	switch {
	case r.entry != nil && el.name == "abstractNumId":
		r.entry.kind = el.attr("val")
	case r.entry != nil && el.name == "startOverride":
		r.entry.starts[r.level] = number(el.attr("val"), 1)
	case r.kind != nil && el.name == "numStyleLink":
		r.kind.style = el.attr("val")
	case r.kind != nil && el.parent == "lvl":
		r.define(&r.kind.levels[r.level], el)
	}
	return enter
}

func (r *listReader) define(level *listLevel, el element) {
	switch el.name {
	case "start":
		level.start = number(el.attr("val"), 1)
		r.kind.counts[r.level] = level.start - 1
	case "numFmt":
		level.format = el.attr("val")
	case "lvlText":
		level.text = el.attr("val")
	}
}

func (*listReader) text(string, []byte) verdict { return enter }

func (r *listReader) close(name string) {
	switch name {
	case "abstractNum":
		r.kind = nil
	case "num":
		r.entry = nil
	}
}
