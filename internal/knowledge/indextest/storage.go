package indextest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"steward/internal/knowledge"
	"steward/schemas"
)

// tiny makes a chunk by hand: the cases here need many, and not their words.
func tiny(source schemas.SourceID, document schemas.DocumentID, terms string) schemas.Chunk {
	return schemas.Chunk{
		ID:     schemas.ChunkID(schemas.FormatID(schemas.PrefixChunk, uuid.New())),
		Source: source, Document: document, Terms: terms, Grams: "_" + terms + "_",
	}
}

func (b bench) count(source schemas.SourceID) map[schemas.DocumentID]int {
	b.t.Helper()
	counts, err := b.index.Count(b.context(), b.tenant, source)
	if err != nil {
		b.t.Fatalf("Count: %v", err)
	}
	return counts
}

func (b bench) total() int {
	b.t.Helper()
	total, err := b.index.Total(b.context(), b.tenant)
	if err != nil {
		b.t.Fatalf("Total: %v", err)
	}
	return total
}

// chunks returns a document's chunks in the order of their ids.
func (b bench) chunks(document schemas.DocumentID) []schemas.ChunkID {
	b.t.Helper()
	list, err := b.index.Chunks(b.context(), b.tenant, document)
	if err != nil {
		b.t.Fatalf("Chunks: %v", err)
	}
	slices.Sort(list)
	return list
}

func countsOwn(t *testing.T, b bench) {
	const other = schemas.SourceID("src_00000000000000000000000000000002")
	if counts, total, list := b.count(web), b.total(), b.chunks("doc_1"); len(counts) != 0 || total != 0 || len(list) != 0 {
		t.Errorf("a tenant without chunks has %v, %d, %v", counts, total, list)
	}
	a1, a2, c := tiny(web, "doc_1", "tent"), tiny(web, "doc_1", "boat"), tiny(other, "doc_2", "tent")
	b.put(a1, a2, c)
	stranger := bench{t: t, index: b.index, tenant: NewTenant()}
	stranger.put(tiny(web, "doc_1", "tent"))
	b.put(a1)
	check := func(when string, inWeb, inOther map[schemas.DocumentID]int, document []schemas.ChunkID) {
		t.Helper()
		slices.Sort(document)
		if got := b.count(web); !maps.Equal(got, inWeb) {
			t.Errorf("%s: Count of the first source is %v", when, got)
		}
		if got := b.count(other); !maps.Equal(got, inOther) {
			t.Errorf("%s: Count of the second source is %v", when, got)
		}
		if got, want := b.total(), len(document)+inOther["doc_2"]; got != want {
			t.Errorf("%s: Total is %d, want %d", when, got, want)
		}
		if got := b.chunks("doc_1"); !slices.Equal(got, document) {
			t.Errorf("%s: Chunks is %v, want %v", when, got, document)
		}
	}
	check("after a second Put of one", map[schemas.DocumentID]int{"doc_1": 2}, map[schemas.DocumentID]int{"doc_2": 1},
		[]schemas.ChunkID{a1.ID, a2.ID})
	if err := b.index.Delete(b.context(), b.tenant, []schemas.ChunkID{a2.ID, c.ID}); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	check("after Delete", map[schemas.DocumentID]int{"doc_1": 1}, map[schemas.DocumentID]int{}, []schemas.ChunkID{a1.ID})
	if got := len(b.chunks("doc_3")) + len(b.chunks("\" \x00\v")); got != 0 {
		t.Errorf("unknown documents have %d chunks", got)
	}
	if got := stranger.total(); got != 1 {
		t.Errorf("another tenant has %d chunks, want 1", got)
	}
}

// A source of 1,500 documents with 5,100 chunks, of which 5,050 go.
func countsThousands(t *testing.T, b bench) {
	const documents, chunks, gone, step = 1500, 5100, 5050, 850
	list := make([]schemas.Chunk, 0, chunks)
	want := make(map[schemas.DocumentID]int)
	for i := range chunks {
		document := schemas.DocumentID(fmt.Sprintf("doc_%d", i%documents))
		list = append(list, tiny(web, document, fmt.Sprintf("thing number%d", i)))
		want[document]++
	}
	for part := range slices.Chunk(list, step) {
		b.put(part...)
	}
	if got := b.count(web); !maps.Equal(got, want) {
		t.Errorf("Count has %d documents, want %d, or other numbers", len(got), len(want))
	}
	if got := b.total(); got != chunks {
		t.Errorf("Total = %d, want %d", got, chunks)
	}
	out := make([]schemas.ChunkID, 0, gone)
	for _, c := range list[:gone] {
		out = append(out, c.ID)
		if want[c.Document]--; want[c.Document] == 0 {
			delete(want, c.Document)
		}
	}
	if err := b.index.Delete(b.context(), b.tenant, out); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	if got := b.count(web); !maps.Equal(got, want) {
		t.Errorf("after Delete, Count has %d documents, want %d, or other numbers", len(got), len(want))
	}
	if got := b.total(); got != chunks-gone {
		t.Errorf("after Delete, Total = %d, want %d", got, chunks-gone)
	}
	hits := b.search(knowledge.Query{Text: "thing", Sources: all, Limit: 100})
	if len(hits) != chunks-gone {
		t.Errorf("after Delete, %d chunks are found, want %d", len(hits), chunks-gone)
	}
}

