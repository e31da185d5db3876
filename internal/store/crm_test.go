package store

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func allowed(map[string]string) error { return nil }

// person is an upsert of a contact by address.
func person(key, email string, pairs ...string) schemas.CRMChange {
	change := schemas.CRMChange{
		Operation: schemas.CRMUpsert, Ref: schemas.RecordRef{Object: schemas.ObjectContact}, By: "email",
		Properties: map[string]string{"email": email}, Unique: map[string]string{"email": strings.ToLower(email)},
		Write: schemas.CRMWrite{Key: key, Actor: "agent"},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		change.Properties[pairs[i]] = pairs[i+1]
	}
	return change
}

func (b adminBundle) put(t *testing.T, change schemas.CRMChange) schemas.CRMWritten {
	t.Helper()
	done, err := b.CRM().Put(t.Context(), change, allowed)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// A key is used once, however many workers have it at once.
// Settled: rule 2.
func TestCRMKeyUnderConcurrency(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	const racers = 24
	results := make([]schemas.CRMWritten, racers)
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			change := schemas.CRMChange{
				Operation: schemas.CRMCreate, Ref: schemas.RecordRef{Object: schemas.ObjectTicket},
				// Each has its own idea of the values; the first one's stay.
				Properties: map[string]string{"subject": fmt.Sprint("try ", i)}, Write: schemas.CRMWrite{Key: "conv/1/1", Actor: "agent"},
			}
			done, err := b.CRM().Put(t.Context(), change, allowed)
			if err != nil {
				t.Error(err)
			}
			results[i] = done
		})
	}
	wg.Wait()
	first := 0
	for _, r := range results {
		if diff := cmp.Diff(results[0].Record, r.Record); diff != "" || !r.Created {
			t.Errorf("created %v, %s", r.Created, diff)
		}
		if !r.Repeated {
			first++
		}
	}
	if n := b.number(t, "select count(*) from crm_objects"); n != 1 || first != 1 {
		t.Errorf("%d records, %d callers made one", n, first)
	}
	if n := b.number(t, "select count(*) from crm_writes"); n != 1 {
		t.Errorf("%d rows of one write", n)
	}
}

// Case 85: an upsert by several workers, each with a key of its own, makes one
// contact, and none of the changes is lost.
func TestCRMOneContactPerAddress(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	const racers = 16
	created := make([]bool, racers)
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			done, err := b.CRM().Put(t.Context(), person(fmt.Sprint("key ", i), "ada@example.com", fmt.Sprint("p", i), "x"), allowed)
			if err != nil {
				t.Error(err)
			}
			created[i] = done.Created
		})
	}
	wg.Wait()
	n := 0
	for _, c := range created {
		if c {
			n++
		}
	}
	record, err := b.CRM().FindUnique(t.Context(), schemas.ObjectContact, "email", "ada@example.com")
	if err != nil || n != 1 || len(record.Properties) != racers+4 || record.Version != fmt.Sprint(racers) {
		t.Errorf("%d made it, %d properties, version %s, %v", n, len(record.Properties), record.Version, err)
	}
}

