// Package policy holds the decisions of Steward that touch several features:
// whether the agent answers, when working hours begin, whom a handoff is
// offered to. Every function is pure: facts in, verdict out, the time given by
// the caller.
//
// It owns no state, reads no clock, does no input or output and imports
// schemas only. Whoever calls it loads the facts and applies the verdict in
// one transaction.
package policy
