package extractive

import (
	"math"
	"slices"

	"steward/internal/language"
	"steward/schemas"
)

// Limits of the similarity between a question and a short answer's question.
const (
	sendSimilarity = 0.5
	askSimilarity  = 0.3
	maxChoices     = 3
)

type match struct {
	passage    schemas.Passage
	similarity float64
}

// shortAnswers returns the short answers that resemble the question, best
// first. A short answer with several phrasings comes as several passages.
func (f *Finder) shortAnswers(question string, passages []schemas.Passage) []match {
	var out []match
	for _, p := range passages {
		if p.Question == "" {
			continue
		}
		s := cosine(f.features(question, p.Language), f.features(p.Question, p.Language))
		if s >= askSimilarity {
			out = append(out, match{p, s})
		}
	}
	slices.SortStableFunc(out, func(a, b match) int {
		switch {
		case a.similarity > b.similarity:
			return -1
		case a.similarity < b.similarity:
			return 1
		}
		return 0
	})
	return out
}

// features are the weighted stems, pairs of stems and character runs of text.
func (f *Finder) features(text, lang string) map[string]float64 {
	out := make(map[string]float64)
	weights := f.weights(text, lang)
	list := terms(text, lang)
	for i, t := range list {
		out["t "+t] = weights[t]
		if i > 0 {
			out["b "+list[i-1]+" "+t] = 0.5 * math.Min(weights[list[i-1]], weights[t])
		}
	}
	// A text of nothing but frequent words is still compared by its letters.
	for _, g := range language.Grams(text) {
		out["g "+g] = 0.15
	}
	return out
}

func cosine(a, b map[string]float64) float64 {
	dot, aa, bb := 0.0, 0.0, 0.0
	for k, v := range a {
		dot += v * b[k]
		aa += v * v
	}
	for _, v := range b {
		bb += v * v
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}
