// Package weaviate is the Index on a Weaviate server.
//
// It owns the one collection of knowledge chunks, with a tenant per agent and
// named vectors that are only ever added, and the ways around the client's and
// the server's traps. It stores what searching needs and no text: passages are
// read from Postgres. It must not analyse words or make vectors itself.
// Settled: rule 34.
package weaviate
