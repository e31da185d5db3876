package agent

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// span is a quantity that a customer named: one number, or all between two.
type span struct {
	low, high float64
	// above and below leave the bound itself out.
	above, below bool
}

var (
	// quantity is a number with the separators of any language. A space
	// separates only groups of three.
	quantity = regexp.MustCompile(`[+-]?\d+(?:[ \x{00A0}\x{202F}]\d{3}\b)*(?:[.,'’]\d+)*`)
	// betweenMark is what stands between the ends of a span, folded.
	betweenMark = regexp.MustCompile(`^ ?(?:-|–|—|to|till|or|and|a|e|o|och|eller|bis|und|oder|et|ou|y|hasta) ?(?:about |around |circa |ca )?$`)
	// overMark, underMark, leastMark and mostMark are what stands before a bound, folded.
	overMark  = regexp.MustCompile(`(?:^|[^\pL])(?:more than|over|above|piu di|oltre|mer an|fler an|over|mehr als|uber|plus de|au dela de|mas de) ?$|> ?$`)
	underMark = regexp.MustCompile(`(?:^|[^\pL])(?:less than|fewer than|under|below|meno di|sotto i|mindre an|farre an|under|weniger als|unter|moins de|menos de) ?$|< ?$`)
	leastMark = regexp.MustCompile(`(?:^|[^\pL])(?:at least|minimum|almeno|minst|atminstone|mindestens|au moins|al menos|por lo menos) ?$`)
	mostMark  = regexp.MustCompile(`(?:^|[^\pL])(?:at most|up to|maximum|max|al massimo|fino a|hogst|upp till|hochstens|maximal|bis zu|au plus|jusqu a|como maximo|hasta) ?$`)
	plusMark  = regexp.MustCompile(`^ ?(?:\+|or more|and more|o piu|eller fler|eller mer|oder mehr|ou plus|o mas)(?:[^\pL\d]|$)`)
	kiloMark  = regexp.MustCompile(`^ ?(?:k|thousand|mila|tusen|tausend|mille|mil)(?:[^\pL]|$)`)
	wordEnd   = regexp.MustCompile(`[\pL_]$`)
)

// readSpans are the quantities of a text in their order. Digits inside a word
// are none.
func readSpans(text, lang string) []span {
	text = foldLine(text)
	var out []span
	last, lastEnd := span{}, -1
	for _, at := range quantity.FindAllStringIndex(text, -1) {
		start := at[0]
		// The dash of "50-60" is no sign, and the number of "A-17" no quantity.
		inside := wordEnd.MatchString(text[:start])
		if text[start] == '-' && start > 0 && text[start-1] != ' ' {
			start++
		}
		n, ok := parseNumber(text[start:at[1]], lang)
		if !ok || inside {
			continue
		}
		before := text[:start]
		end := at[1]
		if m := kiloMark.FindStringIndex(text[end:]); m != nil {
			n *= 1000
			end += len(strings.TrimRight(text[end:end+m[1]], " .,;:!?)"))
		}
		s := bound(n, before, text[end:])
		if lastEnd >= 0 && s.low == s.high && last.low == last.high && last.low < n && betweenMark.MatchString(text[lastEnd:start]) {
			out[len(out)-1] = span{low: last.low, high: n}
		} else {
			out = append(out, s)
		}
		last, lastEnd = out[len(out)-1], end
	}
	return out
}

// foldLine is language.Fold with punctuation kept and spaces made one.
func foldLine(text string) string { return oneLine(language.Fold(text)) }

// bound reads what stands around a number.
func bound(n float64, before, behind string) span {
	switch {
	case overMark.MatchString(before):
		return span{low: n, high: math.Inf(1), above: true}
	case underMark.MatchString(before):
		return span{low: math.Inf(-1), high: n, below: true}
	case leastMark.MatchString(before) || plusMark.MatchString(behind):
		return span{low: n, high: math.Inf(1)}
	case mostMark.MatchString(before):
		return span{low: math.Inf(-1), high: n}
	}
	return span{low: n, high: n}
}

// parseNumber reads a number with the separators of a language: 1.500 is a
// thousand and a half in English and fifteen hundred in Italian.
func parseNumber(s, lang string) (float64, bool) {
	s = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "", "’", "").Replace(s)
	dots, commas := strings.Count(s, "."), strings.Count(s, ",")
	decimal := ""
	switch {
	case dots > 0 && commas > 0:
		decimal = "."
		if strings.LastIndex(s, ",") > strings.LastIndex(s, ".") {
			decimal = ","
		}
	case dots == 1 && !inThrees(s, ".") || dots == 1 && strings.HasPrefix(lang, "en"):
		decimal = "."
	case commas == 1 && (!inThrees(s, ",") || !strings.HasPrefix(lang, "en")):
		decimal = ","
	}
	for _, separator := range []string{".", ","} {
		if separator != decimal {
			if strings.Contains(s, separator) && !inThrees(cutAfter(s, decimal), separator) {
				return 0, false
			}
			s = strings.ReplaceAll(s, separator, "")
		}
	}
	if decimal != "" && strings.Count(s, decimal) > 1 {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	return n, err == nil && !math.IsInf(n, 0)
}

func cutAfter(s, decimal string) string {
	if decimal == "" {
		return s
	}
	whole, _, _ := strings.Cut(s, decimal)
	return whole
}

// inThrees reports whether a separator stands before every three digits.
func inThrees(s, separator string) bool {
	parts := strings.Split(strings.TrimLeft(s, "+-"), separator)
	for i, part := range parts {
		if i == 0 && (part == "" || len(part) > 3 || part == "0") || i > 0 && len(part) != 3 {
			return false
		}
	}
	return true
}

// rangeAnswer is the option that holds all of the one quantity that was named.
// A quantity in several options, such as 50 to 60 between "1-50" and "51-200",
// is ambiguous; so are several quantities.
func rangeAnswer(c schemas.Criterion, spans []span) (value string, ok, ambiguous bool) {
	if len(spans) == 0 {
		return "", false, false
	}
	if len(spans) > 1 {
		return "", false, true
	}
	found := 0
	for _, o := range c.Options {
		if o.Ranged() && spans[0].touches(o) {
			value = o.Value
			found++
			if !spans[0].inside(o) {
				found++
			}
		}
	}
	if found == 1 {
		return value, true, false
	}
	// Also outside of every option the customer has answered.
	return "", false, true
}

// inside reports whether an option holds both ends that were named.
func (s span) inside(o schemas.CriterionOption) bool {
	low, high := o.Bounds()
	holds := func(n float64, open bool) bool { return open || math.IsInf(n, 0) || n >= low && n <= high }
	return holds(s.low, s.above) && holds(s.high, s.below)
}

// touches reports whether an option holds some of the quantity.
func (s span) touches(o schemas.CriterionOption) bool {
	low, high := o.Bounds()
	if s.above && high <= s.low || s.below && low >= s.high {
		return false
	}
	return s.low <= high && s.high >= low
}
