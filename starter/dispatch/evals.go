package dispatch

import (
	"context"

	"steward/schemas"
)

// StartEvaluation starts the workflow of a run. One that runs is left alone.
func (c *Client) StartEvaluation(ctx context.Context, in schemas.EvaluationInput) error {
	o := startOptions(schemas.EvalWorkflowID(in.Run), "Evaluation of a suite, or of past conversations")
	o.TaskQueue = schemas.QueuePreview
	return c.start(ctx, o, schemas.WorkflowEvaluation, in)
}
