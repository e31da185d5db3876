package office

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// formatNumber writes a number of a binary workbook as its format code shows
// it. Dates come out as 2006-01-02 and times as 15:04, whatever their order of
// day and month: that is what a question can be compared with. Fractions and
// powers of ten come out as plain numbers. See ECMA-376 part 1, 18.8.31.
func formatNumber(v float64, code string, from1904 bool) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	sections := splitSections(code)
	if date := datesIn(sections[0]); date != noDate {
		if text, ok := formatDate(v, date, from1904); ok {
			return text
		}
		return general(v)
	}
	section, sign := sections[0], ""
	switch {
	case v < 0 && len(sections) > 1:
		section, v = sections[1], -v
	case v < 0:
		sign, v = "-", -v
	case v == 0 && len(sections) > 2:
		section = sections[2]
	}
	f, ok := parseFormat(section)
	if !ok {
		return sign + general(v)
	}
	return sign + f.write(v)
}

// general writes a number with the 15 digits that Excel keeps.
func general(v float64) string {
	const digits, smallest, largest = 15, 1e-9, 1e21
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil {
		return ""
	}
	if abs := math.Abs(rounded); abs != 0 && (abs < smallest || abs >= largest) {
		return strconv.FormatFloat(rounded, 'E', -1, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// splitSections cuts a code at the semicolons outside of quotes.
func splitSections(code string) []string {
	var out []string
	start, quoted := 0, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\':
			i++
		case c == ';' && !quoted:
			out = append(out, code[start:i])
			start = i + 1
		}
	}
	return append(out, code[start:])
}

// dateParts are the parts of a date that a format shows.
type dateParts int

const (
	noDate    dateParts = 0
	dateDay   dateParts = 1
	dateMonth dateParts = 2
	dateTime  dateParts = 4
	dateSec   dateParts = 8
	// dateSpan is a length of time, which may be longer than a day.
	dateSpan dateParts = 16
)

// datesIn finds the parts of a date in a section. The letter m stands for
// minutes beside hours or seconds, else for months.
func datesIn(section string) dateParts {
	var parts dateParts
	months := false
	for _, c := range strings.ToLower(bare(section, &parts)) {
		switch c {
		case 'y':
			parts |= dateMonth
		case 'd':
			parts |= dateDay
		case 'm':
			months = true
		case 'h':
			parts |= dateTime
		case 's':
			parts |= dateTime | dateSec
		}
	}
	if months && parts == noDate {
		parts = dateMonth
	}
	return parts
}

// bare is a section without what it only quotes. It notes lengths of time, which
// are written in brackets.
func bare(section string, parts *dateParts) string {
	var b strings.Builder
	if strings.EqualFold(strings.TrimSpace(section), "general") {
		return ""
	}
	for i := 0; i < len(section); i++ {
		switch c := section[i]; c {
		case '"':
			i = skipTo(section, i+1, '"')
		case '[':
			end := skipTo(section, i+1, ']')
			switch inner := strings.ToLower(section[i+1 : min(end, len(section))]); strings.Trim(inner, "hms") {
			case "":
				*parts |= dateTime | dateSpan
				b.WriteString(inner)
			}
			i = end
		case '\\', '_', '*':
			i++
		default:
			b.WriteByte(c)
		}
	}
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), "AM/PM", ""), "am/pm", "")
}

// skipTo is the place of the next c, or the end.
func skipTo(s string, from int, c byte) int {
	for from < len(s) && s[from] != c {
		from++
	}
	return from
}

// formatDate writes a count of days. ok is false for what is no date.
func formatDate(v float64, parts dateParts, from1904 bool) (text string, ok bool) {
	const (
		lastDay    = 2958466
		daySeconds = 86400
		// leapBug: Excel counts a 29th of February 1900.
		leapBug   = 60
		since1904 = 1462
	)
	if v < 0 || v >= lastDay {
		return "", false
	}
	seconds := int64(math.Round(v * daySeconds))
	if parts&dateSpan != 0 {
		h, m := seconds/3600, seconds/60%60
		return strconv.FormatInt(h, 10) + ":" + twoDigits(m) + withSeconds(parts, seconds%60), true
	}
	days := seconds / daySeconds
	if from1904 {
		days += since1904
	} else if days > 0 && days < leapBug {
		days++
	}
	day := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(days))
	clock := seconds % daySeconds
	hours := twoDigits(clock/3600) + ":" + twoDigits(clock/60%60) + withSeconds(parts, clock%60)
	switch {
	case parts&(dateDay|dateMonth) == 0:
		return hours, true
	case parts&dateTime != 0:
		return day.Format(time.DateOnly) + " " + hours, true
	case parts&dateDay == 0:
		return day.Format("2006-01"), true
	}
	return day.Format(time.DateOnly), true
}

func withSeconds(parts dateParts, seconds int64) string {
	if parts&dateSec == 0 {
		return ""
	}
	return ":" + twoDigits(seconds)
}

func twoDigits(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}
