package hubspot

import (
	"context"
	"slices"
	"strings"

	"steward/internal/crm"
	"steward/schemas"
)

// definition is a property as the interface shows it.
type definition struct {
	Name       string `json:"name"`
	Label      string `json:"label"`
	Type       string `json:"type"`
	FieldType  string `json:"fieldType"`
	Calculated bool   `json:"calculated"`
	Archived   bool   `json:"archived"`
	Hidden     bool   `json:"hidden"`
	Unique     bool   `json:"hasUniqueValue"`
	// Sensitivity is sensitive, highly_sensitive or non_sensitive.
	Sensitivity string `json:"dataSensitivity"`
	Modify      struct {
		ReadOnly bool `json:"readOnlyValue"`
	} `json:"modificationMetadata"`
	Options []struct {
		Label  string `json:"label"`
		Value  string `json:"value"`
		Hidden bool   `json:"hidden"`
	} `json:"options"`
}

// Describe implements crm.CRM. Properties that the portal hides are left out.
func (c *CRM) Describe(ctx context.Context, object schemas.ObjectType) ([]schemas.Property, error) {
	word := plural(object)
	if word == "" {
		return nil, crm.Fail(crm.KindRefused)
	}
	var got struct {
		Results []definition `json:"results"`
	}
	if err := c.call(ctx, request{path: c.properties(word), out: &got, most: maxDefinitions}); err != nil {
		return nil, err
	}
	var out []schemas.Property
	for _, d := range got.Results {
		if !d.Archived && !d.Hidden && property.MatchString(d.Name) {
			out = append(out, d.property(object))
		}
	}
	slices.SortFunc(out, func(a, b schemas.Property) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (d definition) property(object schemas.ObjectType) schemas.Property {
	p := schemas.Property{
		Object: object, Name: d.Name, Label: d.Label, Type: d.kind(),
		ReadOnly:  d.Modify.ReadOnly || d.Calculated,
		Sensitive: d.Sensitivity != "" && d.Sensitivity != "non_sensitive",
		Unique:    d.Unique || object == schemas.ObjectContact && d.Name == "email",
		Forward:   d.Name == "lifecyclestage",
	}
	if p.Type != schemas.PropertyEnum {
		return p
	}
	for _, o := range d.Options {
		if !o.Hidden {
			p.Options = append(p.Options, schemas.PropertyOption{Value: o.Value, Label: o.Label})
		}
	}
	return p
}

// kind is our type. A property with several values at once, joined by
// semicolons, is a text to us.
func (d definition) kind() schemas.PropertyType {
	switch d.Type {
	case "number":
		return schemas.PropertyNumber
	case "bool":
		return schemas.PropertyBoolean
	case "date":
		return schemas.PropertyDate
	case "datetime":
		return schemas.PropertyDateTime
	case "enumeration":
		if d.FieldType == "booleancheckbox" {
			return schemas.PropertyBoolean
		}
		if d.FieldType != "checkbox" && len(d.Options) > 0 {
			return schemas.PropertyEnum
		}
	}
	return schemas.PropertyText
}
