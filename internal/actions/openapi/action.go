package openapi

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"steward/schemas"
)

var (
	upperStart = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	notName    = regexp.MustCompile(`[^a-z0-9]+`)
	variable   = regexp.MustCompile(`\{([^{}]+)\}`)
)

// The lengths of names, in bytes: those of actions and inputs, of titles, of
// descriptions.
const (
	maxName        = 44
	maxTitle       = 200
	maxDescription = 2000
)

const jsonType = "application/json"

// slug makes a name of an action or an input: order_id of orderId. Empty when
// nothing is left.
func slug(s string) string {
	s = strings.ToLower(upperStart.ReplaceAllString(s, "${1}_${2}"))
	s = strings.TrimLeft(notName.ReplaceAllString(s, "_"), "0123456789_")
	if len(s) > maxName {
		s = s[:maxName]
	}
	return strings.TrimRight(s, "_")
}

// unique is a name that is not among used, which it joins.
func unique(used map[string]bool, name string) string {
	out := name
	for n := 2; used[out]; n++ {
		out = name + "_" + strconv.Itoa(n)
	}
	used[out] = true
	return out
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// draft is an action that is being made of an operation.
type draft struct {
	importer *importer
	id       string
	action   schemas.Action
	// inputs are the names given so far, places the input that stands in a part of
	// the path.
	inputs map[string]bool
	places map[string]string
}

// action makes the draft of one operation.
func (i *importer) action(f found) (schemas.Action, error) {
	o := f.operation
	name := slug(o.OperationID)
	if name == "" {
		return schemas.Action{}, invalid("an operation's id has no letters that could be its name")
	}
	title := cut(cmp.Or(strings.TrimSpace(o.Summary), o.OperationID), maxTitle)
	d := draft{importer: i, id: o.OperationID, inputs: map[string]bool{}, places: map[string]string{}, action: schemas.Action{
		Name: unique(i.names, name), Title: title, Description: cut(cmp.Or(strings.TrimSpace(o.Description), title), maxDescription),
		Kind: schemas.ActionHTTP, Effect: effect(f.method), Confirm: schemas.ConfirmNever, Protection: schemas.ProtectMatchEmail,
		HTTP: &schemas.HTTPCall{
			Connection: i.connection.Name, Method: f.method, Query: map[string]string{}, Headers: map[string]string{},
		},
	}}
	if d.action.Effect.Changes() {
		d.action.Confirm, d.action.Protection = schemas.ConfirmAlways, schemas.ProtectVerifyEmail
	}
	if o.Deprecated {
		i.note(d.id, "the operation is deprecated")
	}
	for _, p := range parameters(f) {
		if err := d.parameter(p); err != nil {
			return schemas.Action{}, err
		}
	}
	if err := d.body(o.RequestBody); err != nil {
		return schemas.Action{}, err
	}
	d.answers(o.Responses)
	path, err := d.path(f.path)
	if err != nil {
		return schemas.Action{}, err
	}
	d.action.HTTP.Path = path
	i.note(d.id, "say when the action is to be used, and choose its outputs after a test call")
	return d.action, nil
}

// parameters are those of the operation and those of its path that it does not
// define anew.
func parameters(f found) []*openapi3.Parameter {
	var out []*openapi3.Parameter
	for _, list := range []openapi3.Parameters{f.operation.Parameters, f.item.Parameters} {
		for _, ref := range list {
			if ref == nil || ref.Value == nil {
				continue
			}
			p := ref.Value
			if !slices.ContainsFunc(out, func(q *openapi3.Parameter) bool { return q.Name == p.Name && q.In == p.In }) {
				out = append(out, p)
			}
		}
	}
	return out
}

func (d *draft) parameter(p *openapi3.Parameter) error {
	place := map[string]bool{"path": true, "query": true, "header": true}[p.In]
	if p.In == "header" && ours(p.Name) {
		return nil
	}
	if strings.EqualFold(p.Name, "Idempotency-Key") && p.In == "header" {
		d.action.HTTP.IdempotencyHeader = p.Name
		return nil
	}
	if !place || p.Schema == nil || p.Schema.Value == nil || !scalar(p.Schema.Value) {
		if p.Required {
			return invalid("operation %s: the required parameter %s is of a kind that cannot be sent", d.id, p.Name)
		}
		d.importer.note(d.id, "the optional parameter "+p.Name+" is left out")
		return nil
	}
	name, err := d.input(p.Name, p.Description, p.Required || p.In == "path", p.Schema)
	if err != nil {
		return err
	}
	switch p.In {
	case "path":
		d.places[p.Name] = name
	case "query":
		d.action.HTTP.Query[p.Name] = "{" + name + "}"
	case "header":
		d.action.HTTP.Headers[p.Name] = "{" + name + "}"
	}
	return nil
}

// ours are headers that OpenAPI itself leaves to other parts of a document.
func ours(header string) bool {
	switch http.CanonicalHeaderKey(header) {
	case "Accept", "Content-Type", "Authorization":
		return true
	}
	return false
}

func scalar(s *openapi3.Schema) bool {
	return s.Type == nil || !s.Type.Includes("object") && !s.Type.Includes("array")
}

// input adds an input of the customer's and returns its name.
func (d *draft) input(name, question string, required bool, ref *openapi3.SchemaRef) (string, error) {
	short := slug(name)
	if short == "" {
		short = "input"
	}
	plain, err := plainSchema(ref)
	if err != nil {
		return "", invalid("operation %s: the schema of %s cannot be used: %s", d.id, name, err.Error())
	}
	schema, err := json.Marshal(plain)
	if err != nil {
		return "", invalid("operation %s: the schema of %s cannot be used", d.id, name)
	}
	short = unique(d.inputs, short)
	d.action.Inputs = append(d.action.Inputs, schemas.Input{
		Name: short, Title: cut(name, maxTitle), Instructions: cut(strings.TrimSpace(question), maxDescription),
		Schema: schema, Required: required, Source: schemas.InputCustomer,
	})
	return short, nil
}

// body makes an input of each member of a JSON body.
func (d *draft) body(ref *openapi3.RequestBodyRef) error {
	if ref == nil || ref.Value == nil {
		return nil
	}
	media := ref.Value.Content[jsonType]
	if media == nil || media.Schema == nil || media.Schema.Value == nil {
		if ref.Value.Required {
			return invalid("operation %s: its body is not %s", d.id, jsonType)
		}
		d.importer.note(d.id, "the optional body is not "+jsonType+" and is left out")
		return nil
	}
	schema := media.Schema.Value
	template := map[string]string{}
	if schema.Type == nil || !schema.Type.Is("object") || len(schema.Properties) == 0 || len(schema.AllOf)+len(schema.OneOf)+len(schema.AnyOf) > 0 {
		name, err := d.input("body", ref.Value.Description, ref.Value.Required, media.Schema)
		if err != nil {
			return err
		}
		return d.setBody("{" + name + "}")
	}
	for _, member := range sorted(schema.Properties) {
		property := schema.Properties[member]
		if property == nil || property.Value == nil || property.Value.ReadOnly || variable.MatchString(member) {
			continue
		}
		name, err := d.input(member, property.Value.Description, slices.Contains(schema.Required, member), property)
		if err != nil {
			return err
		}
		template[member] = "{" + name + "}"
	}
	return d.setBody(template)
}

func (d *draft) setBody(template any) error {
	body, err := json.Marshal(template)
	if err != nil {
		return invalid("operation %s: its body cannot be used", d.id)
	}
	d.action.HTTP.Body = body
	return nil
}

// answers looks at whether the answer can be read.
func (d *draft) answers(responses *openapi3.Responses) {
	for status, ref := range responses.Map() {
		if !strings.HasPrefix(status, "2") || ref == nil || ref.Value == nil || len(ref.Value.Content) == 0 {
			continue
		}
		if ref.Value.Content.Get(jsonType) == nil {
			d.importer.note(d.id, "an answer of the operation is not "+jsonType)
		}
	}
}

// path puts the names of the inputs in the place of the document's variables.
func (d *draft) path(path string) (string, error) {
	missing := false
	out := variable.ReplaceAllStringFunc(path, func(m string) string {
		name, ok := d.places[m[1:len(m)-1]]
		missing = missing || !ok
		return "{" + name + "}"
	})
	if missing {
		return "", invalid("operation %s: a variable of its path is no parameter", d.id)
	}
	return out, nil
}

// cut shortens a text to a number of bytes, in whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
