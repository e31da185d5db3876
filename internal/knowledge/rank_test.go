package knowledge

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func passage(id, doc string) schemas.Passage {
	return schemas.Passage{Chunk: schemas.ChunkID(id), Document: schemas.DocumentID(doc), Text: id}
}

func TestRank(t *testing.T) {
	t.Parallel()
	var hits []schemas.Hit
	var passages []schemas.Passage
	for i, doc := range []string{"a", "a", "a", "a", "b", "c", "d", "e"} {
		id := fmt.Sprint("c", i)
		hits = append(hits, schemas.Hit{Chunk: schemas.ChunkID(id), Score: float64(100 - i*10)})
		passages = append(passages, passage(id, doc))
	}
	slices.Reverse(passages)
	passages = append(passages, passage("stranger", "z"), passages[0])
	hits = append(hits, schemas.Hit{Chunk: "gone", Score: 500})
	var got []string
	for i, p := range Rank("tent", []string{"en"}, hits, passages, RankOptions{}) {
		if p.Number != i+1 || p.Score == 0 {
			t.Errorf("passage %d: %+v", i, p)
		}
		got = append(got, p.Text)
	}
	if diff := cmp.Diff([]string{"c0", "c1", "c2", "c4", "c5", "c6"}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestShortAnswersFirst(t *testing.T) {
	t.Parallel()
	page, exact, near := passage("page", "a"), passage("exact", "b"), passage("near", "c")
	exact.Question, near.Question = "How do I return an order?", "What about gift cards?"
	hits := []schemas.Hit{{Chunk: "page", Score: 10}, {Chunk: "near", Score: 9.9}, {Chunk: "exact", Score: 1}}
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"how do i RETURN an order", []string{"exact", "near", "page"}},
		{"How do I returned an orders?", []string{"exact", "near", "page"}},
		{"How do I return an order tomorrow?", []string{"near", "page", "exact"}},
		{"?", []string{"near", "page", "exact"}},
	} {
		var got []string
		for _, p := range Rank(tt.query, []string{"it", "en"}, hits, []schemas.Passage{page, exact, near}, RankOptions{}) {
			got = append(got, p.Text)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.query, diff)
		}
	}
	if got := Rank("x", nil, nil, []schemas.Passage{page}, RankOptions{}); len(got) != 0 {
		t.Errorf("passages without hits: %d", len(got))
	}
}

func TestRankByReranker(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for name, tt := range map[string]struct {
		scores map[schemas.ChunkID]float64
		// answers are the passages that are short answers.
		answers string
		query   string
		want    string
	}{
		"its order takes the place of the search's":       {map[schemas.ChunkID]float64{"a": 0.1, "b": 0.9, "c": 0.5}, "", "x", "b c a"},
		"scores below zero":                               {map[schemas.ChunkID]float64{"a": -9, "b": -1, "c": -5}, "", "x", "b c a"},
		"what it did not see comes after, as searched":    {map[schemas.ChunkID]float64{"c": -20}, "", "x", "c a b"},
		"what it could not judge comes after":             {map[schemas.ChunkID]float64{"a": nan, "b": 1, "c": 2}, "", "x", "c b a"},
		"a short answer gets a share of the range":        {map[schemas.ChunkID]float64{"a": -10, "b": -0.4, "c": 0}, "b", "x", "b c a"},
		"and no more than that":                           {map[schemas.ChunkID]float64{"a": -10, "b": -0.6, "c": 0}, "b", "x", "c b a"},
		"the question itself comes first in spite of all": {map[schemas.ChunkID]float64{"b": 5, "c": 9}, "a", "question a", "a c b"},
		"equal scores go by id":                           {map[schemas.ChunkID]float64{"a": 3, "b": 3, "c": 3}, "", "x", "a b c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var hits []schemas.Hit
			var passages []schemas.Passage
			for i, id := range []string{"a", "b", "c"} {
				p := passage(id, id)
				if strings.Contains(tt.answers, id) {
					p.Question = "Question " + id
				}
				hits = append(hits, schemas.Hit{Chunk: p.Chunk, Score: float64(9 - i)})
				passages = append(passages, p)
			}
			var got []string
			for _, p := range Rank(tt.query, []string{"en"}, hits, passages, RankOptions{Rerank: tt.scores}) {
				got = append(got, p.Text)
				if score, ok := tt.scores[p.Chunk]; ok && !math.IsNaN(score) && p.Score != score {
					t.Errorf("score of %s: %v, want %v", p.Text, p.Score, score)
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("order %v, want %s", got, tt.want)
			}
		})
	}
}

func TestQueryWords(t *testing.T) {
	t.Parallel()
	q := Query{Text: "Returning the returned orders", Languages: []string{"en", "it"}}
	if diff := cmp.Diff([]string{"return", "the", "order", "returning", "returned", "orders"}, q.Terms()); diff != "" {
		t.Errorf("terms (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"_the", "the_"}, Query{Text: "the the"}.Grams()); diff != "" {
		t.Error(diff)
	}
	if got := (Query{}).Hits(); got != DefaultLimit {
		t.Errorf("Hits = %d", got)
	}
}
