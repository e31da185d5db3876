package activities

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"steward/internal/knowledge"
	"steward/schemas"
)

// switching is an agent with two batches of a passage each. When one is in the
// index, the agent has switched to the embedder that it was filling, and the
// next training has the name that is free again.
type switching struct {
	IndexStore
	EmbedderStore
	knowledge.Index
	// done is how many batches are in the index.
	done int
	// put are the vectors of each batch by their name, asked the embedders of
	// which passages were to be filled.
	put   []map[string][]float32
	asked [][]schemas.EmbedderID
}

// trained is an embedder; its vectors tell by its number which it is.
func trained(number int) schemas.Embedder {
	vector := knowledge.VectorLSAa
	if number%2 == 1 {
		vector = knowledge.VectorLSAb
	}
	return schemas.Embedder{ID: []schemas.EmbedderID{"zero", "one", "two"}[number], Dims: number, Vector: vector}
}

func (s *switching) Embedders(context.Context, schemas.AgentID) (live, filling *schemas.Embedder, err error) {
	now := trained(s.done)
	if s.done == 2 {
		return &now, nil, nil
	}
	next := trained(s.done + 1)
	return &now, &next, nil
}

func (s *switching) batch() ([]schemas.Chunk, error) {
	if s.done == 2 {
		return nil, nil
	}
	return []schemas.Chunk{{Text: "refund"}}, nil
}

func (s *switching) Unindexed(context.Context, schemas.SourceID, int) ([]schemas.Chunk, error) {
	return s.batch()
}

func (s *switching) Unfilled(_ context.Context, _ schemas.AgentID, of []schemas.EmbedderID, _ int) ([]schemas.Chunk, error) {
	s.asked = append(s.asked, of)
	return s.batch()
}

func (s *switching) Put(_ context.Context, _ schemas.AgentID, objects []knowledge.Object) error {
	s.put = append(s.put, objects[0].Vectors)
	return nil
}

func (s *switching) MarkIndexed(context.Context, schemas.AgentID, []schemas.Chunk, []schemas.EmbedderID) error {
	s.done++
	return nil
}

func (s *switching) CountIndexed(context.Context, schemas.SyncRef, int, int) error { return nil }

func (s *switching) DropRetired(context.Context, schemas.SourceID) error { return nil }

func (s *switching) Removals(context.Context, schemas.AgentID, int) ([]schemas.ChunkID, error) {
	return nil, nil
}

// opener opens embedders whose vectors are their number.
type opener struct{ Embedders }

func (opener) Open(_ context.Context, e schemas.Embedder) (knowledge.Embedder, error) {
	return numbered(e.Dims), nil
}

type numbered int

func (n numbered) Embed(_ context.Context, _ knowledge.Role, texts []knowledge.Embeddable) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i := range out {
		out[i] = []float32{float32(n)}
	}
	return out, nil
}

// A batch that runs while the agent switches writes no vectors of an old
// training under a name that a new one has.
func TestABatchHasTheEmbeddersOfItsTime(t *testing.T) {
	t.Parallel()
	ref := schemas.SyncRef{Source: "src_1", Agent: "agent_1", Sync: "sync_1"}
	for name, run := range map[string]func(*Indexing) any{
		"indexing": func(a *Indexing) any { return a.IndexBatch },
		"filling":  func(a *Indexing) any { return a.FillEmbedder },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &switching{}
			a := &Indexing{Chunks: s, Models: s, Index: s, Embedders: opener{}}
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			env.RegisterActivity(a)
			if _, err := env.ExecuteActivity(run(a), ref); err != nil {
				t.Fatal(err)
			}
			want := []map[string][]float32{
				{knowledge.VectorLSAa: {0}, knowledge.VectorLSAb: {1}}, {knowledge.VectorLSAb: {1}, knowledge.VectorLSAa: {2}},
			}
			if diff := cmp.Diff(want, s.put); diff != "" {
				t.Error(diff)
			}
			if name == "filling" {
				if diff := cmp.Diff([][]schemas.EmbedderID{{"zero", "one"}, {"one", "two"}, {"two"}}, s.asked); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}
