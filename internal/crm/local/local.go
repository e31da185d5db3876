// Package local is the CRM that comes with Steward, for companies that have
// none. It has HubSpot's names, so that a switch is configuration.
//
// It owns the checks of values against definitions and the standard
// definitions. The records are in the store, behind the interface Records; it
// must not know how they are kept.
package local

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"steward/internal/crm"
	"steward/schemas"
)

// Records is where the records are kept. The store's CRM is one; its errors are
// schemas.Errors of the kinds not_found and conflict.
type Records interface {
	// Properties lists the definitions added to or replacing the standard ones.
	Properties(ctx context.Context, object schemas.ObjectType) ([]schemas.Property, error)
	PutProperty(ctx context.Context, p schemas.Property) error
	Record(ctx context.Context, ref schemas.RecordRef) (schemas.Record, error)
	FindUnique(ctx context.Context, object schemas.ObjectType, property, value string) (schemas.Record, error)
	Find(ctx context.Context, object schemas.ObjectType, property, value string) ([]schemas.Record, error)
	// Put makes the change once per key; check may refuse it under the record's
	// lock.
	Put(ctx context.Context, change schemas.CRMChange, check func(current map[string]string) error) (schemas.CRMWritten, error)
	Associate(ctx context.Context, from, to schemas.RecordRef, kind string) error
	Related(ctx context.Context, ref schemas.RecordRef, to schemas.ObjectType) ([]schemas.Record, error)
	AddNote(ctx context.Context, ref schemas.RecordRef, text string, write schemas.CRMWrite) error
}

// System is its name where several CRMs are named.
const System = "local"

// CRM is the embedded CRM. Safe for concurrent use.
type CRM struct {
	records Records
}

var _ crm.CRM = (*CRM)(nil)

// New makes the CRM over its records.
func New(records Records) *CRM { return &CRM{records: records} }

// Describe implements crm.CRM.
func (c *CRM) Describe(ctx context.Context, object schemas.ObjectType) ([]schemas.Property, error) {
	defs, err := c.definitions(ctx, object)
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(defs), func(a, b schemas.Property) int { return strings.Compare(a.Name, b.Name) }), nil
}

func (c *CRM) definitions(ctx context.Context, object schemas.ObjectType) (map[string]schemas.Property, error) {
	if !object.Valid() {
		return nil, crm.Fail(crm.KindRefused)
	}
	own, err := c.records.Properties(ctx, object)
	if err != nil {
		return nil, crm.Stored(ctx, err)
	}
	out := map[string]schemas.Property{}
	for _, p := range append(Standard(object), own...) {
		out[p.Name] = p
	}
	return out, nil
}

// Get implements crm.CRM.
func (c *CRM) Get(ctx context.Context, ref schemas.RecordRef, properties []string) (schemas.Record, error) {
	defs, err := c.definitions(ctx, ref.Object)
	if err != nil {
		return schemas.Record{}, err
	}
	if err := known(defs, properties); err != nil {
		return schemas.Record{}, err
	}
	record, err := c.records.Record(ctx, ref)
	if err != nil {
		return schemas.Record{}, crm.Stored(ctx, err)
	}
	return crm.Pick(record, properties), nil
}

func known(defs map[string]schemas.Property, names []string) error {
	for _, name := range names {
		if _, ok := defs[name]; !ok {
			return crm.FailProperty(crm.KindInvalidProperty, shown(name), nil)
		}
	}
	return nil
}

// FindBy implements crm.CRM.
func (c *CRM) FindBy(ctx context.Context, f crm.Find) ([]schemas.Record, error) {
	defs, err := c.definitions(ctx, f.Object)
	if err != nil {
		return nil, err
	}
	if err := known(defs, append([]string{f.Property}, f.Properties...)); err != nil {
		return nil, err
	}
	if f.Value == "" || strings.ContainsRune(f.Value, 0) || !utf8.ValidString(f.Value) {
		return nil, nil
	}
	found, err := c.find(ctx, defs[f.Property], f.Value)
	if err != nil {
		return nil, crm.Stored(ctx, err)
	}
	for i, record := range found {
		found[i] = crm.Pick(record, f.Properties)
	}
	return found, nil
}

func (c *CRM) find(ctx context.Context, p schemas.Property, value string) ([]schemas.Record, error) {
	if !p.Unique {
		return c.records.Find(ctx, p.Object, p.Name, value)
	}
	record, err := c.records.FindUnique(ctx, p.Object, p.Name, crm.Normal(p.Name, value))
	if err != nil {
		if schemas.KindOf(err) == schemas.KindNotFound {
			return nil, nil
		}
		return nil, err
	}
	return []schemas.Record{record}, nil
}

