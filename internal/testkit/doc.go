// Package testkit gives tests real servers and fresh, empty places on them.
//
// It owns the servers of a test binary: at most one Postgres, one Temporal and one Weaviate, started when the
// first test asks and stopped by Main. It must not be imported by code that ships, and holds no test itself
// of another package.
package testkit
