package actions

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"steward/schemas"
)

var (
	namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,47}$`)
	toolPattern = regexp.MustCompile(`^[A-Za-z0-9_./-]{1,128}$`)
	sumPattern  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// The limits of an action's texts, in bytes.
const (
	maxTitle       = 200
	maxDescription = 2000
)

func refuse(field, format string, args ...any) error {
	return schemas.NewError(schemas.KindInvalid, field+": "+fmt.Sprintf(format, args...))
}

// Validate refuses an action that cannot be saved. The error is of KindInvalid
// and names the field and the reason. Connections are those that there are; the
// names that an action uses are looked up among them. Spec: S53, D7.
func Validate(a schemas.Action, connections []schemas.Connection) error {
	a = Normalise(a)
	if !namePattern.MatchString(a.Name) {
		return refuse("name", "lower-case letters, digits and underscores, from a letter, at most 48")
	}
	if strings.TrimSpace(a.Title) == "" || len(a.Title) > maxTitle {
		return refuse("title", "a title of at most %d bytes", maxTitle)
	}
	if strings.TrimSpace(a.Description) == "" || len(a.Description) > maxDescription {
		return refuse("description", "say when to use the action, in at most %d bytes", maxDescription)
	}
	for _, check := range []func(schemas.Action) error{
		validateGates, validateKind, validateInputs, validateUses, validateOutputs, validateReadBack, validateWaits,
	} {
		if err := check(a); err != nil {
			return err
		}
	}
	switch a.Kind {
	case schemas.ActionHTTP:
		if err := validateHTTP(a); err != nil {
			return err
		}
		return validateConnectionName("http.connection", a.HTTP.Connection, connections)
	case schemas.ActionMCP:
		if err := validateMCP(a); err != nil {
			return err
		}
		return validateConnectionName("mcp.connection", a.MCP.Connection, connections)
	}
	return nil
}

// validateGates checks what stands between a proposal and its effect.
func validateGates(a schemas.Action) error {
	switch {
	case !a.Effect.Valid():
		return refuse("effect", "one of read, write, destructive")
	case !a.Confirm.Valid():
		return refuse("confirm", "one of always, never")
	case !a.Protection.Valid():
		return refuse("protection", "one of none, match_email, verify_email, authenticated")
	case a.Effect == schemas.EffectDestructive && a.Confirm == schemas.ConfirmNever:
		return refuse("confirm", "a destructive action is always confirmed")
	case a.PerHour < 0:
		return refuse("per_hour", "a number of runs, or 0 for %d", defaultPerHour)
	}
	for _, c := range a.Channels {
		if !c.Valid() {
			return refuse("channels", "holds a kind of channel that there is not")
		}
	}
	return nil
}

func validateKind(a schemas.Action) error {
	switch {
	case a.Kind == schemas.ActionHTTP && a.HTTP != nil && a.MCP == nil && a.CRM == nil:
	case a.Kind == schemas.ActionMCP && a.MCP != nil && a.HTTP == nil && a.CRM == nil:
	case a.Kind == schemas.ActionCRM && a.CRM != nil && a.HTTP == nil && a.MCP == nil:
	case !a.Kind.Valid():
		return refuse("kind", "one of http, mcp, crm")
	default:
		return refuse("kind", "exactly the part that belongs to the kind is set")
	}
	return nil
}

func validateInputs(a schemas.Action) error {
	if len(a.Inputs) > maxInputs {
		return refuse("inputs", "at most %d", maxInputs)
	}
	seen := map[string]bool{}
	for i, in := range a.Inputs {
		field := fmt.Sprintf("inputs[%d]", i)
		switch {
		case !namePattern.MatchString(in.Name):
			return refuse(field+".name", "lower-case letters, digits and underscores, from a letter, at most 48")
		case seen[in.Name]:
			return refuse(field+".name", "%s is there twice", in.Name)
		case len(in.Title) > maxTitle:
			return refuse(field+".title", "at most %d bytes", maxTitle)
		case len(in.Instructions) > maxDescription:
			return refuse(field+".instructions", "at most %d bytes", maxDescription)
		case in.MaxAsks < 1 || in.MaxAsks > 10:
			return refuse(field+".max_asks", "from 1 to 10")
		}
		seen[in.Name] = true
		schema, err := compile(in.Schema)
		if err != nil {
			return refuse(field+".schema", "%s", err.Error())
		}
		if in.Source == schemas.InputConstant {
			value, err := parse(in.Value, maxArgumentsDepth, maxInputs)
			if err != nil || value == nil {
				return refuse(field+".value", "a constant has a JSON value")
			}
			if schema.Validate(value) != nil {
				return refuse(field+".value", "does not fit the input's schema")
			}
		}
		if err := validateSource(field, in); err != nil {
			return err
		}
	}
	return nil
}

func validateSource(field string, in schemas.Input) error {
	if in.Source != schemas.InputConstant && len(in.Value) > 0 {
		return refuse(field+".value", "only a constant has a value")
	}
	switch in.Source {
	case schemas.InputCustomer, schemas.InputConstant:
		if in.Path != "" {
			return refuse(field+".path", "inputs of source %s have none", in.Source)
		}
	case schemas.InputContact, schemas.InputConversation:
		if !knownPath(in.Source, in.Path) {
			return refuse(field+".path", "%s", pathHint(in.Source))
		}
	case schemas.InputSecret:
		if err := ValidateReference(in.Path); err != nil {
			return refuse(field+".path", "%s", err.Error())
		}
	default:
		return refuse(field+".source", "one of customer, contact, conversation, constant, secret")
	}
	return nil
}

// validateUses: every placeholder is an input. A secret reaches no address: it
// would be in the logs of every machine on the way.
func validateUses(a schemas.Action) error {
	if a.HTTP == nil {
		return nil
	}
	source := map[string]schemas.InputSource{}
	for _, in := range a.Inputs {
		source[in.Name] = in.Source
	}
	check := func(field, template string, address bool) error {
		for _, name := range placeholders(template) {
			switch {
			case source[name] == "":
				return refuse(field, "{%s} is no input", name)
			case address && source[name] == schemas.InputSecret:
				return refuse(field, "{%s} is a secret: put it in a header or the body", name)
			}
		}
		return nil
	}
	if err := check("http.path", a.HTTP.Path, true); err != nil {
		return err
	}
	for _, key := range sortedKeys(a.HTTP.Query) {
		if err := check("http.query."+key, a.HTTP.Query[key], true); err != nil {
			return err
		}
	}
	for _, key := range sortedKeys(a.HTTP.Headers) {
		if err := check("http.headers."+key, a.HTTP.Headers[key], false); err != nil {
			return err
		}
	}
	if len(a.HTTP.Body) == 0 {
		return nil
	}
	body, err := parse(a.HTTP.Body, maxSchemaDepth, maxTemplateMembers)
	if err != nil {
		return refuse("http.body", "a JSON value: %s", err.Error())
	}
	eachString(body, func(text string, key bool) {
		if err != nil {
			return
		}
		if key && len(placeholders(text)) > 0 {
			err = refuse("http.body", "a name of a member holds no placeholder")
			return
		}
		err = check("http.body", text, false)
	})
	return err
}

func validateOutputs(a schemas.Action) error {
	if len(a.Outputs) > maxOutputs {
		return refuse("outputs", "at most %d", maxOutputs)
	}
	seen := map[string]bool{}
	for i, out := range a.Outputs {
		field := fmt.Sprintf("outputs[%d]", i)
		switch {
		case !namePattern.MatchString(out.Name):
			return refuse(field+".name", "lower-case letters, digits and underscores, from a letter, at most 48")
		case seen[out.Name]:
			return refuse(field+".name", "%s is there twice", out.Name)
		case !validPath(out.Path):
			return refuse(field+".path", "names and numbers with dots between them, such as order.items.0.status")
		case !out.Visibility.Valid():
			return refuse(field+".visibility", "one of customer, model_only, hidden")
		case !out.Mask.Valid():
			return refuse(field+".mask", "one of last4, email, all, or empty")
		case out.Link && out.Mask != schemas.MaskNone:
			return refuse(field+".link", "a masked value is no link")
		}
		seen[out.Name] = true
	}
	return nil
}

func validPath(path string) bool {
	return len(path) <= 500 && (path == "" || !slices.Contains(strings.Split(path, "."), ""))
}

func validateReadBack(a schemas.Action) error {
	asked := map[string]bool{}
	for _, in := range a.Inputs {
		asked[in.Name] = in.Source != schemas.InputSecret
	}
	for _, lang := range sortedKeys(a.ReadBack) {
		field := "read_back." + lang
		text := a.ReadBack[lang]
		if strings.TrimSpace(text) == "" || len(text) > maxDescription {
			return refuse(field, "a question of at most %d bytes", maxDescription)
		}
		for _, name := range placeholders(text) {
			if !asked[name] {
				return refuse(field, "{%s} is no input that may be shown", name)
			}
		}
	}
	return nil
}

func validateWaits(a schemas.Action) error {
	if a.Approval != nil && (a.Approval.EscalateSeconds < 0 || a.Approval.ExpireSeconds <= 0) {
		return refuse("approval", "durations are in seconds and not negative")
	}
	if a.Callback != nil && a.Callback.ExpireSeconds <= 0 {
		return refuse("callback.expire_seconds", "a duration in seconds")
	}
	return nil
}

func validateMCP(a schemas.Action) error {
	c := *a.MCP
	used := map[string]bool{}
	for _, in := range a.Inputs {
		name := orDefault(c.Arguments[in.Name], in.Name)
		if len(name) > maxTitle || control(name) || used[name] {
			return refuse("mcp.arguments", "one name of an argument for each input")
		}
		used[name] = true
	}
	switch {
	case !toolPattern.MatchString(c.Tool):
		return refuse("mcp.tool", "the name of a tool of the server")
	case !sumPattern.MatchString(c.Digest):
		return refuse("mcp.digest", "approve the tool's definition: 64 hexadecimal digits")
	}
	return validateLimits("mcp", c.TimeoutSeconds, c.ResultBytes)
}

func validateLimits(field string, timeout, result int) error {
	if timeout < 1 || timeout > maxTimeout {
		return refuse(field+".timeout_seconds", "from 1 to %d", maxTimeout)
	}
	if result < 1 || result > maxResult {
		return refuse(field+".result_bytes", "from 1 to %d", maxResult)
	}
	return nil
}

func validateConnectionName(field, name string, connections []schemas.Connection) error {
	for _, c := range connections {
		if c.Name == name {
			return nil
		}
	}
	return refuse(field, "there is no connection of this name")
}

// allowedMethods are those of a call, by whether one may carry a body.
func allowedMethods() map[string]bool {
	return map[string]bool{
		http.MethodGet: false, http.MethodPost: true, http.MethodPut: true, http.MethodPatch: true, http.MethodDelete: true,
	}
}
