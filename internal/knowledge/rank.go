package knowledge

import (
	"cmp"
	"slices"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

const (
	// maxPassages is the number of passages an engine gets.
	maxPassages = 6
	// maxPerDocument keeps one long page from filling all of them.
	maxPerDocument = 3
	// shortAnswerPrior prefers what the company wrote as an answer. Scores of
	// an index have no scale, so it is a factor.
	shortAnswerPrior = 1.05
)

// Rank orders the passages of a search's hits and numbers them from 1: at most
// six, at most three of one document. A short answer whose question is the
// customer's, word for word after folding or after analysis in one of langs,
// comes first. Passages without a hit are left out, and hits without a passage
// too: the content behind them has gone. Spec: S18.
func Rank(query string, langs []string, hits []schemas.Hit, passages []schemas.Passage) []schemas.Passage {
	scores := make(map[schemas.ChunkID]float64, len(hits))
	for _, hit := range hits {
		scores[hit.Chunk] = max(scores[hit.Chunk], hit.Score)
	}
	type ranked struct {
		passage schemas.Passage
		exact   bool
		weight  float64
	}
	asked := forms(query, langs)
	list := make([]ranked, 0, len(passages))
	seen := make(map[schemas.ChunkID]bool, len(passages))
	for _, p := range passages {
		score, found := scores[p.Chunk]
		if !found || seen[p.Chunk] {
			continue
		}
		seen[p.Chunk] = true
		p.Score = score
		r := ranked{passage: p, weight: score}
		if p.Question != "" {
			r.weight *= shortAnswerPrior
			r.exact = meets(asked, forms(p.Question, langs))
		}
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(a, b ranked) int {
		if a.exact != b.exact {
			if a.exact {
				return -1
			}
			return 1
		}
		// The chunk's id makes the order of equals the same every time.
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.passage.Chunk, b.passage.Chunk))
	})
	out := make([]schemas.Passage, 0, maxPassages)
	perDocument := make(map[schemas.DocumentID]int)
	for _, r := range list {
		if len(out) == maxPassages {
			break
		}
		if perDocument[r.passage.Document] == maxPerDocument {
			continue
		}
		perDocument[r.passage.Document]++
		r.passage.Number = len(out) + 1
		out = append(out, r.passage)
	}
	return out
}

// forms are the ways in which two questions may be the same.
func forms(text string, langs []string) []string {
	out := []string{strings.Join(language.Words(text), " ")}
	for _, lang := range langs {
		out = append(out, strings.Join(language.Analyze(text, lang), " "))
	}
	return out
}

// meets compares forms pairwise; both lists come from the same languages.
func meets(a, b []string) bool {
	for i := range a {
		if a[i] != "" && a[i] == b[i] {
			return true
		}
	}
	return false
}
