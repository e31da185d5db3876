package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"steward/internal/actions"
	"steward/internal/agent/llm"
	"steward/internal/seal"
	"steward/schemas"
)

// maxActions bounds the actions of an agent. Spec: S53.
const maxActions = 100

// wrong is a refusal that names the field, as a path into the body.
func wrong(field, message string) error {
	p := newProblem(http.StatusUnprocessableEntity, sentence(field+": "+message))
	p.Errors = []schemas.FieldProblem{{Location: "body." + field, Message: message}}
	return p
}

// placed puts the path of its thing before the field that a refusal of package
// actions begins with.
func placed(prefix string, err error) error {
	var e *schemas.Error
	if !errors.As(err, &e) || e.Kind != schemas.KindInvalid {
		return err
	}
	field, reason, ok := strings.Cut(e.Message, ": ")
	if !ok {
		return wrong(strings.TrimSuffix(prefix, "."), e.Message)
	}
	return wrong(prefix+field, reason)
}

// checkSettings refuses settings that cannot be saved or published. Spec: S10,
// S53, S54.
func (a *API) checkSettings(ctx context.Context, s schemas.Settings) error {
	if err := s.Validate(a.o.Info.Dev); err != nil {
		return err
	}
	if err := schemas.ValidateGuidelines(s.Guidelines, s.Profile.Languages); err != nil {
		return refusedAs("guidelines", err)
	}
	if err := schemas.ValidateGoals(s.Goals, s.Profile.Languages); err != nil {
		return refusedAs("goals", err)
	}
	if len(s.Actions) == 0 {
		return nil
	}
	connections, err := a.o.Store.Connections(ctx)
	if err != nil {
		return err
	}
	return checkActions(s.Actions, connections)
}

// refusedAs is a refusal of a part of the body as a whole, whose message says
// the rest.
func refusedAs(part string, err error) error {
	var e *schemas.Error
	if !errors.As(err, &e) || e.Kind != schemas.KindInvalid {
		return err
	}
	p := newProblem(http.StatusUnprocessableEntity, sentence(e.Message))
	p.Errors = []schemas.FieldProblem{{Location: "body." + part, Message: e.Message}}
	return p
}

// checkActions refuses a list of actions, by the path of the field.
func checkActions(list []schemas.Action, connections []schemas.Connection) error {
	if len(list) > maxActions {
		return wrong("actions", fmt.Sprintf("at most %d are possible", maxActions))
	}
	seen := map[string]bool{}
	for i, one := range list {
		at := fmt.Sprintf("actions[%d].", i)
		if err := checkAction(one, connections); err != nil {
			return placed(at, err)
		}
		if seen[one.Name] {
			return wrong(at+"name", one.Name+" is there twice")
		}
		seen[one.Name] = true
	}
	return nil
}

// checkAction refuses one action. The error begins with the field.
func checkAction(one schemas.Action, connections []schemas.Connection) error {
	refuse := func(field, reason string) error {
		return schemas.NewError(schemas.KindInvalid, field+": "+reason)
	}
	if err := actions.Validate(one, connections); err != nil {
		return err
	}
	switch {
	case llm.Reserved(one.Name):
		return refuse("name", "the agent uses this word for a decision of its own: choose another")
	case one.CRM != nil || one.Kind == schemas.ActionCRM:
		return refuse("kind", "http or mcp; actions of the CRM come from its own settings")
	}
	if one.Approval != nil && one.Approval.Team != "" {
		if _, err := schemas.ParseID(schemas.PrefixTeam, string(one.Approval.Team)); err != nil {
			return refuse("approval.team", "the id of a team, team_…, or empty for everybody")
		}
	}
	// A stored secret is for its own system only.
	own := seal.Reference(connectionOf(one))
	for i, in := range one.Inputs {
		if in.Source == schemas.InputSecret && strings.HasPrefix(in.Path, seal.Reference("")) && in.Path != own {
			return refuse(fmt.Sprintf("inputs[%d].path", i), "of stored secrets only that of the action's own connection: "+own)
		}
	}
	return nil
}

// connectionOf is the name of the connection that an action calls through.
func connectionOf(one schemas.Action) string {
	switch {
	case one.HTTP != nil:
		return one.HTTP.Connection
	case one.MCP != nil:
		return one.MCP.Connection
	}
	return ""
}

// actionWarnings are what is allowed, but should be looked at.
func actionWarnings(one schemas.Action, connections []schemas.Connection, sealed map[string][]byte) []schemas.FieldProblem {
	one = actions.Normalise(one)
	out := []schemas.FieldProblem{}
	warn := func(field, message string) {
		out = append(out, schemas.FieldProblem{Location: field, Message: message})
	}
	if one.Effect.Changes() && one.Confirm == schemas.ConfirmNever {
		warn("confirm", "it changes something without asking the customer first")
	}
	if one.Effect.Changes() && one.Protection == schemas.ProtectNone {
		warn("protection", "it changes something for anybody who asks")
	}
	if len(one.Outputs) == 0 && !one.Effect.Changes() {
		warn("outputs", "the whole answer goes to the engine: choose what it may read")
	}
	at := slices.IndexFunc(connections, func(c schemas.Connection) bool { return c.Name == connectionOf(one) })
	if at < 0 {
		warn(strings.ToLower(string(one.Kind))+".connection", "there is no connection of this name")
		return out
	}
	field := strings.ToLower(string(one.Kind)) + ".connection"
	if connections[at].Disabled {
		warn(field, "the connection is disabled")
	}
	if c := connections[at]; c.Secret == seal.Reference(c.Name) && sealed[c.Name] == nil {
		warn(field, "no secret is stored for the connection")
	}
	return out
}
