// Package config reads Steward's settings for one process from the environment.
//
// It owns the one Config struct, the rules for secrets (a value or a file) and the redacted print.
// It must not open connections, read the environment behind the caller's back, or hold settings of the
// agent: those live in agent_versions. The Temporal connection is not here: it follows Temporal's own
// TEMPORAL_* variables, read by internal/temporalclient.
package config
