package schemas

import (
	"fmt"
	"time"
)

// SourceType is a type of content source. Spec: S12.
type SourceType string

// The types served so far.
const (
	SourceFile        SourceType = "file"
	SourceURL         SourceType = "url"
	SourceShortAnswer SourceType = "short_answer"
)

// Valid reports whether t is one of the types.
func (t SourceType) Valid() bool {
	return t == SourceFile || t == SourceURL || t == SourceShortAnswer
}

// SourceStatus is where a source stands.
type SourceStatus string

// The states of a source. Answers use what was ready once: the last good copy
// serves while a sync runs or fails. Spec: D24.
const (
	SourceQueued   SourceStatus = "queued"
	SourceSyncing  SourceStatus = "syncing"
	SourceReady    SourceStatus = "ready"
	SourceFailed   SourceStatus = "failed"
	SourceRemoving SourceStatus = "removing"
)

// Valid reports whether s is one of the states.
func (s SourceStatus) Valid() bool {
	switch s {
	case SourceQueued, SourceSyncing, SourceReady, SourceFailed, SourceRemoving:
		return true
	}
	return false
}

// FailCode is a short reason why a source or a page could not be read.
type FailCode string

// The reasons. Unexpected HTTP statuses are http_<status>.
const (
	FailNone            FailCode = ""
	FailEmpty           FailCode = "empty"
	FailTooLarge        FailCode = "too_large"
	FailUnsupportedType FailCode = "unsupported_type"
	FailRobots          FailCode = "robots"
	FailTimeout         FailCode = "timeout"
	FailUnreachable     FailCode = "unreachable"
	FailForbiddenHost   FailCode = "forbidden_host"
	FailLoginRequired   FailCode = "login_required"
	FailIndex           FailCode = "index_unavailable"
	FailInternal        FailCode = "internal"
)

// MaxSourceBytes is the largest file or page read, in bytes.
const MaxSourceBytes = 10 << 20

// Source is a content source as admins see it.
type Source struct {
	ID   SourceID   `json:"id"`
	Type SourceType `json:"type"`
	Name string     `json:"name"`
	// URL of a url source; for a file the optional public address to cite.
	URL string `json:"url,omitempty"`
	// Question and Answer of a short answer. Spec: S18.
	Question string `json:"question,omitempty"`
	Answer   string `json:"answer,omitempty"`
	// Citations off: used but never cited. Spec: S23.
	Citations bool `json:"citations"`
	// Private turns citations off. Spec: S24.
	Private   bool         `json:"private"`
	Status    SourceStatus `json:"status"`
	Reason    FailCode     `json:"reason,omitempty"`
	Documents int          `json:"documents"`
	Chunks    int          `json:"chunks"`
	SyncedAt  time.Time    `json:"synced_at,omitzero"`
	CreatedAt time.Time    `json:"created_at"`
}

// NewSource is what an admin gives to add a source.
type NewSource struct {
	Type      SourceType `json:"type"`
	Name      string     `json:"name,omitempty"`
	URL       string     `json:"url,omitempty"`
	FileName  string     `json:"file_name,omitempty"`
	Content   []byte     `json:"content,omitempty"`
	Question  string     `json:"question,omitempty"`
	Answer    string     `json:"answer,omitempty"`
	Citations bool       `json:"citations"`
	Private   bool       `json:"private"`
}

// Validate says what is wrong with s and what is allowed.
func (s NewSource) Validate() error {
	switch s.Type {
	case SourceFile:
		if s.FileName == "" {
			return NewError(KindInvalid, "a file source needs file_name")
		}
		if len(s.Content) == 0 {
			return NewError(KindInvalid, "the file is empty")
		}
		if len(s.Content) > MaxSourceBytes {
			return NewError(KindTooLarge, "a file is at most 10 MiB")
		}
	case SourceURL:
		if s.URL == "" {
			return NewError(KindInvalid, "a url source needs url")
		}
	case SourceShortAnswer:
		if s.Question == "" || s.Answer == "" {
			return NewError(KindInvalid, "a short answer needs question and answer")
		}
	default:
		return NewError(KindInvalid, fmt.Sprintf("unknown source type %q: use file, url or short_answer", s.Type))
	}
	return nil
}

// SyncSourceInput starts a SyncSource.
type SyncSourceInput struct {
	Source SourceID `json:"source"`
	Agent  AgentID  `json:"agent"`
	Sync   SyncID   `json:"sync"`
}

// SyncPhase is where a sync stands.
type SyncPhase string

// The phases of a sync.
const (
	SyncFetching SyncPhase = "fetching"
	SyncIndexing SyncPhase = "indexing"
	SyncDone     SyncPhase = "done"
	SyncFailed   SyncPhase = "failed"
)

// SyncSourceResult says how a sync ended.
type SyncSourceResult struct {
	Sync      SyncID    `json:"sync"`
	Phase     SyncPhase `json:"phase"`
	Reason    FailCode  `json:"reason,omitempty"`
	Documents int       `json:"documents"`
	Chunks    int       `json:"chunks"`
	Indexed   int       `json:"indexed"`
}

// FetchSourceResult counts what was read and stored.
type FetchSourceResult struct {
	Reason    FailCode `json:"reason,omitempty"`
	Documents int      `json:"documents"`
	Chunks    int      `json:"chunks"`
}

// IndexSourceResult counts what the index took.
type IndexSourceResult struct {
	Indexed int `json:"indexed"`
}

// FinishSyncInput sets the source's final state.
type FinishSyncInput struct {
	SyncSourceInput
	Result SyncSourceResult `json:"result"`
}

// SourceJob is a source with what has to be read.
type SourceJob struct {
	Source  Source
	Agent   AgentID
	Sync    SyncID
	Content []byte
	// FileName tells how to read Content.
	FileName string
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
	Text   string
	Chunks []Chunk
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
}
