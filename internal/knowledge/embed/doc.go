// Package embed opens the embedder that a stored row names: a training of lsa
// from its stored matrix, or the remote model that is configured.
//
// It owns which trained models are held in memory, and the two names under
// which vectors of trainings are kept in an index. It must not decide which
// embedder is live, when to train, or where models are stored. Spec: D25.
package embed
