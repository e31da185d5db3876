package store

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/uuid"

	"steward/internal/policy"
	"steward/schemas"
)

// source adds a source.
func (b adminBundle) source(t *testing.T, n schemas.NewSource) schemas.Source {
	t.Helper()
	src, err := b.AddSource(t.Context(), b.Agent, n)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// shortSource adds a short answer.
func (b adminBundle) shortSource(t *testing.T, change func(n *schemas.NewSource)) schemas.Source {
	t.Helper()
	n := schemas.NewSource{Type: schemas.SourceShortAnswer, Question: "When?", Answer: "Now.", Citations: true}
	change(&n)
	return b.source(t, n)
}

func plainSource(*schemas.NewSource) {}

// crawlSource adds a domain of which at most so many documents are read.
func (b adminBundle) crawlSource(t *testing.T, most int) schemas.SourceID {
	t.Helper()
	return b.source(t, schemas.NewSource{
		Type: schemas.SourceCrawl, URL: "https://" + newID().String() + ".example/", Citations: true,
		SourceSettings: schemas.SourceSettings{MaxPages: most},
	}).ID
}

// getSource reads a source.
func (b adminBundle) getSource(t *testing.T, id schemas.SourceID) schemas.Source {
	t.Helper()
	src, err := b.Source(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func hashOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "|")))
	return hex.EncodeToString(sum[:8])
}

// document is a document whose lines are the given texts.
func document(src schemas.SourceID, key string, lines ...string) schemas.Document {
	id := uuid.NewSHA1(uuid.NameSpaceOID, []byte(string(src)+"|"+key))
	return schemas.Document{
		ID: show[schemas.DocumentID](schemas.PrefixDocument, id), Key: key, Title: "Title " + key,
		URL: "https://shop.example/" + key, Language: "en", Text: strings.Join(lines, "\n"),
	}
}

// chunked gives a document a chunk for each line of its text. Ids follow from
// the content, as the splitter makes them.
func chunked(src schemas.SourceID, d schemas.Document) schemas.Document {
	d.Chunks = nil
	for i, line := range strings.Split(d.Text, "\n") {
		if line == "" {
			continue
		}
		id := uuid.NewSHA1(uuid.NameSpaceOID, []byte(string(src)+"|"+d.Key+"|"+line))
		d.Chunks = append(d.Chunks, schemas.Chunk{
			ID: show[schemas.ChunkID](schemas.PrefixChunk, id), Ord: i, Section: 1 + i/2, Document: d.ID, Source: src, Title: d.Title,
			Headings: "Top", URL: d.URL, Text: line, Language: d.Language, Terms: line, Grams: line, Hash: hashOf(line),
		})
	}
	return d
}

// chunksOf are the ids of the chunks that a document will have.
func chunksOf(src schemas.SourceID, d schemas.Document) []schemas.ChunkID {
	return chunkIDs(chunked(src, d).Chunks)
}

func chunkIDs(chunks []schemas.Chunk) []schemas.ChunkID {
	ids := make([]schemas.ChunkID, 0, len(chunks))
	for _, c := range chunks {
		ids = append(ids, c.ID)
	}
	return ids
}

// readPage is the page of a document that was read.
func readPage(d schemas.Document) schemas.PageRead {
	return schemas.PageRead{
		Key: d.Key, URL: d.URL, Outcome: schemas.PageNew, Status: 200, Document: &d,
		BytesHash: hashOf("bytes", d.Text), TextHash: hashOf(d.Text),
	}
}

// newRun names a run of a source.
func (b adminBundle) newRun(src schemas.SourceID) schemas.SyncRef {
	return schemas.SyncRef{Source: src, Agent: b.Agent, Sync: show[schemas.SyncID](schemas.PrefixSync, newID())}
}

