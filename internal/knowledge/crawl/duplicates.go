package crawl

import (
	"hash/fnv"
	"io"
	"math"
	"math/bits"

	"steward/internal/language"
)

const (
	gramWords = 3
	// nearBits is in how many of 64 bits two prints of one text may differ.
	nearBits = 3
)

// Print returns the near-duplicate print of a text: a SimHash over its distinct
// runs of three words. The title's runs weigh half as much as the chance in the
// sum of all others, so that pages of different titles are told apart however
// much they share. 0 stands for a text without words.
func Print(title, text string) uint64 {
	body, head := grams(text), grams(title)
	if len(body)+len(head) == 0 {
		return 0
	}
	weight := 1
	if len(head) > 0 {
		weight = max(1, int(math.Ceil(math.Sqrt(float64(len(body))/float64(len(head)))/2)))
	}
	var sums [64]int
	add := func(gram uint64, weight int) {
		for bit := range sums {
			sums[bit] += weight * (2*int(gram>>bit&1) - 1)
		}
	}
	for gram := range body {
		add(gram, 1)
	}
	for gram := range head {
		add(gram, weight)
	}
	var mark uint64
	for bit, sum := range sums {
		if sum > 0 {
			mark |= 1 << bit
		}
	}
	return max(mark, 1)
}

// grams returns the hashes of a text's runs of three words; a shorter text is
// one run.
func grams(text string) map[uint64]bool {
	words := language.Words(text)
	if len(words) == 0 {
		return nil
	}
	size := min(gramWords, len(words))
	found := make(map[uint64]bool, len(words))
	for i := range len(words) - size + 1 {
		h := fnv.New64a()
		for _, word := range words[i : i+size] {
			_, _ = io.WriteString(h, word)
			_, _ = h.Write([]byte{' '})
		}
		found[mix(h.Sum64())] = true
	}
	return found
}

// mix spreads a hash over all its bits: FNV leaves the high ones of short texts
// alike. The finalizer of MurmurHash3.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// Near reports whether two prints are those of nearly the same text.
func Near(a, b uint64) bool {
	return a != 0 && b != 0 && bits.OnesCount64(a^b) <= nearBits
}
