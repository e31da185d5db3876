package weaviate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/weaviate/weaviate-go-client/v4/weaviate/filters"
	"github.com/weaviate/weaviate-go-client/v4/weaviate/graphql"
	"github.com/weaviate/weaviate/entities/models"

	"steward/internal/knowledge"
	"steward/schemas"
)

// searched are the properties of a search. Boosts must be whole numbers: the
// server reads any other as 0 and leaves the property out.
var searched = []string{"terms^5", "grams"}

// Search implements knowledge.Index.
func (x *Index) Search(ctx context.Context, query knowledge.Query) ([]schemas.Hit, error) {
	if err := checkTenant(query.Tenant); err != nil {
		return nil, err
	}
	words := clean(strings.Join(append(query.Terms(), query.Grams()...), " "))
	if words == "" || len(query.Sources) == 0 {
		return nil, nil
	}
	sources := make([]string, 0, len(query.Sources))
	for _, source := range query.Sources {
		sources = append(sources, clean(string(source)))
	}
	gql := x.client.GraphQL()
	response, err := gql.Get().WithClassName(x.collection).WithTenant(string(query.Tenant)).
		WithBM25(gql.Bm25ArgBuilder().WithQuery(words).WithProperties(searched...)).
		WithWhere(filters.Where().WithPath([]string{"source_id"}).WithOperator(filters.ContainsAny).WithValueText(sources...)).
		WithLimit(query.Hits()).
		WithFields(graphql.Field{Name: "_additional", Fields: []graphql.Field{{Name: "id"}, {Name: "score"}}}).
		Do(ctx)
	if err != nil {
		return nil, failed("search the index", err)
	}
	if len(response.Errors) > 0 {
		err := graphError(response.Errors)
		if unknownTenant(err) {
			return nil, nil
		}
		return nil, failed("search the index", err)
	}
	return x.hits(response)
}

// found is the shape of an answer below Data.
type found struct {
	Get map[string][]struct {
		Additional struct {
			ID    string `json:"id"`
			Score string `json:"score"`
		} `json:"_additional"`
	}
}

func (x *Index) hits(response *models.GraphQLResponse) ([]schemas.Hit, error) {
	raw, err := json.Marshal(response.Data)
	if err != nil {
		return nil, fmt.Errorf("read search answer: %w", err)
	}
	var answer found
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("read search answer: %w", err)
	}
	rows := answer.Get[x.collection]
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

func graphError(list []*models.GraphQLError) error {
	messages := make([]string, 0, len(list))
	for _, e := range list {
		if e != nil {
			messages = append(messages, e.Message)
		}
	}
	return errors.New(strings.Join(messages, "; "))
}
