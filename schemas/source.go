package schemas

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// SourceType is a type of content source. Spec: S12, S13.
type SourceType string

// The types of sources.
const (
	// SourceFile is an uploaded file. Spec: S14, S15.
	SourceFile SourceType = "file"
	// SourceURL is one public page. Spec: S16.
	SourceURL SourceType = "url"
	// SourceCrawl is a page and all related pages of its domain. Spec: S17.
	SourceCrawl SourceType = "crawl"
	// SourceArticle is an item of the knowledge system. Spec: S13, S19.
	SourceArticle SourceType = "kb_article"
	// SourceShortAnswer is a question with its answer. Spec: S18.
	SourceShortAnswer SourceType = "short_answer"
)

// SourceTypes lists the types in the order in which they are shown.
func SourceTypes() []SourceType {
	return []SourceType{SourceArticle, SourceFile, SourceURL, SourceCrawl, SourceShortAnswer}
}

// Valid reports whether t is one of the types.
func (t SourceType) Valid() bool { return slices.Contains(SourceTypes(), t) }

// Web reports whether the source is read from the web.
func (t SourceType) Web() bool { return t == SourceURL || t == SourceCrawl }

// SourceStatus is where a source stands.
type SourceStatus string

// The states of a source. Answers use what was ready once: the last good copy
// serves while a sync runs or fails. Spec: D24.
const (
	SourceQueued  SourceStatus = "queued"
	SourceSyncing SourceStatus = "syncing"
	SourceReady   SourceStatus = "ready"
	// SourceWarnings is ready, with something an admin should look at.
	SourceWarnings SourceStatus = "ready_with_warnings"
	// SourceReview holds deletions back until an admin has decided.
	SourceReview   SourceStatus = "needs_review"
	SourceFailed   SourceStatus = "failed"
	SourceRemoving SourceStatus = "removing"
)

// Valid reports whether s is one of the states.
func (s SourceStatus) Valid() bool {
	switch s {
	case SourceQueued, SourceSyncing, SourceReady, SourceWarnings, SourceReview, SourceFailed, SourceRemoving:
		return true
	}
	return false
}

// Resting reports whether no sync is queued or under way.
func (s SourceStatus) Resting() bool {
	return s == SourceReady || s == SourceWarnings || s == SourceReview || s == SourceFailed
}

// ResyncSchedule says how often a source is read again by itself.
type ResyncSchedule string

// The schedules. A knowledge-base article is read when it changes, all else
// weekly unless an admin says otherwise. Spec: S19, S20.
const (
	ResyncWeekly   ResyncSchedule = "weekly"
	ResyncDaily    ResyncSchedule = "daily"
	ResyncNever    ResyncSchedule = "never"
	ResyncOnChange ResyncSchedule = "on_change"
)

// Valid reports whether s is one of the schedules.
func (s ResyncSchedule) Valid() bool {
	return s == ResyncWeekly || s == ResyncDaily || s == ResyncNever || s == ResyncOnChange
}

// Rendering says whether pages are opened in a browser.
type Rendering string

// The ways to render. Auto opens a page in a browser only when it shows no
// text without one.
const (
	RenderAuto   Rendering = "auto"
	RenderNever  Rendering = "never"
	RenderAlways Rendering = "always"
)

// Valid reports whether r is one of the ways.
func (r Rendering) Valid() bool { return r == RenderAuto || r == RenderNever || r == RenderAlways }

const (
	// MaxSourceBytes is the largest file or document read, in bytes.
	MaxSourceBytes = 50 << 20
	// MaxPageBytes is the largest web page read, in bytes.
	MaxPageBytes = 5 << 20
	// MaxCrawlPages is the largest number of documents of one crawl. Spec: S17.
	MaxCrawlPages = 5000
)

// FileExtensions lists the extensions of files that can be uploaded, with their
// dot: the 22 of the specification and .xlsx. Spec: S15, D27.
func FileExtensions() []string {
	return []string{
		".docx", ".htm", ".xhtml", ".cfg", ".pptx", ".mpg", ".conf", ".mpeg", ".csv", ".json", ".html", ".text",
		".txt", ".mp4", ".pdf", ".rst", ".avi", ".mov", ".md", ".webm", ".xml", ".xls", ".xlsx",
	}
}

