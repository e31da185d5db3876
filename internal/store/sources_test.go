package store

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"steward/schemas"
)

// shortSource adds a short answer.
func (b adminBundle) shortSource(t *testing.T, change func(n *schemas.NewSource)) schemas.Source {
	t.Helper()
	n := schemas.NewSource{Type: schemas.SourceShortAnswer, Question: "When?", Answer: "Now.", Citations: true}
	change(&n)
	src, err := b.AddSource(t.Context(), b.Agent, n)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func plainSource(*schemas.NewSource) {}

// document is a document whose chunks hold the given words each. Ids follow
// from the content, as the splitter makes them.
func document(src schemas.SourceID, key string, words ...string) schemas.Document {
	id := func(parts ...string) uuid.UUID {
		return uuid.NewSHA1(uuid.NameSpaceOID, []byte(strings.Join(append(parts, string(src), key), "|")))
	}
	d := schemas.Document{
		ID: show[schemas.DocumentID](schemas.PrefixDocument, id("document")), Key: key, Title: "Title " + key,
		URL: "https://shop.example/" + key, Language: "en", Text: strings.Join(words, "\n"),
	}
	for i, w := range words {
		sum := sha256.Sum256([]byte(w))
		d.Chunks = append(d.Chunks, schemas.Chunk{
			ID: show[schemas.ChunkID](schemas.PrefixChunk, id(w)), Ord: i, Document: d.ID, Source: src, Title: d.Title,
			Headings: "Top", URL: d.URL, Text: w, Language: "en", Terms: w, Grams: w, Hash: hex.EncodeToString(sum[:8]),
		})
	}
	return d
}

func (b adminBundle) begin(t *testing.T, src schemas.SourceID) schemas.SourceJob {
	t.Helper()
	job, ok, err := b.BeginSync(t.Context(), src, show[schemas.SyncID](schemas.PrefixSync, newID()))
	if err != nil || !ok {
		t.Fatalf("claim %v, %v", ok, err)
	}
	return job
}

func (b adminBundle) storeDocs(t *testing.T, job schemas.SourceJob, docs ...schemas.Document) {
	t.Helper()
	if _, err := b.StoreDocuments(t.Context(), job, docs); err != nil {
		t.Fatal(err)
	}
}

func jobInput(job schemas.SourceJob) schemas.SyncSourceInput {
	return schemas.SyncSourceInput{Source: job.Source.ID, Agent: job.Agent, Sync: job.Sync}
}

// index marks everything as taken by the index and returns what it was.
func (b adminBundle) index(t *testing.T, job schemas.SourceJob) []schemas.ChunkID {
	t.Helper()
	chunks, err := b.Unindexed(t.Context(), job.Source.ID, 100)
	if err != nil {
		t.Fatal(err)
	}
	ids := chunkIDs(chunks)
	if err := b.MarkIndexed(t.Context(), jobInput(job), ids); err != nil {
		t.Fatal(err)
	}
	return ids
}

func chunkIDs(chunks []schemas.Chunk) []schemas.ChunkID {
	ids := make([]schemas.ChunkID, 0, len(chunks))
	for _, c := range chunks {
		ids = append(ids, c.ID)
	}
	return ids
}

func (b adminBundle) finish(t *testing.T, job schemas.SourceJob, said schemas.SyncSourceResult) schemas.SyncSourceResult {
	t.Helper()
	out, err := b.FinishSync(t.Context(), schemas.FinishSyncInput{SyncSourceInput: jobInput(job), Result: said})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ready syncs a source with these documents to its end.
func (b adminBundle) ready(t *testing.T, src schemas.SourceID, docs ...schemas.Document) {
	t.Helper()
	job := b.begin(t, src)
	b.storeDocs(t, job, docs...)
	b.index(t, job)
	if out := b.finish(t, job, schemas.SyncSourceResult{Phase: schemas.SyncDone}); out.Phase != schemas.SyncDone {
		t.Fatalf("sync ended as %+v", out)
	}
}

func (b adminBundle) removals(t *testing.T) []schemas.ChunkID {
	t.Helper()
	ids, err := b.Removals(t.Context(), b.Agent, 100)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestAddSource(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	file, err := b.AddSource(t.Context(), b.Agent, schemas.NewSource{
		Type: schemas.SourceFile, FileName: "returns.md", Content: []byte("# Returns\x00"), Private: true, Citations: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := schemas.Source{
		ID: file.ID, Type: schemas.SourceFile, Name: "returns.md", Private: true, Status: schemas.SourceQueued, CreatedAt: b.now,
	}
	if diff := cmp.Diff(want, file); diff != "" {
		t.Error(diff)
	}
	short := b.shortSource(t, plainSource)
	list, err := b.Sources(t.Context(), b.Agent)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]schemas.Source{file, short}, list); diff != "" {
		t.Error(diff)
	}
	if job := b.begin(t, file.ID); string(job.Content) != "# Returns\x00" || job.FileName != "returns.md" || job.Agent != b.Agent {
		t.Errorf("job %+v", job)
	}
	for name, n := range map[string]schemas.NewSource{
		"type":       {Type: "fax"},
		"empty file": {Type: schemas.SourceFile, FileName: "a.md"},
		"NUL":        {Type: schemas.SourceShortAnswer, Question: "a\x00", Answer: "b"},
		"not UTF-8":  {Type: schemas.SourceShortAnswer, Question: "a", Answer: "b\xff"},
	} {
		if _, err := b.AddSource(t.Context(), b.Agent, n); schemas.KindOf(err) != schemas.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = b.Source(t.Context(), show[schemas.SourceID](schemas.PrefixSource, newID()))
	wantKind(t, err, schemas.KindNotFound)
}

func TestRemovedSourcesLeaveAnswersAtOnce(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src, other := b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID
	doc, kept := document(src, "a", "refund", "parcel"), document(other, "a", "refund", "parcel")
	b.ready(t, src, doc)
	b.ready(t, other, kept)
	if err := b.RemoveSource(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	passages, err := b.Passages(t.Context(), b.Agent, append(chunkIDs(doc.Chunks), chunkIDs(kept.Chunks)...))
	if err != nil || len(passages) != 2 || passages[0].Source != other || passages[0].Number != 1 {
		t.Fatalf("passages %+v, %v", passages, err)
	}
	if s, err := b.Source(t.Context(), src); err != nil || s.Status != schemas.SourceRemoving || s.Chunks != 0 {
		t.Fatalf("source %+v, %v", s, err)
	}
	gone := b.removals(t)
	if len(gone) != 2 {
		t.Fatalf("removals %v", gone)
	}
	if err := b.RemoveSource(t.Context(), src); err != nil {
		t.Fatalf("remove again: %v", err)
	}
	if err := b.ForgetRemovals(t.Context(), gone[:1]); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Source(t.Context(), src); err != nil {
		t.Fatalf("the row went before the index was clean: %v", err)
	}
	if err := b.ForgetRemovals(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	wantKind(t, b.RemoveSource(t.Context(), src), schemas.KindNotFound)
	if s, err := b.Source(t.Context(), other); err != nil || s.Chunks != 2 {
		t.Fatalf("another source lost content: %+v, %v", s, err)
	}
}

func TestASourceWithoutContentGoesAtOnce(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	if err := b.RemoveSource(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	_, err := b.Source(t.Context(), src)
	wantKind(t, err, schemas.KindNotFound)
}

func TestARemovalEndsTheSyncUnderWay(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	doc := document(src, "a", "refund")
	b.ready(t, src, doc)
	job := b.begin(t, src)
	if err := b.RemoveSource(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	_, err := b.StoreDocuments(t.Context(), job, []schemas.Document{doc})
	wantKind(t, err, schemas.KindConflict)
	if _, ok, err := b.BeginSync(t.Context(), src, job.Sync); err != nil || ok {
		t.Fatalf("a source in removal was claimed: %v, %v", ok, err)
	}
	// The index takes the chunk after its first removal: it is removed again.
	if err := b.ForgetRemovals(t.Context(), b.removals(t)); err != nil {
		t.Fatal(err)
	}
	if err := b.MarkIndexed(t.Context(), jobInput(job), chunkIDs(doc.Chunks)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(chunkIDs(doc.Chunks), b.removals(t)); diff != "" {
		t.Error(diff)
	}
}
