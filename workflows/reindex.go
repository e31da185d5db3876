package workflows

import (
	"go.temporal.io/sdk/workflow"

	"steward/activities"
	"steward/schemas"
)

// Reindex makes an agent's index anew from what is stored, or only brings its
// embedder in line with the configuration. Answers go on meanwhile: what is not
// in the index yet is found by the database's text search only when the index
// does not answer. Spec: D24.
func Reindex(ctx workflow.Context, in schemas.ReindexInput) (schemas.ReindexResult, error) {
	var out schemas.ReindexResult
	var acts *activities.Indexing
	if err := workflow.ExecuteActivity(indexing(ctx, "forget the index"), acts.BeginReindex, in).Get(ctx, nil); err != nil {
		return out, err
	}
	all := schemas.SyncRef{Agent: in.Agent}
	// Without an embedder words alone find passages.
	_ = workflow.ExecuteActivity(content(ctx, "prepare the embedder"), acts.PrepareEmbedder, all).Get(ctx, nil)
	for more := true; more; {
		var step schemas.IndexBatchResult
		if err := workflow.ExecuteActivity(indexing(ctx, "index the passages"), acts.IndexAgent, in).Get(ctx, &step); err != nil {
			return out, err
		}
		out.Indexed, out.Embedded, more = out.Indexed+step.Indexed, out.Embedded+step.Embedded, step.More
	}
	for more := true; more; {
		var step schemas.FillResult
		if err := workflow.ExecuteActivity(indexing(ctx, "fill the embedder"), acts.FillEmbedder, all).Get(ctx, &step); err != nil {
			return out, err
		}
		out.Filled, more = out.Filled+step.Filled, step.More
	}
	return out, workflow.ExecuteActivity(indexing(ctx, "count the words"), acts.CountTerms, all).Get(ctx, nil)
}

// PullConnector reads everything that an outside knowledge system has and has
// the changed articles read again. A schedule runs it every hour. Spec: S13, S19.
func PullConnector(ctx workflow.Context, in schemas.PullInput) (schemas.PullResult, error) {
	var out schemas.PullResult
	var acts *activities.Articles
	err := workflow.ExecuteActivity(content(ctx, "read the articles"), acts.PullArticles, in).Get(ctx, &out)
	return out, err
}
