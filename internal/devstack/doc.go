// Package devstack starts Temporal, Weaviate and Postgres as child processes, for `steward dev` and for tests.
//
// It owns the processes it starts: their ports, data folders, logs, pid files and end. Children die with us,
// also when we are killed. It must not know a table, a workflow or a collection, and it is not for production:
// there the servers are run by those who run servers.
//
// A folder given as Dir has one layout for all servers: postgres/, temporal/, weaviate/ with their data,
// logs/<name>.log, and run/ with <name>.pid, <name>.ports.json and <name>.lock.
package devstack
