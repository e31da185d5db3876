// Package stack runs the product itself for tests: `steward serve` and
// steward-worker as child processes, on real Temporal and Postgres and, where a
// test asks for it, Weaviate. Tests kill and restart any of them.
//
// It owns the two programs it builds once per test binary, the processes of
// each Stack and their end. Every Stack has a database and a Temporal namespace
// of its own, so that tests run side by side. It must not be imported by code
// that ships, and it asserts nothing about answers beside Check, which holds for
// every conversation at rest.
package stack