func storesAtOnce(t *testing.T, b bench) {
	const writers, each = 4, 60
	errs := make([]error, writers)
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for range each / 20 {
				objects := make([]knowledge.Object, 0, 20)
				for range 20 {
					objects = append(objects, knowledge.Object{Chunk: tiny(web, schemas.DocumentID(fmt.Sprint("doc_", w)), "tent")})
				}
				errs[w] = errors.Join(errs[w], b.index.Put(b.context(), b.tenant, objects))
			}
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("Put: %v", err)
	}
	if got := b.total(); got != writers*each {
		t.Errorf("Total = %d, want %d", got, writers*each)
	}
}

func preparedAtOnce(t *testing.T, b bench) {
	names := []string{"model_c", "model_d", "model_e", "model_f"}
	errs := make([]error, len(names))
	var group sync.WaitGroup
	for i, name := range names {
		group.Go(func() { errs[i] = b.index.Prepare(b.context(), one, name) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	c := b.chunk(web, "tent", "en", "A blue tent.")
	b.putObjects(with(c, one, 1, 0))
	for _, name := range names {
		object := with(c, name, 0, 1)
		b.putObjects(object)
		query := near(knowledge.Query{Text: "unrelated", Sources: all}, 0.5, 0, 1)
		query.VectorName = name
		if got := ids(b.search(query)); !slices.Equal(got, []schemas.ChunkID{c.ID}) {
			t.Errorf("vector %s finds %v", name, got)
		}
	}
}

func discards(t *testing.T, b bench) {
	stays, goes, never := tiny(web, "doc_1", "tent"), tiny(web, "doc_1", "tent"), tiny(web, "doc_1", "tent")
	discard := func() {
		t.Helper()
		if err := b.index.Discard(b.context(), b.tenant, []schemas.ChunkID{goes.ID, never.ID}); err != nil {
			t.Fatalf("Discard: %v", err)
		}
	}
	discard() // of a tenant that has nothing
	b.put(stays, goes)
	for range 2 {
		discard()
		if got := b.chunks("doc_1"); !slices.Equal(got, []schemas.ChunkID{stays.ID}) {
			t.Errorf("after Discard the document has %v", got)
		}
	}
	b.put(goes)
	if got := b.total(); got != 2 {
		t.Errorf("Total = %d, want 2", got)
	}
}

func writtenWhilePrepared(t *testing.T, b bench) {
	const document, rounds = schemas.DocumentID("doc_1"), 5
	b.put(tiny(web, document, "tent"))
	prepared := make(chan error, 1)
	go func() {
		var err error
		for i := range rounds {
			err = errors.Join(err, b.index.Prepare(b.context(), fmt.Sprint("model_w", i)))
		}
		prepared <- err
	}()
	left := 1
	for done := false; !done; {
		select {
		case err := <-prepared:
			if err != nil {
				t.Fatalf("Prepare: %v", err)
			}
			done = true
		default:
		}
		stays, goes := tiny(web, document, "tent"), tiny(web, document, "boat")
		b.put(stays, goes)
		if err := b.index.Delete(b.context(), b.tenant, []schemas.ChunkID{goes.ID}); err != nil {
			t.Fatalf("Delete: %v", err)
		}
		left++
	}
	if got := b.total(); got != left {
		t.Errorf("Total = %d, want %d", got, left)
	}
}

func cancelled(t *testing.T, b bench) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c := b.chunk(web, "a", "en", "A tent.")
	_, search := b.index.Search(ctx, knowledge.Query{Tenant: b.tenant, Text: "tent", Sources: all})
	_, count := b.index.Count(ctx, b.tenant, web)
	_, total := b.index.Total(ctx, b.tenant)
	_, chunks := b.index.Chunks(ctx, b.tenant, c.Document)
	for call, err := range map[string]error{
		"Prepare": b.index.Prepare(ctx),
		"Put":     b.index.Put(ctx, b.tenant, []knowledge.Object{{Chunk: c}}),
		"Delete":  b.index.Delete(ctx, b.tenant, []schemas.ChunkID{c.ID}),
		"Search":  search, "Count": count, "Total": total, "Chunks": chunks,
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a cancelled context: %v", call, err)
		}
	}
}
