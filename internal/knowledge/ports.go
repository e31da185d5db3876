package knowledge

import (
	"context"
	"slices"
	"strings"
	"time"

	"steward/internal/language"
	"steward/schemas"
)

// Index finds chunks by their words and, when it has them, by their vectors.
// Implementations are safe for concurrent use and report a server that is down
// as schemas.KindUnavailable.
type Index interface {
	// Prepare makes the collection and adds the named vectors it lacks. Adding
	// one that is there is no error; none is ever taken away.
	Prepare(ctx context.Context, vectors ...string) error
	// Put stores objects, replacing those with the same id with all their
	// vectors. When it returns nil all of them are stored.
	Put(ctx context.Context, tenant schemas.AgentID, objects []Object) error
	// Delete removes chunks; ids that do not exist are no error.
	Delete(ctx context.Context, tenant schemas.AgentID, ids []schemas.ChunkID) error
	// Discard removes chunks one by one by their ids alone, also what a crash has
	// left half stored: no search finds it, and Put leaves what is the same as it
	// is. It is slower than Delete.
	Discard(ctx context.Context, tenant schemas.AgentID, ids []schemas.ChunkID) error
	// Search returns hits, best first. A tenant that never had a chunk has
	// none. Scores order one result; they are no confidences.
	Search(ctx context.Context, query Query) ([]schemas.Hit, error)
	// Count returns how many chunks each document of a source has. Documents
	// without any are left out.
	Count(ctx context.Context, tenant schemas.AgentID, source schemas.SourceID) (map[schemas.DocumentID]int, error)
	// Total returns how many chunks the tenant has; 0 for an unknown one.
	Total(ctx context.Context, tenant schemas.AgentID) (int, error)
	// Chunks returns the ids of a document's chunks, in no order.
	Chunks(ctx context.Context, tenant schemas.AgentID, document schemas.DocumentID) ([]schemas.ChunkID, error)
}

// Object is a chunk as it goes to the index.
type Object struct {
	Chunk schemas.Chunk
	// Vectors by name; may be empty. A zero vector is left out.
	Vectors map[string][]float32
}

// Embedder turns texts into vectors. Implementations are safe for concurrent
// use and report an endpoint that is down as schemas.KindUnavailable.
type Embedder interface {
	// Embed returns one vector per text, in their order, all of one length. A
	// zero vector says that the embedder knows nothing of that text: search by
	// words alone then.
	Embed(ctx context.Context, role Role, texts []Embeddable) ([][]float32, error)
}

// Role says what a text is embedded for: some models want a mark for each.
type Role int

// The roles.
const (
	RolePassage Role = iota
	RoleQuery
)

// Embeddable is a text to embed, as the two kinds of embedder take it.
type Embeddable struct {
	// Terms are its analysed words.
	Terms []string
	// Text is the text itself, with its breadcrumb.
	Text string
}

// Reranker orders passages by how well they answer a question.
type Reranker interface {
	// Rerank returns one score per text, in their order; higher is better.
	Rerank(ctx context.Context, question string, texts []string) ([]float64, error)
}

// Fetcher makes single requests to the public web.
type Fetcher interface {
	// Fetch returns what the address answers, after redirects. A status is not
	// an error. Its errors are Failures and never contain the address.
	Fetch(ctx context.Context, request Request) (Response, error)
}

// Request is one request of a Fetcher.
type Request struct {
	URL string
	// ETag and LastModified make the request conditional.
	ETag, LastModified string
	// Admit is asked for the address and for every redirect before it is
	// requested: scope, robots.txt and the host's turn. Its error ends the
	// fetch and is returned.
	Admit func(ctx context.Context, address string) error
	// MaxBytes bounds the body after decompression; 0 means the limit for
	// pages, or for documents by what the answer says it is.
	MaxBytes int
}

// Response is what an address answered.
type Response struct {
	// URL is the final address.
	URL         string
	Status      int
	ContentType string
	// ETag and LastModified are the validators of the answer.
	ETag, LastModified string
	// RobotsTag is the X-Robots-Tag header, its values joined by commas.
	RobotsTag string
	// RetryAfter is how long the site asks to wait; 0 when it does not say.
	RetryAfter time.Duration
	// Redirects are the addresses before the final one.
	Redirects []string
	Body      []byte
	// TooLarge is true when the body was longer than allowed; Body is then empty.
	TooLarge bool
	// Took is the time of the last hop, for the pause between requests.
	Took time.Duration
}

// Renderer opens a page in a browser and returns its HTML once it is quiet.
type Renderer interface {
	Render(ctx context.Context, address string) (html string, err error)
}

// Reader finds the visible text in a page or file.
type Reader interface {
	// Read returns the text of page. Its errors are Failures.
	Read(ctx context.Context, page Page) (Text, error)
}

// Page is content as it came, from the web or an upload.
type Page struct {
	// Name is a file name, or empty for what came from the web.
	Name string
	// URL is the final address, empty for uploads.
	URL string
	// ContentType is the header's value, empty for uploads.
	ContentType string
	// Language is the ISO 639-1 code when it is known; it chooses the language
	// of OCR and transcription.
	Language string
	Body     []byte
}

// Text is the visible text of a page or file as Markdown.
type Text struct {
	Title string `json:"title"`
	// URL is the canonical public address, when the page names one.
	URL string `json:"url,omitempty"`
	// Language is an ISO 639-1 code, empty when unknown.
	Language string `json:"language,omitempty"`
	Markdown string `json:"markdown"`
	// Answers are questions with their answers that the page marks as such.
	Answers []Answer `json:"answers,omitempty"`
	// Notes say how it was read: by OCR, transcribed.
	Notes []Note `json:"notes,omitempty"`

	// For web pages only.
	Links    []string `json:"links,omitempty"` // absolute, in their order, each once
	NoIndex  bool     `json:"no_index,omitempty"`
	NoFollow bool     `json:"no_follow,omitempty"`
	// NeedsBrowser is true when the page shows next to nothing without scripts.
	NeedsBrowser bool `json:"needs_browser,omitempty"`
}

// Answer is a question with its answer, as FAQ pages mark them.
type Answer = schemas.Answer

// Note says how a text came about.
type Note string

// The notes.
const (
	NoteOCR         Note = "ocr"
	NoteTranscribed Note = "transcribed"
	// NotePartial: a limit was reached and the rest is left out.
	NotePartial Note = "partial"
)

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
	// Vector is the question's vector under the name VectorName, and Weight its
	// share of the score, 0 to 1. An empty or zero vector leaves it out.
	Vector     []float32
	VectorName string
	Weight     float64
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

// plainLanguage builds no compounds and inflects little: its stems find what
// grams would, and grams are three quarters of the work of a search.
const plainLanguage = "en"

// Grams returns the distinct character grams of the text; none for a question
// that is surely in English, whose passages have none.
func (q Query) Grams() []string {
	text := q.bounded()
	if lang, sure := language.Detect(text, nil); sure && lang == plainLanguage {
		return nil
	}
	return distinct(language.Grams(text), maxQueryGrams)
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
