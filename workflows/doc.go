// Package workflows holds the workflows of Steward. They sequence: they wait,
// call activities and branch on recorded results. Every decision is made in an
// activity and every fact lives in Postgres, so that a run can be lost, reset
// or terminated and the next one goes on from the row.
//
// It owns no state but what a run carries over continue-as-new, and must not
// read a clock, the environment or the database, nor import policy.
// Settled: rules 1, 5.
package workflows

import "go.temporal.io/sdk/worker"

// Register registers every workflow.
func Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflow(Conversation)
	r.RegisterWorkflow(Handoff)
	r.RegisterWorkflow(Agent)
	r.RegisterWorkflow(SyncSource)
	r.RegisterWorkflow(Crawl)
	r.RegisterWorkflow(Reindex)
	r.RegisterWorkflow(PullConnector)
	r.RegisterWorkflow(Sweep)
	r.RegisterWorkflow(Upkeep)
	r.RegisterWorkflow(Evaluation)
	r.RegisterWorkflow(GoalOutcome)
}
