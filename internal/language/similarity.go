package language

import "math"

// Weights of what two texts may have in common. A pair of stems says more about
// the meaning than its words alone do; runs of letters forgive typing errors
// and bridge the forms of a word. Words that only hold a sentence together
// count little, so that two questions are not alike for being questions. The
// weights are whole numbers, whose sums are exact in any order.
const (
	stemWeight         = 40.0
	functionWeight     = 6.0
	pairWeight         = 20.0
	functionPairWeight = 3.0
	gramWeight         = 6.0
	functionGramWeight = 1.0
)

// Similarity is how alike two texts of one language are: the cosine of their
// stems, pairs of stems and runs of four letters, from 0 for nothing in common
// to 1. A text without letters and digits is like none.
func Similarity(a, b, lang string) float64 {
	return cosine(features(a, lang), features(b, lang))
}

// Similarities compares text with each of others; it reads text once.
func Similarities(text string, others []string, lang string) []float64 {
	out := make([]float64, len(others))
	own := features(text, lang)
	for i, other := range others {
		out[i] = cosine(own, features(other, lang))
	}
	return out
}

func features(text, lang string) map[string]float64 {
	out := make(map[string]float64)
	weak := functionWords[base(lang)]
	last, lastWeak := "", false
	for _, word := range Words(text) {
		weight, pair, gram := stemWeight, pairWeight, gramWeight
		if weak[word] {
			weight, gram = functionWeight, functionGramWeight
		}
		if weak[word] || lastWeak {
			pair = functionPairWeight
		}
		for _, stem := range Analyze(word, lang) {
			out["t "+stem] = weight
			if last != "" {
				out["b "+last+" "+stem] = pair
			}
			last = stem
		}
		lastWeak = weak[word]
		for _, g := range Grams(word) {
			out["g "+g] = max(out["g "+g], gram)
		}
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
	// Rounding may lift equal texts above one.
	return min(1, dot/math.Sqrt(aa*bb))
}

// Negated reports whether the words before a place in a text turn its meaning
// round, such as "not" in "we are not a shop".
func Negated(before string) bool { return negated(before) }
