package weaviate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/weaviate/weaviate-go-client/v4/weaviate/graphql"

	"steward/internal/knowledge"
	"steward/schemas"
)

// searched are the properties of a search. Boosts must be whole numbers: the
// server reads any other as 0 and leaves the property out. They multiply how
// often a word is there, which soon makes no difference more, so that a large
// one takes the order out of the words.
var searched = []string{"terms^2", "grams"}

// Search implements knowledge.Index. A vector that the server does not take
// (of another length, of an unknown name) is left out: there is an answer by
// words then.
func (x *Index) Search(ctx context.Context, query knowledge.Query) ([]schemas.Hit, error) {
	if err := checkTenant(query.Tenant); err != nil {
		return nil, err
	}
	words := clean(strings.Join(append(query.Terms(), query.Grams()...), " "))
	if words == "" || len(query.Sources) == 0 {
		return nil, nil
	}
	gql := x.client.GraphQL()
	if query.Weight > 0 && usable(query.Vector) {
		hybrid := gql.HybridArgumentBuilder().WithQuery(words).WithProperties(searched).
			WithVector(query.Vector).WithTargetVectors(query.VectorName).
			WithAlpha(float32(min(query.Weight, 1))).WithFusionType(graphql.RelativeScore)
		hits, err := x.hits(ctx, x.get(query).WithHybrid(hybrid))
		var refusal *graphError
		switch {
		case errors.As(err, &refusal):
			// The reason may repeat parts of the query, so it is not logged.
			x.log.WarnContext(ctx, "the search index refused a vector, searched by words alone",
				"agent", query.Tenant, "vector", query.VectorName, "dims", len(query.Vector))
		case err != nil:
			return nil, err
		case len(hits) > 0 || query.Weight < 1:
			return hits, nil
		}
		// No chunk has such a vector: those without one are found by their words.
	}
	return x.hits(ctx, x.get(query).WithBM25(gql.Bm25ArgBuilder().WithQuery(words).WithProperties(searched...)))
}

// get is what all searches have in common.
func (x *Index) get(query knowledge.Query) *graphql.GetBuilder {
	sources := make([]string, 0, len(query.Sources))
	for _, source := range query.Sources {
		sources = append(sources, clean(string(source)))
	}
	return x.client.GraphQL().Get().WithClassName(x.collection).WithTenant(string(query.Tenant)).
		WithWhere(anyOf("source_id", sources...)).
		WithLimit(query.Hits()).
		WithFields(graphql.Field{Name: "_additional", Fields: []graphql.Field{{Name: "id"}, {Name: "score"}}})
}

func (x *Index) hits(ctx context.Context, search *graphql.GetBuilder) ([]schemas.Hit, error) {
	response, err := search.Do(ctx)
	rows, err := answer[objectRow](x.collection, "Get", response, err)
	if err != nil {
		return nil, failed("search the index", err)
	}
	hits := make([]schemas.Hit, 0, len(rows))
	for _, row := range rows {
		id, err := knowledge.ChunkOf(row.Additional.ID)
		if err != nil {
			return nil, fmt.Errorf("read search answer: %w", err)
		}
		score, err := strconv.ParseFloat(row.Additional.Score, 64)
		if err != nil {
			return nil, fmt.Errorf("read search score: %w", err)
		}
		hits = append(hits, schemas.Hit{Chunk: id, Score: score})
	}
	return hits, nil
}