// FileExtension returns a file name's extension in lower case with its dot.
func FileExtension(name string) string {
	return strings.ToLower(path.Ext(strings.ReplaceAll(name, `\`, "/")))
}

// Source is a content source as admins see it.
type Source struct {
	ID   SourceID   `json:"id"`
	Type SourceType `json:"type"`
	Name string     `json:"name"`
	// URL of a url or crawl source; for a file the optional public address to cite.
	URL string `json:"url,omitempty"`
	// File is the uploaded file of a file source.
	File FileID `json:"file_id,omitempty"`
	// Article is the item of a kb_article source.
	Article ArticleID `json:"article_id,omitempty"`
	// Question and Answer of a short answer. Spec: S18.
	Question string `json:"question,omitempty"`
	Answer   string `json:"answer,omitempty"`
	// Citations off: used but never cited. Spec: S23.
	Citations bool `json:"citations"`
	// Private turns citations off. Spec: S24.
	Private bool `json:"private"`
	SourceSettings
	Status    SourceStatus `json:"status"`
	Reason    FailCode     `json:"reason,omitempty"`
	Documents int          `json:"documents"`
	Chunks    int          `json:"chunks"`
	// Sync is the run under way, or the last one.
	Sync     SyncID    `json:"sync_id,omitempty"`
	SyncedAt time.Time `json:"synced_at,omitzero"`
	// NextSync is when it is read again by itself; zero when it is not.
	NextSync  time.Time `json:"next_sync,omitzero"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

// SourceSettings say how a source is read.
type SourceSettings struct {
	// Language is the ISO 639-1 code of all its content; empty: each document's
	// own is detected.
	Language string `json:"language,omitempty" maxLength:"2"`
	// Schedule is how often it is read again. Default weekly; on_change for a
	// knowledge-base article.
	Schedule ResyncSchedule `json:"schedule,omitempty" enum:"weekly,daily,never,on_change"`
	// Include limits a crawl to paths that match one of these, such as /help/*;
	// a star stands for any characters.
	Include []string `json:"include,omitempty" maxItems:"50"`
	// Exclude leaves paths out; it wins over Include.
	Exclude []string `json:"exclude,omitempty" maxItems:"50"`
	// MaxPages is the largest number of documents of a crawl. Default and most 5000.
	MaxPages int `json:"max_pages,omitempty" minimum:"0" maximum:"5000"`
	// Render says whether pages are opened in a browser. Default auto.
	Render Rendering `json:"render,omitempty" enum:"auto,never,always"`
	// IgnoreRobots reads pages that robots.txt forbids: for a company's own site.
	IgnoreRobots bool `json:"ignore_robots,omitempty"`
}

// Defaults fills what is empty.
func (s SourceSettings) Defaults(t SourceType) SourceSettings {
	if s.Schedule == "" {
		s.Schedule = ResyncWeekly
		if t == SourceArticle {
			s.Schedule = ResyncOnChange
		}
	}
	if s.Render == "" {
		s.Render = RenderAuto
	}
	if s.MaxPages == 0 && t == SourceCrawl {
		s.MaxPages = MaxCrawlPages
	}
	return s
}

// Validate says what is wrong with settings that have their defaults.
func (s SourceSettings) Validate(t SourceType) error {
	switch {
	case !s.Schedule.Valid():
		return NewError(KindInvalid, "schedule is weekly, daily, never or on_change")
	case s.Schedule == ResyncOnChange && t != SourceArticle:
		return NewError(KindInvalid, "only a knowledge-base article is read again when it changes")
	case !s.Render.Valid():
		return NewError(KindInvalid, "render is auto, never or always")
	case s.MaxPages < 0 || s.MaxPages > MaxCrawlPages:
		return NewError(KindInvalid, fmt.Sprintf("max_pages is 1 to %d", MaxCrawlPages))
	case s.Language != "" && !isLanguageCode(s.Language):
		return NewError(KindInvalid, "language is a code of two letters, such as it")
	case t != SourceCrawl && len(s.Include)+len(s.Exclude) > 0:
		return NewError(KindInvalid, "include and exclude are for a crawl")
	}
	for _, pattern := range slices.Concat(s.Include, s.Exclude) {
		if !strings.HasPrefix(pattern, "/") || len(pattern) > 500 {
			return NewError(KindInvalid, "a path pattern begins with / and has at most 500 characters, such as /help/*")
		}
	}
	return nil
}

func isLanguageCode(s string) bool {
	return len(s) == 2 && s[0] >= 'a' && s[0] <= 'z' && s[1] >= 'a' && s[1] <= 'z'
}

// NewSource is what an admin gives to add a source.
type NewSource struct {
	Type SourceType `json:"type"`
	Name string     `json:"name,omitempty"`
	URL  string     `json:"url,omitempty"`
	// File picks a file that is already there; else FileName and Content upload
	// one. Spec: S14.
	File     FileID    `json:"file_id,omitempty"`
	FileName string    `json:"file_name,omitempty"`
	Content  []byte    `json:"content,omitempty"`
	Article  ArticleID `json:"article_id,omitempty"`
	Question string    `json:"question,omitempty"`
	Answer   string    `json:"answer,omitempty"`
	// Citations and Private as in Source.
	Citations bool `json:"citations"`
	Private   bool `json:"private"`
	SourceSettings
}

// Validate says what is wrong with s and what is allowed.
func (s NewSource) Validate() error {
	switch s.Type {
	case SourceFile:
		if s.File == "" {
			if err := ValidateFile(s.FileName, len(s.Content)); err != nil {
				return err
			}
		}
	case SourceURL, SourceCrawl:
		if err := validateAddress(s.URL); err != nil {
			return err
		}
	case SourceArticle:
		if s.Article == "" {
			return NewError(KindInvalid, "a kb_article source needs article_id")
		}
	case SourceShortAnswer:
		if strings.TrimSpace(s.Question) == "" || strings.TrimSpace(s.Answer) == "" {
			return NewError(KindInvalid, "a short answer needs question and answer")
		}
	default:
		return NewError(KindInvalid, fmt.Sprintf("unknown source type %q: use file, url, crawl, kb_article or short_answer", s.Type))
	}
	return s.Defaults(s.Type).Validate(s.Type)
}

// ValidateFile says whether a file can be a source. Spec: S15.
func ValidateFile(name string, size int) error {
	switch {
	case name == "":
		return NewError(KindInvalid, "a file source needs file_name")
	case !slices.Contains(FileExtensions(), FileExtension(name)):
		return NewError(KindInvalid, fmt.Sprintf("files of type %q cannot be read: use %s", FileExtension(name), strings.Join(FileExtensions(), " ")))
	case size == 0:
		return NewError(KindInvalid, "the file is empty")
	case size > MaxSourceBytes:
		return NewError(KindTooLarge, fmt.Sprintf("a file is at most %d MiB", MaxSourceBytes>>20))
	}
	return nil
}

func validateAddress(address string) error {
	if address == "" {
		return NewError(KindInvalid, "a url or crawl source needs url")
	}
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || strings.ContainsAny(address, " \t\n"):
		return NewError(KindInvalid, "url is not the address of a page: use one like https://example.com/help")
	case u.Scheme != "http" && u.Scheme != "https":
		return NewError(KindInvalid, "url must begin with http:// or https://")
	case u.User != nil:
		return NewError(KindInvalid, "url must not contain a user name or password")
	}
	return nil
}

// SourceChange changes a source; a nil field stays as it is. Spec: S12, S21.
type SourceChange struct {
	Name      *string         `json:"name,omitempty" maxLength:"200"`
	URL       *string         `json:"url,omitempty" maxLength:"2000"`
	Question  *string         `json:"question,omitempty" maxLength:"1000"`
	Answer    *string         `json:"answer,omitempty" maxLength:"10000"`
	Citations *bool           `json:"citations,omitempty"`
	Private   *bool           `json:"private,omitempty"`
	Settings  *SourceSettings `json:"settings,omitempty"`
}

// File is an uploaded file. Spec: S14.
type File struct {
	ID        FileID    `json:"id"`
	Name      string    `json:"name"`
	Bytes     int       `json:"bytes"`
	Sources   int       `json:"sources" doc:"How many sources use it."`
	CreatedAt time.Time `json:"created_at"`
}

// ResyncPeriod is the time between two runs of a schedule; 0: none.
func ResyncPeriod(s ResyncSchedule) time.Duration {
	switch s {
	case ResyncWeekly:
		return 7 * 24 * time.Hour
	case ResyncDaily:
		return 24 * time.Hour
	}
	return 0
}

// ResyncOffset spreads the sources over the period of their schedule, so that
// they are not all read at the same hour.
func ResyncOffset(id SourceID, period time.Duration) time.Duration {
	if period <= 0 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	seconds := uint64(period / time.Second)
	return time.Duration(h.Sum64()%seconds) * time.Second
}

// NextResync is when a source is read again by itself, but for the jitter of at
// most six hours; zero when it is not.
func NextResync(id SourceID, s ResyncSchedule, now time.Time) time.Time {
	period := ResyncPeriod(s)
	if period == 0 {
		return time.Time{}
	}
	offset := ResyncOffset(id, period)
	next := time.Unix(0, 0).UTC().Add(now.Sub(time.Unix(0, 0)).Truncate(period)).Add(offset)
	if !next.After(now) {
		next = next.Add(period)
	}
	return next
}
