package openapi

import (
	"errors"

	"github.com/getkin/kin-openapi/openapi3"
)

// maxDepth bounds the levels of a schema that is written out, maxParts the
// schemas in it.
const (
	maxDepth = 8
	maxParts = 500
)

var (
	errDeep      = errors.New("it has too many levels, or refers to itself")
	errUncertain = errors.New("it uses a keyword that is not imported")
)

// plainSchema writes a schema out as JSON Schema of draft 2020-12: references
// replaced by what they mean, without texts and defaults.
func plainSchema(ref *openapi3.SchemaRef) (map[string]any, error) {
	w := writer{left: maxParts}
	return w.plain(ref, 0)
}

// writer writes one schema out. left is how many parts it may still have: a
// short schema that refers to itself in many places would have no end.
type writer struct{ left int }

func (w *writer) plain(ref *openapi3.SchemaRef, level int) (map[string]any, error) {
	if w.left--; level > maxDepth || w.left < 0 {
		return nil, errDeep
	}
	out := map[string]any{}
	if ref == nil || ref.Value == nil {
		return out, nil
	}
	s := ref.Value
	if s.Not != nil || s.If != nil || s.Contains != nil || s.DependentSchemas != nil || s.PatternProperties != nil || s.PrefixItems != nil || s.Always != nil {
		return nil, errUncertain
	}
	setType(out, s)
	setScalars(out, s)
	for key, list := range map[string]openapi3.SchemaRefs{"oneOf": s.OneOf, "anyOf": s.AnyOf, "allOf": s.AllOf} {
		if len(list) == 0 {
			continue
		}
		var items []any
		for _, item := range list {
			p, err := w.plain(item, level+1)
			if err != nil {
				return nil, err
			}
			items = append(items, p)
		}
		out[key] = items
	}
	if s.Items != nil {
		items, err := w.plain(s.Items, level+1)
		if err != nil {
			return nil, err
		}
		out["items"] = items
	}
	if len(s.Properties) > 0 {
		properties := map[string]any{}
		for name, property := range s.Properties {
			p, err := w.plain(property, level+1)
			if err != nil {
				return nil, err
			}
			properties[name] = p
		}
		out["properties"] = properties
		if len(s.Required) > 0 {
			out["required"] = s.Required
		}
	}
	return out, nil
}

func setType(out map[string]any, s *openapi3.Schema) {
	if s.Type == nil || len(s.Type.Slice()) == 0 {
		return
	}
	types := s.Type.Slice()
	if s.Nullable {
		types = append(append([]string{}, types...), "null")
	}
	if len(types) == 1 {
		out["type"] = types[0]
		return
	}
	out["type"] = types
}

// setScalars copies the keywords that hold one value. Formats are those that
// both sides know; others are only notes.
func setScalars(out map[string]any, s *openapi3.Schema) {
	switch s.Format {
	case "date", "date-time", "email", "uuid", "uri", "ipv4", "ipv6", "hostname", "time", "duration":
		out["format"] = s.Format
	}
	if len(s.Enum) > 0 {
		out["enum"] = s.Enum
	}
	if s.Const != nil {
		out["const"] = s.Const
	}
	if s.Pattern != "" {
		out["pattern"] = s.Pattern
	}
	setBounds(out, s)
	if s.MinLength > 0 {
		out["minLength"] = s.MinLength
	}
	if s.MaxLength != nil {
		out["maxLength"] = *s.MaxLength
	}
	if s.MinItems > 0 {
		out["minItems"] = s.MinItems
	}
	if s.MaxItems != nil {
		out["maxItems"] = *s.MaxItems
	}
	if s.UniqueItems {
		out["uniqueItems"] = true
	}
	if s.AdditionalProperties.Has != nil {
		out["additionalProperties"] = *s.AdditionalProperties.Has
	}
}

// setBounds copies the bounds of a number. In OpenAPI 3.0 an exclusive bound is
// a mark on the bound, later a number of its own.
func setBounds(out map[string]any, s *openapi3.Schema) {
	bound := func(name, exclusive string, value *float64, e openapi3.ExclusiveBound) {
		switch {
		case e.Value != nil:
			out[exclusive] = *e.Value
		case value != nil && e.Bool != nil && *e.Bool:
			out[exclusive] = *value
			return
		}
		if value != nil {
			out[name] = *value
		}
	}
	bound("minimum", "exclusiveMinimum", s.Min, s.ExclusiveMin)
	bound("maximum", "exclusiveMaximum", s.Max, s.ExclusiveMax)
	if s.MultipleOf != nil {
		out["multipleOf"] = *s.MultipleOf
	}
}
