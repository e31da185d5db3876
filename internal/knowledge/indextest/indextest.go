// Package indextest is the conformance suite of knowledge.Index: every
// implementation has to behave alike here.
//
// It owns the cases only and is imported by tests alone. Each case uses a
// tenant of its own, so implementations may share one server.
package indextest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"steward/internal/knowledge"
	"steward/schemas"
)

// callTimeout bounds one call to the index under test.
const callTimeout = time.Minute

// The names of vectors that the cases use; they are those of the default
// embedder, which every collection has.
const (
	one = "lsa_a"
	two = "lsa_b"
)

// web is the source of most chunks.
const web = schemas.SourceID("src_00000000000000000000000000000001")

var all = []schemas.SourceID{web}

// Run checks an implementation. newIndex may return the same index every time.
func Run(t *testing.T, newIndex func(t *testing.T) knowledge.Index) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(t *testing.T, b bench)
	}{
		{"finds in every language", findsLanguages},
		{"survives any text", survivesText},
		{"keeps to the sources", keepsToSources},
		{"keeps tenants apart", keepsTenants},
		{"replaces and deletes", replacesAndDeletes},
		{"discards", discards},
		{"limits and orders", limitsAndOrders},
		{"stores many", storesMany},
		{"stores at the same time", storesAtOnce},
		{"is prepared from many sides", preparedAtOnce},
		{"is written to while vectors are added", writtenWhilePrepared},
		{"counts and deletes thousands", countsThousands},
		{"counts what a tenant has", countsOwn},
		{"finds by vectors", findsByVectors},
		{"weighs words and vectors", weighs},
		{"replaces all vectors", replacesVectors},
		{"does without a vector that has no direction", withoutDirection},
		{"finds chunks with and without vectors", mixesVectors},
		{"answers whatever the vector", answersAnyVector},
		{"keeps vectors to sources and tenants", keepsVectors},
		{"says when it is cancelled", cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := bench{t: t, index: newIndex(t), tenant: NewTenant()}
			if err := b.index.Prepare(b.context(), one, two); err != nil {
				t.Fatalf("Prepare: %v", err)
			}
			c.run(t, b)
		})
	}
}

// NewTenant returns an agent id nobody else uses.
func NewTenant() schemas.AgentID {
	return schemas.AgentID(schemas.FormatID(schemas.PrefixAgent, uuid.New()))
}

// bench is one case's index and tenant.
type bench struct {
	t      *testing.T
	index  knowledge.Index
	tenant schemas.AgentID
}

func (b bench) context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	b.t.Cleanup(cancel)
	return ctx
}

// chunk makes the one chunk of a short document.
func (b bench) chunk(source schemas.SourceID, key, lang, text string) schemas.Chunk {
	b.t.Helper()
	doc := schemas.Document{
		ID: knowledge.DocumentID(b.tenant, source, key), Key: key, Title: key, Language: lang, Text: text,
	}
	chunks := knowledge.Split(b.tenant, source, doc)
	if len(chunks) != 1 {
		b.t.Fatalf("%q gives %d chunks, want 1", key, len(chunks))
	}
	return chunks[0]
}

// put stores chunks without vectors.
func (b bench) put(chunks ...schemas.Chunk) {
	b.t.Helper()
	objects := make([]knowledge.Object, 0, len(chunks))
	for _, c := range chunks {
		objects = append(objects, knowledge.Object{Chunk: c})
	}
	b.putObjects(objects...)
}

func (b bench) putObjects(objects ...knowledge.Object) {
	b.t.Helper()
	if err := b.index.Put(b.context(), b.tenant, objects); err != nil {
		b.t.Fatalf("Put: %v", err)
	}
}

func (b bench) search(q knowledge.Query) []schemas.Hit {
	b.t.Helper()
	q.Tenant = b.tenant
	hits, err := b.index.Search(b.context(), q)
	if err != nil {
		b.t.Fatalf("Search(%q): %v", q.Text, err)
	}
	return hits
}

func ids(hits []schemas.Hit) []schemas.ChunkID {
	out := make([]schemas.ChunkID, 0, len(hits))
	for _, hit := range hits {
		out = append(out, hit.Chunk)
	}
	return out
}
