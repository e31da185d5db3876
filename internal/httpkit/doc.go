// Package httpkit is what every HTTP surface of Steward shares: errors as
// problem documents, request ids, the access log, body limits, bearer tokens,
// server-sent events and a server that stops cleanly.
//
// It owns the one table from kinds of error to HTTP statuses. It knows no
// route, no feature and no storage, and it never writes a body, a header or a
// token to the log.
package httpkit
