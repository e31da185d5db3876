// Package schemas holds the contracts of Steward: everything that is stored or
// crosses a process, each with its rules, and the names under which workflows,
// updates, signals, queries, queues and search attributes are known.
//
// It owns no state and does no input or output. Histories carry only what is
// declared here: ids, counters, enums and times, never customer text.
// Spec: D26.
package schemas
