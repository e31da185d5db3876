package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

const (
	// placeRun is how many words in a row tell a text from others.
	placeRun = 4
	// placeSample is the part of an article's text that has to be found again to
	// tell where it is. Text in short pieces cannot be.
	placeSample = 0.3
	// placeSize is how many times as much text as the article its place may
	// hold. With more, there is more than the article in it.
	placeSize = 1.5
)

// placeOf finds an article on the page that it comes from: the element that has
// the most of its text with the least of other text. It has the headings, lists,
// tables and code that the search for articles leaves out or makes paragraphs
// of. It returns nil when there is no such element without much other text.
func placeOf(article, own *html.Node) *html.Node {
	held := map[*html.Node]int{}
	total := runsBelow(article).weigh(own, held)
	size := weight(article)
	if total == 0 || float64(total) < placeSample*float64(size) {
		return nil
	}
	var place *html.Node
	best := 0.0
	for at := own; at != nil; at = largest(at, held) {
		// The mean of what it has of the article and what it has of it only.
		if fit := float64(held[at]) / float64(total+weight(at)); fit > best {
			place, best = at, fit
		}
	}
	if float64(weight(place)) > placeSize*float64(size) {
		return nil
	}
	return place
}

// largest is the child with the most known text.
func largest(n *html.Node, held map[*html.Node]int) *html.Node {
	var most *html.Node
	for child := range n.ChildNodes() {
		if child.Type == html.ElementNode && held[child] > 0 && (most == nil || held[child] > held[most]) {
			most = child
		}
	}
	return most
}

// known are the runs of words of a text, as hashes.
type known map[uint64]bool

// runsBelow are the runs of all text below n.
func runsBelow(n *html.Node) known {
	k := known{}
	for _, run := range runsOf(units(rawText(n)), placeRun) {
		k[run] = true
	}
	return k
}

// has reports whether most of a text's runs of words are known. Shorter texts
// occur anywhere, so they are not.
func (k known) has(words []string) bool {
	runs := runsOf(words, placeRun)
	hits := 0
	for _, run := range runs {
		if k[run] {
			hits++
		}
	}
	return hits*2 > len(runs)
}

// weigh returns the weight of the known text below n, and notes it for every
// element.
func (k known) weigh(n *html.Node, held map[*html.Node]int) int {
	if n.Type == html.TextNode {
		if k.has(units(n.Data)) {
			return runes(n.Data)
		}
		return 0
	}
	total := 0
	for child := range n.ChildNodes() {
		total += k.weigh(child, held)
	}
	held[n] = total
	return total
}

// firstUnspaced is the first letter of a script without spaces between words.
const firstUnspaced = 'ก'

// units are the words of a text. In scripts without spaces between words each
// character is one.
func units(text string) []string {
	var out []string
	for word := range strings.FieldsSeq(text) {
		start := 0
		for i, r := range word {
			if r >= firstUnspaced && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) {
				if start < i {
					out = append(out, word[start:i])
				}
				start = i + utf8.RuneLen(r)
				out = append(out, word[i:start])
			}
		}
		if start < len(word) {
			out = append(out, word[start:])
		}
	}
	return out
}

// runsOf returns a hash of every run of words in a row.
func runsOf(words []string, length int) []uint64 {
	if len(words) < length {
		return nil
	}
	runs := make([]uint64, 0, len(words)-length+1)
	for i := range cap(runs) {
		hash := uint64(fnvOffset)
		for _, word := range words[i : i+length] {
			for j := range len(word) {
				hash = (hash ^ uint64(word[j])) * fnvPrime
			}
			hash = (hash ^ ' ') * fnvPrime
		}
		runs = append(runs, hash)
	}
	return runs
}

// The constants of FNV-1a with 64 bits.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)
