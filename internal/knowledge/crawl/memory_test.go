package crawl

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"steward/schemas"
)

// memory is a Frontier in memory. It keeps to the rules of the one in the
// database, and outlives runs as that does.
type memory struct {
	mu    sync.Mutex
	limit int
	run   schemas.SyncRef
	// urls are the frontier of the run, the rest is kept over runs.
	urls  map[string]*waiting
	pages map[string]*storedPage
	docs  map[schemas.DocumentID]*storedDocument
	hosts map[string]*storedHost
	kept  int
	// requests and browsed count pages that were finished.
	requests, browsed int
}

type waiting struct {
	schemas.FrontierURL
	state      int // 0 waits, 1 is with a batch, 2 is done
	due, until time.Time
	outcome    schemas.PageOutcome
	reason     schemas.FailCode
}

type storedPage struct {
	url, etag, modified, bytesHash, textHash, duplicateOf string
	document                                              schemas.DocumentID
	misses                                                int
	links                                                 []schemas.FrontierURL
}

type storedDocument struct {
	schemas.Document
	hash  string
	print uint64
	seen  schemas.SyncID
}

type storedHost struct {
	schemas.HostState
	next time.Time
}

func newMemory(limit int) *memory {
	return &memory{
		limit: limit, pages: make(map[string]*storedPage), docs: make(map[schemas.DocumentID]*storedDocument),
		hosts: make(map[string]*storedHost),
	}
}

// begin starts a run with an empty frontier.
func (m *memory) begin(run schemas.SyncRef) {
	m.run, m.urls, m.kept, m.requests, m.browsed = run, make(map[string]*waiting), 0, 0, 0
}

// counted is a job with what the run has done so far.
func (m *memory) counted(job schemas.CrawlJob) schemas.CrawlJob {
	m.mu.Lock()
	defer m.mu.Unlock()
	job.Requests, job.Browser = m.requests, m.kept >= 20 && 10*m.browsed > 6*m.kept
	return job
}

func (m *memory) Claim(_ context.Context, run schemas.SyncRef, limit int, lease time.Duration) (urls []schemas.FrontierURL, next time.Time, left int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if run != m.run {
		return nil, time.Time{}, 0, schemas.NewError(schemas.KindConflict, "the sync no longer has the source")
	}
	now := time.Now()
	rows := slices.SortedFunc(maps.Values(m.urls), func(a, b *waiting) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Depth, b.Depth), cmp.Compare(a.Key, b.Key))
	})
	room := m.limit == 0 || m.kept+m.knownWaiting() < m.limit || m.knownWaiting() == 0
	for _, w := range rows {
		if w.state == 1 && !w.until.After(now) {
			w.state = 0
		}
		if w.state == 0 && !w.due.After(now) && len(urls) < limit && (room || w.Class <= schemas.ClassKnown) {
			w.state, w.until = 1, now.Add(lease)
			w.Tries++
			urls = append(urls, m.withKnown(w.FrontierURL))
		}
		if w.state == 2 {
			continue
		}
		left++
		if w.state == 0 && !room && w.Class > schemas.ClassKnown {
			continue
		}
		at := w.due
		if w.state == 1 {
			at = w.until
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return urls, next, left, nil
}

// knownWaiting counts the pages of earlier runs that wait: they have their
// place before new ones.
func (m *memory) knownWaiting() int {
	n := 0
	for _, w := range m.urls {
		if w.Class == schemas.ClassKnown && w.state != 2 {
			n++
		}
	}
	return n
}

func (m *memory) withKnown(u schemas.FrontierURL) schemas.FrontierURL {
	p := m.pages[u.Key]
	if p == nil {
		return u
	}
	u.Misses, u.Document = p.misses, p.document
	if p.document != "" {
		u.ETag, u.LastModified, u.BytesHash, u.TextHash = p.etag, p.modified, p.bytesHash, p.textHash
	}
	return u
}

func (m *memory) Renew(_ context.Context, _ schemas.SyncRef, keys []string, lease time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		if w := m.urls[key]; w != nil && w.state == 1 {
			w.until = time.Now().Add(lease)
		}
	}
	return nil
}

func (m *memory) Add(_ context.Context, _ schemas.SyncRef, urls []schemas.FrontierURL) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.add(urls), nil
}

func (m *memory) add(urls []schemas.FrontierURL) int {
	added := 0
	for _, u := range urls {
		if m.urls[u.Key] == nil {
			m.urls[u.Key] = &waiting{FrontierURL: u}
			added++
		}
	}
	return added
}

func (m *memory) Seed(context.Context, schemas.SyncRef) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var urls []schemas.FrontierURL
	for key, p := range m.pages {
		if p.document != "" {
			urls = append(urls, schemas.FrontierURL{Key: key, URL: p.url, Class: schemas.ClassKnown})
		}
	}
	return m.add(urls), nil
}

func (m *memory) Size(context.Context, schemas.SyncRef) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.urls), nil
}

