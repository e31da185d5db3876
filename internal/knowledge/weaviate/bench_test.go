package weaviate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"steward/internal/devstack"
	"steward/internal/language"
)

// prose makes up words whose frequencies fall off as those of a language do.
func prose(random *rand.Rand, zipf *rand.Zipf, words int) string {
	syllables := []string{"ka", "ro", "ti", "mel", "sun", "por", "den", "li", "var", "ost", "ung", "pre", "con", "ble", "fi"}
	var text strings.Builder
	for range words {
		for n := zipf.Uint64() + 17; n > 0; n /= 15 {
			text.WriteString(syllables[n%15])
		}
		text.WriteByte(" \n"[random.IntN(2)])
	}
	return text.String()
}

// BenchmarkImport imports 10,000 chunks with one vector of 200 dimensions each
// into a server with the settings of production. It reports the speed, and how
// long after the last chunk every answer is right. One round: -benchtime=1x.
func BenchmarkImport(b *testing.B) {
	const chunks, dims = 10_000, 200
	for _, words := range []int{60, 170, 260} {
		b.Run(fmt.Sprintf("%d words", words), func(b *testing.B) {
			server, err := devstack.StartWeaviate(b.Context(), devstack.Options{Dir: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = server.Stop(context.Background()) })
			for b.Loop() {
				b.StopTimer()
				x, err := New(Options{URL: server.URL(), GRPC: server.GRPC(), Collection: newName()})
				if err != nil {
					b.Fatal(err)
				}
				if err := x.Prepare(b.Context()); err != nil {
					b.Fatal(err)
				}
				random := rand.New(rand.NewPCG(1, 2))
				zipf := rand.NewZipf(random, 1.1, 5, 30_000)
				p := newPuzzle(chunks, dims)
				for i := range p.objects {
					text := prose(random, zipf, words)
					p.objects[i].Chunk.Terms += " " + strings.Join(language.Analyze(text, "en"), " ")
					p.objects[i].Chunk.Grams = strings.Join(language.Grams(text), " ")
				}
				b.StartTimer()
				measureImport(b, x, p)
			}
		})
	}
}

func measureImport(b *testing.B, x *Index, p puzzle) {
	began := time.Now()
	if err := x.Put(b.Context(), p.tenant, p.objects); err != nil {
		b.Fatal(err)
	}
	done := time.Now()
	b.ReportMetric(float64(len(p.objects))/done.Sub(began).Seconds(), "chunks/s")
	byWords, byVectors := false, false
	for !byWords || !byVectors {
		words, vectors, err := p.wrong(b.Context(), x, 200)
		if err != nil {
			b.Fatal(err)
		}
		if words == 0 && !byWords {
			byWords = true
			b.ReportMetric(time.Since(done).Seconds(), "s-until-words-right")
		}
		if vectors == 0 && !byVectors {
			byVectors = true
			b.ReportMetric(time.Since(done).Seconds(), "s-until-vectors-right")
		}
	}
	began = time.Now()
	if _, err := x.Count(b.Context(), p.tenant, source); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds()*1000, "ms-count")
	began = time.Now()
	if _, err := x.Total(b.Context(), p.tenant); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds()*1000, "ms-total")
}
