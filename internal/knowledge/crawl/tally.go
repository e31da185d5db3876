package crawl

import (
	"slices"
	"sync"

	"steward/schemas"
)

const (
	// maxRuns and maxCounts bound the memory of tallies: how many runs, and how
	// many shapes and hosts of each.
	maxRuns   = 16
	maxCounts = 10_000
	// flakyShare is the part of a host's requests, one in so many, that may come
	// to nothing before its word that a page is not there needs two runs.
	flakyShare = 10
)

// tallies are what this process has seen of the runs that it works on. They
// only sharpen a judgement: after a restart they begin anew, and a run's limit
// of requests and the rules for pages that are gone hold without them.
type tallies struct {
	mu   sync.Mutex
	runs []*tally
}

type tally struct {
	sync   schemas.SyncID
	shapes map[string]count
	hosts  map[string]count
}

// count is how many requests there were, and how many of them came to
// something: a text of its own, or an answer.
type count struct{ asked, good int }

// of returns the tally of a run. The run that was used first is forgotten when
// there are too many.
func (t *tallies) of(id schemas.SyncID) *tally {
	at := slices.IndexFunc(t.runs, func(r *tally) bool { return r.sync == id })
	if at < 0 {
		t.runs = append(t.runs, &tally{sync: id, shapes: make(map[string]count), hosts: make(map[string]count)})
		t.runs = t.runs[max(0, len(t.runs)-maxRuns):]
		at = len(t.runs) - 1
	}
	return t.runs[at]
}

func add(counts map[string]count, key string, good bool) {
	c, ok := counts[key]
	if !ok && len(counts) >= maxCounts {
		return
	}
	c.asked++
	if good {
		c.good++
	}
	counts[key] = c
}

// page counts a linked page that was read; own says that it held a text that no
// other page has.
func (t *tallies) page(id schemas.SyncID, key string, own bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	add(t.of(id).shapes, shapeOf(key), own)
}

// trapped reports whether most pages of an address's shape were the same: then
// no more of them are read.
func (t *tallies) trapped(id schemas.SyncID, key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.of(id).shapes[shapeOf(key)]
	return c.asked >= maxPerShape && 2*c.good < c.asked
}

// answer counts a request to a host; failed says that it came to nothing for a
// reason that may pass.
func (t *tallies) answer(id schemas.SyncID, host string, failed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	add(t.of(id).hosts, host, !failed)
}

// flaky reports whether more than a tenth of a host's answers were errors.
func (t *tallies) flaky(id schemas.SyncID, host string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.of(id).hosts[host]
	return (c.asked-c.good)*flakyShare > c.asked
}
