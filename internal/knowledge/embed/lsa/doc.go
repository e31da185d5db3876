// Package lsa is the embedder that needs no model: latent semantic analysis of
// the agent's own content. It learns from the passages which words occur in the
// same company, so that a question finds a passage that says the same in other
// words of that content.
//
// It owns the training (a randomised singular value decomposition of log-tf·idf
// over analysed terms), the projection of texts, and the format of a trained
// model. It must not analyse text, store anything or know an index: the caller
// gives terms and keeps the bytes. Vectors of two trainings must never be
// compared with each other.
package lsa
