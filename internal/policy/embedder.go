package policy

import "steward/schemas"

const (
	// minTraining is from how many passages on the default embedder has enough
	// to learn from; below it words alone find more.
	minTraining = 50
	// manyNew is the share of new passages after which the default embedder is
	// trained again.
	manyNew = 0.1
)

// EmbedderStep is what has to be done about an agent's embedder.
type EmbedderStep int

// The steps.
const (
	// EmbedderKeep: it is as it should be.
	EmbedderKeep EmbedderStep = iota
	// EmbedderTrain: the default one has to learn the content.
	EmbedderTrain
	// EmbedderAdd: the configured model is new.
	EmbedderAdd
	// EmbedderDrop: there should be none.
	EmbedderDrop
	// EmbedderReplace: what is being filled is not what is wanted any more.
	EmbedderReplace
)

// PlanEmbedder decides what has to be done so that the agent gets the embedder
// that is configured. total counts the agent's passages, added those that came
// after the live embedder was made. Settled: rule 34.
func PlanEmbedder(wanted schemas.Embedder, live, filling *schemas.Embedder, total, added int) EmbedderStep {
	if filling != nil {
		if same(*filling, wanted) {
			return EmbedderKeep
		}
		return EmbedderReplace
	}
	switch {
	case wanted.Kind == schemas.EmbedderNone:
		if live != nil {
			return EmbedderDrop
		}
	case wanted.Kind == schemas.EmbedderOpenAI:
		if live == nil || !same(*live, wanted) {
			return EmbedderAdd
		}
	case total < minTraining:
		// A model of another kind would no longer get new passages right.
		if live != nil {
			return EmbedderDrop
		}
	case live == nil || live.Kind != schemas.EmbedderLSA || float64(added) > manyNew*float64(live.Chunks):
		return EmbedderTrain
	}
	return EmbedderKeep
}

// same reports whether an embedder is of the configured kind and model.
func same(e, wanted schemas.Embedder) bool {
	return e.Kind == wanted.Kind && (e.Kind == schemas.EmbedderLSA || e.Model == wanted.Model && e.Dims == wanted.Dims)
}

// IndexLost reports whether the index holds so little of what it should that
// its data must have been lost.
func IndexLost(have, want int) bool { return have*2 < want }

// VectorWeight is the share of the vectors in the score of a search. Vectors of
// the default embedder know only what the content itself teaches; those of a
// model know languages.
func VectorWeight(kind schemas.EmbedderKind) float64 {
	switch kind {
	case schemas.EmbedderLSA:
		return 0.2
	case schemas.EmbedderOpenAI:
		return 0.5
	case schemas.EmbedderNone:
	}
	return 0
}

// CountAgain reports whether the words of the content have to be counted anew:
// more than a tenth of the passages came since, or have gone.
func CountAgain(counted, total, added int) bool {
	return counted == 0 && total > 0 || float64(max(added, counted-total)) > manyNew*float64(counted)
}
