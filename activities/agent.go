package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"steward/schemas"
)

// AgentStore keeps the agent's switch and pauses.
type AgentStore interface {
	ApplyAgentCommand(ctx context.Context, in schemas.AgentCommandInput) (schemas.AgentState, error)
	FanOut(ctx context.Context, in schemas.FanOutInput, limit int) (woken int, done bool, err error)
}

// Agents are the activities of the Agent workflow.
type Agents struct {
	Store AgentStore
	// Fault kills the process at named points in tests; nil in the product.
	Fault Fault
}

// ApplyAgentCommand writes one command to the agent's row, where it takes
// effect. A local activity.
func (a *Agents) ApplyAgentCommand(ctx context.Context, in schemas.AgentCommandInput) (schemas.AgentState, error) {
	out, err := a.Store.ApplyAgentCommand(ctx, in)
	reach(a.Fault, "agent_command.after_commit")
	return out, failure(ctx, err)
}

// fanOutPage is how many conversations are woken in one transaction.
const fanOutPage = 500

// FanOut wakes the conversations that a change of the agent moves, page by
// page. Each is woken once per change, so a repeat is harmless.
func (a *Agents) FanOut(ctx context.Context, in schemas.FanOutInput) (schemas.FanOutResult, error) {
	var out schemas.FanOutResult
	for {
		woken, done, err := a.Store.FanOut(ctx, in, fanOutPage)
		if err != nil {
			return out, failure(ctx, err)
		}
		out.Woken += woken
		if done {
			return out, nil
		}
		activity.RecordHeartbeat(ctx, out.Woken)
	}
}
