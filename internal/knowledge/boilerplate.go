package knowledge

import (
	"hash/fnv"
	"slices"
	"strings"

	"steward/internal/language"
)

const (
	// minRunPages is from how many pages on blocks are compared.
	minRunPages = 10
	// manyPages is the share of pages above which a block is no content: a
	// notice, a form, a list of links that every page carries.
	manyPages = 0.3
)

// BlockCount counts on how many pages of a source each block of text stands.
// The zero value is ready to use.
type BlockCount struct {
	pages  int
	blocks map[uint64]int
}

// Add counts the blocks of one page, each once.
func (c *BlockCount) Add(markdown string) {
	if c.blocks == nil {
		c.blocks = make(map[uint64]int)
	}
	c.pages++
	seen := make(map[uint64]bool)
	for _, b := range blocksOf(markdown) {
		if h := b.hash(); !seen[h] {
			seen[h] = true
			c.blocks[h]++
		}
	}
}

// Boilerplate returns the blocks that are no content, in their order; none
// below ten pages.
func (c *BlockCount) Boilerplate() []uint64 {
	var out []uint64
	if c.pages < minRunPages {
		return out
	}
	for h, n := range c.blocks {
		if float64(n) > manyPages*float64(c.pages) {
			out = append(out, h)
		}
	}
	slices.Sort(out)
	return out
}

// hash identifies the words of a block. Headings are told apart from text.
func (b block) hash() uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte{byte(b.kind)})
	_, _ = h.Write([]byte(strings.Join(language.Words(b.text()), " ")))
	return h.Sum64()
}

// withoutBlocks leaves out the blocks that are no content. A page that would
// be left without text stays as it is.
func withoutBlocks(markdown string, drop []uint64) string {
	if len(drop) == 0 {
		return markdown
	}
	kept := make([]string, 0, 16)
	text := false
	for _, b := range blocksOf(markdown) {
		if _, found := slices.BinarySearch(drop, b.hash()); found {
			continue
		}
		if b.kind == blockHeading {
			kept = append(kept, strings.Repeat("#", b.level)+" "+b.text())
			continue
		}
		text = true
		kept = append(kept, b.text())
	}
	if !text {
		return markdown
	}
	return strings.Join(kept, "\n\n")
}
