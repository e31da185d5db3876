package rerank

import (
	"encoding/json"
	"fmt"

	"steward/internal/knowledge/embed/endpoint"
	"steward/schemas"
)

// Shape is how a server's API looks.
type Shape string

// The shapes.
const (
	// ShapeTEI: {query, texts} answered by [{index, score}].
	ShapeTEI Shape = "tei"
	// ShapeCohere: {model, query, documents, top_n} answered by
	// {results: [{index, relevance_score}]}.
	ShapeCohere Shape = "cohere"
)

// Valid reports whether s is one of the shapes.
func (s Shape) Valid() bool { return s == ShapeTEI || s == ShapeCohere }

type teiQuestion struct {
	Query string   `json:"query"`
	Texts []string `json:"texts"`
	// Truncate has the server cut what its model cannot read.
	Truncate bool `json:"truncate"`
}

type cohereQuestion struct {
	Model     string   `json:"model"`
	Query     string   `json:"query"`
	Documents []string `json:"documents"`
	TopN      int      `json:"top_n"`
}

// question is the body of a request.
func (s Shape) question(model, query string, texts []string) any {
	if s == ShapeTEI {
		return teiQuestion{Query: query, Texts: texts, Truncate: true}
	}
	return cohereQuestion{Model: model, Query: query, Documents: texts, TopN: len(texts)}
}

type result struct {
	Index *int `json:"index"`
	// Score in the one shape, Relevance in the other.
	Score     *float64 `json:"score"`
	Relevance *float64 `json:"relevance_score"`
}

// scores reads an answer, best first as it comes, into the order of the n
// texts. Each has to have exactly one score.
func (s Shape) scores(answer []byte, n int) ([]float64, error) {
	var list []result
	var err error
	if s == ShapeTEI {
		err = json.Unmarshal(answer, &list)
	} else {
		var wrapped struct {
			Results []result `json:"results"`
		}
		err = json.Unmarshal(answer, &wrapped)
		list = wrapped.Results
	}
	if err != nil {
		return nil, malformed("no JSON of this API")
	}
	if len(list) != n {
		return nil, malformed(fmt.Sprintf("%d scores for %d texts", len(list), n))
	}
	scores, seen := make([]float64, n), make([]bool, n)
	for _, item := range list {
		score := item.Relevance
		if s == ShapeTEI {
			score = item.Score
		}
		if item.Index == nil || score == nil || *item.Index < 0 || *item.Index >= n || seen[*item.Index] {
			return nil, malformed("scores that belong to no text, or two to one")
		}
		scores[*item.Index], seen[*item.Index] = *score, true
	}
	return scores, nil
}

func malformed(what string) error {
	return &schemas.Error{
		Kind: schemas.KindUnavailable, Message: "the reranking endpoint does not answer as its API promises",
		Cause: fmt.Errorf("%w: %s", endpoint.ErrMalformed, what),
	}
}
