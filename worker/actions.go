package main

import (
	"fmt"
	"log/slog"
	"strings"

	"steward/activities"
	"steward/internal/actions"
	"steward/internal/actions/mcp"
	"steward/internal/config"
	"steward/internal/crm"
	"steward/internal/seal"
	"steward/schemas"
)

// callers make the calls of actions. Secrets are looked up at the moment of a
// call, in this process; those that are stored are opened here.
func callers(cfg config.Config, values seal.Values, version string, log *slog.Logger, desk *crm.Desk) (map[schemas.ActionKind]activities.Caller, error) {
	keys, err := seal.New(cfg.SecretsKeys()...)
	if err != nil {
		return nil, fmt.Errorf("read STEWARD_SECRETS_KEY: %w", err)
	}
	runner := actions.New(actions.Options{
		Secrets: actions.LocalSecrets{Stored: seal.Stored{Values: values, Keys: keys, Log: log}},
		Tools:   mcp.Client{}, Agent: "Steward/" + version,
	})
	return map[schemas.ActionKind]activities.Caller{schemas.ActionHTTP: runner, schemas.ActionMCP: runner, schemas.ActionCRM: desk}, nil
}

// reports is the address under which systems report results.
func reports(cfg config.Config) string {
	base := cfg.PublicURL
	if base == "" {
		base = "http://" + cfg.Addr
	}
	return strings.TrimRight(base, "/") + "/api/gateway/v1/reports/"
}
