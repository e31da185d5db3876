package crm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"steward/schemas"
)

// The names of the two actions and of their inputs.
const (
	ActionGet    = "crm_get"
	ActionUpdate = "crm_update"

	inputProperties = "properties"
	inputChanges    = "changes"
)

// maxArguments bounds the arguments of a call, in bytes.
const maxArguments = 8 << 10

// errArguments says what arguments look like without repeating them.
var errArguments = errors.New("the arguments are no object of the form that the action's schema describes")

// Tools makes the actions by which an engine reads and changes the contact it
// talks to, from the grants: none without a grant of its kind. They take no id of
// a record. Each property has its own level, which Grants checks when a call is
// made, so the actions themselves have none; and CheckUpdate says when a change
// is confirmed first. Spec: S51, S52.
func Tools(s schemas.CRMSettings, properties []schemas.Property) []schemas.Action {
	g := NewGrants(s, properties)
	var out []schemas.Action
	if list := g.list(func(p granted) bool { return p.view != "" }); len(list) > 0 {
		out = append(out, schemas.Action{
			Name: ActionGet, Title: "Look up the customer's details", Kind: schemas.ActionCRM, Effect: schemas.EffectRead,
			Confirm: schemas.ConfirmNever, Protection: schemas.ProtectNone, CRM: &schemas.CRMCall{Fields: fields(list)},
			Description: "Reads what the company's records say about the customer of this conversation: " + labels(list) + ".",
			Inputs: []schemas.Input{{
				Name: inputProperties, Title: "Properties", Required: true, Source: schemas.InputCustomer, Schema: namesSchema(list),
			}},
		})
	}
	if list := g.list(func(p granted) bool { return p.edit != "" }); len(list) > 0 {
		out = append(out, schemas.Action{
			Name: ActionUpdate, Title: "Update the customer's details", Kind: schemas.ActionCRM, Effect: schemas.EffectWrite,
			Confirm: schemas.ConfirmNever, Protection: schemas.ProtectNone, CRM: &schemas.CRMCall{Update: true, Fields: fields(list)},
			Description: "Saves what the customer of this conversation has said about themselves in the company's records: " + labels(list) + ".",
			Inputs: []schemas.Input{{
				Name: inputChanges, Title: "Changes", Required: true, Source: schemas.InputCustomer, Schema: changesSchema(list),
			}},
		})
	}
	return out
}

func fields(list []schemas.Property) []schemas.CRMField {
	out := make([]schemas.CRMField, 0, len(list))
	for _, p := range list {
		out = append(out, schemas.CRMField{Name: p.Name, Label: p.Label})
	}
	return out
}

func labels(list []schemas.Property) string {
	var words []string
	for _, p := range list {
		word := p.Label
		if word == "" {
			word = p.Name
		}
		words = append(words, strings.Join(strings.Fields(word), " "))
	}
	return strings.Join(words, ", ")
}

func namesSchema(list []schemas.Property) json.RawMessage {
	names := make([]string, 0, len(list))
	for _, p := range list {
		names = append(names, p.Name)
	}
	return encode(map[string]any{
		"type": "array", "minItems": 1, "maxItems": len(names), "uniqueItems": true,
		"items": map[string]any{"type": "string", "enum": names},
	})
}

func changesSchema(list []schemas.Property) json.RawMessage {
	fields := map[string]any{}
	for _, p := range list {
		fields[p.Name] = valueSchema(p)
	}
	return encode(map[string]any{"type": "object", "properties": fields, "additionalProperties": false, "minProperties": 1})
}

func valueSchema(p schemas.Property) map[string]any {
	out := map[string]any{"type": "string"}
	if p.Label != "" {
		out["title"] = p.Label
	}
	switch p.Type {
	case schemas.PropertyText:
		out["minLength"], out["maxLength"] = 1, MaxFreeText
	case schemas.PropertyNumber:
		out["type"] = "number"
	case schemas.PropertyBoolean:
		out["type"] = "boolean"
		if isOptOut(p) {
			out["enum"] = []bool{true}
		}
	case schemas.PropertyDate:
		out["format"] = "date"
	case schemas.PropertyDateTime:
		out["format"] = "date-time"
	case schemas.PropertyEnum:
		out["enum"] = Options(p)
	}
	return out
}

// encode writes a schema; maps of texts, numbers and lists always encode.
func encode(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode a schema: %v", err))
	}
	return text
}

// ParseGet reads the arguments of crm_get. The error is fit for an engine: it
// repeats nothing.
func ParseGet(arguments json.RawMessage) ([]string, error) {
	var in struct {
		Properties []string `json:"properties"`
	}
	if err := strict(arguments, &in); err != nil || len(in.Properties) == 0 {
		return nil, errArguments
	}
	slices.Sort(in.Properties)
	return slices.Compact(in.Properties), nil
}

// ParseUpdate reads the arguments of crm_update into values as text. A member
// beside changes, such as an id of a record, is refused. The error is fit for an
// engine: it repeats nothing.
func ParseUpdate(arguments json.RawMessage) (map[string]string, error) {
	var in struct {
		Changes map[string]json.RawMessage `json:"changes"`
	}
	if err := strict(arguments, &in); err != nil || len(in.Changes) == 0 {
		return nil, errArguments
	}
	out := make(map[string]string, len(in.Changes))
	for name, raw := range in.Changes {
		value, ok := plainText(raw)
		if !ok {
			return nil, errArguments
		}
		out[name] = value
	}
	return out, nil
}

func strict(arguments json.RawMessage, into any) error {
	if len(arguments) > maxArguments {
		return errArguments
	}
	d := json.NewDecoder(bytes.NewReader(arguments))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errArguments
	}
	return nil
}

// plainText is a text, number or boolean of JSON as text.
func plainText(raw json.RawMessage) (string, bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "", false
	}
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}
