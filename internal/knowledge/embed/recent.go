package embed

import (
	"slices"
	"sync"

	"steward/internal/knowledge/embed/lsa"
	"steward/schemas"
)

// recent holds the models that were used last. There are few, so a list is
// searched from its end.
type recent struct {
	most int

	mu   sync.Mutex
	list []held
}

type held struct {
	id    schemas.EmbedderID
	model *lsa.Model
}

func newRecent(most int) *recent { return &recent{most: most} }

func (r *recent) get(id schemas.EmbedderID) (*lsa.Model, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.list, func(h held) bool { return h.id == id })
	if i < 0 {
		return nil, false
	}
	found := r.list[i]
	r.list = append(slices.Delete(r.list, i, i+1), found)
	return found.model, true
}

func (r *recent) put(id schemas.EmbedderID, model *lsa.Model) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = slices.DeleteFunc(r.list, func(h held) bool { return h.id == id })
	if len(r.list) == r.most {
		r.list = slices.Delete(r.list, 0, 1)
	}
	r.list = append(r.list, held{id, model})
}
