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

// secrets are looked up at the moment of a call, in this process; those that are
// stored are opened here.
func secrets(cfg config.Config, values seal.Values, log *slog.Logger) (actions.LocalSecrets, error) {
	keys, err := seal.New(cfg.SecretsKeys()...)
	if err != nil {
		return actions.LocalSecrets{}, fmt.Errorf("read STEWARD_SECRETS_KEY: %w", err)
	}
	return actions.LocalSecrets{Stored: seal.Stored{Values: values, Keys: keys, Log: log}}, nil
}

// callers make the calls of actions.
func callers(known actions.Secrets, version string, desk *crm.Desk) map[schemas.ActionKind]activities.Caller {
	runner := actions.New(actions.Options{Secrets: known, Tools: mcp.Client{}, Agent: "Steward/" + version})
	return map[schemas.ActionKind]activities.Caller{schemas.ActionHTTP: runner, schemas.ActionMCP: runner, schemas.ActionCRM: desk}
}

// reports is the address under which systems report results.
func reports(cfg config.Config) string {
	base := cfg.PublicURL
	if base == "" {
		base = "http://" + cfg.Addr
	}
	return strings.TrimRight(base, "/") + "/api/gateway/v1/reports/"
}

// hostOf is the host of an address, which may stand after a name in brackets.
func hostOf(address string) string {
	_, host, _ := strings.Cut(strings.TrimRight(address, ">"), "@")
	return host
}
