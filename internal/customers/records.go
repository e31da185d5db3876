package customers

import (
	"context"
	"errors"
	"fmt"

	"steward/internal/crm"
	"steward/schemas"
)

// Records is the CRM for people who manage it. What the agent may see does not
// count here. Errors are a *schemas.Error.
type Records struct{ CRM crm.CRM }

// Properties lists what records of a kind have.
func (r Records) Properties(ctx context.Context, object schemas.ObjectType) ([]schemas.Property, error) {
	list, err := r.CRM.Describe(ctx, object)
	return list, shown(err)
}

// Record is the one record whose property has the value, with all that it has.
func (r Records) Record(ctx context.Context, object schemas.ObjectType, by, value string) (schemas.Record, error) {
	all, err := r.CRM.Describe(ctx, object)
	if err != nil {
		return schemas.Record{}, shown(err)
	}
	names := make([]string, 0, len(all))
	for _, p := range all {
		names = append(names, p.Name)
	}
	found, err := r.CRM.FindBy(ctx, crm.Find{Object: object, Property: by, Value: value, Properties: names})
	if err != nil {
		return schemas.Record{}, shown(err)
	}
	record, ok, err := crm.One(found)
	if err == nil && !ok {
		err = schemas.NewError(schemas.KindNotFound, "There is no such record.")
	}
	return record, shown(err)
}

// SetRecord changes the record that properties[by] names, or makes it. A
// repeated key changes nothing.
func (r Records) SetRecord(ctx context.Context, object schemas.ObjectType, by string, properties map[string]string, key string) (schemas.Record, error) {
	record, _, err := r.CRM.Upsert(ctx, object, by, properties, schemas.CRMWrite{Key: "record/" + key, Actor: "human"})
	return record, shown(err)
}

// shown is an error of the CRM in words for people, with what to do.
func shown(err error) error {
	var e *crm.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, crm.ErrAmbiguous):
		return schemas.NewError(schemas.KindConflict, "More than one record has this value: name it by a property that only one has, such as email.")
	case !errors.As(err, &e):
		return err
	case e.Kind == crm.KindInvalidProperty && e.Property != "":
		return schemas.NewError(schemas.KindInvalid, fmt.Sprintf("%s: there is no such property, or it cannot be set or searched", e.Property))
	case len(e.Allowed) > 0:
		return schemas.NewError(schemas.KindInvalid, fmt.Sprintf("%s: use one of %q", e.Property, e.Allowed))
	case e.Property != "":
		return schemas.NewError(schemas.KindInvalid, e.Property+": the value does not fit the property")
	}
	return schemas.NewError(e.Kind.Shown(), "The CRM answered: "+string(e.Kind)+".")
}
