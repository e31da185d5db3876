package mcp

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"steward/schemas"
)

var (
	upperStart = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	notName    = regexp.MustCompile(`[^a-z0-9]+`)
)

// maxName bounds the name of an action or an input.
const maxName = 48

// Draft is an action for a tool, for the admin to complete: the description
// stays empty, because the server's words must not reach an engine, and the
// server's texts are taken out of the schemas of the inputs. Whatever the server
// hints, it is a write until the admin says otherwise, destructive unless the
// server denies it.
func Draft(d Definition, connection string) schemas.Action {
	a := schemas.Action{
		Name: slug(d.Name), Title: d.Name, Kind: schemas.ActionMCP, Effect: schemas.EffectDestructive, Confirm: schemas.ConfirmAlways,
		Protection: schemas.ProtectVerifyEmail,
		MCP:        &schemas.MCPCall{Connection: connection, Tool: d.Name, Digest: d.Digest, Arguments: map[string]string{}},
	}
	if d.ReadOnly || !d.Destructive {
		a.Effect = schemas.EffectWrite
	}
	var input struct {
		Properties map[string]any `json:"properties"`
		Required   []string       `json:"required"`
	}
	if json.Unmarshal(d.InputSchema, &input) != nil {
		return a
	}
	used := map[string]bool{}
	for _, property := range slices.Sorted(maps.Keys(input.Properties)) {
		name := slug(property)
		if name == "" || used[name] {
			continue
		}
		used[name] = true
		if name != property {
			a.MCP.Arguments[name] = property
		}
		schema, err := json.Marshal(wordless(input.Properties[property], true))
		if err != nil {
			continue
		}
		a.Inputs = append(a.Inputs, schemas.Input{Name: name, Schema: schema, Required: slices.Contains(input.Required, property)})
	}
	return a
}

// slug makes a name of an action or an input: order_id of orderId.
func slug(s string) string {
	s = strings.ToLower(upperStart.ReplaceAllString(s, "${1}_${2}"))
	s = strings.Trim(notName.ReplaceAllString(s, "_"), "_")
	s = strings.TrimLeft(s, "0123456789_")
	if len(s) > maxName {
		s = strings.TrimRight(s[:maxName], "_")
	}
	return s
}

// wordless is a schema without the texts that only readers need. The members of
// properties are names, not keywords.
func wordless(node any, keywords bool) any {
	switch n := node.(type) {
	case []any:
		out := make([]any, 0, len(n))
		for _, item := range n {
			out = append(out, wordless(item, keywords))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, value := range n {
			if !keywords {
				out[key] = wordless(value, true)
				continue
			}
			switch key {
			case "title", "description", "examples", "example", "default", "$comment", "$schema":
			case "properties", "patternProperties":
				out[key] = wordless(value, false)
			case "enum", "const":
				out[key] = value
			default:
				out[key] = wordless(value, true)
			}
		}
		return out
	}
	return node
}
