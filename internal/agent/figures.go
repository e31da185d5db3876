package agent

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"steward/internal/language"
)

var (
	numberToken = regexp.MustCompile(`\d+(?:[.,:/'\x{00A0}\x{202F}-]\d+|[ \x{00A0}\x{202F}]\d{3}\b)*`)
	grouped     = regexp.MustCompile(`^\d{1,3}(?:[.,' \x{00A0}\x{202F}]\d{3})+$`)
	groupedCent = regexp.MustCompile(`^(\d{1,3}(?:[.,' \x{00A0}\x{202F}]\d{3})*)[.,](\d{1,2})$`)
	digits      = regexp.MustCompile(`\d+`)
	phoneToken  = regexp.MustCompile(`\+?\(?\d[\d ().\x{00A0}/-]{6,}\d`)
	emailToken  = regexp.MustCompile(`[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`)
	dayMonth    = regexp.MustCompile(`\b\d{1,2}(?:st|nd|rd|th|\.|º|°)?\s+(?:of\s+|de\s+|den\s+)?(\p{L}{3,})`)
	monthDay    = regexp.MustCompile(`(\p{L}{3,})\.?\s+\d{1,2}\b`)
	listNumber  = regexp.MustCompile(`(?m)^\s*[1-9][.)]\s`)
	currency    = regexp.MustCompile(`[$€£¥₹]|\b(?i:EUR|USD|GBP|SEK|NOK|DKK|CHF|JPY|euros?|dollars?|pounds?|kronor|krona|kr)\b`)
)

// figures checks that every number, date, currency, phone number and email
// address of the reply is in the evidence.
func (c *checker) figures() {
	text := listNumber.ReplaceAllString(language.Clean(c.text), "")
	// Addresses of pages are judged as links.
	text = schemeLink.ReplaceAllString(text, " ")
	for _, email := range emailToken.FindAllString(text, -1) {
		if !strings.Contains(strings.ToLower(c.evidence), strings.ToLower(strings.TrimRight(email, "."))) {
			c.breaks(ViolationEmail)
		}
	}
	text = emailToken.ReplaceAllString(text, " ")
	text, known := withoutPhones(text, c.evidence)
	if !known {
		c.breaks(ViolationPhone)
	}
	numbers := numberSet(c.evidence)
	for number := range numberSet(text) {
		if !numbers[number] {
			c.breaks(ViolationNumber)
		}
	}
	for value := range numberWords(text) {
		if !numbers[value] && !numberWords(c.evidence)[value] {
			c.breaks(ViolationNumber)
		}
	}
	for month := range months(text) {
		if !months(c.evidence)[month] && !numbers[strconv.Itoa(month)] {
			c.breaks(ViolationDate)
		}
	}
	kinds := currencies(c.evidence)
	for kind := range currencies(text) {
		if !kinds[kind] {
			c.breaks(ViolationCurrency)
		}
	}
}

// withoutPhones takes the phone numbers out of text. known is false when the
// digits of one do not occur in a phone number of the evidence.
func withoutPhones(text, evidence string) (rest string, known bool) {
	var sources []string
	for _, run := range phoneToken.FindAllString(evidence, -1) {
		sources = append(sources, onlyDigits(run))
	}
	known = true
	rest = phoneToken.ReplaceAllStringFunc(text, func(run string) string {
		number := onlyDigits(run)
		if len(number) < 9 && !strings.HasPrefix(run, "+") {
			return run
		}
		known = known && slices.ContainsFunc(sources, func(s string) bool { return strings.Contains(s, number) })
		return " "
	})
	return rest, known
}

// numberSet are the numbers of text in one form: 1,000 and 1.000 are 1000,
// 19,90 is 19.9, 09:00 is 9:0. A token of several parts also gives its parts,
// so that 30 is known where the source says 14-30.
func numberSet(text string) map[string]bool {
	out := make(map[string]bool)
	for _, token := range numberToken.FindAllString(asciiDigits(text), -1) {
		number := canonicalNumber(token)
		out[number] = true
		// A full hour is said both ways.
		if hour, ok := strings.CutSuffix(number, ":0"); ok {
			out[hour] = true
		}
	}
	return withParts(out, text)
}

