// Package memory is an Index in the memory of one process, for tests and for
// tools that rank a few documents without a server.
//
// It owns its chunks and scores them by BM25 over the same words as the server,
// and by the cosine of their vectors. It must not be used where chunks have to
// outlive the process.
package memory
