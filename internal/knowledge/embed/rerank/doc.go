// Package rerank is the knowledge.Reranker for servers with a /rerank API, in
// the two shapes that are in use: that of text-embeddings-inference, and that
// of Cohere, Jina, vLLM and Infinity.
//
// It owns both wire formats and the batches. It must not choose or drop
// passages, or try again: a customer waits, and without scores the order of the
// search stands.
package rerank
