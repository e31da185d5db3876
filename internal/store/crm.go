package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// localSystem is the name of the embedded CRM in rows that also name others.
const localSystem = "local"

// uniqueTries is how often a write is begun again when somebody else has taken
// one of its unique values meanwhile: the second time it sees the other's
// record, so a third refusal is a conflict.
const uniqueTries = 3

// CRM is the embedded CRM's tables and the record of writes to any CRM. Its
// callers have checked values against the definitions. Spec: S51, S52.
type CRM struct {
	s *Store
}

// CRM returns the tables of the CRM.
func (s *Store) CRM() *CRM { return &CRM{s: s} }

// Properties lists the definitions that the company added or changed, by name.
func (c *CRM) Properties(ctx context.Context, object schemas.ObjectType) ([]schemas.Property, error) {
	rows, err := c.s.q.CRMProperties(ctx, c.s.pool, string(object))
	if err != nil {
		return nil, fmt.Errorf("list properties: %w", err)
	}
	out := make([]schemas.Property, 0, len(rows))
	for _, row := range rows {
		var p schemas.Property
		if err := json.Unmarshal(row, &p); err != nil {
			return nil, fmt.Errorf("read property: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// PutProperty adds a definition, or replaces the one of that name.
func (c *CRM) PutProperty(ctx context.Context, p schemas.Property) error {
	definition, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("store property: %w", err)
	}
	if err := c.s.q.PutCRMProperty(ctx, c.s.pool, dbq.PutCRMPropertyParams{ObjectType: string(p.Object), Name: p.Name, Definition: definition}); err != nil {
		return fmt.Errorf("store property: %w", err)
	}
	return nil
}

// Record returns a record with all its properties; KindNotFound when there is
// none.
func (c *CRM) Record(ctx context.Context, ref schemas.RecordRef) (schemas.Record, error) {
	id, err := parse(schemas.PrefixRecord, ref.ID, "record")
	if err != nil {
		return schemas.Record{}, err
	}
	row, err := c.s.q.CRMObject(ctx, c.s.pool, id, string(ref.Object))
	if err != nil {
		return schemas.Record{}, noRows(err, "record")
	}
	return showRecord(crmRow(row))
}

// FindUnique returns the record that a normalised unique value names;
// KindNotFound when there is none.
func (c *CRM) FindUnique(ctx context.Context, object schemas.ObjectType, property, value string) (schemas.Record, error) {
	id, err := c.s.q.CRMObjectByUnique(ctx, c.s.pool, dbq.CRMObjectByUniqueParams{Type: string(object), Prop: property, ValueNorm: value})
	if err != nil {
		return schemas.Record{}, noRows(err, "record")
	}
	return c.Record(ctx, schemas.RecordRef{Object: object, ID: show[string](schemas.PrefixRecord, id)})
}

// Find returns at most two records whose property has exactly that value, the
// oldest first.
func (c *CRM) Find(ctx context.Context, object schemas.ObjectType, property, value string) ([]schemas.Record, error) {
	want, err := json.Marshal(map[string]string{property: value})
	if err != nil {
		return nil, fmt.Errorf("find records: %w", err)
	}
	rows, err := c.s.q.FindCRMObjects(ctx, c.s.pool, string(object), want)
	if err != nil {
		return nil, fmt.Errorf("find records: %w", err)
	}
	out := make([]schemas.Record, 0, len(rows))
	for _, row := range rows {
		r, err := showRecord(crmRow(row))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Put applies a change in one transaction, once per key: a repeated key returns
// what was stored for it and changes nothing. check sees the properties before
// the change, nil for a new record, under the record's lock; its error refuses
// the change. KindConflict: another version, a unique value that another record
// has, or a key used for something else; KindNotFound: no such record.
// Settled: rules 2, 26.
func (c *CRM) Put(ctx context.Context, change schemas.CRMChange, check func(current map[string]string) error) (schemas.CRMWritten, error) {
	var out schemas.CRMWritten
	var err error
	for range uniqueTries {
		err = c.s.inTx(ctx, func(tx pgx.Tx) error {
			var err error
			out, err = c.put(ctx, tx, change, check)
			return err
		})
		if !isUnique(err, "crm_unique_value") {
			break
		}
	}
	if isUnique(err, "crm_unique_value") {
		return schemas.CRMWritten{}, schemas.NewError(schemas.KindConflict, "another record has this value")
	}
	if err != nil {
		return schemas.CRMWritten{}, fmt.Errorf("write record: %w", err)
	}
	return out, nil
}

func (c *CRM) put(ctx context.Context, tx pgx.Tx, change schemas.CRMChange, check func(map[string]string) error) (schemas.CRMWritten, error) {
	done, repeated, err := c.claim(ctx, tx, localSystem, change.Operation, change.Ref, change.Write)
	if err != nil || repeated {
		return done, err
	}
	id, exists, err := c.target(ctx, tx, change)
	if err != nil {
		return schemas.CRMWritten{}, err
	}
	var before map[string]string
	var row crmRow
	if !exists {
		if err := check(nil); err != nil {
			return schemas.CRMWritten{}, err
		}
		row, err = c.insert(ctx, tx, change)
	} else {
		row, before, err = c.change(ctx, tx, id, change, check)
	}
	if err != nil {
		return schemas.CRMWritten{}, err
	}
	record, err := showRecord(row)
	if err != nil {
		return schemas.CRMWritten{}, err
	}
	err = c.finish(ctx, tx, schemas.CRMEntry{Ref: record.RecordRef, Before: before, After: record.Properties, Version: record.Version, Created: !exists, Write: change.Write})
	return schemas.CRMWritten{Record: record, Created: !exists}, err
}

// target is the record that a change is for; exists is false when the change
// makes one.
func (c *CRM) target(ctx context.Context, tx pgx.Tx, change schemas.CRMChange) (id uuid.UUID, exists bool, err error) {
	switch change.Operation {
	case schemas.CRMUpdate:
		id, err = parse(schemas.PrefixRecord, change.Ref.ID, "record")
		return id, true, err
	case schemas.CRMUpsert:
		id, err = c.s.q.CRMObjectByUnique(ctx, tx, dbq.CRMObjectByUniqueParams{
			Type: string(change.Ref.Object), Prop: change.By, ValueNorm: change.Unique[change.By],
		})
		if noSuch(err) {
			return id, false, nil
		}
		return id, true, err
	case schemas.CRMCreate, schemas.CRMNote:
	}
	return id, false, nil
}

func (c *CRM) insert(ctx context.Context, tx pgx.Tx, change schemas.CRMChange) (crmRow, error) {
	row := crmRow{ID: newID(), Type: string(change.Ref.Object)}
	var err error
	if row.Props, err = json.Marshal(merged(nil, change.Properties)); err != nil {
		return row, err
	}
	made, err := c.s.q.InsertCRMObject(ctx, tx, dbq.InsertCRMObjectParams{ID: row.ID, Type: row.Type, Props: row.Props})
	if err != nil {
		return row, err
	}
	row.Version, row.CreatedAt, row.UpdatedAt = made.Version, made.CreatedAt, made.UpdatedAt
	return row, c.putUnique(ctx, tx, row, change.Unique)
}

func (c *CRM) change(ctx context.Context, tx pgx.Tx, id uuid.UUID, change schemas.CRMChange, check func(map[string]string) error) (crmRow, map[string]string, error) {
	locked, err := c.s.q.LockCRMObject(ctx, tx, id, string(change.Ref.Object))
	if err != nil {
		return crmRow{}, nil, noRows(err, "record")
	}
	row := crmRow(locked)
	before, err := propsOf(row.Props)
	if err != nil {
		return row, nil, err
	}
	if change.IfVersion != "" && change.IfVersion != versionOf(row) {
		return row, nil, schemas.NewError(schemas.KindConflict, "the record has changed meanwhile: read it again")
	}
	if err := check(maps.Clone(before)); err != nil {
		return row, nil, err
	}
	shown, err := showRecord(row)
	if err != nil {
		return row, nil, err
	}
	after := merged(before, change.Properties)
	if maps.Equal(before, after) {
		return row, shown.Properties, nil
	}
	if row.Props, err = json.Marshal(after); err != nil {
		return row, nil, err
	}
	changed, err := c.s.q.ChangeCRMObject(ctx, tx, row.Props, id)
	if err != nil {
		return row, nil, err
	}
	row.Version, row.UpdatedAt = changed.Version, changed.UpdatedAt
	return row, shown.Properties, c.putUnique(ctx, tx, row, change.Unique)
}

func (c *CRM) putUnique(ctx context.Context, tx pgx.Tx, row crmRow, unique map[string]string) error {
	for prop, value := range unique {
		if err := c.s.q.DropCRMUnique(ctx, tx, row.ID, prop); err != nil {
			return err
		}
		if value == "" {
			continue
		}
		err := c.s.q.InsertCRMUnique(ctx, tx, dbq.InsertCRMUniqueParams{Type: row.Type, Prop: prop, ValueNorm: value, ObjectID: row.ID})
		if err != nil {
			return err
		}
	}
	return nil
}

// relatedMost bounds what Related returns.
const relatedMost = 100

// Related lists the records of a kind that are linked to a record, in either
// direction, the oldest first. KindNotFound when there is no such record.
func (c *CRM) Related(ctx context.Context, ref schemas.RecordRef, to schemas.ObjectType) ([]schemas.Record, error) {
	id, err := c.object(ctx, c.s.pool, ref)
	if err != nil {
		return nil, err
	}
	rows, err := c.s.q.LinkedCRMObjects(ctx, c.s.pool, dbq.LinkedCRMObjectsParams{Type: string(to), ID: id, Most: relatedMost})
	if err != nil {
		return nil, fmt.Errorf("list linked records: %w", err)
	}
	out := make([]schemas.Record, 0, len(rows))
	for _, row := range rows {
		r, err := showRecord(crmRow(row))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Associate links two records; a link that is there stays.
func (c *CRM) Associate(ctx context.Context, from, to schemas.RecordRef, kind string) error {
	return c.s.inTx(ctx, func(tx pgx.Tx) error {
		var ids [2]uuid.UUID
		for i, ref := range []schemas.RecordRef{from, to} {
			id, err := c.object(ctx, tx, ref)
			if err != nil {
				return err
			}
			ids[i] = id
		}
		err := c.s.q.InsertCRMAssociation(ctx, tx, dbq.InsertCRMAssociationParams{FromID: ids[0], ToID: ids[1], Kind: kind})
		if err != nil {
			return fmt.Errorf("associate records: %w", err)
		}
		return nil
	})
}

// AddNote writes a note on a record, once per key.
func (c *CRM) AddNote(ctx context.Context, ref schemas.RecordRef, text string, write schemas.CRMWrite) error {
	err := c.s.inTx(ctx, func(tx pgx.Tx) error {
		_, repeated, err := c.claim(ctx, tx, localSystem, schemas.CRMNote, ref, write)
		if err != nil || repeated {
			return err
		}
		id, err := c.object(ctx, tx, ref)
		if err != nil {
			return err
		}
		if err := c.s.q.InsertCRMNote(ctx, tx, dbq.InsertCRMNoteParams{ID: newID(), ObjectID: id, Text: text, WriteKey: write.Key}); err != nil {
			return err
		}
		return c.finish(ctx, tx, schemas.CRMEntry{Ref: ref, Write: write})
	})
	if err != nil {
		return fmt.Errorf("write note: %w", err)
	}
	return nil
}

func (c *CRM) object(ctx context.Context, tx dbq.DBTX, ref schemas.RecordRef) (uuid.UUID, error) {
	id, err := parse(schemas.PrefixRecord, ref.ID, "record")
	if err != nil {
		return uuid.Nil, err
	}
	row, err := c.s.q.CRMObject(ctx, tx, id, string(ref.Object))
	return row.ID, noRows(err, "record")
}

// crmRow is a row of the embedded CRM as every query returns it.
type crmRow struct {
	ID        uuid.UUID
	Type      string
	Props     json.RawMessage
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// The properties that the embedded CRM sets itself, with HubSpot's names.
const (
	propID      = "hs_object_id"
	propCreated = "createdate"
	propChanged = "hs_lastmodifieddate"
)

func versionOf(row crmRow) string { return strconv.FormatInt(row.Version, 10) }

func showRecord(row crmRow) (schemas.Record, error) {
	props, err := propsOf(row.Props)
	if err != nil {
		return schemas.Record{}, err
	}
	id := show[string](schemas.PrefixRecord, row.ID)
	props[propID] = id
	props[propCreated] = row.CreatedAt.UTC().Format(time.RFC3339)
	props[propChanged] = row.UpdatedAt.UTC().Format(time.RFC3339)
	return schemas.Record{RecordRef: schemas.RecordRef{Object: schemas.ObjectType(row.Type), ID: id}, Properties: props, Version: versionOf(row)}, nil
}

func propsOf(raw json.RawMessage) (map[string]string, error) {
	props := map[string]string{}
	if err := json.Unmarshal(raw, &props); err != nil {
		return nil, errors.New("read record: its properties are no texts")
	}
	return props, nil
}

// merged is before with the new values; an empty one takes the property away.
func merged(before, values map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, before)
	for name, value := range values {
		if value == "" {
			delete(out, name)
			continue
		}
		out[name] = value
	}
	return out
}
