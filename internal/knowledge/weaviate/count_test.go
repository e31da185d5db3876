package weaviate

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"steward/internal/knowledge"
	"steward/internal/knowledge/indextest"
	"steward/schemas"
)

// The server answers with a limited number of groups and of objects. Counts and
// lists stay complete when there are more.
func TestCountsBeyondTheServersLimits(t *testing.T) {
	t.Parallel()
	x := newIndex(t)
	x.groups, x.page = 2, 4
	tenant := indextest.NewTenant()
	want := make(map[schemas.DocumentID]int)
	var objects []knowledge.Object
	for document := range 19 {
		for range document%6 + 1 {
			object := newObject(fmt.Sprint("doc_", document), "tent")
			objects = append(objects, object)
			want[object.Chunk.Document]++
		}
	}
	if err := x.Put(testContext(t), tenant, objects); err != nil {
		t.Fatal(err)
	}
	got, err := x.Count(testContext(t), tenant, source)
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("Count = %v, %v, want %v", got, err, want)
	}
	for document := range want {
		var ids []schemas.ChunkID
		for _, o := range objects {
			if o.Chunk.Document == document {
				ids = append(ids, o.Chunk.ID)
			}
		}
		slices.Sort(ids)
		got, err := x.Chunks(testContext(t), tenant, document)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, ids) {
			t.Errorf("Chunks(%s) has %d, %v, want %d", document, len(got), err, len(ids))
		}
	}
}
