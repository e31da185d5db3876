// Package shop is a mock of the retail shop that the tau-bench tasks are about:
// its database in memory and its tools, which read and change it and refuse what
// their descriptions forbid. It knows no agent and no HTTP. A Shop is not safe
// for concurrent use.
package shop
