package lsa_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"steward/internal/knowledge"
	"steward/internal/knowledge/embed/lsa"
)

// corpus makes units about topics: each draws words of its topic and words
// that all topics share.
func corpus(units int) [][]string {
	random := rand.New(rand.NewPCG(5, 6))
	out := make([][]string, units)
	for i := range out {
		topic := random.IntN(12)
		for range 20 + random.IntN(30) {
			if random.IntN(3) == 0 {
				out[i] = append(out[i], fmt.Sprintf("common%d", random.IntN(40)))
				continue
			}
			out[i] = append(out[i], fmt.Sprintf("topic%dword%d", topic, random.IntN(30)))
		}
	}
	return out
}

func all(units [][]string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, unit := range units {
			if !yield(unit, nil) {
				return
			}
		}
	}
}

func train(t *testing.T, units [][]string, options lsa.Options) *lsa.Model {
	t.Helper()
	m, err := lsa.Train(t.Context(), all(units), options)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func stored(t *testing.T, m *lsa.Model) []byte {
	t.Helper()
	data, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func embed(t *testing.T, e knowledge.Embedder, texts ...string) [][]float32 {
	t.Helper()
	list := make([]knowledge.Embeddable, len(texts))
	for i, text := range texts {
		list[i].Terms = strings.Fields(text)
	}
	vectors, err := e.Embed(t.Context(), knowledge.RolePassage, list)
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

func cosine(a, b []float32) float64 {
	dot, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return dot / math.Sqrt(aa*bb)
}

func TestEqualInputGivesTheEqualModel(t *testing.T) {
	t.Parallel()
	units := corpus(300)
	first := stored(t, train(t, units, lsa.Options{Seed: 3}))
	if !bytes.Equal(first, stored(t, train(t, units, lsa.Options{Seed: 3}))) {
		t.Error("a second training gives another model")
	}
	for _, unit := range units {
		slices.Reverse(unit)
	}
	if !bytes.Equal(first, stored(t, train(t, units, lsa.Options{Seed: 3}))) {
		t.Error("the order of words in a unit changes the model")
	}
	units[0] = append(units[0], "novel")
	if bytes.Equal(first, stored(t, train(t, units, lsa.Options{Seed: 3}))) {
		t.Error("a new word changes nothing")
	}
}

// The random start must not decide what is near: other seeds turn the space,
// and cosines stay.
func TestSeedsAgree(t *testing.T) {
	t.Parallel()
	units := corpus(300)
	texts := make([]string, 40)
	for i := range texts {
		texts[i] = strings.Join(units[i], " ")
	}
	a, b := embed(t, train(t, units, lsa.Options{Seed: 1}), texts...), embed(t, train(t, units, lsa.Options{Seed: 2}), texts...)
	for i := range texts {
		for j := range i {
			if d := math.Abs(cosine(a[i], a[j]) - cosine(b[i], b[j])); d > 0.1 {
				t.Errorf("units %d and %d: cosines differ by %.3f", i, j, d)
			}
		}
	}
}

// A word finds the units that say the same with another word, although the two
// never meet in a unit: they keep the same company.
func TestSynonyms(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 9))
	// As in prose, few words of a topic are frequent and many are rare.
	zipf := rand.NewZipf(random, 1.3, 2, 200)
	const topics, money = 10, 3
	var units, synonyms, others [][]string
	for i := range 400 {
		topic := i % topics
		unit := []string{"shop", fmt.Sprintf("page%d", i)}
		for range 25 {
			unit = append(unit, fmt.Sprintf("topic%dword%d", topic, zipf.Uint64()))
		}
		switch {
		case topic != money:
			others = append(others, unit)
		case i%20 == money:
			unit = append(unit, "reimbursement")
		default:
			unit = append(unit, "refund")
			synonyms = append(synonyms, unit)
		}
		units = append(units, unit)
	}
	// Twice as many dimensions as there are topics: this corpus has nothing
	// else to say, unlike one of prose.
	m := train(t, units, lsa.Options{Dims: 2 * topics})
	asked := embed(t, m, "reimbursement")[0]
	nearness := func(units [][]string) (out []float64) {
		for _, unit := range units {
			out = append(out, cosine(asked, embed(t, m, strings.Join(unit, " "))[0]))
		}
		return out
	}
	// The share of pairs in which the unit with the synonym is the nearer one;
	// chance gives a half.
	right := 0
	other := nearness(others)
	for _, near := range nearness(synonyms) {
		for _, far := range other {
			if near > far {
				right++
			}
		}
	}
	if share := float64(right) / float64(len(synonyms)*len(others)); share < 0.97 {
		t.Errorf("a unit with the other word is nearer in %.3f of all pairs", share)
	}
}

func TestVectors(t *testing.T) {
	t.Parallel()
	m := train(t, corpus(120), lsa.Options{})
	if m.Dims() != 200 || m.Rank() > 30 || m.Rank() < 10 || m.Units() != 120 || m.Terms() < 100 {
		t.Fatalf("dims %d, rank %d, units %d, terms %d", m.Dims(), m.Rank(), m.Units(), m.Terms())
	}
	vectors := embed(t, m, "topic1word1 topic1word2 unheard", "unheard of", "", "topic1word2 unheard topic1word1")
	for i, v := range vectors {
		if len(v) != 200 {
			t.Errorf("vector %d has %d dimensions", i, len(v))
		}
		sum := 0.0
		for j, x := range v {
			sum += float64(x) * float64(x)
			if j >= m.Rank() && x != 0 {
				t.Errorf("vector %d: dimension %d is beyond the rank and not zero", i, j)
			}
		}
		want := 1.0
		if i == 1 || i == 2 {
			want = 0
		}
		if math.Abs(sum-want) > 1e-5 {
			t.Errorf("vector %d: squared length %f, want %f", i, sum, want)
		}
	}
	if !slices.Equal(vectors[0], vectors[3]) {
		t.Error("the order of words changes the vector")
	}
	small := train(t, corpus(120), lsa.Options{Dims: 8, MaxTerms: 90})
	if small.Dims() != 8 || small.Rank() != 8 || small.Terms() != 90 {
		t.Errorf("dims %d, rank %d, terms %d", small.Dims(), small.Rank(), small.Terms())
	}
}

func TestTooLittleToLearnFrom(t *testing.T) {
	t.Parallel()
	same := make([][]string, 80)
	for i := range same {
		same[i] = []string{"home", "page"}
	}
	for name, units := range map[string][][]string{
		"nothing":               nil,
		"49 units":              corpus(49),
		"49 units and no words": append(corpus(49), nil, []string{}),
		"one text everywhere":   same,
	} {
		if _, err := lsa.Train(t.Context(), all(units), lsa.Options{}); !errors.Is(err, lsa.ErrTooSmall) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if m := train(t, corpus(50), lsa.Options{}); m.Rank() != 12 {
		t.Errorf("50 units give %d dimensions, want a quarter", m.Rank())
	}
	if m := train(t, append(same, []string{"other", "text"}), lsa.Options{}); m.Rank() > 2 {
		t.Errorf("two texts give %d dimensions", m.Rank())
	}
}

func TestTrainingEndsEarly(t *testing.T) {
	t.Parallel()
	gone := errors.New("connection lost")
	_, err := lsa.Train(t.Context(), func(yield func([]string, error) bool) { yield(nil, gone) }, lsa.Options{})
	if !errors.Is(err, gone) {
		t.Errorf("an error of the units: %v", err)
	}
	units := corpus(600)
	// Cancelled while counting, and after the last unit was read.
	for _, at := range []int{0, 599} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := lsa.Train(ctx, func(yield func([]string, error) bool) {
			for i, unit := range units {
				if i == at {
					cancel()
				}
				if !yield(unit, nil) {
					return
				}
			}
		}, lsa.Options{})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at unit %d: %v", at, err)
		}
		cancel()
	}
	for _, options := range []lsa.Options{{Dims: 2000}, {Dims: -1}, {MaxTerms: 1 << 30}} {
		if _, err := lsa.Train(t.Context(), all(units), options); err == nil {
			t.Errorf("%+v is accepted", options)
		}
	}
}

