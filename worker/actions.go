package main

import (
	"steward/activities"
	"steward/internal/actions"
	"steward/internal/crm"
	"steward/schemas"
)

// callers make the calls of actions. Secrets are looked up at the moment of a
// call, in this process.
func callers(version string, desk *crm.Desk) map[schemas.ActionKind]activities.Caller {
	runner := actions.New(actions.Options{Secrets: actions.LocalSecrets{}, Agent: "Steward/" + version})
	return map[schemas.ActionKind]activities.Caller{schemas.ActionHTTP: runner, schemas.ActionMCP: runner, schemas.ActionCRM: desk}
}
