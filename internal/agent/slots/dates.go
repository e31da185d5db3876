package slots

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"steward/internal/language"
)

var (
	yearFirst = regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$`)
	yearLast  = regexp.MustCompile(`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})$`)
	dayWord   = regexp.MustCompile(`^(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.|:e|:a|e)?$`)
	yearWord  = regexp.MustCompile(`^\d{4}$`)
)

// dates are the days in text. A day that nobody asked for is taken only with
// its year or month, not as "today".
func (r Reader) dates(text string, asked bool) []hit {
	words := tokens(text)
	var out []hit
	for i, w := range words {
		if day, ok := r.numericDate(w.text); ok {
			out = append(out, dateHit(day, w.start, w.end))
			continue
		}
		if _, ok := r.words().months[language.Fold(w.text)]; ok {
			if h, ok := r.namedDate(words, i); ok {
				out = append(out, h)
			}
			continue
		}
		if asked && !r.Now.IsZero() {
			out = append(out, r.relative(words, i)...)
		}
	}
	return out
}

func dateHit(day time.Time, start, end int) hit {
	return hit{quoted(day.Format(time.DateOnly)), start, end}
}

// numericDate reads a date in digits. The order of day and month is that of the
// region; without one an English date that can be read both ways is not read.
func (r Reader) numericDate(word string) (time.Time, bool) {
	if m := yearFirst.FindStringSubmatch(word); m != nil {
		return calendar(m[1], m[2], m[3])
	}
	m := yearLast.FindStringSubmatch(word)
	if m == nil {
		return time.Time{}, false
	}
	year := m[3]
	if len(year) == 2 {
		// Two digits are this century: birthdays are asked with four.
		year = "20" + year
	}
	dayFirst, okDay := calendar(year, m[2], m[1])
	monthFirst, okMonth := calendar(year, m[1], m[2])
	switch {
	case okDay && okMonth && dayFirst.Equal(monthFirst):
		return dayFirst, true
	case strings.EqualFold(r.Region, "US"):
		return monthFirst, okMonth
	case r.Region != "" || r.base() != "en" && r.base() != "" || strings.Contains(word, "."):
		return dayFirst, okDay
	case okDay && okMonth:
		return time.Time{}, false
	case okDay:
		return dayFirst, true
	}
	return monthFirst, okMonth
}

// calendar makes a day of digits; a day that is not in the calendar is none.
func calendar(year, month, day string) (time.Time, bool) {
	t, err := time.Parse("2006-1-2", fmt.Sprintf("%s-%s-%s", year, trimZero(month), trimZero(day)))
	return t, err == nil
}

func trimZero(s string) string { return strings.TrimLeft(s, "0") }

// namedDate reads "5 June 2026" and "June 5th" around the name of a month.
// Without a year it is the day nearest to now.
func (r Reader) namedDate(words []field, at int) (hit, bool) {
	month := r.words().months[language.Fold(words[at].text)]
	first, last, day := at, at, ""
	// Romance languages put a word between day and month: "5 de junio".
	for back := at - 1; back >= max(0, at-2) && day == ""; back-- {
		if m := dayWord.FindStringSubmatch(words[back].text); m != nil {
			day, first = m[1], back
		} else if !linksDate(words[back].text) {
			break
		}
	}
	if day == "" && at+1 < len(words) {
		if m := dayWord.FindStringSubmatch(words[at+1].text); m != nil {
			day, last = m[1], at+1
		}
	}
	if day == "" {
		return hit{}, false
	}
	for next := last + 1; next < min(len(words), last+3); next++ {
		if yearWord.MatchString(words[next].text) {
			t, ok := calendar(words[next].text, month, day)
			return dateHit(t, words[first].start, words[next].end), ok
		}
		if !linksDate(words[next].text) {
			break
		}
	}
	t, ok := r.nearest(month, day)
	return dateHit(t, words[first].start, words[last].end), ok
}

func linksDate(word string) bool {
	switch language.Fold(word) {
	case "de", "del", "of", "den":
		return true
	}
	return false
}

// nearest is the year's day that is closest to now.
func (r Reader) nearest(month, day string) (time.Time, bool) {
	if r.Now.IsZero() {
		return time.Time{}, false
	}
	var best time.Time
	for year := r.Now.Year() - 1; year <= r.Now.Year()+1; year++ {
		t, ok := calendar(strconv.Itoa(year), month, day)
		if ok && (best.IsZero() || t.Sub(r.Now).Abs() < best.Sub(r.Now).Abs()) {
			best = t
		}
	}
	return best, !best.IsZero()
}

// relative reads words such as today, at the i-th word.
func (r Reader) relative(words []field, i int) []hit {
	for size := min(3, len(words)-i); size > 0; size-- {
		var parts []string
		for _, w := range words[i : i+size] {
			parts = append(parts, language.Words(w.text)...)
		}
		if shift, ok := r.words().days[strings.Join(parts, " ")]; ok {
			days, err := strconv.Atoi(shift)
			if err != nil || i > 0 && size == 1 && r.partOfLonger(words, i) {
				return nil
			}
			return []hit{dateHit(r.Now.AddDate(0, 0, days), words[i].start, words[i+size-1].end)}
		}
	}
	return nil
}

// partOfLonger reports whether the i-th word ends a phrase that has been read
// already, as in "day after tomorrow".
func (r Reader) partOfLonger(words []field, i int) bool {
	for back := 1; back <= min(2, i); back++ {
		var parts []string
		for _, w := range words[i-back : i+1] {
			parts = append(parts, language.Words(w.text)...)
		}
		if _, ok := r.words().days[strings.Join(parts, " ")]; ok {
			return true
		}
	}
	return false
}
