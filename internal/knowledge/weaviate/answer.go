package weaviate

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/weaviate/weaviate/entities/models"
)

// objectRow is an object in the answer to a Get.
type objectRow struct {
	Document   string `json:"doc_id"`
	Additional struct {
		ID    string `json:"id"`
		Score string `json:"score"`
	} `json:"_additional"`
}

// groupRow is a group in the answer to an Aggregate.
type groupRow struct {
	GroupedBy struct {
		Value string `json:"value"`
	} `json:"groupedBy"`
	Meta struct {
		Count int `json:"count"`
	} `json:"meta"`
}

// graphError is a query that the server has understood too little of, or could
// not answer. It comes with status 200.
type graphError struct{ reason string }

func (e *graphError) Error() string { return e.reason }

// answer reads the rows of a collection below "Get" or "Aggregate". An agent
// that never had content has none.
func answer[row any](collection, verb string, response *models.GraphQLResponse, err error) ([]row, error) {
	if err != nil {
		return nil, err
	}
	if len(response.Errors) > 0 {
		reasons := make([]string, 0, len(response.Errors))
		for _, e := range response.Errors {
			if e != nil {
				reasons = append(reasons, e.Message)
			}
		}
		refusal := &graphError{reason: strings.Join(reasons, "; ")}
		if unknownTenant(refusal) {
			return nil, nil
		}
		return nil, refusal
	}
	raw, err := json.Marshal(response.Data[verb])
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	var rows map[string][]row
	if err := json.Unmarshal(raw, &rows); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	return rows[collection], nil
}
