package main

import (
	"cmp"
	"math"
	"slices"

	"steward/internal/language"
)

// index finds candidates for the finder as a search index would: BM25 over
// stems, and over 4-grams where they are wanted, in memory. Documents can be
// left out of one search, so that an answer can be taken away.
type index struct {
	lang     string
	grams    bool
	lengths  []float64
	mean     float64
	postings map[string][]posting
}

type posting struct {
	document int
	count    float64
}

const (
	k1 = 1.2
	b  = 0.75
	// gramWeight is what a 4-gram counts beside a word, as in the product's
	// hybrid of words and grams.
	gramWeight = 0.5
)

func newIndex(lang string, grams bool, texts []string) *index {
	x := &index{lang: lang, grams: grams, postings: make(map[string][]posting)}
	for i, text := range texts {
		counts := x.features(text)
		length := 0.0
		for term, n := range counts {
			x.postings[term] = append(x.postings[term], posting{i, n})
			length += n
		}
		x.lengths = append(x.lengths, length)
		x.mean += length
	}
	x.mean /= float64(max(len(texts), 1))
	return x
}

func (x *index) features(text string) map[string]float64 {
	out := make(map[string]float64)
	for _, term := range language.Analyze(text, x.lang) {
		out[term]++
	}
	if x.grams {
		for _, g := range language.Grams(text) {
			out["gram "+g] += gramWeight
		}
	}
	return out
}

// search gives the best documents for which keep is true.
func (x *index) search(text string, most int, keep func(document int) bool) []int {
	scores := make(map[int]float64)
	for term, weight := range x.features(text) {
		list := x.postings[term]
		n := float64(len(list))
		idf := math.Log(1 + (float64(len(x.lengths))-n+0.5)/(n+0.5))
		for _, p := range list {
			if keep(p.document) {
				scores[p.document] += min(weight, 1) * idf * p.count * (k1 + 1) / (p.count + k1*(1-b+b*x.lengths[p.document]/x.mean))
			}
		}
	}
	order := make([]int, 0, len(scores))
	for i := range scores {
		order = append(order, i)
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(scores[j], scores[i]), cmp.Compare(i, j)) })
	return order[:min(most, len(order))]
}
