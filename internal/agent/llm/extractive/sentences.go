package extractive

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"steward/internal/language"
	"steward/schemas"
)

// BM25 parameters, and what the passage around a sentence adds to its score.
const (
	bm25K1       = 1.2
	bm25B        = 0.75
	passageShare = 0.4
	titleShare   = 0.3
)

// headingWords is the longest line that is read as a heading.
const headingWords = 8

// sentence is one sentence of a passage as a candidate for a quote.
type sentence struct {
	passage *passage
	index   int
	text    string
	terms   []string
	// quotable is false for headings and questions, which say what is asked
	// and not what is so.
	quotable bool
	score    float64
}

// passage is a passage cut into sentences.
type passage struct {
	schemas.Passage
	sentences []*sentence
	title     []string
}

func cut(p schemas.Passage) *passage {
	out := &passage{Passage: p, title: terms(p.Title, p.Language)}
	if p.Headings != "" {
		// What stands above a text says what its first sentence is about.
		out.sentences = append(out.sentences, &sentence{passage: out, text: p.Headings, terms: terms(p.Headings, p.Language)})
	}
	for _, text := range language.Sentences(p.Text) {
		out.sentences = append(out.sentences, &sentence{
			passage: out, index: len(out.sentences), text: text, terms: terms(text, p.Language), quotable: quotable(text),
		})
	}
	// A passage that is nothing but short lines is quoted as it is.
	if !slices.ContainsFunc(out.sentences, func(s *sentence) bool { return s.quotable }) {
		for _, s := range out.sentences {
			s.quotable = !strings.HasSuffix(s.text, "?") && s.text != p.Headings
		}
	}
	return out
}

func quotable(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text, `"'”’») `))
	if last == '?' || last == '？' {
		return false
	}
	ends := unicode.IsPunct(last) && last != ','
	return ends && last != ':' || len(language.Words(text)) > headingWords
}

// rank scores every sentence of passages for the question with BM25 over the
// sentences at hand, and returns them best first.
func (f *Finder) rank(question string, passages []*passage) []*sentence {
	var all []*sentence
	length := 0
	for _, p := range passages {
		all = append(all, p.sentences...)
		for _, s := range p.sentences {
			length += len(s.terms)
		}
	}
	if len(all) == 0 {
		return nil
	}
	frequency := documentFrequency(all)
	average := max(1, float64(length)/float64(len(all)))
	for _, p := range passages {
		weights := f.weights(question, p.Language)
		for t := range weights {
			weights[t] *= math.Log(1 + (float64(len(all))-float64(frequency[t])+0.5)/(float64(frequency[t])+0.5))
		}
		scorePassage(p, weights, average)
	}
	slices.SortStableFunc(all, func(a, b *sentence) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	return all
}

func documentFrequency(all []*sentence) map[string]int {
	out := make(map[string]int)
	for _, s := range all {
		seen := make(map[string]bool)
		addTerms(seen, s.terms)
		for t := range seen {
			out[t]++
		}
	}
	return out
}

// scorePassage scores the sentences of p: their own terms, and a share for
// what the title, the sentence before and the whole passage say.
func scorePassage(p *passage, weights map[string]float64, average float64) {
	var whole []string
	for _, s := range p.sentences {
		whole = append(whole, s.terms...)
	}
	around := passageShare*bm25(whole, weights, average*float64(max(1, len(p.sentences)))) +
		titleShare*bm25(p.title, weights, average)
	for i, s := range p.sentences {
		s.score = bm25(s.terms, weights, average) + around
		// A heading or question says what the next sentence is about.
		if i > 0 && !p.sentences[i-1].quotable {
			s.score += 0.9 * bm25(p.sentences[i-1].terms, weights, average)
		}
	}
}

func bm25(document []string, weights map[string]float64, average float64) float64 {
	counts := make(map[string]float64)
	for _, t := range document {
		if weights[t] > 0 {
			counts[t]++
		}
	}
	score := 0.0
	norm := bm25K1 * (1 - bm25B + bm25B*float64(len(document))/average)
	for t, n := range counts {
		score += weights[t] * n * (bm25K1 + 1) / (n + norm)
	}
	return score
}

// context are the terms that count for a sentence's coverage: its own, its
// left neighbour's and the title's.
func (s *sentence) context() map[string]bool {
	set := make(map[string]bool)
	addTerms(set, s.terms)
	addTerms(set, s.passage.title)
	if s.index > 0 {
		addTerms(set, s.passage.sentences[s.index-1].terms)
	}
	return set
}

// quote is the sentence with at most two neighbours in the words of the page:
// the one after it, where conditions stand, and the one before it when the
// sentence points back. limit is in characters.
func (s *sentence) quote(limit int) string {
	parts := []string{s.text}
	length := language.Graphemes(s.text)
	if next := s.neighbour(1); next != "" && length+language.Graphemes(next) < limit {
		parts = append(parts, next)
		length += language.Graphemes(next) + 1
	}
	if before := s.neighbour(-1); before != "" && pointsBack(s.text, s.passage.Language) &&
		length+language.Graphemes(before) < limit {
		parts = append([]string{before}, parts...)
	}
	return strings.Join(parts, " ")
}

func (s *sentence) neighbour(step int) string {
	i := s.index + step
	if i < 0 || i >= len(s.passage.sentences) || !s.passage.sentences[i].quotable {
		return ""
	}
	return s.passage.sentences[i].text
}

// pointsBack reports whether a sentence begins with a word for something said
// before.
func pointsBack(text, lang string) bool {
	words := language.Words(text)
	if len(words) == 0 {
		return false
	}
	openers := map[string]string{
		"en": "it this that these those they he she otherwise however then",
		"it": "questo questa questi queste cio esso essa essi altrimenti tuttavia",
		"sv": "det detta denna dessa den de annars dock",
		"de": "er sie es dies diese dieser dieses sonst jedoch",
		"fr": "il elle ils elles ce cela ceci cette sinon",
		"es": "este esta esto estos estas ello ellos",
	}
	return slices.Contains(strings.Fields(openers[lang]), words[0])
}