// withParts adds the parts of ranges and dates in text.
func withParts(set map[string]bool, text string) map[string]bool {
	for _, token := range numberToken.FindAllString(asciiDigits(text), -1) {
		if !strings.ContainsAny(token, "-/ ") {
			continue
		}
		for _, part := range strings.FieldsFunc(token, func(r rune) bool { return r == '-' || r == '/' }) {
			set[canonicalNumber(part)] = true
		}
		// A range is known by its parts alone.
		if strings.ContainsAny(token, "-/") {
			delete(set, canonicalNumber(token))
		}
	}
	return set
}

func canonicalNumber(token string) string {
	if m := groupedCent.FindStringSubmatch(token); m != nil && !grouped.MatchString(token) {
		cents := strings.TrimRight(m[2], "0")
		whole := trimZeros(onlyDigits(m[1]))
		if cents == "" {
			return whole
		}
		return whole + "." + cents
	}
	if grouped.MatchString(token) {
		return trimZeros(onlyDigits(token))
	}
	parts := digits.FindAllString(token, -1)
	for i, p := range parts {
		parts[i] = trimZeros(p)
	}
	separator := "."
	if strings.Contains(token, ":") {
		separator = ":"
	}
	return strings.Join(parts, separator)
}

func onlyDigits(s string) string { return strings.Join(digits.FindAllString(s, -1), "") }

func trimZeros(s string) string {
	if t := strings.TrimLeft(s, "0"); t != "" {
		return t
	}
	return "0"
}

// asciiDigits writes the digits of other scripts in ASCII.
func asciiDigits(s string) string { return language.Fold(s) }

// numberWords are the values of written-out numbers from four on. Smaller ones
// and words with another common meaning ("sei", "sex") are not figures.
func numberWords(text string) map[string]bool {
	values := map[string]string{
		"four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "twelve": "12",
		"fourteen": "14", "fifteen": "15", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60",
		"ninety": "90", "hundred": "100", "thousand": "1000",
		"quattro": "4", "cinque": "5", "sette": "7", "otto": "8", "dieci": "10", "quattordici": "14", "quindici": "15",
		"venti": "20", "trenta": "30", "quaranta": "40", "cinquanta": "50", "sessanta": "60", "novanta": "90", "cento": "100",
		"fyra": "4", "fem": "5", "sju": "7", "atta": "8", "nio": "9", "tio": "10", "fjorton": "14", "femton": "15",
		"tjugo": "20", "trettio": "30", "fyrtio": "40", "femtio": "50", "sextio": "60", "nittio": "90", "hundra": "100",
	}
	out := make(map[string]bool)
	for _, word := range language.Words(text) {
		if value, ok := values[word]; ok {
			out[value] = true
		}
	}
	return out
}

// months are the months that stand beside a day's number, as 1 to 12.
func months(text string) map[int]bool {
	names := map[string]int{}
	for i, list := range []string{
		"january jan gennaio januari januar enero janvier", "february feb febbraio februari februar febrero fevrier",
		"march mar marzo mars marz", "april apr aprile abril avril", "may maggio maj mai mayo", "june jun giugno juni junio juin",
		"july jul luglio juli julio juillet", "august aug agosto augusti aout", "september sep sept settembre septiembre septembre",
		"october oct ottobre oktober octubre octobre", "november nov novembre noviembre", "december dec dicembre dezember diciembre decembre",
	} {
		for _, name := range strings.Fields(list) {
			names[name] = i + 1
		}
	}
	out := make(map[int]bool)
	for _, pattern := range []*regexp.Regexp{dayMonth, monthDay} {
		for _, m := range pattern.FindAllStringSubmatch(language.Fold(text), -1) {
			if n, ok := names[m[1]]; ok {
				out[n] = true
			}
		}
	}
	return out
}

// currencies are the currencies named in text, by their code.
func currencies(text string) map[string]bool {
	out := make(map[string]bool)
	for _, token := range currency.FindAllString(text, -1) {
		switch t := strings.ToLower(token); t {
		case "€", "euro", "euros":
			out["eur"] = true
		case "$", "dollar", "dollars":
			out["usd"] = true
		case "£", "pound", "pounds":
			out["gbp"] = true
		case "¥":
			out["jpy"] = true
		case "₹":
			out["inr"] = true
		case "kr", "krona", "kronor":
			out["sek"] = true
		default:
			out[t] = true
		}
	}
	return out
}
