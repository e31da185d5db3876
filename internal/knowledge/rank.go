package knowledge

import (
	"cmp"
	"math"
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
	// an index have no scale, so it is a share of them.
	shortAnswerPrior = 0.05
)

// RankOptions change how Rank orders.
type RankOptions struct {
	// Rerank are a reranker's scores by chunk, on any scale, higher is better.
	// They take the place of the search's scores; a passage that has none comes
	// after those that have one. Empty: there was no reranker, or no answer.
	Rerank map[schemas.ChunkID]float64
}

// Rank orders the passages of a search's hits and numbers them from 1: at most
// six, at most three of one document. A short answer whose question is the
// customer's, word for word after folding or after analysis in one of langs,
// comes first; every other one is ahead of a page by a little. Passages without
// a hit are left out, and hits without a passage too: the content behind them
// has gone. Score becomes the score that a passage was ordered by, without what
// short answers get on top. Spec: S18.
func Rank(query string, langs []string, hits []schemas.Hit, passages []schemas.Passage, o RankOptions) []schemas.Passage {
	list := weighed(hits, passages, o)
	asked := forms(query, langs)
	for i, r := range list {
		list[i].exact = r.passage.Question != "" && meets(asked, forms(r.passage.Question, langs))
	}
	slices.SortStableFunc(list, byRank)
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

type ranked struct {
	passage schemas.Passage
	exact   bool
	// reranked passages come before those that the reranker did not see.
	reranked bool
	weight   float64
}

// weighed gives each passage of a hit its weight.
func weighed(hits []schemas.Hit, passages []schemas.Passage, o RankOptions) []ranked {
	scores := make(map[schemas.ChunkID]float64, len(hits))
	for _, hit := range hits {
		scores[hit.Chunk] = max(scores[hit.Chunk], hit.Score)
	}
	span := spread(o.Rerank)
	list := make([]ranked, 0, len(passages))
	seen := make(map[schemas.ChunkID]bool, len(passages))
	for _, p := range passages {
		score, found := scores[p.Chunk]
		if !found || seen[p.Chunk] {
			continue
		}
		seen[p.Chunk] = true
		// The scores of a search begin at 0, those of a reranker anywhere: there
		// the prior is a share of their range.
		prior := score * shortAnswerPrior
		second, reranked := o.Rerank[p.Chunk]
		if reranked = reranked && !math.IsNaN(second); reranked {
			score, prior = second, span*shortAnswerPrior
		}
		p.Score = score
		r := ranked{passage: p, reranked: reranked, weight: score}
		if p.Question != "" {
			r.weight += prior
		}
		list = append(list, r)
	}
	return list
}

func spread(scores map[schemas.ChunkID]float64) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, score := range scores {
		if !math.IsNaN(score) {
			low, high = min(low, score), max(high, score)
		}
	}
	return max(high-low, 0)
}

func byRank(a, b ranked) int {
	// The chunk's id makes the order of equals the same every time.
	return cmp.Or(
		before(a.exact, b.exact), before(a.reranked, b.reranked),
		cmp.Compare(b.weight, a.weight), cmp.Compare(a.passage.Chunk, b.passage.Chunk),
	)
}

// before orders what is true first.
func before(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
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
