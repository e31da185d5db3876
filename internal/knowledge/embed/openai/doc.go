// Package openai is the knowledge.Embedder for every server with an
// OpenAI-compatible /v1/embeddings API: OpenAI, Azure, TEI, vLLM, llama.cpp,
// Ollama and others.
//
// It owns the wire format, the batches, the marks that models want before a
// text, the keys of the cache and the name of a model's vectors in an index.
// Storing vectors, counting cost and trying again later are its callers': it
// makes one short second attempt and no more. A search by words alone is their
// way out when it fails.
package openai
