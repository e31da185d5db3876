package hubspot

import (
	"slices"
	"sync"
	"time"

	"steward/schemas"
)

// quota closes the portal when the day's calls are used up: they are the whole
// portal's, so more calls would only be refused.
type quota struct {
	mu    sync.Mutex
	until time.Time
}

// shut reports whether the portal is closed at now, and until when.
func (q *quota) shut(now time.Time) (until time.Time, shut bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.until, now.Before(q.until)
}

// close closes the portal. A later end stays.
func (q *quota) close(until time.Time) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if until.After(q.until) {
		q.until = until
	}
	return q.until
}

// midnight is the next beginning of a day in a zone.
func midnight(now time.Time, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone)
}

// maxMade is how many records a process remembers that it made.
const maxMade = 4096

// made is what this process has made lately, by key: the search does not show a
// new record at once.
type made struct {
	mu    sync.Mutex
	ids   map[string]string
	order []string
}

func newMade() *made { return &made{ids: map[string]string{}} }

func (m *made) id(key string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id, ok := m.ids[key]
	return id, ok
}

func (m *made) put(key, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.ids[key]; ok {
		return
	}
	if len(m.order) == maxMade {
		delete(m.ids, m.order[0])
		m.order = m.order[1:]
	}
	m.ids[key] = id
	m.order = append(m.order, key)
}

// drop forgets a record that is not there any more.
func (m *made) drop(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.ids, key)
	m.order = slices.DeleteFunc(m.order, func(k string) bool { return k == key })
}

func byName(name string) func(schemas.Property) bool {
	return func(p schemas.Property) bool { return p.Name == name }
}
