package knowledge

import (
	"context"
	"slices"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// Index finds chunks by their words. Implementations are safe for concurrent
// use and report a server that is down as schemas.KindUnavailable.
type Index interface {
	// Put stores chunks, replacing those with the same id. When it returns nil
	// all of them are stored.
	Put(ctx context.Context, tenant schemas.AgentID, chunks []schemas.Chunk) error
	// Delete removes chunks; ids that do not exist are no error.
	Delete(ctx context.Context, tenant schemas.AgentID, ids []schemas.ChunkID) error
	// Search returns hits, best first. A tenant that never had a chunk has
	// none. Scores order one result; they are no confidences.
	Search(ctx context.Context, query Query) ([]schemas.Hit, error)
}

// Fetcher reads one public page.
type Fetcher interface {
	// Fetch returns the page at url after redirects. Its errors are Failures.
	Fetch(ctx context.Context, url string) (Page, error)
}

// Reader finds the visible text in a page or file.
type Reader interface {
	// Read returns the text of page. Its errors are Failures.
	Read(page Page) (Text, error)
}

// Page is content as it came, from the web or an upload.
type Page struct {
	// Name is a file name, or empty for what came from the web.
	Name string
	// URL is the final address, empty for uploads.
	URL string
	// ContentType is the header's value, empty for uploads.
	ContentType string
	Body        []byte
}

// Text is the visible text of a page as Markdown.
type Text struct {
	Title string
	// URL is the canonical public address, when the page names one.
	URL string
	// Language is an ISO 639-1 code, empty when unknown.
	Language string
	Markdown string
}

// DefaultLimit is the number of hits of a query that names none.
const DefaultLimit = 30

const (
	// maxQueryRunes bounds the text of a query: beyond it, more words only
	// cost time.
	maxQueryRunes = 2000
	maxQueryTerms = 96
	maxQueryGrams = 256
)

// Query is a search among an agent's content.
type Query struct {
	Tenant schemas.AgentID
	// Text is the question as the customer wrote it.
	Text string
	// Languages are those of the knowledge base; the text is analysed in each.
	// An empty code stands for content of unknown language.
	Languages []string
	// Sources are the sources that may be found. None means nothing is found:
	// a list that got lost must not open private content.
	Sources []schemas.SourceID
	// Limit is the largest number of hits; 0 means DefaultLimit.
	Limit int
}

// Terms returns the distinct search terms of the text in every language.
func (q Query) Terms() []string {
	languages := q.Languages
	if len(languages) == 0 {
		languages = []string{""}
	}
	text := q.bounded()
	var terms []string
	for _, lang := range languages {
		terms = append(terms, language.Analyze(text, lang)...)
	}
	return distinct(terms, maxQueryTerms)
}

// Grams returns the distinct character grams of the text.
func (q Query) Grams() []string {
	return distinct(language.Grams(q.bounded()), maxQueryGrams)
}

// Hits returns the limit to use.
func (q Query) Hits() int {
	if q.Limit <= 0 {
		return DefaultLimit
	}
	return q.Limit
}

func (q Query) bounded() string {
	text := strings.ToValidUTF8(q.Text, " ")
	if runes := []rune(text); len(runes) > maxQueryRunes {
		return string(runes[:maxQueryRunes])
	}
	return text
}

func distinct(list []string, limit int) []string {
	seen := make(map[string]bool, len(list))
	list = slices.DeleteFunc(list, func(s string) bool {
		if seen[s] {
			return true
		}
		seen[s] = true
		return false
	})
	return list[:min(limit, len(list))]
}
