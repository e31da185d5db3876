// Package endpoint is what the clients of embedding and reranking servers
// share: an HTTP client that keeps a key at its host, and the errors of a
// server that refuses, fails or answers nonsense.
//
// It owns the mapping of such failures to kinds of schemas.Error. It must not
// know a request or an answer, retry, or let an address, a key or a server's
// words into an error.
package endpoint
