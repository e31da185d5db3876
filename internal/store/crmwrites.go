package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// claim takes a write's key for this transaction. When the key was used before
// it returns what was stored for it.
func (c *CRM) claim(ctx context.Context, tx pgx.Tx, system string, op schemas.CRMOperation, ref schemas.RecordRef, w schemas.CRMWrite) (done schemas.CRMWritten, repeated bool, err error) {
	if w.Key == "" || w.Actor == "" {
		return done, false, schemas.NewError(schemas.KindInvalid, "a write to the CRM needs a key and an actor")
	}
	conversation, err := c.writer(ctx, tx, w.Conversation)
	if err != nil {
		return done, false, err
	}
	claimed, err := c.s.q.ClaimCRMWrite(ctx, tx, dbq.ClaimCRMWriteParams{
		Key: w.Key, System: system, Operation: string(op), ObjectType: string(ref.Object), Actor: w.Actor, ConversationID: conversation,
	})
	if err != nil || claimed == 1 {
		return done, false, err
	}
	row, err := c.s.q.CRMWriteByKey(ctx, tx, w.Key)
	if err != nil {
		return done, false, err
	}
	if row.System != system || row.Operation != string(op) || row.ObjectType != string(ref.Object) || (ref.ID != "" && ref.ID != row.RecordID) {
		return done, false, schemas.NewError(schemas.KindConflict, "the key of this write was used for another one")
	}
	props, err := propsOf(row.After)
	if err != nil {
		return done, false, err
	}
	return schemas.CRMWritten{
		Record:  schemas.Record{RecordRef: schemas.RecordRef{Object: ref.Object, ID: row.RecordID}, Properties: props, Version: row.Version},
		Created: row.Created, Repeated: true,
	}, true, nil
}

// writer is the conversation that a write belongs to, if any. One of a preview
// writes nothing. Settled: rule 26.
func (c *CRM) writer(ctx context.Context, db dbq.DBTX, conversation schemas.ConversationID) (*uuid.UUID, error) {
	if conversation == "" {
		return nil, nil
	}
	id, err := conversationUUID(conversation)
	if err != nil {
		return nil, err
	}
	preview, err := c.s.q.ConversationIsPreview(ctx, db, id)
	if err != nil {
		return nil, noRows(err, "conversation")
	}
	if preview {
		return nil, schemas.NewError(schemas.KindConflict, "a preview writes nothing to the CRM")
	}
	return &id, nil
}

func (c *CRM) finish(ctx context.Context, tx pgx.Tx, e schemas.CRMEntry) error {
	before, err := propsText(e.Before)
	if err != nil {
		return err
	}
	after, err := propsText(e.After)
	if err != nil {
		return err
	}
	return c.s.q.FinishCRMWrite(ctx, tx, dbq.FinishCRMWriteParams{
		RecordID: e.Ref.ID, Before: before, After: after, Version: e.Version, Created: e.Created, Key: e.Write.Key,
	})
}

func propsText(props map[string]string) (json.RawMessage, error) {
	if props == nil {
		return json.RawMessage("{}"), nil
	}
	return json.Marshal(props)
}

// Written returns what a write to another CRM has done under its key, and
// whether there was one. KindConflict for the conversation of a preview, which
// may write nothing, and for a key that was used for something else.
// Settled: rule 26.
func (c *CRM) Written(ctx context.Context, e schemas.CRMEntry) (done schemas.CRMWritten, found bool, err error) {
	err = c.s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := c.writer(ctx, tx, e.Write.Conversation); err != nil {
			return err
		}
		if _, err := c.s.q.CRMWriteByKey(ctx, tx, e.Write.Key); err != nil {
			if noSuch(err) {
				return nil
			}
			return err
		}
		done, found, err = c.claim(ctx, tx, e.System, e.Operation, e.Ref, e.Write)
		return err
	})
	if err != nil {
		return schemas.CRMWritten{}, false, fmt.Errorf("look up write: %w", err)
	}
	return done, found, nil
}