// Random strings push each other out and never the words that units share.
func TestRandomStringsDoNotFillTheMemory(t *testing.T) {
	t.Parallel()
	words := corpus(60)
	n := 0
	m, err := lsa.Train(t.Context(), func(yield func([]string, error) bool) {
		for _, unit := range words {
			unit = slices.Clone(unit)
			for range 10_000 {
				n++
				unit = append(unit, fmt.Sprintf("%x", n*7919))
			}
			if !yield(unit, nil) {
				return
			}
		}
	}, lsa.Options{MaxTerms: 300})
	if err != nil {
		t.Fatal(err)
	}
	v := embed(t, m, "topic3word1 topic3word2", "common1", "topic4word1")
	for i := range v {
		if c := cosine(v[i], v[i]); math.IsNaN(c) {
			t.Errorf("word %d is forgotten", i)
		}
	}
}

func TestEmbedIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	units := corpus(60)
	m := train(t, units, lsa.Options{})
	want := embed(t, m, strings.Join(units[0], " "))[0]
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 20 {
				got, err := m.Embed(t.Context(), knowledge.RoleQuery, []knowledge.Embeddable{{Terms: units[0]}})
				if err != nil || !slices.Equal(got[0], want) {
					t.Errorf("another vector, or %v", err)
				}
			}
		})
	}
	wait.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Embed(ctx, knowledge.RoleQuery, make([]knowledge.Embeddable, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkTrain(b *testing.B) {
	units := corpus(1500)
	for b.Loop() {
		if _, err := lsa.Train(b.Context(), all(units), lsa.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
