package extractive

import (
	"cmp"
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
	// supportShare is what each further phrasing of an answer adds to its best.
	supportShare = 0.1
	// rivalShare is how near, beside the best answer, another one may be.
	rivalShare = 0.8
)

// What the parts of a question count beside a word of the topic: a pair of
// words, a run of letters, and a function word, which tells "how do I order"
// from "where is my order".
const (
	pairWeight     = 0.5
	gramWeight     = 0.15
	functionWeight = 0.3
)

// Match is a short answer with how near its question is to the customer's.
type Match struct {
	Passage schemas.Passage
	// Similarity is a cosine, 0 to 1.
	Similarity float64
	// Certainty is the same cosine when what the other answers at hand ask about
	// too counts less, 0 to 1: what "card" tells among answers about cards.
	Certainty float64
	// Coverage is the share of what the customer's question tells that the answer
	// or its questions have, or the other way round if that is less, 0 to 1.
	Coverage float64
	// Phrasings counts those of the answer at hand, and Support is the Certainty of
	// the second of them, 0 for none.
	Phrasings int
	Support   float64
}

// Similar orders the short answers among passages by how much their questions
// resemble question, best first, one match for each answer. Other passages are
// left out. The phrasings of one answer do not count against each other, so a
// lone answer is as certain as it is similar.
func (f *Finder) Similar(question string, passages []schemas.Passage) []Match {
	asked := make(map[string]asking)
	all := newCrowd()
	for _, p := range passages {
		if p.Question == "" {
			continue
		}
		if _, done := asked[p.Language]; !done {
			asked[p.Language] = asking{f.features(question, p.Language), f.weights(question, p.Language)}
		}
		all.add(phrasing{p, f.features(p.Question, p.Language), f.weights(p.Question, p.Language)})
	}
	var out []Match
	for i, one := range all.phrasings {
		q := asked[one.Language]
		rarity := all.rarity(i)
		out = append(out, Match{
			Passage: one.Passage, Similarity: cosine(q.features, one.features, func(string) float64 { return 1 }),
			Certainty: cosine(q.features, one.features, rarity),
			// Neither may be about much that the other does not speak of.
			Coverage: min(told(q.weights, all.terms(i), rarity), told(one.weights, termsOf(q.weights), rarity)),
		})
	}
	slices.SortStableFunc(out, func(a, b Match) int { return cmp.Compare(b.Similarity, a.Similarity) })
	return supported(out)
}

// asking is the customer's question in one language.
type asking struct{ features, weights map[string]float64 }

// told is the coverage of a question's words, each for what it tells here.
func told(weights map[string]float64, seen map[string]bool, rarity func(string) float64) float64 {
	here := make(map[string]float64, len(weights))
	for t, w := range weights {
		here[t] = w * rarity("t "+t)
	}
	return coverage(here, seen)
}

// supported keeps the best phrasing of each answer and orders the answers:
// where several phrasings of one are near, it is the likelier.
func supported(sorted []Match) []Match {
	type answer struct {
		Match
		score float64
	}
	var answers []*answer
	for _, m := range sorted {
		at := slices.IndexFunc(answers, func(a *answer) bool {
			return m.Passage.Document != "" && m.Passage.Document == a.Passage.Document
		})
		if at < 0 {
			m.Phrasings = 1
			answers = append(answers, &answer{m, m.Similarity})
			continue
		}
		answers[at].Phrasings++
		answers[at].Support = max(answers[at].Support, min(answers[at].Certainty, m.Certainty))
		if m.Certainty > answers[at].Certainty {
			// The nearest phrasing has to be covered itself.
			answers[at].Certainty, answers[at].Coverage = m.Certainty, m.Coverage
		}
		answers[at].score += supportShare * m.Similarity
	}
	slices.SortStableFunc(answers, func(a, b *answer) int { return cmp.Compare(b.score, a.score) })
	out := make([]Match, 0, len(answers))
	for _, a := range answers {
		out = append(out, a.Match)
	}
	return out
}

// certain reports whether the first match may be sent as it is: it is near by
// what only it asks about, and no other answer is nearly as near. The more ways
// an answer is asked for, the likelier one of them is near by chance, so a second
// one has to be near enough to ask back.
func certain(matches []Match) bool {
	best := matches[0]
	if best.Certainty < sendSimilarity || best.Coverage < answerCoverage {
		return false
	}
	if best.Phrasings > 1 && best.Support < askSimilarity {
		return false
	}
	return !slices.ContainsFunc(matches[1:], func(m Match) bool { return m.Certainty > rivalShare*best.Certainty })
}

// features are the weighted stems, pairs of stems, function words and
// character runs of text.
func (f *Finder) features(text, lang string) map[string]float64 {
	out := make(map[string]float64)
	weights := f.weights(text, lang)
	list := terms(text, lang)
	for i, t := range list {
		out["t "+t] = weights[t]
		if i > 0 {
			out["b "+list[i-1]+" "+t] = pairWeight * math.Min(weights[list[i-1]], weights[t])
		}
	}
	for _, t := range language.Analyze(text, lang) {
		if vocabularies()[lang].stop[t] {
			out["f "+t] = functionWeight
		}
	}
	// A text of nothing but frequent words is still compared by its letters.
	for _, g := range language.Grams(text) {
		out["g "+g] = gramWeight
	}
	return out
}

func cosine(a, b map[string]float64, rarity func(string) float64) float64 {
	dot, aa, bb := 0.0, 0.0, 0.0
	for k, v := range a {
		r := rarity(k)
		v *= r
		dot += v * b[k] * r
		aa += v * v
	}
	for k, v := range b {
		v *= rarity(k)
		bb += v * v
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}