// Enter records a write to another CRM after it was made. A key that is there
// already keeps its first entry.
func (c *CRM) Enter(ctx context.Context, e schemas.CRMEntry) error {
	err := c.s.inTx(ctx, func(tx pgx.Tx) error {
		ref := schemas.RecordRef{Object: e.Ref.Object}
		_, repeated, err := c.claim(ctx, tx, e.System, e.Operation, ref, e.Write)
		if err != nil || repeated {
			return err
		}
		return c.finish(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("record write: %w", err)
	}
	return nil
}

// Writes lists the writes to a record, the newest first, at most limit.
func (c *CRM) Writes(ctx context.Context, system string, ref schemas.RecordRef, limit int) ([]schemas.CRMEntry, error) {
	rows, err := c.s.q.CRMWritesOfRecord(ctx, c.s.pool, dbq.CRMWritesOfRecordParams{
		System: system, ObjectType: string(ref.Object), RecordID: ref.ID, Most: int32(min(max(limit, 0), 1000)),
	})
	if err != nil {
		return nil, fmt.Errorf("list writes: %w", err)
	}
	out := make([]schemas.CRMEntry, 0, len(rows))
	for _, row := range rows {
		e := schemas.CRMEntry{
			System: system, Operation: schemas.CRMOperation(row.Operation), Ref: ref, Created: row.Created, At: row.At.UTC(),
			Write: schemas.CRMWrite{Key: row.Key, Actor: row.Actor, Conversation: showPtr[schemas.ConversationID](schemas.PrefixConversation, row.ConversationID)},
		}
		if e.Before, err = propsOf(row.Before); err != nil {
			return nil, err
		}
		if e.After, err = propsOf(row.After); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// Link says that a record of a CRM is the contact's; another one of that system
// is forgotten. The contact stays the master of who somebody is.
// Settled: rule 28.
func (c *CRM) Link(ctx context.Context, contact schemas.ContactID, system string, ref schemas.RecordRef) error {
	id, err := parse(schemas.PrefixContact, contact, "contact")
	if err != nil {
		return err
	}
	if system == "" || ref.ID == "" || !ref.Object.Valid() {
		return schemas.NewError(schemas.KindInvalid, "a link names a system and a record")
	}
	err = c.s.q.PutCRMLink(ctx, c.s.pool, dbq.PutCRMLinkParams{ContactID: id, System: system, ObjectType: string(ref.Object), RecordID: ref.ID})
	if violates(err, "crm_links_contact_id_fkey") {
		return notFound("contact")
	}
	if err != nil {
		return fmt.Errorf("link contact: %w", err)
	}
	return nil
}

// violates reports whether err is a violation of the named foreign key.
func violates(err error, name string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23503" && pg.ConstraintName == name
}

// Unlink forgets a contact's record, as when their address changes.
func (c *CRM) Unlink(ctx context.Context, contact schemas.ContactID, system string) error {
	id, err := parse(schemas.PrefixContact, contact, "contact")
	if err != nil {
		return err
	}
	if err := c.s.q.DropCRMLink(ctx, c.s.pool, id, system); err != nil {
		return fmt.Errorf("unlink contact: %w", err)
	}
	return nil
}

// Linked returns the record of a contact; found is false when there is none.
func (c *CRM) Linked(ctx context.Context, contact schemas.ContactID, system string) (ref schemas.RecordRef, found bool, err error) {
	id, err := parse(schemas.PrefixContact, contact, "contact")
	if err != nil {
		return ref, false, err
	}
	row, err := c.s.q.CRMLinkOfContact(ctx, c.s.pool, id, system)
	if noSuch(err) {
		return ref, false, nil
	}
	if err != nil {
		return ref, false, fmt.Errorf("find link: %w", err)
	}
	return schemas.RecordRef{Object: schemas.ObjectType(row.ObjectType), ID: row.RecordID}, true, nil
}

// Contacts lists the contacts that have a record, the first linked first.
func (c *CRM) Contacts(ctx context.Context, system string, ref schemas.RecordRef) ([]schemas.ContactID, error) {
	ids, err := c.s.q.ContactsOfCRMRecord(ctx, c.s.pool, dbq.ContactsOfCRMRecordParams{System: system, ObjectType: string(ref.Object), RecordID: ref.ID})
	if err != nil {
		return nil, fmt.Errorf("list contacts: %w", err)
	}
	out := make([]schemas.ContactID, 0, len(ids))
	for _, id := range ids {
		out = append(out, show[schemas.ContactID](schemas.PrefixContact, id))
	}
	return out, nil
}