func (m *memory) Finish(_ context.Context, run schemas.SyncRef, page schemas.PageRead) (schemas.PageStored, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if run != m.run {
		return schemas.PageStored{}, schemas.NewError(schemas.KindConflict, "the sync no longer has the source")
	}
	w, p := m.urls[page.Key], m.page(page)
	if !page.Again.IsZero() {
		w.state, w.due, w.reason = 0, page.Again, page.Reason
		return schemas.PageStored{Outcome: schemas.PageQueued, Reason: page.Reason}, nil
	}
	out := schemas.PageStored{Outcome: page.Outcome, Reason: page.Reason}
	switch {
	case page.Document != nil:
		m.document(page, p, &out)
		if out.Outcome == schemas.PageQueued {
			w.state, w.due = 0, time.Now().Add(5*time.Second)
			return out, nil
		}
	case page.Outcome == schemas.PageUnchanged:
		p.misses = 0
		m.see(p.document)
	case page.Outcome == schemas.PageSkipped, page.Outcome == schemas.PageGone:
		*p = storedPage{url: page.URL, duplicateOf: page.DuplicateOf}
	default:
		p.misses++
		m.see(p.document)
	}
	links := page.Links
	if len(links) > 0 {
		p.links = links
	} else if page.Outcome == schemas.PageUnchanged {
		links = p.links
	}
	out.Added = m.add(links)
	w.state, w.outcome, w.reason = 2, out.Outcome, out.Reason
	if page.Status != 0 {
		m.requests++
	}
	if page.Rendered {
		m.browsed++
	}
	return out, nil
}

func (m *memory) page(page schemas.PageRead) *storedPage {
	p := m.pages[page.Key]
	if p == nil {
		p = &storedPage{url: page.URL}
		m.pages[page.Key] = p
	}
	return p
}

// see notes that a document is still there; a new one counts towards the limit.
func (m *memory) see(id schemas.DocumentID) {
	if d := m.docs[id]; d != nil && d.seen != m.run.Sync {
		d.seen = m.run.Sync
		m.kept++
	}
}

// document stores a page's document, unless the run has its text already, or
// the page only stands for another one, or the run has all it may have.
func (m *memory) document(page schemas.PageRead, p *storedPage, out *schemas.PageStored) {
	doc := *page.Document
	twin := ""
	for _, id := range slices.Sorted(maps.Keys(m.docs)) {
		d := m.docs[id]
		if id != doc.ID && d.seen == m.run.Sync && (d.hash == page.TextHash || Near(d.print, page.Print)) {
			twin = d.URL
			break
		}
	}
	if own := m.pages[doc.Key]; page.DuplicateOf != "" && own != nil && own.document == doc.ID {
		twin = page.DuplicateOf
	}
	old := m.docs[doc.ID]
	seen := old != nil && old.seen == m.run.Sync
	switch {
	case twin != "":
		out.Outcome, out.Reason = schemas.PageSkipped, schemas.FailDuplicate
		*p = storedPage{url: page.URL, duplicateOf: twin}
		return
	case !seen && m.limit > 0 && m.kept < m.limit && old == nil && m.knownWaiting() > 0 && m.kept+m.knownWaiting() >= m.limit:
		out.Outcome = schemas.PageQueued
		return
	case !seen && m.limit > 0 && m.kept >= m.limit:
		out.Outcome, out.Reason = schemas.PageSkipped, schemas.FailLimitReached
		*p = storedPage{url: page.URL}
		return
	case !seen:
		m.kept++
	}
	switch {
	case old == nil:
		out.Outcome = schemas.PageNew
	case old.hash == page.TextHash:
		out.Outcome = schemas.PageUnchanged
	default:
		out.Outcome = schemas.PageUpdated
	}
	m.docs[doc.ID] = &storedDocument{Document: doc, hash: page.TextHash, print: page.Print, seen: m.run.Sync}
	*p = storedPage{
		url: page.URL, etag: page.ETag, modified: page.LastModified, bytesHash: page.BytesHash, textHash: page.TextHash,
		duplicateOf: page.DuplicateOf, document: doc.ID, links: page.Links,
	}
}

// settle ends a run: documents that it did not see are removed.
func (m *memory) settle() {
	maps.DeleteFunc(m.docs, func(_ schemas.DocumentID, d *storedDocument) bool { return d.seen != m.run.Sync })
}

func (m *memory) Close(_ context.Context, _ schemas.SyncRef, reason schemas.FailCode) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	closed := 0
	for _, w := range m.urls {
		if w.state != 2 {
			w.state, w.outcome, w.reason = 2, schemas.PageSkipped, reason
			closed++
		}
	}
	return closed, nil
}

func (m *memory) host(name string) *storedHost {
	if m.hosts[name] == nil {
		m.hosts[name] = &storedHost{HostState: schemas.HostState{Host: name}}
	}
	return m.hosts[name]
}

func (m *memory) Host(_ context.Context, host string) (schemas.HostState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.host(host).HostState, nil
}

func (m *memory) SaveRobots(_ context.Context, s schemas.HostState) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.host(s.Host)
	h.Robots, h.RobotsStatus, h.RobotsAt, h.CrawlDelay = s.Robots, s.RobotsStatus, time.Now(), s.CrawlDelay
	if h.Delay == 0 {
		h.Delay = s.Delay
	}
	h.Delay = max(h.Delay, s.CrawlDelay)
	return nil
}

func (m *memory) Turn(_ context.Context, host string) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, at := m.host(host), time.Now()
	if h.Delay == 0 {
		h.Delay = StartDelay
	}
	for _, earliest := range []time.Time{h.next, h.BusyUntil} {
		if earliest.After(at) {
			at = earliest
		}
	}
	h.next = at.Add(max(h.Delay, h.CrawlDelay))
	return at, nil
}

func (m *memory) Pace(_ context.Context, host string, delay time.Duration, busyUntil time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.host(host)
	h.Delay = delay
	if !busyUntil.IsZero() {
		h.BusyUntil = busyUntil
	}
	return nil
}

func (m *memory) Now(context.Context) (time.Time, error) { return time.Now(), nil }
