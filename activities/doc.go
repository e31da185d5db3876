// Package activities holds the bodies of the activities: each decodes, calls
// one organ and encodes. The rules are in policy and in the organs; an activity
// brings the two together, so that a workflow only ever sees a verdict.
//
// What an activity needs of the outside it names as a small interface here; the
// worker's main wires the adapters in. The package owns no state and must not
// import an adapter or a driver.
package activities

import "go.temporal.io/sdk/worker"

// All is every activity of a worker.
type All struct {
	Conversations *Conversations
	Handoffs      *Handoffs
	Agents        *Agents
	Knowledge     *Knowledge
	Indexing      *Indexing
	Articles      *Articles
	Sweeps        *Sweeps
	Upkeep        *Upkeep
	Evals         *Evals
	Goals         *Goals
}

// Register registers every activity. Workflows name them by method, so the
// names are those of the methods.
func Register(r worker.ActivityRegistry, all All) {
	r.RegisterActivity(all.Conversations)
	r.RegisterActivity(all.Handoffs)
	r.RegisterActivity(all.Agents)
	r.RegisterActivity(all.Knowledge)
	r.RegisterActivity(all.Indexing)
	r.RegisterActivity(all.Articles)
	r.RegisterActivity(all.Sweeps)
	r.RegisterActivity(all.Upkeep)
	r.RegisterActivity(all.Evals)
	r.RegisterActivity(all.Goals)
}
