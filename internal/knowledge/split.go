package knowledge

import (
	"regexp"
	"slices"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// Sizes of a chunk, in words.
const (
	targetWords = 320
	maxWords    = 400
	minWords    = 40
)

// headingJoin stands between the parts of a breadcrumb.
const headingJoin = " › "

// Split cuts a document into chunks along its headings and analyses them in its
// language. A chunk holds at most 400 words; one below 40 is merged with its
// neighbour; tables and lists are cut only between rows, and a table's header
// is repeated. Equal input gives equal chunks with equal ids.
func Split(agent schemas.AgentID, source schemas.SourceID, doc schemas.Document) []schemas.Chunk {
	pieces := mergeSmall(piecesOf(sectionsOf(blocksOf(doc.Text), doc.Title)))
	seen := make(map[string]int)
	chunks := make([]schemas.Chunk, 0, len(pieces))
	section, above := 0, ""
	for i, p := range pieces {
		// A section is everything below one of the document's main headings.
		if top := strings.Join(p.path[:min(1, len(p.path))], ""); top != above {
			above = top
			section++
		}
		chunk := schemas.Chunk{
			Ord: i, Section: section, Document: doc.ID, Source: source, Title: doc.Title, URL: doc.URL, Language: doc.Language,
			Headings: strings.Join(p.path, headingJoin), Text: p.text,
		}
		finish(&chunk, agent, doc.Key, seen)
		chunks = append(chunks, chunk)
	}
	return chunks
}

// finish sets what follows from a chunk's content: terms, hash and id.
func finish(chunk *schemas.Chunk, agent schemas.AgentID, key string, seen map[string]int) {
	searched := searchText(*chunk)
	chunk.Terms = strings.Join(language.Analyze(searched, chunk.Language), " ")
	if chunk.Language != plainLanguage {
		chunk.Grams = strings.Join(language.Grams(searched), " ")
	}
	chunk.Hash = hashOf(chunk.Title, chunk.Headings, chunk.Text, chunk.Question, chunk.Language)
	chunk.ID = chunkID(agent, *chunk, key, seen[chunk.Hash])
	seen[chunk.Hash]++
}

var linkTarget = regexp.MustCompile(`\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)`)

// EmbeddableOf is a chunk as embedders take it.
func EmbeddableOf(chunk schemas.Chunk) Embeddable {
	return Embeddable{Terms: strings.Fields(chunk.Terms), Text: searchText(chunk)}
}

// ChunkOfPassage is a passage, as it was ranked, as the chunk that it is: what
// an embedder sees of the two is the same.
func ChunkOfPassage(p schemas.Passage) schemas.Chunk {
	chunk := schemas.Chunk{Title: p.Title, Headings: p.Headings, Text: p.Text, Language: p.Language}
	chunk.Terms = strings.Join(language.Analyze(searchText(chunk), p.Language), " ")
	return chunk
}

// searchText is what a chunk is found by: its place in the document gives the
// passage the words that only its headings say. Link targets are no words.
func searchText(chunk schemas.Chunk) string {
	head := chunk.Title
	if chunk.Headings != "" {
		head += headingJoin + chunk.Headings
	}
	return head + "\n\n" + linkTarget.ReplaceAllString(chunk.Text, "]")
}

// section is the blocks below one heading.
type section struct {
	path   []string
	blocks []block
}

// sectionsOf groups blocks by heading. A first heading that repeats the title
// is left out of the breadcrumbs.
func sectionsOf(blocks []block, title string) []section {
	var out []section
	var path []string
	levels := make([]int, 0, 6)
	current := section{}
	for _, b := range blocks {
		if b.kind != blockHeading {
			current.blocks = append(current.blocks, b)
			continue
		}
		if len(current.blocks) > 0 {
			out = append(out, current)
		}
		for len(levels) > 0 && levels[len(levels)-1] >= b.level {
			levels, path = levels[:len(levels)-1], path[:len(path)-1]
		}
		if text := b.text(); len(path) > 0 || language.Fold(text) != language.Fold(title) {
			levels, path = append(levels, b.level), append(slices.Clone(path), text)
		}
		current = section{path: slices.Clone(path)}
	}
	if len(current.blocks) > 0 {
		out = append(out, current)
	}
	return out
}

// piece is the text of one future chunk.
type piece struct {
	path []string
	text string
}

// piecesOf packs the blocks of each section up to the target size.
func piecesOf(sections []section) []piece {
	var out []piece
	for _, s := range sections {
		text, words := "", 0
		for _, part := range s.parts() {
			n := size(part)
			if text != "" && words+n > targetWords {
				out = append(out, piece{s.path, text})
				text, words = "", 0
			}
			text, words = join(text, part), words+n
		}
		if text != "" {
			out = append(out, piece{s.path, text})
		}
	}
	return out
}

// parts returns the section's texts, each at most the largest chunk.
func (s section) parts() []string {
	var out []string
	for _, b := range s.blocks {
		if size(b.text()) <= maxWords {
			out = append(out, b.text())
			continue
		}
		out = append(out, b.cut()...)
	}
	return out
}

// mergeSmall joins a piece that is too small with its neighbour, keeping the
// breadcrumb both share and writing the rest of it as headings.
func mergeSmall(pieces []piece) []piece {
	var out []piece
	for _, p := range pieces {
		if len(out) == 0 {
			out = append(out, p)
			continue
		}
		last := &out[len(out)-1]
		a, b := size(last.text), size(p.text)
		if (a < minWords || b < minWords) && a+b <= maxWords {
			*last = merged(*last, p)
			continue
		}
		out = append(out, p)
	}
	return out
}

func merged(a, b piece) piece {
	shared := 0
	for shared < len(a.path) && shared < len(b.path) && a.path[shared] == b.path[shared] {
		shared++
	}
	text := a.text
	if rest := a.path[shared:]; len(rest) > 0 && !strings.HasPrefix(text, "#") {
		text = "## " + strings.Join(rest, headingJoin) + "\n\n" + text
	}
	if rest := b.path[shared:]; len(rest) > 0 {
		text = join(text, "## "+strings.Join(rest, headingJoin))
	}
	return piece{slices.Clone(a.path[:shared]), join(text, b.text)}
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "\n\n" + b
}
