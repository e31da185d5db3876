package store

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func TestCorpusChange(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src, gone := b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID
	b.ready(t, src, document(src, "a", "refund", "parcel", "colour"))
	b.ready(t, gone, document(gone, "a", "warranty"))
	b.remove(t, gone)
	b.at(t, b.now.Add(time.Hour))
	run := b.begin(t, src)
	b.storeDocs(t, run, document(src, "a", "refund", "parcel", "invoice"))
	for since, want := range map[time.Time][2]int{{}: {3, 3}, b.now: {3, 1}, b.now.Add(time.Hour): {3, 0}} {
		total, added, err := b.CorpusChange(t.Context(), b.Agent, since)
		if err != nil || total != want[0] || added != want[1] {
			t.Errorf("since %v: %d of %d are new, %v", since, added, total, err)
		}
	}
	got, after := []string{}, schemas.ChunkID("")
	for {
		terms, last, err := b.TrainingUnits(t.Context(), b.Agent, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(terms) == 0 {
			break
		}
		got, after = append(got, terms...), last
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"invoice", "parcel", "refund"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSampleChunks(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src, fresh := b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID
	var lines []string
	for i := range 40 {
		lines = append(lines, fmt.Sprint("line ", i))
	}
	doc := document(src, "a", lines...)
	b.ready(t, src, doc)
	b.storeDocs(t, b.begin(t, fresh), document(fresh, "a", "not ready yet"))
	sample := func(limit int) []schemas.ChunkID {
		t.Helper()
		chunks, err := b.SampleChunks(t.Context(), b.Agent, limit)
		if err != nil {
			t.Fatal(err)
		}
		return chunkIDs(chunks)
	}
	ten := sample(10)
	if again := sample(10); len(ten) != 10 || !slices.Equal(ten, again) {
		t.Errorf("samples %v and %v", ten, again)
	}
	if all := sample(1000); len(all) != 40 || !slices.Equal(all[:10], ten) {
		t.Errorf("%d chunks are drawn from", len(all))
	}
	if slices.Equal(ten, chunksOf(src, doc)[:10]) {
		t.Error("the sample is the beginning of the content")
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	terms := func() (map[string]int, int) {
		t.Helper()
		counts, passages, err := b.Terms(t.Context(), b.Agent, []string{"refund", "parcel", "colour", "warranty", "teapot"})
		if err != nil {
			t.Fatal(err)
		}
		return counts, passages
	}
	count := func() {
		if err := b.CountTerms(t.Context(), b.Agent, 0.5); err != nil {
			t.Error(err)
		}
	}
	counted := func(passages int, at time.Time) {
		t.Helper()
		if n, when, err := b.CountedTerms(t.Context(), b.Agent); err != nil || n != passages || !when.Equal(at) {
			t.Errorf("counted %d at %v, %v", n, when, err)
		}
	}
	counted(0, time.Time{})
	if counts, passages := terms(); len(counts) != 0 || passages != 0 {
		t.Errorf("before the first count: %v of %d", counts, passages)
	}
	src, gone := b.shortSource(t, plainSource).ID, b.shortSource(t, plainSource).ID
	b.ready(t, src, document(src, "a", "refund refund parcel", "refund  colour"))
	b.ready(t, gone, document(gone, "a", "warranty"))
	count()
	counted(3, b.now)
	if counts, passages := terms(); passages != 3 || !cmp.Equal(counts, map[string]int{"refund": 2, "parcel": 1, "colour": 1, "warranty": 1}) {
		t.Errorf("counted %v of %d", counts, passages)
	}
	b.remove(t, gone)
	run := b.begin(t, src)
	b.storeDocs(t, run, document(src, "a", "refund  colour"))
	b.at(t, b.now.Add(time.Hour))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(count)
	}
	wg.Wait()
	counted(1, b.now.Add(time.Hour))
	if counts, passages := terms(); passages != 1 || !cmp.Equal(counts, map[string]int{"refund": 1, "colour": 1}) {
		t.Errorf("counted again %v of %d", counts, passages)
	}
	if counts, passages, err := b.Terms(t.Context(), b.otherAgent(t), []string{"refund"}); err != nil || len(counts) != 0 || passages != 0 {
		t.Errorf("another agent sees %v of %d, %v", counts, passages, err)
	}
}
