package crm

import (
	"context"
	"errors"

	"steward/schemas"
)

// Journal keeps what every write to a CRM has done. The store is one.
type Journal interface {
	// Written returns what was entered under the write's key, and refuses a write
	// that may not be made, as one of a preview. Settled: rule 26.
	Written(ctx context.Context, e schemas.CRMEntry) (done schemas.CRMWritten, found bool, err error)
	// Enter stores what a write has done, once per key.
	Enter(ctx context.Context, e schemas.CRMEntry) error
}

// journaled is a CRM whose writes are made once per key.
type journaled struct {
	CRM
	system  string
	journal Journal
}

// Journaled makes the writes of a CRM that has no memory of keys happen once per
// key, and keeps what was there before and after. A write that was made but
// could not be entered is made again under its key: the CRM below must stand
// that, as an upsert, a change to the same values and a create by key do.
func Journaled(c CRM, system string, j Journal) CRM {
	return &journaled{CRM: c, system: system, journal: j}
}

// Create implements CRM.
func (c *journaled) Create(ctx context.Context, object schemas.ObjectType, properties map[string]string, w schemas.CRMWrite) (schemas.Record, error) {
	e := schemas.CRMEntry{System: c.system, Operation: schemas.CRMCreate, Ref: schemas.RecordRef{Object: object}, Write: w}
	done, err := c.once(ctx, e, func(*schemas.CRMEntry) (schemas.Record, bool, error) {
		record, err := c.CRM.Create(ctx, object, properties, w)
		return record, true, err
	})
	return done.Record, err
}

// Upsert implements CRM.
func (c *journaled) Upsert(ctx context.Context, object schemas.ObjectType, by string, properties map[string]string, w schemas.CRMWrite) (schemas.Record, bool, error) {
	e := schemas.CRMEntry{System: c.system, Operation: schemas.CRMUpsert, Ref: schemas.RecordRef{Object: object}, Write: w}
	done, err := c.once(ctx, e, func(e *schemas.CRMEntry) (schemas.Record, bool, error) {
		found, err := c.FindBy(ctx, Find{Object: object, Property: by, Value: properties[by], Properties: namesOf(properties)})
		if err != nil {
			return schemas.Record{}, false, err
		}
		if before, ok, _ := One(found); ok {
			e.Before = before.Properties
		}
		return c.CRM.Upsert(ctx, object, by, properties, w)
	})
	return done.Record, done.Created, err
}

// Update implements CRM.
func (c *journaled) Update(ctx context.Context, ref schemas.RecordRef, properties map[string]string, ifVersion string, w schemas.CRMWrite) (schemas.Record, error) {
	e := schemas.CRMEntry{System: c.system, Operation: schemas.CRMUpdate, Ref: ref, Write: w}
	done, err := c.once(ctx, e, func(e *schemas.CRMEntry) (schemas.Record, bool, error) {
		before, err := c.Get(ctx, ref, namesOf(properties))
		if err != nil {
			return schemas.Record{}, false, err
		}
		e.Before = before.Properties
		record, err := c.CRM.Update(ctx, ref, properties, ifVersion, w)
		return record, false, err
	})
	return done.Record, err
}

// Note implements CRM.
func (c *journaled) Note(ctx context.Context, ref schemas.RecordRef, text string, w schemas.CRMWrite) error {
	e := schemas.CRMEntry{System: c.system, Operation: schemas.CRMNote, Ref: ref, Write: w}
	_, err := c.once(ctx, e, func(*schemas.CRMEntry) (schemas.Record, bool, error) {
		return schemas.Record{RecordRef: ref}, false, c.CRM.Note(ctx, ref, text, w)
	})
	return err
}

func (c *journaled) once(ctx context.Context, e schemas.CRMEntry, write func(*schemas.CRMEntry) (schemas.Record, bool, error)) (schemas.CRMWritten, error) {
	done, found, err := c.journal.Written(ctx, e)
	if err != nil {
		return done, Stored(ctx, err)
	}
	if found {
		return done, nil
	}
	record, created, err := write(&e)
	if err != nil {
		return schemas.CRMWritten{}, err
	}
	e.Ref, e.After, e.Version, e.Created = record.RecordRef, record.Properties, record.Version, created
	if err := c.journal.Enter(ctx, e); err != nil {
		return schemas.CRMWritten{}, Stored(ctx, err)
	}
	return schemas.CRMWritten{Record: record, Created: created}, nil
}

// Stored turns an error of the store into one of the port. It keeps one that is
// of the port already.
func Stored(ctx context.Context, err error) error {
	if err == nil || KindOf(err) != "" || errors.Is(err, ErrAmbiguous) {
		return err
	}
	if ended := FailContext(ctx); ended != nil {
		return ended
	}
	switch schemas.KindOf(err) {
	case schemas.KindNotFound:
		return Fail(KindNotFound)
	case schemas.KindConflict:
		return Fail(KindConflict)
	case schemas.KindInvalid, schemas.KindTooLarge:
		return Fail(KindRefused)
	case schemas.KindUnauthorized, schemas.KindRateLimited, schemas.KindUnavailable, schemas.KindInternal:
	}
	return Fail(KindUnavailable)
}

func namesOf(properties map[string]string) []string {
	names := make([]string, 0, len(properties))
	for name := range properties {
		names = append(names, name)
	}
	return names
}
