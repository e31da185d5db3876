package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"steward/internal/knowledge"
	"steward/internal/knowledge/weaviate"
	"steward/schemas"
)

const (
	// dims of the default embedder.
	dims = 200
	// words of a passage, of a vocabulary in which rare words are rare.
	passageWords = 120
	vocabulary   = 30_000
	// asked is how many searches are measured for each number of clients.
	asked = 400
	// putAtOnce is how many passages are made and imported at a time.
	putAtOnce = 2000
)

// speed imports made-up passages and searches them with one and eight clients.
func speed(ctx context.Context, server, grpc string, chunks int) error {
	index, err := weaviate.New(weaviate.Options{URL: server, GRPC: grpc, Collection: fmt.Sprintf("KbSpeed%d", chunks)})
	if err != nil {
		return err
	}
	if err := index.Prepare(ctx); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, uint64(chunks)))
	start := time.Now()
	var importing time.Duration
	for done := 0; done < chunks; done += putAtOnce {
		objects := make([]knowledge.Object, min(putAtOnce, chunks-done))
		for i := range objects {
			objects[i] = passage(random, done+i)
		}
		before := time.Now()
		if err := index.Put(ctx, tenant, objects); err != nil {
			return err
		}
		importing += time.Since(before)
	}
	fmt.Printf("%d passages of %d dimensions: imported at %.0f/s, %.1f s in all\n", chunks, dims, float64(chunks)/importing.Seconds(), time.Since(start).Seconds())
	for _, clients := range []int{1, 8} {
		if err := load(ctx, index, clients); err != nil {
			return err
		}
	}
	return nil
}

func draw(r *rand.Rand) string {
	// The square of a draw makes common words common.
	f := r.Float64()
	return fmt.Sprintf("w%d", int(f*f*f*vocabulary))
}

func passage(r *rand.Rand, n int) knowledge.Object {
	words := make([]string, passageWords)
	for i := range words {
		words[i] = draw(r)
	}
	text := strings.Join(words, " ")
	id := schemas.FormatID(schemas.PrefixChunk, uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%d", n)))
	return knowledge.Object{
		Chunk: schemas.Chunk{
			ID: schemas.ChunkID(id), Document: schemas.DocumentID(fmt.Sprintf("doc_%d", n/4)), Source: source, Terms: text, Grams: text, Language: "en",
		},
		Vectors: map[string][]float32{knowledge.VectorLSAa: vector(r)},
	}
}

func vector(r *rand.Rand) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// load searches with some clients at once.
func load(ctx context.Context, index *weaviate.Index, clients int) error {
	var mu sync.Mutex
	var times []time.Duration
	var failed error
	var all sync.WaitGroup
	start := time.Now()
	for c := range clients {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(c), 7))
			for range asked / clients {
				words := make([]string, 8)
				for i := range words {
					words[i] = draw(r)
				}
				q := knowledge.Query{
					Tenant: tenant, Text: strings.Join(words, " "), Sources: []schemas.SourceID{source},
					Vector: vector(r), VectorName: knowledge.VectorLSAa, Weight: 0.2,
				}
				before := time.Now()
				_, err := index.Search(ctx, q)
				mu.Lock()
				times = append(times, time.Since(before))
				if err != nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if failed != nil {
		return failed
	}
	slices.Sort(times)
	at := func(share float64) float64 {
		return float64(times[int(share*float64(len(times)-1))].Microseconds()) / 1000
	}
	fmt.Printf("  %d clients: p50 %.1f ms, p95 %.1f ms, %.0f searches/s\n", clients, at(0.5), at(0.95), float64(len(times))/time.Since(start).Seconds())
	return nil
}
