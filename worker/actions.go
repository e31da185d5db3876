package main

import (
	"strings"

	"steward/activities"
	"steward/internal/actions"
	"steward/internal/config"
	"steward/schemas"
)

// callers make the calls of actions. Secrets are looked up at the moment of a
// call, in this process.
func callers(version string) map[schemas.ActionKind]activities.Caller {
	runner := actions.New(actions.Options{Secrets: actions.LocalSecrets{}, Agent: "Steward/" + version})
	return map[schemas.ActionKind]activities.Caller{schemas.ActionHTTP: runner, schemas.ActionMCP: runner}
}

// reports is the address under which systems report results.
func reports(cfg config.Config) string {
	base := cfg.PublicURL
	if base == "" {
		base = "http://" + cfg.Addr
	}
	return strings.TrimRight(base, "/") + "/api/gateway/v1/reports/"
}
