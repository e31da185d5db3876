package schemas

import "time"

// FailCode is a short reason why a source, a file or a page could not be read,
// or was left out.
type FailCode string

// The reasons. Unexpected HTTP statuses are http_<status>.
const (
	FailNone FailCode = ""

	// FailNoText: it was read and holds no words.
	FailNoText          FailCode = "no_text"
	FailTooLarge        FailCode = "too_large"
	FailUnsupportedType FailCode = "unsupported_type"
	FailTimeout         FailCode = "timeout"
	FailIndex           FailCode = "index_unavailable"
	FailInternal        FailCode = "internal"

	// Files.
	FailEncrypted          FailCode = "encrypted"
	FailTruncated          FailCode = "truncated"
	FailBomb               FailCode = "bomb"
	FailNeedsOCR           FailCode = "needs_ocr"
	FailNeedsTranscription FailCode = "needs_transcription"
	// FailTranscription: the transcription endpoint refused or failed.
	FailTranscription FailCode = "transcription_failed"

	// Pages.
	FailRobots        FailCode = "robots"
	FailUnreachable   FailCode = "unreachable"
	FailForbiddenHost FailCode = "forbidden_host"
	FailLoginRequired FailCode = "login_required"
	FailRedirects     FailCode = "too_many_redirects"
	FailOutOfScope    FailCode = "out_of_scope"
	FailDuplicate     FailCode = "duplicate_of"
	FailNoIndex       FailCode = "noindex"
	FailNeedsBrowser  FailCode = "js_required"
	FailSoft404       FailCode = "soft_404"
	FailLimitReached  FailCode = "limit_reached"
	// FailTrap: its address looks like one of endless variants.
	FailTrap FailCode = "url_trap"
	// FailSlow: the site asks for a longer pause than a run can wait.
	FailSlow FailCode = "site_busy"

	// Runs.
	FailCancelled FailCode = "cancelled"
	FailDeadline  FailCode = "deadline"
	// FailLost: the run's workflow ended without its last step.
	FailLost FailCode = "lost"
	// FailManyGone: more would vanish than may without an admin's word.
	FailManyGone FailCode = "mass_deletion"
	// FailManyFailed: more than a fifth of the pages could not be read.
	FailManyFailed FailCode = "many_failed"
	// FailOnePage: a crawl found a single page.
	FailOnePage FailCode = "one_page_only"
	// FailSomeFailed: parts of it could not be read; the pages say which.
	FailSomeFailed FailCode = "some_failed"
	// FailGone: the article or file behind the source is gone.
	FailGone FailCode = "gone"
)

// SourceJob is a source with what has to be read.
type SourceJob struct {
	Source  Source
	Agent   AgentID
	Sync    SyncID
	Content []byte
	// FileName tells how to read Content.
	FileName string
	// Article is the item of a kb_article source.
	Article Article
}

// Document is one text read from a source, split into chunks.
type Document struct {
	ID DocumentID
	// Key names the document inside its source: a path or a URL.
	Key      string
	Title    string
	URL      string
	Language string
	// Text is the whole visible text as Markdown.
	Text string
	// Answers are questions that the document itself answers word for word.
	Answers []Answer
	// Version rises with every change of the text.
	Version int
	Chunks  []Chunk
}

// Answer is a question with its answer, as FAQ pages mark them.
type Answer struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

// Neighbour is a passage that stands in the same section as one that was found.
type Neighbour struct {
	Chunk    ChunkID
	Document DocumentID
	Section  int
	Ord      int
	Headings string
	Text     string
}

// Chunk is one passage of a document as it is indexed.
type Chunk struct {
	ID       ChunkID
	Ord      int
	Document DocumentID
	Source   SourceID
	Title    string
	// Headings is the breadcrumb of headings above the passage.
	Headings string
	// Section numbers the part of the document that the passage belongs to.
	// Passages of one section stand together in the document.
	Section  int
	URL      string
	Text     string
	Question string
	Language string
	// Terms and Grams are the analysed text for search.
	Terms string
	Grams string
	// Hash identifies the content, so that unchanged chunks keep their id.
	Hash string
}

// Hit is one chunk found by the index, best first.
type Hit struct {
	Chunk ChunkID
	Score float64
}

// Live is the content that answers may use now.
type Live struct {
	Sources []SourceID
	// Languages of their chunks; an empty one stands for unknown.
	Languages []string
	// Embedder is the one whose vectors the index has for all of it; nil: none.
	Embedder *Embedder
	// Threshold is the coverage below which a passage is no answer, calibrated
	// on this content; 0 means the default.
	Threshold float64
}

// EmbedderKind is a way to make vectors.
type EmbedderKind string

// The kinds of embedder.
const (
	// EmbedderLSA is trained on the agent's own content. It is the default.
	EmbedderLSA EmbedderKind = "lsa"
	// EmbedderOpenAI is any /v1/embeddings endpoint.
	EmbedderOpenAI EmbedderKind = "openai"
	// EmbedderNone leaves the search to words alone.
	EmbedderNone EmbedderKind = "none"
)

// Valid reports whether k is one of the kinds.
func (k EmbedderKind) Valid() bool {
	return k == EmbedderLSA || k == EmbedderOpenAI || k == EmbedderNone
}

// EmbedderState is where an embedder stands.
type EmbedderState string

