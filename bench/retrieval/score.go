package main

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
)

// scores are means over the questions of a set.
type scores struct {
	ndcg10, hit1, hit5 float64
	questions          int
}

// add compares the documents found, best first, with the judgements. The gain is
// linear, as trec_eval counts it.
func (s *scores) add(found []string, grades map[string]int) {
	s.questions++
	gain := 0.0
	for i, id := range found[:min(10, len(found))] {
		gain += float64(grades[id]) / math.Log2(float64(i)+2)
	}
	best := make([]int, 0, len(grades))
	for _, g := range grades {
		best = append(best, g)
	}
	slices.SortFunc(best, func(a, b int) int { return b - a })
	ideal := 0.0
	for i, g := range best[:min(10, len(best))] {
		ideal += float64(g) / math.Log2(float64(i)+2)
	}
	if ideal > 0 {
		s.ndcg10 += gain / ideal
	}
	for i, id := range found[:min(5, len(found))] {
		if grades[id] > 0 {
			if i == 0 {
				s.hit1++
			}
			s.hit5++
			break
		}
	}
}

func (s scores) mean() scores {
	n := float64(max(s.questions, 1))
	return scores{ndcg10: s.ndcg10 / n, hit1: s.hit1 / n, hit5: s.hit5 / n, questions: s.questions}
}

// plain is BM25 over lower-case words, as a search engine does without our
// analyser: the yardstick.
type plain struct {
	documents []string
	lengths   []float64
	mean      float64
	postings  map[string]map[int]float64
}

const (
	k1 = 1.2
	b  = 0.75
)

func newPlain(docs []document) *plain {
	p := &plain{postings: make(map[string]map[int]float64)}
	for i, d := range docs {
		words := wordsOf(d.Title + " " + d.Text)
		p.documents, p.lengths = append(p.documents, d.ID), append(p.lengths, float64(len(words)))
		p.mean += float64(len(words))
		for _, w := range words {
			if p.postings[w] == nil {
				p.postings[w] = make(map[int]float64)
			}
			p.postings[w][i]++
		}
	}
	p.mean /= float64(max(len(docs), 1))
	return p
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func (p *plain) search(text string) []string {
	found := make(map[int]float64)
	for _, w := range wordsOf(text) {
		list := p.postings[w]
		n := float64(len(list))
		idf := math.Log(1 + (float64(len(p.documents))-n+0.5)/(n+0.5))
		for i, tf := range list {
			found[i] += idf * tf * (k1 + 1) / (tf + k1*(1-b+b*p.lengths[i]/p.mean))
		}
	}
	order := make([]int, 0, len(found))
	for i := range found {
		order = append(order, i)
	}
	slices.SortFunc(order, func(x, y int) int { return cmp.Or(cmp.Compare(found[y], found[x]), cmp.Compare(x, y)) })
	out := make([]string, 0, 10)
	for _, i := range order[:min(10, len(order))] {
		out = append(out, p.documents[i])
	}
	return out
}
