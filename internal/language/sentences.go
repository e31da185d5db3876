package language

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// wrapColumn is the length in bytes from which a line may have been broken
// only for its width, so that the next line goes on with the same sentence.
const wrapColumn = 40

var (
	blockMark = regexp.MustCompile(`^\s*(?:#{1,6}\s+|>\s?|[-*+•]\s+|\d{1,3}[.)]\s+|\|)`)
	leadMark  = regexp.MustCompile(`^\s*(?:(?:#{1,6}\s+|>\s?|[-*+•]\s+|\d{1,3}[.)]\s+)\s*)+`)
	tableRule = regexp.MustCompile(`^\s*\|?[\s:|-]*-[\s:|-]*\|?\s*$`)
	headingOf = regexp.MustCompile(`^\s*#{1,6}\s`)
)

// closeMarks may stand between the end of a sentence and the space after it.
const closeMarks = "\"'”’»)]*_"

// abbreviations end with a dot inside a sentence, folded, without the dot.
// Words such as "etc." are left out: before a capital they mostly end one.
var abbreviations = setOf(`e.g i.e a.m p.m mr mrs ms dr prof st approx incl excl vs dept jr sr
 sigg sig.ra dott ing cfr circa spett
 t.ex bl.a d.v.s m.fl p.g.a f.d
 z.b d.h u.a bzw ggf evtl inkl zzgl hr fr abs
 p.ex mme mlle
 p.ej ej sra srta ud uds aprox`)

// numbered are abbreviations only before a number.
var numbered = setOf("no nr n num art pag p s fig tel ext ca min max tab env kl str")

// Sentences splits text into sentences in their order, without list, quote and
// heading marks. A line break ends a sentence at the end of a block, before a
// list item, heading or table row, and after a line too short to have been
// wrapped; abbreviations, initials and numbers do not end one.
func Sentences(text string) []string {
	var sentences []string
	for _, block := range blocks(text) {
		sentences = append(sentences, splitBlock(block)...)
	}
	return sentences
}

// blocks joins wrapped lines and drops marks and table rules.
func blocks(text string) []string {
	var out []string
	open := false
	last := ""
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		bare := strings.TrimSpace(line)
		if bare == "" || tableRule.MatchString(bare) && strings.ContainsAny(bare, "-") {
			open = false
			continue
		}
		first, _ := utf8.DecodeRuneInString(bare)
		marked := blockMark.MatchString(line)
		if open && !marked && !unicode.IsUpper(first) && len(last) >= wrapColumn {
			out[len(out)-1] += " " + bare
			last = bare
			continue
		}
		block := leadMark.ReplaceAllString(bare, "")
		block = strings.TrimSpace(strings.Trim(block, "|"))
		if block != "" {
			out = append(out, block)
		}
		open = block != "" && !headingOf.MatchString(line) && !strings.HasPrefix(bare, "|")
		last = bare
	}
	return out
}

func splitBlock(block string) []string {
	var out []string
	runes := []rune(block)
	start := 0
	for i := 0; i < len(runes); i++ {
		end, ok := sentenceEnd(runes, start, i)
		if !ok {
			continue
		}
		if s := strings.TrimSpace(string(runes[start:end])); s != "" {
			out = append(out, s)
		}
		start, i = end, end-1
	}
	if s := strings.TrimSpace(string(runes[start:])); s != "" {
		out = append(out, s)
	}
	return out
}

// sentenceEnd reports whether the sentence that begins at start ends with the
// mark at i, and where the next one begins.
func sentenceEnd(runes []rune, start, i int) (int, bool) {
	r := runes[i]
	if strings.ContainsRune("。！？", r) {
		return skipClosing(runes, i+1), true
	}
	if !strings.ContainsRune(".!?…", r) {
		return 0, false
	}
	end := i + 1
	for end < len(runes) && strings.ContainsRune(".!?…", runes[end]) {
		end++
	}
	end = skipClosing(runes, end)
	if end >= len(runes) || !unicode.IsSpace(runes[end]) {
		return 0, false
	}
	next := end
	for next < len(runes) && (unicode.IsSpace(runes[next]) || strings.ContainsRune("\"'“‘«([*_¿¡", runes[next])) {
		next++
	}
	if next < len(runes) && unicode.IsLower(runes[next]) {
		return 0, false
	}
	if r == '.' && end == i+1 {
		word := lastWord(string(runes[start:i]))
		number := next < len(runes) && unicode.IsDigit(runes[next])
		if abbreviated(word) || number && numbered[Fold(word)] {
			return 0, false
		}
	}
	return end, true
}

func skipClosing(runes []rune, i int) int {
	for i < len(runes) && strings.ContainsRune(closeMarks, runes[i]) {
		i++
	}
	return i
}

func lastWord(text string) string {
	cut := strings.LastIndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("(\"'“", r) })
	if cut < 0 {
		return text
	}
	_, size := utf8.DecodeRuneInString(text[cut:])
	return text[cut+size:]
}

// abbreviated reports whether a word before a dot is an abbreviation or an
// initial.
func abbreviated(word string) bool {
	first, size := utf8.DecodeRuneInString(word)
	if size == len(word) && unicode.IsUpper(first) && first != 'I' {
		return true
	}
	return abbreviations[Fold(word)]
}

func setOf(words string) map[string]bool {
	set := make(map[string]bool)
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}
