package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func (b adminBundle) live(t *testing.T) schemas.Live {
	t.Helper()
	out, err := b.LiveSources(t.Context(), b.Agent)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (b adminBundle) find(t *testing.T, terms ...string) []schemas.ChunkID {
	t.Helper()
	hits, err := b.SearchText(t.Context(), b.Agent, terms, 10)
	if err != nil {
		t.Fatal(err)
	}
	ids := []schemas.ChunkID{}
	for i, h := range hits {
		if h.Score <= 0 || i > 0 && h.Score > hits[i-1].Score {
			t.Errorf("scores %+v", hits)
		}
		ids = append(ids, h.Chunk)
	}
	return ids
}

func TestOnlyLiveSourcesAnswer(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	doc := document(src, "a", "refund")
	ids := chunksOf(src, doc)
	check := func(stage string, want int) {
		t.Helper()
		passages, err := b.Passages(t.Context(), b.Agent, ids)
		if err != nil {
			t.Fatal(err)
		}
		if live, found := len(b.live(t).Sources), len(b.find(t, "refund")); live != want || found != want || len(passages) != want {
			t.Errorf("%s: %d live sources, %d found, %d passages, want %d", stage, live, found, len(passages), want)
		}
	}
	run := b.begin(t, src)
	b.storeDocs(t, run, doc)
	b.index(t, run)
	check("first sync", 0)
	b.end(t, run, schemas.SyncFailed, schemas.FailInternal)
	check("first sync failed", 0)
	run = b.begin(t, src)
	check("second sync", 0)
	b.end(t, run, schemas.SyncDone, "")
	check("ready", 1)
	run = b.begin(t, src)
	check("synced again", 1)
	b.end(t, run, schemas.SyncFailed, schemas.FailTimeout)
	check("failed, the last good copy", 1)
	run = b.begin(t, src)
	check("synced after a failure", 1)
	b.end(t, run, schemas.SyncDone, "")
	check("ready again", 1)
}

func TestLiveContent(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	if diff := cmp.Diff(schemas.Live{}, b.live(t)); diff != "" {
		t.Errorf("live content of nothing: %s", diff)
	}
	for _, language := range []string{"it", "en", "it", ""} {
		src := b.shortSource(t, plainSource).ID
		doc := document(src, "a", "refund")
		doc.Language = language
		b.ready(t, src, doc)
	}
	if got := b.live(t); len(got.Sources) != 4 || !cmp.Equal(got.Languages, []string{"", "en", "it"}) || got.Embedder != nil || got.Threshold != 0 {
		t.Errorf("live content %+v", got)
	}
	embedder := b.liveEmbedder(t, schemas.Embedder{Kind: schemas.EmbedderLSA, Model: "lsa", Dims: 2, Vector: "a"})
	if err := b.CountTerms(t.Context(), b.Agent, 0.25); err != nil {
		t.Fatal(err)
	}
	if got := b.live(t); got.Embedder == nil || got.Embedder.ID != embedder || got.Threshold != 0.25 {
		t.Errorf("live content %+v", got)
	}
}

// TestStillLive: what was found of a source that is gone by now, or cited no
// more, is not used as if it were there.
func TestStillLive(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	var passages []schemas.Passage
	for n := range 4 {
		id := b.shortSource(t, plainSource).ID
		b.ready(t, id, document(id, "a", "refund"))
		passages = append(passages, schemas.Passage{Number: n + 1, Source: id, Citable: n != 3})
	}
	if _, err := b.RemoveSources(t.Context(), []schemas.SourceID{passages[1].Source}); err != nil {
		t.Fatal(err)
	}
	off := false
	if _, err := b.ChangeSource(t.Context(), passages[2].Source, schemas.SourceChange{Citations: &off}); err != nil {
		t.Fatal(err)
	}
	gone := schemas.Passage{Number: 5, Source: show[schemas.SourceID](schemas.PrefixSource, newID()), Citable: true}
	got, err := b.stillLive(t.Context(), b.pool, append(passages, gone))
	if err != nil {
		t.Fatal(err)
	}
	uncited := passages[2]
	uncited.Citable = false
	if diff := cmp.Diff([]schemas.Passage{passages[0], uncited, passages[3]}, got); diff != "" {
		t.Error(diff)
	}
	if got, err := b.stillLive(t.Context(), b.pool, nil); err != nil || len(got) != 0 {
		t.Errorf("nothing found is %v, %v", got, err)
	}
}

func TestPassages(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	cited := b.shortSource(t, plainSource).ID
	uncited := b.shortSource(t, func(n *schemas.NewSource) { n.Citations = false }).ID
	private := b.shortSource(t, func(n *schemas.NewSource) { n.Private, n.URL = true, "https://intranet.example/" }).ID
	addressed := b.shortSource(t, func(n *schemas.NewSource) { n.URL = "https://shop.example/terms" }).ID
	docs := map[schemas.SourceID]schemas.Document{}
	for _, id := range []schemas.SourceID{cited, uncited, private, addressed} {
		doc := document(id, "a", "refund", "parcel", "colour")
		if id == addressed {
			doc.URL = ""
		}
		run := b.begin(t, id)
		b.store(t, run, readPage(doc))
		doc = chunked(id, doc)
		doc.Version, doc.Chunks[0].Question = 1, "What?"
		if err := b.StoreChunks(t.Context(), run, doc); err != nil {
			t.Fatal(err)
		}
		b.finish(t, run)
		docs[id] = doc
	}
	id := func(src schemas.SourceID, n int) schemas.ChunkID { return docs[src].Chunks[n].ID }
	unknown := show[schemas.ChunkID](schemas.PrefixChunk, newID())
	ask := []schemas.ChunkID{id(private, 1), unknown, id(cited, 0), id(cited, 0), id(uncited, 2), id(addressed, 1)}
	got, err := b.Passages(t.Context(), b.Agent, ask)
	if err != nil {
		t.Fatal(err)
	}
	passage := func(number int, src schemas.SourceID, n int, url string, citable bool) schemas.Passage {
		c := docs[src].Chunks[n]
		return schemas.Passage{
			Number: number, Chunk: c.ID, Document: docs[src].ID, Source: src, Title: "Title a", URL: url,
			Text: c.Text, Question: c.Question, Language: "en", Citable: citable, Section: c.Section, Ord: n, Headings: "Top",
		}
	}
	want := []schemas.Passage{
		passage(1, private, 1, "", false),
		passage(2, cited, 0, "https://shop.example/a", true),
		passage(3, uncited, 2, "https://shop.example/a", false),
		passage(4, addressed, 1, "https://shop.example/terms", true),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, err := b.Passages(t.Context(), b.otherAgent(t), ask); err != nil || len(got) != 0 {
		t.Errorf("another agent sees %+v, %v", got, err)
	}
}

func TestNeighbours(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	one, two := document(src, "a", "refund", "parcel", "colour"), document(src, "b", "warranty", "invoice", "gift")
	b.ready(t, src, one, two)
	// The first two lines of a document are its section 1, the next two its section 2.
	got, err := b.Neighbours(t.Context(), []schemas.Passage{{Document: one.ID, Section: 1}, {Document: two.ID, Section: 2}})
	if err != nil {
		t.Fatal(err)
	}
	want := []schemas.Neighbour{}
	for _, c := range append(chunked(src, one).Chunks[:2], chunked(src, two).Chunks[2]) {
		want = append(want, schemas.Neighbour{Chunk: c.ID, Document: c.Document, Section: c.Section, Ord: c.Ord, Headings: "Top", Text: c.Text})
	}
	if two.ID < one.ID {
		want = append(want[2:], want[:2]...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, err := b.Neighbours(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("neighbours of nothing %+v, %v", got, err)
	}
}

func TestSearchText(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.shortSource(t, plainSource).ID
	doc := document(src, "a", "refund parcel", "refund of a long story about other things", "colour", "rock'n'roll & (more)")
	b.ready(t, src, doc)
	ids := chunksOf(src, doc)
	cases := map[string]struct {
		terms []string
		want  []schemas.ChunkID
	}{
		"one term":            {[]string{"colour"}, ids[2:3]},
		"more terms are best": {[]string{"refund", "parcel"}, ids[:2]},
		"unknown":             {[]string{"teapot"}, ids[:0]},
		"nothing":             {nil, ids[:0]},
		"only signs":          {[]string{"&", "|", "!", ":*", "'", "\\", "\x00", "\xff"}, ids[:0]},
		"operators are text":  {[]string{"rock'n'roll", "colour | teapot <-> x:*"}, ids[3:4]},
	}
	for name, c := range cases {
		if diff := cmp.Diff(c.want, b.find(t, c.terms...)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if hits, err := b.SearchText(t.Context(), b.Agent, []string{"refund"}, 1); err != nil || len(hits) != 1 {
		t.Errorf("limit: %+v, %v", hits, err)
	}
	if hits, err := b.SearchText(t.Context(), b.otherAgent(t), []string{"refund"}, 10); err != nil || len(hits) != 0 {
		t.Errorf("another agent finds %+v, %v", hits, err)
	}
}
