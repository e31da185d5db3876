package local

import (
	"context"
	"fmt"

	"steward/internal/crm"
	"steward/schemas"
)

// The bounds of a definition.
const (
	maxLabel   = 200
	maxOptions = 1000
)

// Define adds a property, or changes the label, options and sensitivity of one
// that is there: records have values of its type already. KindInvalid says what
// is wrong.
func (c *CRM) Define(ctx context.Context, p schemas.Property) error {
	if err := checkDefinition(p); err != nil {
		return err
	}
	defs, err := c.definitions(ctx, p.Object)
	if err != nil {
		return err
	}
	old, exists := defs[p.Name]
	if exists && (old.Type != p.Type || old.Unique != p.Unique || old.ReadOnly != p.ReadOnly || old.Forward != p.Forward) {
		return invalid("property %s exists with another type; type, unique, read_only and forward stay as they are", p.Name)
	}
	if !exists && p.ReadOnly {
		return invalid("property %s: a property that nothing may set has no use", p.Name)
	}
	return crm.Stored(ctx, c.records.PutProperty(ctx, p))
}

func checkDefinition(p schemas.Property) error {
	switch {
	case !p.Object.Valid():
		return invalid("object is contact, company, deal or ticket")
	case !word.MatchString(p.Name):
		return invalid("name begins with a letter and has only lower-case letters, digits and _, at most 100")
	case p.Label == "" || len([]rune(p.Label)) > maxLabel:
		return invalid("property %s: label is 1 to %d characters", p.Name, maxLabel)
	case !p.Type.Valid():
		return invalid("property %s: type is text, number, boolean, date, datetime or enum", p.Name)
	case p.Type == schemas.PropertyEnum && (len(p.Options) == 0 || len(p.Options) > maxOptions):
		return invalid("property %s: an enum has 1 to %d options", p.Name, maxOptions)
	case p.Type != schemas.PropertyEnum && (len(p.Options) > 0 || p.Forward):
		return invalid("property %s: only an enum has options or moves forward", p.Name)
	case p.Unique && p.Type != schemas.PropertyText:
		return invalid("property %s: only a text is unique", p.Name)
	}
	seen := map[string]bool{}
	for _, o := range p.Options {
		if o.Value == "" || len(o.Value) > maxLabel || seen[o.Value] {
			return invalid("property %s: each option has a value of its own, at most %d bytes", p.Name, maxLabel)
		}
		seen[o.Value] = true
	}
	return nil
}

func invalid(format string, args ...any) error {
	return schemas.NewError(schemas.KindInvalid, fmt.Sprintf(format, args...))
}