func (b adminBundle) prepare(t *testing.T, run schemas.SyncRef) schemas.PrepareSyncResult {
	t.Helper()
	out, err := b.PrepareSync(t.Context(), schemas.PrepareSyncInput{
		SyncRef: run, Trigger: schemas.TriggerManual, Workflow: "source-sync/" + string(run.Source), Run: "r1",
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// begin starts a run that has the source.
func (b adminBundle) begin(t *testing.T, src schemas.SourceID) schemas.SyncRef {
	t.Helper()
	run := b.newRun(src)
	if out := b.prepare(t, run); !out.Claimed {
		t.Fatalf("the source was not claimed: %+v", out)
	}
	return run
}

// store stores a page.
func (b adminBundle) store(t *testing.T, run schemas.SyncRef, page schemas.PageRead) schemas.PageStored {
	t.Helper()
	out, err := b.StorePage(t.Context(), run, page)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// storeDocs stores documents as pages of their own and splits them.
func (b adminBundle) storeDocs(t *testing.T, run schemas.SyncRef, docs ...schemas.Document) {
	t.Helper()
	for _, d := range docs {
		b.store(t, run, readPage(d))
	}
	b.split(t, run)
}

// split cuts what has changed into chunks and returns the documents' keys.
func (b adminBundle) split(t *testing.T, run schemas.SyncRef) []string {
	t.Helper()
	keys := []string{}
	docs, _, err := b.Unsplit(t.Context(), run.Source, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		if err := b.StoreChunks(t.Context(), run, chunked(run.Source, d)); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, d.Key)
	}
	return keys
}

func (b adminBundle) unindexed(t *testing.T, src schemas.SourceID) []schemas.Chunk {
	t.Helper()
	chunks, err := b.Unindexed(t.Context(), src, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return chunks
}

// index marks everything as taken by the index, with vectors of these
// embedders, and returns what it was.
func (b adminBundle) index(t *testing.T, run schemas.SyncRef, embedders ...schemas.EmbedderID) []schemas.ChunkID {
	t.Helper()
	chunks := b.unindexed(t, run.Source)
	if err := b.MarkIndexed(t.Context(), b.Agent, chunks, embedders); err != nil {
		t.Fatal(err)
	}
	if err := b.DropRetired(t.Context(), run.Source); err != nil {
		t.Fatal(err)
	}
	return chunkIDs(chunks)
}

// end ends a run as the policy says.
func (b adminBundle) end(t *testing.T, run schemas.SyncRef, said schemas.SyncState, reason schemas.FailCode) schemas.SyncEnd {
	t.Helper()
	facts, err := b.SyncFacts(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	facts.Said, facts.Reason = said, reason
	end := policy.EndOfSync(facts)
	if err := b.EndSync(t.Context(), run, end); err != nil {
		t.Fatal(err)
	}
	return end
}

// finish splits, indexes and ends a run that has read everything.
func (b adminBundle) finish(t *testing.T, run schemas.SyncRef) schemas.SyncEnd {
	t.Helper()
	b.split(t, run)
	b.index(t, run)
	return b.end(t, run, schemas.SyncDone, "")
}

// ready syncs a source with these documents to its end.
func (b adminBundle) ready(t *testing.T, src schemas.SourceID, docs ...schemas.Document) {
	t.Helper()
	run := b.begin(t, src)
	b.storeDocs(t, run, docs...)
	if end := b.finish(t, run); !end.Usable || end.State == schemas.SyncFailed {
		t.Fatalf("the sync ended as %+v", end)
	}
}

func (b adminBundle) getSync(t *testing.T, id schemas.SyncID) schemas.SyncRun {
	t.Helper()
	run, err := b.Sync(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func (b adminBundle) removals(t *testing.T) []schemas.ChunkID {
	t.Helper()
	ids, err := b.Removals(t.Context(), b.Agent, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// pages are the pages of a source by their address.
func (b adminBundle) pages(t *testing.T, src schemas.SourceID) map[string]schemas.Page {
	t.Helper()
	list, err := b.Pages(t.Context(), src, PageQuery{Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]schemas.Page, len(list))
	for _, p := range list {
		out[p.URL] = p
	}
	return out
}

func (b adminBundle) view(t *testing.T, id schemas.DocumentID) schemas.DocumentView {
	t.Helper()
	view, err := b.Document(t.Context(), b.Agent, id)
	if err != nil {
		t.Fatal(err)
	}
	return view
}

// otherAgent adds a second agent, which nothing may reach from the first.
func (b adminBundle) otherAgent(t *testing.T) schemas.AgentID {
	t.Helper()
	id := newID()
	b.exec(t, "insert into agents (id, name) values ($1, 'other')", id)
	return show[schemas.AgentID](schemas.PrefixAgent, id)
}
