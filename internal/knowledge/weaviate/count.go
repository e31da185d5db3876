package weaviate

import (
	"context"
	"fmt"

	"github.com/weaviate/weaviate-go-client/v4/weaviate/graphql"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// countGroups is more than the documents of a usual source.
	countGroups = 8192
	// readPage is the largest offset plus limit that the server answers.
	readPage = 10_000
)

// Count implements knowledge.Index.
func (x *Index) Count(ctx context.Context, tenant schemas.AgentID, source schemas.SourceID) (map[schemas.DocumentID]int, error) {
	if err := checkTenant(tenant); err != nil {
		return nil, err
	}
	value := graphql.Field{Name: "groupedBy", Fields: []graphql.Field{{Name: "value"}}}
	// The server drops the groups beyond the limit without a word: as many as
	// the limit may be not all.
	for limit := x.groups; ; limit *= 4 {
		response, err := x.client.GraphQL().Aggregate().WithClassName(x.collection).WithTenant(string(tenant)).
			WithWhere(anyOf("source_id", clean(string(source)))).
			WithGroupBy("doc_id").WithLimit(limit).WithFields(value, counted()).Do(ctx)
		rows, err := answer[groupRow](x.collection, "Aggregate", response, err)
		if err != nil {
			return nil, failed("count chunks in the index", err)
		}
		if len(rows) >= limit {
			continue
		}
		counts := make(map[schemas.DocumentID]int, len(rows))
		for _, row := range rows {
			counts[schemas.DocumentID(row.GroupedBy.Value)] = row.Meta.Count
		}
		return counts, nil
	}
}

// Total implements knowledge.Index.
func (x *Index) Total(ctx context.Context, tenant schemas.AgentID) (int, error) {
	if err := checkTenant(tenant); err != nil {
		return 0, err
	}
	response, err := x.client.GraphQL().Aggregate().WithClassName(x.collection).WithTenant(string(tenant)).
		WithFields(counted()).Do(ctx)
	rows, err := answer[groupRow](x.collection, "Aggregate", response, err)
	if err != nil {
		return 0, failed("count chunks in the index", err)
	}
	total := 0
	for _, row := range rows {
		total += row.Meta.Count
	}
	return total, nil
}

// counted is the number of objects in a group.
func counted() graphql.Field {
	return graphql.Field{Name: "meta", Fields: []graphql.Field{{Name: "count"}}}
}

// Chunks implements knowledge.Index.
func (x *Index) Chunks(ctx context.Context, tenant schemas.AgentID, document schemas.DocumentID) ([]schemas.ChunkID, error) {
	if err := checkTenant(tenant); err != nil {
		return nil, err
	}
	wanted := clean(string(document))
	rows, err := x.read(ctx, x.objects(tenant).WithWhere(anyOf("doc_id", wanted)))
	if err != nil {
		return nil, err
	}
	if len(rows) == x.page {
		// There may be more, which a query with a filter cannot reach.
		return x.scan(ctx, tenant, wanted)
	}
	return chunkIDs(rows)
}

// scan finds a document's chunks among all of the agent's.
func (x *Index) scan(ctx context.Context, tenant schemas.AgentID, document string) ([]schemas.ChunkID, error) {
	var found []objectRow
	for after := ""; ; {
		rows, err := x.read(ctx, x.objects(tenant).WithAfter(after))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if row.Document == document {
				found = append(found, row)
			}
		}
		if len(rows) < x.page {
			return chunkIDs(found)
		}
		after = rows[len(rows)-1].Additional.ID
	}
}

func (x *Index) objects(tenant schemas.AgentID) *graphql.GetBuilder {
	return x.client.GraphQL().Get().WithClassName(x.collection).WithTenant(string(tenant)).WithLimit(x.page).
		WithFields(graphql.Field{Name: "doc_id"}, graphql.Field{Name: "_additional", Fields: []graphql.Field{{Name: "id"}}})
}

func (x *Index) read(ctx context.Context, query *graphql.GetBuilder) ([]objectRow, error) {
	response, err := query.Do(ctx)
	rows, err := answer[objectRow](x.collection, "Get", response, err)
	if err != nil {
		return nil, failed("read chunks from the index", err)
	}
	return rows, nil
}

func chunkIDs(rows []objectRow) ([]schemas.ChunkID, error) {
	ids := make([]schemas.ChunkID, 0, len(rows))
	for _, row := range rows {
		id, err := knowledge.ChunkOf(row.Additional.ID)
		if err != nil {
			return nil, fmt.Errorf("read chunk id: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
