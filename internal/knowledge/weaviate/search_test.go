package weaviate

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"steward/internal/knowledge"
	"steward/internal/knowledge/indextest"
	"steward/internal/testkit"
	"steward/schemas"
)

// puzzle is content in which every chunk is the only right answer to one
// question: it alone has all three of its words, and others have one or two.
// The words' numbers have no common divisor.
type puzzle struct {
	tenant  schemas.AgentID
	objects []knowledge.Object
}

func newPuzzle(size, dims int) puzzle {
	p := puzzle{tenant: indextest.NewTenant()}
	for i := range size {
		object := newObject(fmt.Sprint("doc_", i/3), p.text(i)+strings.Repeat(" filler", i%3))
		if dims > 0 {
			object.Vectors = map[string][]float32{"lsa_a": p.vector(i, dims)}
		}
		p.objects = append(p.objects, object)
	}
	return p
}

func (puzzle) text(i int) string { return fmt.Sprintf("alpha%d beta%d gamma%d", i%23, i%29, i%31) }

// vector differs for every chunk, in a direction that follows from its number.
func (puzzle) vector(i, dims int) []float32 {
	out := make([]float32, dims)
	state := uint32(i)*2654435761 + 1
	for j := range out {
		state = state*1664525 + 1013904223
		out[j] = float32(state>>8)/(1<<23) - 1
	}
	return out
}

// wrong asks every step-th question and returns how many were not answered
// right, by words and by vectors.
func (p puzzle) wrong(ctx context.Context, x *Index, step int) (words, vectors int, err error) {
	for i := 0; i < len(p.objects); i += step {
		query := knowledge.Query{Tenant: p.tenant, Text: p.text(i), Sources: []schemas.SourceID{source}}
		hits, err := x.Search(ctx, query)
		if err != nil {
			return 0, 0, err
		}
		if len(hits) == 0 || hits[0].Chunk != p.objects[i].Chunk.ID {
			words++
		}
		if vector := p.objects[i].Vectors["lsa_a"]; vector != nil {
			query.Text, query.Vector, query.VectorName, query.Weight = "filler", vector, "lsa_a", 1
			if hits, err = x.Search(ctx, query); err != nil {
				return 0, 0, err
			}
			if len(hits) == 0 || hits[0].Chunk != p.objects[i].Chunk.ID {
				vectors++
			}
		}
	}
	return words, vectors, nil
}

// The server may rank words wrongly until it has written them to disk. Tests
// need a right order at once.
func TestRanksRightAtOnce(t *testing.T) {
	t.Parallel()
	x := newIndex(t)
	p := newPuzzle(2000, 8)
	if err := x.Put(testContext(t), p.tenant, p.objects); err != nil {
		t.Fatal(err)
	}
	words, vectors, err := p.wrong(testContext(t), x, 40)
	if err != nil || words+vectors > 0 {
		t.Errorf("right after the import, %d of 50 answers by words and %d by vectors are wrong; %v", words, vectors, err)
	}
}

func TestLogsWhenAVectorIsLeftOut(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	plain := newIndex(t)
	x, err := New(Options{
		URL: testkit.Weaviate(t).URL(), Collection: plain.collection,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	tenant := indextest.NewTenant()
	object := newObject("doc_1", "tent")
	object.Vectors = map[string][]float32{"lsa_a": {1, 0}}
	if err := x.Put(testContext(t), tenant, []knowledge.Object{object}); err != nil {
		t.Fatal(err)
	}
	query := knowledge.Query{
		Tenant: tenant, Text: "tent", Sources: []schemas.SourceID{source},
		Vector: []float32{1, 0}, VectorName: "lsa_a", Weight: 0.2,
	}
	if hits, err := x.Search(testContext(t), query); err != nil || len(hits) != 1 || log.Len() != 0 {
		t.Errorf("with a vector that fits: %d hits, %v, log %q", len(hits), err, log.String())
	}
	query.Vector = []float32{1, 0, 0}
	hits, err := x.Search(testContext(t), query)
	if err != nil || len(hits) != 1 {
		t.Errorf("with a vector that does not fit: %d hits, %v", len(hits), err)
	}
	if got := log.String(); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "dims=3") || strings.Contains(got, "tent") {
		t.Errorf("log: %q", got)
	}
}
