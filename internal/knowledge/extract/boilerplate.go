package extract

import (
	"hash/fnv"
	"regexp"
	"strings"
)

const (
	// BoilerplatePages is the smallest run, in pages, in which a text that many
	// pages share is known to be the site's and not the pages'.
	BoilerplatePages = 10
	// BoilerplateShare is the part of a run's pages above which a block is left
	// out of all of them.
	BoilerplateShare = 0.3
)

// Blocks cuts Markdown, as this package writes it, into headings, paragraphs,
// lists, tables and code: whatever stands between blank lines.
func Blocks(markdown string) []string {
	var blocks []string
	var open []string
	code := false
	flush := func() {
		if len(open) > 0 {
			blocks = append(blocks, strings.Join(open, "\n"))
		}
		open = nil
	}
	for line := range strings.SplitSeq(markdown, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			code = !code
		}
		if !code && strings.TrimSpace(line) == "" {
			flush()
			continue
		}
		open = append(open, line)
	}
	flush()
	return blocks
}

var linkTarget = regexp.MustCompile(`\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)`)

// BlockHash is the same for blocks that differ in case, spaces and link targets
// only. It is the same in every version, so it can be stored.
func BlockHash(block string) uint64 {
	words := strings.Fields(strings.ToLower(linkTarget.ReplaceAllString(block, "]")))
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(words, " ")))
	return h.Sum64()
}

// Without leaves out the blocks whose hash drop wants gone. A heading stays when
// anything below it stays: many pages have the same headings over different
// texts. A text never becomes empty: when all of it would go, all of it stays.
func Without(markdown string, drop func(hash uint64) bool) string {
	blocks := Blocks(markdown)
	keep := make([]bool, len(blocks))
	kept, text := 0, 0
	// deepest is the level from which headings above have nothing to keep them.
	deepest := 0
	for i := len(blocks) - 1; i >= 0; i-- {
		level := headingLevel(blocks[i])
		keep[i] = !drop(BlockHash(blocks[i])) || level > 0 && level < deepest
		switch {
		case level > 0 && keep[i]:
			deepest = level
		case level > 0:
			// What follows a heading that goes is below the one before it.
		case keep[i]:
			deepest = maxLevel + 1
			text++
		}
		if keep[i] {
			kept++
		}
	}
	if kept == len(blocks) || text == 0 {
		return markdown
	}
	out := make([]string, 0, kept)
	for i, block := range blocks {
		if keep[i] {
			out = append(out, block)
		}
	}
	return strings.Join(out, "\n\n")
}

// maxLevel is the level of the least heading.
const maxLevel = 6

// headingLevel is the level of a heading, 0 for other blocks.
func headingLevel(block string) int {
	level := len(block) - len(strings.TrimLeft(block, "#"))
	if level > maxLevel || level == len(block) || block[level] != ' ' || strings.Contains(block, "\n") {
		return 0
	}
	return level
}
