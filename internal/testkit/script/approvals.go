package script

import (
	"fmt"
	"strings"

	"steward/internal/store"
)

// approval plays a person's decision about the oldest open request.
func (w *world) approval(l line) error {
	name, note, _ := strings.Cut(l.rest, " ")
	user, ok := w.users[name]
	if !ok {
		return fmt.Errorf("there is no user %q", name)
	}
	requests, err := w.store.Requests(w.ctx, false, 10)
	if err != nil {
		return err
	}
	if len(requests) == 0 {
		return fmt.Errorf("nothing waits for approval")
	}
	return w.store.Approve(w.ctx, store.Decide{
		Pending: requests[len(requests)-1].ID, Yes: l.verb == "approves", User: user, Note: note,
	})
}