func TestCRMWriteHasBeforeAndAfter(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	conversation := b.conversation(t, "language = 'en'")
	made := b.put(t, person("a", "ada@example.com", "city", "London"))
	change := schemas.CRMChange{
		Operation: schemas.CRMUpdate, Ref: made.Record.RecordRef, Properties: map[string]string{"city": "Paris", "email": ""},
		Unique: map[string]string{"email": ""}, Write: schemas.CRMWrite{Key: "b", Actor: "human", Conversation: conversation},
	}
	changed := b.put(t, change)
	if changed.Created || changed.Record.Version != "2" {
		t.Errorf("changed %+v", changed)
	}
	// A refused change leaves no trace and its key is free.
	refusal := errors.New("no")
	change.Write.Key = "c"
	if _, err := b.CRM().Put(t.Context(), change, func(current map[string]string) error {
		if current["city"] != "Paris" {
			t.Errorf("checked against %v", current)
		}
		return refusal
	}); !errors.Is(err, refusal) {
		t.Errorf("refusal: %v", err)
	}
	list, err := b.CRM().Writes(t.Context(), localSystem, made.Record.RecordRef, 10)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d writes, %v", len(list), err)
	}
	last := list[0]
	if last.Before["city"] != "London" || last.After["city"] != "Paris" || last.Before["email"] == "" || last.After["email"] != "" ||
		last.Write.Key != "b" || last.Write.Conversation != conversation || last.Write.Actor != "human" || last.At.IsZero() {
		t.Errorf("entry %+v", last)
	}
	if first := list[1]; !first.Created || len(first.Before) != 0 || first.After["city"] != "London" {
		t.Errorf("entry %+v", first)
	}
	_, err = b.CRM().FindUnique(t.Context(), schemas.ObjectContact, "email", "ada@example.com")
	wantKind(t, err, schemas.KindNotFound)
}

func TestCRMRefusals(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	preview := b.conversation(t, "preview = true")
	made := b.put(t, person("a", "ada@example.com"))
	b.put(t, person("b", "bob@example.com"))
	update := func(key string, set func(*schemas.CRMChange)) schemas.CRMChange {
		c := schemas.CRMChange{
			Operation: schemas.CRMUpdate, Ref: made.Record.RecordRef, Properties: map[string]string{"city": "Rome"},
			Write: schemas.CRMWrite{Key: key, Actor: "agent"},
		}
		if set != nil {
			set(&c)
		}
		return c
	}
	for name, tt := range map[string]struct {
		change schemas.CRMChange
		kind   schemas.ErrorKind
	}{
		"no key":           {update("", nil), schemas.KindInvalid},
		"no actor":         {update("x", func(c *schemas.CRMChange) { c.Write.Actor = "" }), schemas.KindInvalid},
		"a used key":       {update("b", nil), schemas.KindConflict},
		"another version":  {update("x", func(c *schemas.CRMChange) { c.IfVersion = "7" }), schemas.KindConflict},
		"another's value":  {update("x", func(c *schemas.CRMChange) { c.Unique = map[string]string{"email": "bob@example.com"} }), schemas.KindConflict},
		"no such record":   {update("x", func(c *schemas.CRMChange) { c.Ref.ID = "rec_00000000000000000000000000000000" }), schemas.KindNotFound},
		"another kind":     {update("x", func(c *schemas.CRMChange) { c.Ref.Object = schemas.ObjectDeal }), schemas.KindNotFound},
		"a preview":        {update("x", func(c *schemas.CRMChange) { c.Write.Conversation = preview }), schemas.KindConflict},
		"no conversation":  {update("x", func(c *schemas.CRMChange) { c.Write.Conversation = "conv_00000000000000000000000000000000" }), schemas.KindNotFound},
		"a preview's note": {update("x", func(c *schemas.CRMChange) { c.Operation, c.Write.Conversation = schemas.CRMNote, preview }), schemas.KindConflict},
	} {
		_, err := b.CRM().Put(t.Context(), tt.change, allowed)
		if schemas.KindOf(err) != tt.kind || strings.Contains(fmt.Sprint(err), "bob@") {
			t.Errorf("%s: %v, want %s", name, err, tt.kind)
		}
	}
	wantKind(t, b.CRM().AddNote(t.Context(), made.Record.RecordRef, "x", schemas.CRMWrite{Key: "n", Actor: "agent", Conversation: preview}), schemas.KindConflict)
	if n := b.number(t, "select count(*) from crm_writes"); n != 2 {
		t.Errorf("%d writes, want those that were made", n)
	}
}

