package activities

import (
	"context"

	"steward/schemas"
)

// HandoffStore is the row of a handoff and the transaction in which it changes.
type HandoffStore interface {
	HandoffStep(ctx context.Context, in schemas.HandoffStepInput, route func(schemas.HandoffFacts) schemas.HandoffVerdict) (schemas.HandoffStepResult, error)
	DeskStore
	WritingStore
}

// Handoffs are the activities of the Handoff workflow.
type Handoffs struct {
	Store HandoffStore
	// Desks opens the destinations beside the inbox; nil has none.
	Desks Destinations
	// Search and Engine write drafts and summaries; a nil Engine writes none.
	Search Searcher
	Engine Writer
	// Fault kills the process at named points in tests; nil in the product.
	Fault Fault
}

// HandoffStep offers a handoff to the next in line, or whatever comes next, and
// says until when to wait. A local activity.
func (a *Handoffs) HandoffStep(ctx context.Context, in schemas.HandoffStepInput) (schemas.HandoffStepResult, error) {
	out, err := a.Store.HandoffStep(ctx, in, route)
	reach(a.Fault, "handoff_step.after_commit")
	return out, failure(ctx, err)
}