// The states of an embedder. At most one is live and at most one is filling.
const (
	EmbedderFilling EmbedderState = "filling"
	EmbedderLive    EmbedderState = "live"
	EmbedderRetired EmbedderState = "retired"
)

// Embedder is one way of making vectors: a remote model, or one training of
// the default. Two of them are never compared with each other.
type Embedder struct {
	ID    EmbedderID    `json:"id"`
	Kind  EmbedderKind  `json:"kind"`
	Model string        `json:"model"`
	Dims  int           `json:"dims"`
	State EmbedderState `json:"state"`
	// Vector is the name of its vectors in the index.
	Vector string `json:"vector"`
	// Chunks is how many passages it was trained on.
	Chunks    int       `json:"chunks"`
	CreatedAt time.Time `json:"created_at"`
}

// ArticleType is a kind of item of a knowledge system. Spec: S13.
type ArticleType string

// The types of items.
const (
	ArticleKB      ArticleType = "article"
	ArticleWebsite ArticleType = "website_page"
	ArticleLanding ArticleType = "landing_page"
	ArticleBlog    ArticleType = "blog_post"
)

// Valid reports whether t is one of the types.
func (t ArticleType) Valid() bool {
	return t == ArticleKB || t == ArticleWebsite || t == ArticleLanding || t == ArticleBlog
}

// ArticleFormat is how an article's body is written.
type ArticleFormat string

// The formats of a body.
const (
	FormatMarkdown ArticleFormat = "markdown"
	FormatHTML     ArticleFormat = "html"
)

// Article is an item of the knowledge system: written through the API, or
// pulled by a connector. Spec: S13, S19.
type Article struct {
	ID ArticleID `json:"id"`
	// Connector is empty for an article that came through the API.
	Connector ConnectorID `json:"connector_id,omitempty"`
	// External is its id in the system it came from.
	External string        `json:"external_id,omitempty"`
	Type     ArticleType   `json:"type"`
	Title    string        `json:"title"`
	Body     string        `json:"body,omitempty"`
	Format   ArticleFormat `json:"format"`
	URL      string        `json:"url,omitempty"`
	Language string        `json:"language,omitempty"`
	// Revision rises with every change of what is read.
	Revision  int       `json:"revision"`
	Source    SourceID  `json:"source_id,omitempty" doc:"The source that uses it, when there is one."`
	UpdatedAt time.Time `json:"updated_at"`
}

// PulledArticle is an article as a connector found it.
type PulledArticle struct {
	External string
	Type     ArticleType
	Title    string
	Body     string
	Format   ArticleFormat
	URL      string
	Language string
}

// ConnectorKind is a kind of outside knowledge system.
type ConnectorKind string

// The kinds of connector.
const (
	// ConnectorFeed is a JSON feed (https://jsonfeed.org/version/1.1).
	ConnectorFeed ConnectorKind = "feed"
	// ConnectorHubSpot is HubSpot's CMS: knowledge-base articles, site pages,
	// landing pages and blog posts.
	ConnectorHubSpot ConnectorKind = "hubspot"
)

// Valid reports whether k is one of the kinds.
func (k ConnectorKind) Valid() bool { return k == ConnectorFeed || k == ConnectorHubSpot }

// Connector is a connection to an outside knowledge system, pulled every hour.
type Connector struct {
	ID   ConnectorID   `json:"id"`
	Kind ConnectorKind `json:"kind"`
	Name string        `json:"name"`
	// URL of the feed, or of the HubSpot API.
	URL string `json:"url,omitempty"`
	// TokenEnv names the environment variable with the access token. The token
	// itself is never stored.
	TokenEnv string `json:"token_env,omitempty"`
	// AddNew makes every new item a source by itself.
	AddNew   bool      `json:"add_new"`
	Articles int       `json:"articles"`
	Reason   FailCode  `json:"reason,omitempty"`
	PulledAt time.Time `json:"pulled_at,omitzero"`
}

// SearchMode says what found the passages.
type SearchMode string

// The modes of a search.
const (
	// SearchHybrid is by words and vectors.
	SearchHybrid SearchMode = "hybrid"
	// SearchWords is by words alone.
	SearchWords SearchMode = "words"
	// SearchDatabase is by the database's text search, while the index is down.
	SearchDatabase SearchMode = "database"
)

// SearchResult is what a search found, and how.
type SearchResult struct {
	Passages []Passage  `json:"passages"`
	Mode     SearchMode `json:"mode"`
	// Degraded is true when the index did not answer.
	Degraded bool `json:"degraded"`
	// Languages in which the question was analysed; an empty one stands for
	// content of unknown language.
	Languages []string `json:"languages"`
	// Terms are the words that were searched for, as they are analysed.
	Terms []string `json:"terms"`
	// Embedder made the question's vector; empty when there was none.
	Embedder EmbedderID `json:"embedder,omitempty"`
	// Coverage is the share of what the question asks that the best passages
	// say, 0 to 1, and Similarity the best cosine of their vectors with the
	// question's. They are the raw signals for "no answer".
	Coverage   float64 `json:"coverage"`
	Similarity float64 `json:"similarity"`
	// Threshold is the coverage below which the content has no answer; 0: not
	// calibrated.
	Threshold float64 `json:"threshold,omitempty"`
	Reranked  bool    `json:"reranked"`
	// Milliseconds the search took.
	Milliseconds float64 `json:"ms"`
}