// The record of writes to another CRM: made once, and not from a preview.
// Settled: rule 26.
func TestCRMJournal(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	preview := b.conversation(t, "preview = true")
	ref := schemas.RecordRef{Object: schemas.ObjectContact, ID: "501"}
	e := schemas.CRMEntry{System: "hubspot", Operation: schemas.CRMUpdate, Ref: ref, Write: schemas.CRMWrite{Key: "a", Actor: "agent"}}
	if _, found, err := b.CRM().Written(t.Context(), e); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	e.Before, e.After, e.Version = map[string]string{"city": "London"}, map[string]string{"city": "Paris"}, "2026-06-01T10:00:00Z"
	for range 2 {
		if err := b.CRM().Enter(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		e.After = map[string]string{"city": "Rome"}
	}
	done, found, err := b.CRM().Written(t.Context(), schemas.CRMEntry{System: "hubspot", Operation: schemas.CRMUpdate, Ref: ref, Write: e.Write})
	if err != nil || !found || done.Record.Properties["city"] != "Paris" || done.Record.RecordRef != ref || done.Record.Version != "2026-06-01T10:00:00Z" {
		t.Errorf("done %+v, %v, %v", done, found, err)
	}
	other := e
	other.Ref.ID = "502"
	_, _, err = b.CRM().Written(t.Context(), other)
	wantKind(t, err, schemas.KindConflict)
	other = e
	other.Write.Key, other.Write.Conversation = "b", preview
	_, _, err = b.CRM().Written(t.Context(), other)
	wantKind(t, err, schemas.KindConflict)
	list, err := b.CRM().Writes(t.Context(), "hubspot", ref, 10)
	if err != nil || len(list) != 1 || list[0].Before["city"] != "London" {
		t.Errorf("writes %+v, %v", list, err)
	}
}

// Contacts are the master; a record is linked to them. Settled: rule 28.
func TestCRMLinks(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	var contacts []schemas.ContactID
	for range 2 {
		id := newID()
		b.exec(t, "insert into contacts (id) values ($1)", id)
		contacts = append(contacts, show[schemas.ContactID](schemas.PrefixContact, id))
	}
	ada := schemas.RecordRef{Object: schemas.ObjectContact, ID: "501"}
	bob := schemas.RecordRef{Object: schemas.ObjectContact, ID: "502"}
	linked := func(contact schemas.ContactID, system string) schemas.RecordRef {
		t.Helper()
		ref, found, err := b.CRM().Linked(t.Context(), contact, system)
		if err != nil || found != (ref.ID != "") {
			t.Fatalf("linked %+v, %v, %v", ref, found, err)
		}
		return ref
	}
	if linked(contacts[0], "hubspot") != (schemas.RecordRef{}) {
		t.Error("a contact is linked before anybody linked it")
	}
	for _, c := range contacts {
		if err := b.CRM().Link(t.Context(), c, "hubspot", ada); err != nil {
			t.Fatal(err)
		}
	}
	if linked(contacts[0], "hubspot") != ada || linked(contacts[0], "local") != (schemas.RecordRef{}) {
		t.Error("not linked to what was said")
	}
	both, err := b.CRM().Contacts(t.Context(), "hubspot", ada)
	if diff := cmp.Diff(contacts, both); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := b.CRM().Link(t.Context(), contacts[0], "hubspot", bob); err != nil || linked(contacts[0], "hubspot") != bob {
		t.Errorf("the new record: %v", err)
	}
	for range 2 {
		if err := b.CRM().Unlink(t.Context(), contacts[0], "hubspot"); err != nil {
			t.Fatal(err)
		}
	}
	if linked(contacts[0], "hubspot") != (schemas.RecordRef{}) || linked(contacts[1], "hubspot") != ada {
		t.Error("unlinked the wrong one")
	}
	wantKind(t, b.CRM().Link(t.Context(), "cont_00000000000000000000000000000000", "hubspot", ada), schemas.KindNotFound)
	wantKind(t, b.CRM().Link(t.Context(), contacts[0], "", ada), schemas.KindInvalid)
}

// number is the answer of a query for one number.
func (b adminBundle) number(t *testing.T, sql string) int {
	t.Helper()
	var n int
	if err := b.pool.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