// Create implements crm.CRM.
func (c *CRM) Create(ctx context.Context, object schemas.ObjectType, properties map[string]string, w schemas.CRMWrite) (schemas.Record, error) {
	change := schemas.CRMChange{Operation: schemas.CRMCreate, Ref: schemas.RecordRef{Object: object}, Properties: properties, Write: w}
	done, err := c.put(ctx, change)
	return done.Record, err
}

// Upsert implements crm.CRM.
func (c *CRM) Upsert(ctx context.Context, object schemas.ObjectType, by string, properties map[string]string, w schemas.CRMWrite) (schemas.Record, bool, error) {
	change := schemas.CRMChange{Operation: schemas.CRMUpsert, Ref: schemas.RecordRef{Object: object}, By: by, Properties: properties, Write: w}
	done, err := c.put(ctx, change)
	return done.Record, done.Created, err
}

// Update implements crm.CRM.
func (c *CRM) Update(ctx context.Context, ref schemas.RecordRef, properties map[string]string, ifVersion string, w schemas.CRMWrite) (schemas.Record, error) {
	change := schemas.CRMChange{Operation: schemas.CRMUpdate, Ref: ref, Properties: properties, IfVersion: ifVersion, Write: w}
	done, err := c.put(ctx, change)
	return done.Record, err
}

func (c *CRM) put(ctx context.Context, change schemas.CRMChange) (schemas.CRMWritten, error) {
	defs, err := c.definitions(ctx, change.Ref.Object)
	if err != nil {
		return schemas.CRMWritten{}, err
	}
	if err := writable(defs, change.Properties); err != nil {
		return schemas.CRMWritten{}, err
	}
	change.Unique = map[string]string{}
	for name, value := range change.Properties {
		if defs[name].Unique {
			change.Unique[name] = crm.Normal(name, value)
		}
	}
	if change.Operation == schemas.CRMUpsert && change.Unique[change.By] == "" {
		return schemas.CRMWritten{}, crm.FailProperty(crm.KindInvalidProperty, shown(change.By), nil)
	}
	done, err := c.records.Put(ctx, change, func(current map[string]string) error { return onlyForward(defs, change.Properties, current) })
	if err != nil {
		return schemas.CRMWritten{}, crm.Stored(ctx, err)
	}
	return done, nil
}

// writable checks the names and values of a write, in the order of the names.
func writable(defs map[string]schemas.Property, properties map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		p, ok := defs[name]
		if !ok || p.ReadOnly {
			return crm.FailProperty(crm.KindInvalidProperty, shown(name), nil)
		}
		if err := crm.CheckValue(p, properties[name]); err != nil {
			return err
		}
	}
	return nil
}

func onlyForward(defs map[string]schemas.Property, properties, current map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if p := defs[name]; crm.Backward(p, current[name], properties[name]) {
			return crm.FailProperty(crm.KindInvalidValue, name, crm.Later(p, current[name]))
		}
	}
	return nil
}

// word is the form of names of properties and of kinds of associations.
var word = regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`)

// shown is a name fit for an error: a caller's text is none.
func shown(name string) string {
	if word.MatchString(name) {
		return name
	}
	return "?"
}

// Associate implements crm.CRM. The usual kind is from_to_to, such as
// deal_to_contact.
func (c *CRM) Associate(ctx context.Context, from, to schemas.RecordRef, kind string) error {
	if kind == "" {
		kind = string(from.Object) + "_to_" + string(to.Object)
	}
	if !word.MatchString(kind) {
		return crm.Fail(crm.KindRefused)
	}
	return crm.Stored(ctx, c.records.Associate(ctx, from, to, kind))
}

// Related implements crm.CRM.
func (c *CRM) Related(ctx context.Context, ref schemas.RecordRef, to schemas.ObjectType, properties []string) ([]schemas.Record, error) {
	defs, err := c.definitions(ctx, to)
	if err != nil {
		return nil, err
	}
	if err := known(defs, properties); err != nil {
		return nil, err
	}
	list, err := c.records.Related(ctx, ref, to)
	if err != nil {
		return nil, crm.Stored(ctx, err)
	}
	for i, record := range list {
		list[i] = crm.Pick(record, properties)
	}
	return list, nil
}

// Note implements crm.CRM.
func (c *CRM) Note(ctx context.Context, ref schemas.RecordRef, text string, w schemas.CRMWrite) error {
	if n := utf8.RuneCountInString(text); n == 0 || n > crm.MaxNote || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return crm.Fail(crm.KindRefused)
	}
	return crm.Stored(ctx, c.records.AddNote(ctx, ref, text, w))
}
