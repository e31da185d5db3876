package schemas

import "time"

// URLClass orders the frontier: lower classes are read first.
type URLClass int16

// The classes of addresses.
const (
	// ClassStart is the source's own address.
	ClassStart URLClass = iota
	// ClassKnown is a page that is stored from an earlier run.
	ClassKnown
	ClassSitemap
	ClassLink
	// ClassQuery is a link with a query string.
	ClassQuery
)

// CrawlJob is what a batch has to know of its run.
type CrawlJob struct {
	SyncRef
	Source Source
	// Host is the registrable domain or host that the run is bound to, as the
	// discovery found it (the start address may redirect to another host).
	Scope string
	// Retry is true when the run reads only what failed.
	Retry bool
	// Requests is how many requests the run has made.
	Requests int
	// Browser is true when the run has found that most pages need one.
	Browser bool
	// Probe is how the site answers an address that does not exist.
	Probe NotFoundProbe
}

// NotFoundProbe is how a site answers an address that does not exist.
type NotFoundProbe struct {
	// Status of the answer; 0 when it was not asked.
	Status int `json:"status"`
	// Print is the near-duplicate print of its text; 0: none.
	Print uint64 `json:"print"`
	// URL is where it ended after redirects.
	URL string `json:"url,omitempty"`
}

// FrontierURL is an address that waits to be read.
type FrontierURL struct {
	// Key is the normal form by which duplicates are known, see crawl.Key.
	Key   string
	URL   string
	Class URLClass
	Depth int
	// Tries counts the times it was given to a batch.
	Tries int
	// Misses counts the runs in which the page was not there.
	Misses int
	// What is stored of it from an earlier run; Document is empty for a new one.
	Document     DocumentID
	ETag         string
	LastModified string
	BytesHash    string
	TextHash     string
}

// PageOutcome is what became of a page in a run.
type PageOutcome string

// The outcomes. Queued and Reading are those of a page that is not done.
const (
	PageQueued    PageOutcome = "queued"
	PageReading   PageOutcome = "reading"
	PageNew       PageOutcome = "new"
	PageUpdated   PageOutcome = "updated"
	PageUnchanged PageOutcome = "unchanged"
	// PageStale: it could not be read now; the last good text is kept.
	PageStale   PageOutcome = "stale"
	PageSkipped PageOutcome = "skipped"
	PageFailed  PageOutcome = "failed"
	// PageGone: it is no longer there; its text leaves the answers.
	PageGone PageOutcome = "gone"
)

// PageRead is what a batch found out about one address.
type PageRead struct {
	Key     string
	Outcome PageOutcome
	Reason  FailCode
	// Status is the last HTTP status; 0 when there was no answer.
	Status int
	// URL is the final address after redirects.
	URL string
	// Document is set for new and updated pages. Its Key is the canonical
	// address's normal form.
	Document *Document
	// Print is the near-duplicate print of the text.
	Print        uint64
	ETag         string
	LastModified string
	BytesHash    string
	TextHash     string
	// DuplicateOf names the address that has the same content.
	DuplicateOf string
	Bytes       int
	Took        time.Duration
	Rendered    bool
	// Again is when the page is tried again; zero: it is done.
	Again time.Time
	// Links found on it, to be read later.
	Links []FrontierURL
}

// PageStored says how the store took a page: the outcome may differ from what
// was asked when the limit is reached or the content is known already.
type PageStored struct {
	Outcome PageOutcome
	Reason  FailCode
	// Added is how many links were new.
	Added int
}

// HostState is what all runs know of one host. It is shared by all workers.
type HostState struct {
	Host string
	// Delay between two requests.
	Delay time.Duration
	// CrawlDelay is what robots.txt asks for.
	CrawlDelay time.Duration
	// Robots is the text of robots.txt, with the status it was answered with.
	// Status 0 means that it could not be had.
	Robots       string
	RobotsStatus int
	// RobotsAt is when it was read; zero: never.
	RobotsAt time.Time
	// BusyUntil is until when the host asked to be left alone.
	BusyUntil time.Time
}

// DiscoverResult says what a crawl begins with.
type DiscoverResult struct {
	// Reason is why nothing can be read at all.
	Reason FailCode `json:"reason,omitempty"`
	// Found is how many addresses the start, the sitemaps and earlier runs gave.
	Found int `json:"found"`
	// Partial says that a sitemap could not be read now: pages that only it
	// names are not without links.
	Partial bool `json:"partial,omitempty"`
	// Scope is the host that the run is bound to.
	Scope string `json:"scope"`
	// Probe as in CrawlJob.
	Probe NotFoundProbe `json:"probe"`
	// PauseSeconds is the pause between two pages.
	PauseSeconds float64 `json:"pause_s"`
}

// CrawlInput starts a Crawl.
type CrawlInput struct {
	SyncRef
	// Batches counts those of earlier runs of this workflow.
	Batches int `json:"batches"`
	// Paused is carried over a continuation.
	Paused bool `json:"paused"`
}

// CrawlBatchResult counts what one batch did.
type CrawlBatchResult struct {
	Done   int `json:"done"`
	Failed int `json:"failed"`
	// Left is how many addresses wait or are with another batch.
	Left int `json:"left"`
	// Wait is how long there is nothing to claim, in milliseconds.
	Wait int `json:"wait_ms"`
	// Stop is a reason to end the crawl before the frontier is empty.
	Stop FailCode `json:"stop,omitempty"`
}

// CrawlResult says how a crawl ended.
type CrawlResult struct {
	Batches int      `json:"batches"`
	Reason  FailCode `json:"reason,omitempty"`
}

// Page is one page of a source as admins see it.
type Page struct {
	// Key is its address in the normal form by which it is known.
	Key      string      `json:"key"`
	URL      string      `json:"url"`
	Outcome  PageOutcome `json:"outcome"`
	Reason   FailCode    `json:"reason,omitempty"`
	Status   int         `json:"status,omitempty"`
	Document DocumentID  `json:"document_id,omitempty"`
	Title    string      `json:"title,omitempty"`
	Language string      `json:"language,omitempty"`
	Chunks   int         `json:"chunks"`
	Version  int         `json:"version,omitempty"`
	// DuplicateOf names the address with the same content.
	DuplicateOf string `json:"duplicate_of,omitempty"`
	Rendered    bool   `json:"rendered,omitempty"`
	// ReadAt is when its text was last confirmed.
	ReadAt time.Time `json:"read_at,omitzero"`
	// StaleSince is since when it cannot be read; the last good text serves.
	StaleSince time.Time `json:"stale_since,omitzero"`
}

// DocumentVersion is one text that a document had.
type DocumentVersion struct {
	Version   int       `json:"version"`
	Title     string    `json:"title"`
	Text      string    `json:"text,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// DocumentView is a document with its passages, as admins see it.
type DocumentView struct {
	ID       DocumentID        `json:"id"`
	Source   SourceID          `json:"source_id"`
	Title    string            `json:"title"`
	URL      string            `json:"url,omitempty"`
	Language string            `json:"language,omitempty"`
	Text     string            `json:"text"`
	Version  int               `json:"version"`
	Versions []DocumentVersion `json:"versions"`
	Chunks   []ChunkView       `json:"chunks"`
}

// ChunkView is a passage as admins see it.
type ChunkView struct {
	ID       ChunkID `json:"id"`
	Ord      int     `json:"ord"`
	Headings string  `json:"headings,omitempty"`
	Text     string  `json:"text"`
	Language string  `json:"language,omitempty"`
	Indexed  bool    `json:"indexed"`
}
