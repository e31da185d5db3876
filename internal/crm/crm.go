// Package crm is what Steward knows of a CRM: the port that the embedded one and
// HubSpot implement, and the rules for what the agent may read and change.
//
// It owns the rules and no data: who somebody is stays with Steward's contacts,
// and a record of a CRM is linked to one. It must not talk to a server or a
// database; the adapters below it do.
package crm

import (
	"context"

	"steward/schemas"
)

// CRM is a system of records. Implementations are safe for concurrent use.
// Their errors are *Error or ErrAmbiguous, or those of the context; none holds
// a value, an address or another system's text. Spec: S51, S52.
//
// A write whose key was used before changes nothing and returns what the first
// one returned. A system that cannot do that itself is wrapped by Journaled. The
// record that a write returns has at least the properties that it wrote.
type CRM interface {
	// Describe lists the properties of a kind of record, by name.
	Describe(ctx context.Context, object schemas.ObjectType) ([]schemas.Property, error)
	// Get returns a record with those of the named properties that have a value.
	// KindNotFound when there is no such record.
	Get(ctx context.Context, ref schemas.RecordRef, properties []string) (schemas.Record, error)
	// FindBy returns the records whose property has the value, at most two: more
	// than one is the caller's to decide on, see One. None is no error.
	FindBy(ctx context.Context, f Find) ([]schemas.Record, error)
	// Create makes a record that nothing but the write's key makes unique, such as
	// a deal or a ticket.
	Create(ctx context.Context, object schemas.ObjectType, properties map[string]string, w schemas.CRMWrite) (schemas.Record, error)
	// Upsert changes the record that properties[by] names, or makes it, and
	// reports whether it did. by is a unique property with a value.
	Upsert(ctx context.Context, object schemas.ObjectType, by string, properties map[string]string, w schemas.CRMWrite) (record schemas.Record, created bool, err error)
	// Update changes properties; an empty value clears one. With ifVersion the
	// record must still have that version, else KindConflict.
	Update(ctx context.Context, ref schemas.RecordRef, properties map[string]string, ifVersion string, w schemas.CRMWrite) (schemas.Record, error)
	// Associate links two records. An empty kind is the usual one of the two
	// kinds of record. Linking twice is no error.
	Associate(ctx context.Context, from, to schemas.RecordRef, kind string) error
	// Related returns the records of a kind that are linked to one, at most a
	// hundred, with properties as for Get. None is no error.
	Related(ctx context.Context, ref schemas.RecordRef, to schemas.ObjectType, properties []string) ([]schemas.Record, error)
	// Note writes a note on a record, at most MaxNote characters.
	Note(ctx context.Context, ref schemas.RecordRef, text string, w schemas.CRMWrite) error
}

// Find asks for records by a value.
type Find struct {
	Object schemas.ObjectType
	// Property must have Value: without regard to case for a unique property,
	// exactly for others.
	Property, Value string
	// Properties to return, as for Get.
	Properties []string
}

// MaxNote is the longest note, in characters.
const MaxNote = 10_000

// One is the only record of a list. found is false for none; for more than one
// the error is ErrAmbiguous: nobody is bound to a record by chance.
func One(records []schemas.Record) (record schemas.Record, found bool, err error) {
	switch len(records) {
	case 0:
		return record, false, nil
	case 1:
		return records[0], true, nil
	}
	return record, false, ErrAmbiguous
}
