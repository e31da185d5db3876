package office

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDecimals is the number of decimal places written.
const maxDecimals = 30

// numberFormat is one section of a number format.
type numberFormat struct {
	prefix, suffix string
	// whole is what stands before the point: 0, # and ? for digits, else
	// characters that stay where they are.
	whole []rune
	// least and most are the decimal places.
	least, most int
	thousands   bool
	// scale is what the value is multiplied by.
	scale float64
}

// parseFormat reads a section; ok is false when it only says to show the number
// as it is.
func parseFormat(section string) (f numberFormat, ok bool) {
	f.scale = 1
	p := formatParser{f: &f}
	for i := 0; i < len(section); i++ {
		switch c := section[i]; c {
		case '"':
			end := skipTo(section, i+1, '"')
			p.literal(section[i+1 : end])
			i = end
		case '[':
			end := skipTo(section, i+1, ']')
			p.literal(currency(section[i+1 : end]))
			i = end
		case '\\':
			if i++; i < len(section) {
				_, size := utf8.DecodeRuneInString(section[i:])
				p.literal(section[i : i+size])
				i += size - 1
			}
		case '_', '*':
			i++
		case '0', '#', '?':
			p.digit(rune(c))
		case '.', ',', '%':
			p.sign(c)
		case '/', 'E', 'e', '@', 'G', 'g':
			// A fraction, a power of ten, a text, or the word General.
			return f, false
		default:
			_, size := utf8.DecodeRuneInString(section[i:])
			p.literal(section[i : i+size])
			i += size - 1
		}
	}
	p.flush()
	return f, p.digits || f.prefix != ""
}

// formatParser sorts the characters of a section into its parts.
type formatParser struct {
	f             *numberFormat
	digits, point bool
	// held are characters after digits: the suffix, unless digits follow.
	held string
	// commas that no digit has followed yet.
	commas int
}

func (p *formatParser) literal(s string) {
	if p.digits || p.point {
		p.held += s
	} else {
		p.f.prefix += s
	}
}

func (p *formatParser) digit(c rune) {
	p.digits = true
	if p.point {
		p.f.most = min(p.f.most+1, maxDecimals)
		if c == '0' {
			p.f.least = p.f.most
		}
		return
	}
	if p.commas > 0 {
		p.f.thousands, p.commas = true, 0
	}
	p.f.whole = append(append(p.f.whole, []rune(p.held)...), c)
	p.held = ""
}

func (p *formatParser) sign(c byte) {
	switch c {
	case '.':
		if p.point {
			p.literal(".")
		}
		p.point = true
	case ',':
		if p.digits {
			p.commas++
		}
	case '%':
		p.f.scale *= 100
		p.literal("%")
	}
}

func (p *formatParser) flush() {
	p.f.suffix = p.held
	for range min(p.commas, 3) {
		p.f.scale /= 1000
	}
}

// currency is the sign in [$€-410]; other brackets show nothing.
func currency(inner string) string {
	rest, ok := strings.CutPrefix(inner, "$")
	if !ok {
		return ""
	}
	sign, _, _ := strings.Cut(rest, "-")
	return sign
}

// write writes a number of 0 or more.
func (f numberFormat) write(v float64) string {
	if len(f.whole) == 0 && f.most == 0 {
		return strings.TrimSpace(f.prefix + f.suffix)
	}
	digits := decimal(v*f.scale, f.most)
	whole, fraction, _ := strings.Cut(digits, ".")
	for len(fraction) > f.least && strings.HasSuffix(fraction, "0") {
		fraction = fraction[:len(fraction)-1]
	}
	out := f.prefix + f.place(whole)
	if fraction != "" {
		out += "." + fraction
	}
	return strings.TrimSpace(out + f.suffix)
}

// decimal rounds as Excel does: halves up, by the 15 digits that it keeps.
func decimal(v float64, places int) string {
	const exact = 15
	power := math.Pow10(places)
	scaled, err := strconv.ParseFloat(strconv.FormatFloat(v*power, 'g', exact, 64), 64)
	if err != nil || scaled >= 1<<53 {
		return strconv.FormatFloat(v, 'f', places, 64)
	}
	return strconv.FormatFloat(math.Round(scaled)/power, 'f', places, 64)
}

// place puts the digits before the point into their pattern, from the right.
func (f numberFormat) place(digits string) string {
	if digits == "0" && !strings.ContainsRune(string(f.whole), '0') {
		digits = ""
	}
	var out []rune
	written := 0
	add := func(c rune) {
		if f.thousands && written > 0 && written%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, c)
		written++
	}
	first := strings.IndexAny(string(f.whole), "0#?")
	for i := len(f.whole) - 1; i >= 0; i-- {
		switch c := f.whole[i]; {
		case c != '0' && c != '#' && c != '?':
			out = append(out, c)
		case digits != "":
			add(rune(digits[len(digits)-1]))
			digits = digits[:len(digits)-1]
		case c == '0':
			add('0')
		}
		if len(string(f.whole[:i])) == first {
			for ; digits != ""; digits = digits[:len(digits)-1] {
				add(rune(digits[len(digits)-1]))
			}
		}
	}
	return reversed(out)
}

func reversed(runes []rune) string {
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}

// builtinFormat is the code of a format that workbooks do not write out. See
// ECMA-376 part 1, 18.8.30.
func builtinFormat(id int) string {
	switch id {
	case 1:
		return "0"
	case 2:
		return "0.00"
	case 3, 5, 6, 37, 38, 41, 42:
		return "#,##0"
	case 4, 7, 8, 39, 40, 43, 44:
		return "#,##0.00"
	case 9:
		return "0%"
	case 10:
		return "0.00%"
	case 14, 15, 16:
		return "yyyy-mm-dd"
	case 17:
		return "yyyy-mm"
	case 18, 20:
		return "h:mm"
	case 19, 21, 45, 47:
		return "h:mm:ss"
	case 22:
		return "yyyy-mm-dd h:mm"
	case 46:
		return "[h]:mm:ss"
	}
	return ""
}
