package knowledge

import (
	"math"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// Frequencies count in how many chunks of a collection each term occurs.
type Frequencies struct {
	Chunks int
	In     map[string]int
}

// Add counts the distinct terms of one chunk; not the chunk itself.
func (f Frequencies) Add(terms []string) {
	for term := range setOf(terms) {
		f.In[term]++
	}
}

// IDF is how much a term tells: near 0 for one that all chunks have, most for
// one that a single chunk has. A term that none has tells no more than that: it
// may be a topic of its own, or only a word that pages do not use.
func (f Frequencies) IDF(term string) float64 {
	n := float64(max(f.In[term], 1))
	return math.Log(1 + (float64(f.Chunks)-n+0.5)/(n+0.5))
}

const (
	// weakWeight is the most that a function word counts. Small collections do
	// not use many of them, so that idf alone would take "how" for a topic.
	weakWeight = 0.3
	// A term that the passage does not have counts in part when most of its
	// grams are there: compounds, inflections without a stemmer, typing errors.
	partRunes = 6
	partShare = 0.6
)

// Coverage is the share of what a question asks for that the best passage
// speaks of, 0 to 1: the idf of the question's terms that are in the passage,
// its title, its headings or its question, among the idf of all of them. It is
// the raw signal for "no answer found", unlike the scores of a search, which
// only order one result.
//
// Of a text that asks several questions the one that is covered best counts,
// and words around the questions do not. Terms are analysed in the language of
// the passage, or in each of langs when it has none. Without idf all terms tell
// the same.
func Coverage(question string, langs []string, idf func(term string) float64, passages []schemas.Passage) float64 {
	if len(langs) == 0 {
		langs = []string{""}
	}
	asked := asksOf(question)
	best := 0.0
	for _, p := range passages {
		readings := langs
		if p.Language != "" {
			readings = []string{p.Language}
		}
		text := strings.Join([]string{p.Title, p.Headings, p.Question, p.Text}, "\n")
		grams := setOf(language.Grams(text))
		for _, lang := range readings {
			said := setOf(language.Analyze(text, lang))
			for _, ask := range asked {
				best = max(best, covered(weightsOf(ask, lang, idf), said, grams))
			}
		}
	}
	return best
}

// asksOf are the sentences of a text that end with a question mark, or the text
// when there are none.
func asksOf(text string) []string {
	var out []string
	for _, s := range language.Sentences(text) {
		if strings.HasSuffix(s, "?") || strings.HasSuffix(s, "？") {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return []string{text}
	}
	return out
}

// weighted is a term with what it tells.
type weighted struct {
	term   string
	weight float64
}

// weightsOf are the distinct terms of a text, in their order.
func weightsOf(text, lang string, idf func(term string) float64) []weighted {
	weak := make(map[string]bool)
	for _, word := range distinct(language.Words(text), maxQueryTerms) {
		// A word that by itself gives its language away belongs to no topic.
		if language.Next("", word, []string{lang}) != "" {
			for _, term := range language.Analyze(word, lang) {
				weak[term] = true
			}
		}
	}
	terms := distinct(language.Analyze(text, lang), maxQueryTerms)
	out := make([]weighted, 0, len(terms))
	for _, term := range terms {
		w := weighted{term, 1}
		if idf != nil {
			w.weight = idf(term)
		}
		if weak[term] {
			w.weight = weakWeight * min(w.weight, 1)
		}
		out = append(out, w)
	}
	return out
}

func covered(terms []weighted, said, grams map[string]bool) float64 {
	found, all := 0.0, 0.0
	for _, t := range terms {
		all += t.weight
		if said[t.term] {
			found += t.weight
			continue
		}
		found += t.weight * part(t.term, grams)
	}
	if all <= 0 {
		return 0
	}
	return found / all
}

// part is the share of a term's grams that a passage has, 0 when that is less
// than a word in common explains.
func part(term string, grams map[string]bool) float64 {
	if len([]rune(term)) < partRunes {
		return 0
	}
	// The last gram marks the end of a word, which a stem has lost.
	own := language.Grams(term)
	own = own[:max(len(own)-1, 0)]
	n := 0
	for _, g := range own {
		if grams[g] {
			n++
		}
	}
	if share := float64(n) / float64(max(len(own), 1)); share >= partShare {
		return share
	}
	return 0
}

func setOf(list []string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, s := range list {
		set[s] = true
	}
	return set
}

// Cosine is the cosine of two vectors, 0 when one of them is zero or their
// lengths differ.
func Cosine(a, b []float32) float64 {
	if len(a) != len(b) {
		return 0
	}
	dot, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}
