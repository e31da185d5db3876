package actions

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"steward/schemas"
)

// The limits of an input's schema.
const (
	maxSchema      = 8 << 10
	maxSchemaDepth = 16
)

// schemaURL names a schema inside the compiler; nothing is ever read from it.
const schemaURL = "urn:steward:input"

var errLoad = errors.New("a schema loads nothing")

// nothing loads no schema. The compiler's own loader reads files.
type nothing struct{}

// Load refuses.
func (nothing) Load(string) (any, error) { return nil, errLoad }

// compile reads the JSON Schema of one input. It holds no reference of any
// kind: what an engine sees and what is checked is in one place.
func compile(raw json.RawMessage) (*jsonschema.Schema, error) {
	if len(raw) > maxSchema {
		return nil, fmt.Errorf("a schema has at most %d bytes", maxSchema)
	}
	doc, err := parse(raw, maxSchemaDepth, maxSchema)
	if err != nil {
		return nil, fmt.Errorf("not a JSON Schema: %w", err)
	}
	object, ok := doc.(map[string]any)
	if !ok {
		return nil, errors.New("a JSON Schema is an object")
	}
	var reference string
	eachString(object, func(text string, key bool) {
		switch {
		case !key:
		case text == "$ref", text == "$dynamicRef", text == "$recursiveRef", text == "$id", text == "$schema", text == "$vocabulary":
			reference = text
		}
	})
	if reference != "" {
		return nil, fmt.Errorf("a schema has no %s: write it out", reference)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nothing{})
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource(schemaURL, object); err != nil {
		return nil, errors.New("not a JSON Schema of draft 2020-12")
	}
	s, err := c.Compile(schemaURL)
	if err != nil {
		return nil, fmt.Errorf("not a JSON Schema of draft 2020-12: %s", schemaReason(err))
	}
	return s, nil
}

// schemaReason says where a schema is wrong. It is the admin's own text.
func schemaReason(err error) string {
	if invalid, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if v, ok := errors.AsType[*jsonschema.ValidationError](invalid.Err); ok {
			for len(v.Causes) > 0 {
				v = v.Causes[0]
			}
			return "see /" + strings.Join(v.InstanceLocation, "/")
		}
	}
	return "it does not compile"
}

// Tool is the action as an engine sees it: what its admin wrote, and the inputs
// that the customer fills, as a JSON Schema object with its keys in one order.
// Nothing else can be passed. An action that Validate refuses may have no
// schema.
func Tool(a schemas.Action) schemas.Tool {
	a = Normalise(a)
	tool := schemas.Tool{Name: a.Name, Description: a.Description, Effect: a.Effect, Phrases: slices.Clone(a.Phrases)}
	if a.CRM != nil && !a.CRM.Update {
		tool.Details = a.CRM.Fields
	}
	properties, required := map[string]any{}, []string{}
	for _, in := range a.Inputs {
		if in.Source != schemas.InputCustomer {
			continue
		}
		tool.Inputs = append(tool.Inputs, in)
		properties[in.Name] = described(in)
		if in.Required {
			required = append(required, in.Name)
		}
	}
	schema, err := encode(map[string]any{
		"type": "object", "properties": properties, "required": required, "additionalProperties": false,
	})
	if err == nil {
		tool.Schema = schema
	}
	return tool
}

// described is an input's schema with the admin's words for it.
func described(in schemas.Input) any {
	doc, err := decode(in.Schema)
	object, ok := doc.(map[string]any)
	if err != nil || !ok {
		return map[string]any{}
	}
	if _, has := object["title"]; !has && in.Title != "" {
		object["title"] = in.Title
	}
	if _, has := object["description"]; !has && in.Instructions != "" {
		object["description"] = in.Instructions
	}
	return object
}

// maxNumber bounds the text of a number, maxExponent what it may be raised to:
// a few bytes could stand for a number that fills the memory.
const (
	maxNumber   = 64
	maxExponent = 308
)

// plainNumber reports whether a number is one that can be computed with.
func plainNumber(n json.Number) bool {
	s := string(n)
	if len(s) > maxNumber {
		return false
	}
	_, exponent, found := strings.Cut(strings.ToLower(s), "e")
	if !found {
		return true
	}
	e, err := strconv.Atoi(exponent)
	return err == nil && e >= -maxExponent && e <= maxExponent
}
