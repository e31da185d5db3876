package slots

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"steward/internal/language"
)

// numeral is a number with its separators, alone or with a currency or unit
// sign.
var numeral = regexp.MustCompile(`^[€$£]?([+-]?\d[\d.,'’]*)(?:%|€|\$|£|kr)?$`)

// grouped is a number whose only separator cuts off three digits.
var grouped = regexp.MustCompile(`^\d{1,3}(?:[.,'’]\d{3})+$`)

const (
	// maxDigits bounds a number as it is written.
	maxDigits = 30
	// nameReach is how many words may stand between a number and the name of
	// the input that it is for.
	nameReach = 2
)

// numbers are the numbers in text. One that nobody asked for counts only beside
// a word of the input's name or title.
func (r Reader) numbers(s *shape, text string, asked bool) []hit {
	words := r.joined(text)
	var names []string
	if !asked {
		names = language.Analyze(s.input.Title+" "+strings.ReplaceAll(s.input.Name, "_", " "), r.Lang)
	}
	var out []hit
	for i, w := range words {
		values := r.readings(w.text, s.kind == kindInteger)
		if len(values) == 0 && asked {
			// "One" and its like are mostly articles.
			if n := r.words().numbers[language.Fold(w.text)]; n != "" && (n != "1" || len(words) == 1) {
				values = []string{n}
			}
		}
		if len(values) == 0 || !asked && !r.named(words, i, names) {
			continue
		}
		for _, v := range values {
			h := hit{json.RawMessage(v), w.start, w.end}
			if s.valid(h.value) {
				out = append(out, h)
				break
			}
		}
	}
	return out
}

// named reports whether a word of the input's name stands near the i-th word.
func (r Reader) named(words []field, i int, names []string) bool {
	for j := max(0, i-nameReach); j <= min(len(words)-1, i+nameReach); j++ {
		for _, term := range language.Analyze(words[j].text, r.Lang) {
			if j != i && slices.Contains(names, term) && len(term) > 2 {
				return true
			}
		}
	}
	return false
}

// joined are the tokens of text, with groups of digits put together where a
// language writes thousands with a space.
func (r Reader) joined(text string) []field {
	var out []field
	for _, w := range tokens(text) {
		if n := len(out); n > 0 && r.spaced() && isGroup(w.text) && headOfGroups(out[n-1].text) {
			out[n-1].text += w.text
			out[n-1].end = w.end
			continue
		}
		out = append(out, w)
	}
	return out
}

func (r Reader) spaced() bool {
	switch r.base() {
	case "sv", "fr", "no", "nb", "da", "fi", "pl", "cs", "ru", "uk", "hu", "it", "es", "pt":
		return true
	}
	return false
}

func isGroup(s string) bool { return len(s) == 3 && onlyDigits(s) }

func headOfGroups(s string) bool {
	return onlyDigits(s) && (len(s) <= 3 || len(s)%3 == 0) && s[0] != '0'
}

func onlyDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// readings are the JSON forms of a written number, the likeliest first.
func (r Reader) readings(word string, integer bool) []string {
	m := numeral.FindStringSubmatch(word)
	if m == nil || len(m[1]) > maxDigits {
		return nil
	}
	digits := strings.TrimRight(strings.NewReplacer("'", "", "’", "").Replace(m[1]), ".,")
	sign := ""
	switch digits[0] {
	case '-':
		sign, digits = "-", digits[1:]
	case '+':
		digits = digits[1:]
	}
	point, group := ",", "."
	if r.decimalPoint() {
		point, group = ".", ","
	}
	var out []string
	add := func(s string) {
		if n, ok := canonical(s); ok {
			out = append(out, sign+n)
		}
	}
	if integer {
		// No fraction is wanted, so a separator before three digits groups.
		if grouped.MatchString(digits) {
			add(strings.NewReplacer(".", "", ",", "").Replace(digits))
		} else {
			add(digits)
		}
		return out
	}
	last := strings.LastIndexAny(digits, ".,")
	switch {
	case last < 0:
		add(digits)
	case strings.Count(digits, ".") > 0 && strings.Count(digits, ",") > 0:
		// The later of two separators is the decimal one, in every language.
		whole := strings.NewReplacer(".", "", ",", "").Replace(digits[:last])
		add(whole + "." + digits[last+1:])
	case digits[last:last+1] == group && grouped.MatchString(digits):
		add(strings.ReplaceAll(digits, group, ""))
	case strings.Count(digits, point)+strings.Count(digits, group) == 1:
		add(digits[:last] + "." + digits[last+1:])
	case grouped.MatchString(digits):
		add(strings.NewReplacer(".", "", ",", "").Replace(digits))
	}
	return out
}

// canonical is a number as JSON writes it; digits only, with at most one dot.
func canonical(s string) (string, bool) {
	whole, fraction, dotted := strings.Cut(s, ".")
	if !onlyDigits(whole) || dotted && !onlyDigits(fraction) {
		return "", false
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		return whole + "." + fraction, true
	}
	return whole, true
}

// decimalPoint reports whether fractions begin with a dot, not a comma.
func (r Reader) decimalPoint() bool {
	switch strings.ToUpper(r.Region) {
	case "US", "GB", "IE", "AU", "NZ", "CH", "MX", "GT", "HN", "NI", "PA", "PR", "DO", "SV", "IN", "IL", "JP", "CN", "KR":
		return true
	case "":
		switch r.base() {
		case "en", "", "ja", "zh", "ko", "he", "ta", "ga":
			return true
		}
		return false
	}
	return r.base() == "en"
}
