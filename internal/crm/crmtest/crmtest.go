// Package crmtest is the conformance suite of crm.CRM: every system has to
// behave alike here.
//
// It owns the cases only and is imported by tests alone. Cases use properties
// that every CRM has, and values of their own, so they may share one system.
package crmtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"steward/internal/crm"
	"steward/schemas"
)

// callTimeout bounds one call to the CRM under test.
const callTimeout = time.Minute

// Run checks an implementation. newCRM returns a CRM that keeps nothing of
// another case, or the same one every time.
func Run(t *testing.T, newCRM func(t *testing.T) crm.CRM) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(t *testing.T, b *bench)
	}{
		{"describes", describes},
		{"upserts", upserts},
		{"upserts at the same time", upsertsAtOnce},
		{"reads what is asked for", reads},
		{"finds", finds},
		{"changes", changes},
		{"keeps to a version", keepsToVersion},
		{"clears", clears},
		{"refuses wrong values", refuses},
		{"refuses a value of another record", refusesTaken},
		{"never moves a stage back", movesForward},
		{"creates by key", createsByKey},
		{"creates by key at the same time", createsAtOnce},
		{"writes once per key", writesOnce},
		{"associates", associates},
		{"lists what is linked", listsLinked},
		{"notes", notes},
		{"keeps any text", keepsText},
		{"knows no wrong ids", knowsNoWrongIDs},
		{"says when it is cancelled", cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, &bench{t: t, crm: newCRM(t), name: strings.ReplaceAll(c.name, " ", "-")})
		})
	}
}

// bench is one case's CRM.
type bench struct {
	t    *testing.T
	crm  crm.CRM
	name string
	keys atomic.Int64
}

func (b *bench) context() context.Context {
	ctx, cancel := context.WithTimeout(b.t.Context(), callTimeout)
	b.t.Cleanup(cancel)
	return ctx
}

// write is a write with a key of its own.
func (b *bench) write() schemas.CRMWrite {
	return schemas.CRMWrite{Key: fmt.Sprintf("%s/%d", b.name, b.keys.Add(1)), Actor: "agent"}
}

// email is an address of this case's own.
func (b *bench) email(who string) string { return who + "." + b.name + "@example.com" }

// contact makes a contact with an address and more properties as pairs.
func (b *bench) contact(who string, pairs ...string) schemas.Record {
	b.t.Helper()
	record, _, err := b.crm.Upsert(b.context(), schemas.ObjectContact, "email", props(append(pairs, "email", b.email(who))...), b.write())
	if err != nil {
		b.t.Fatalf("Upsert: %v", err)
	}
	return record
}

func (b *bench) get(ref schemas.RecordRef, names ...string) schemas.Record {
	b.t.Helper()
	record, err := b.crm.Get(b.context(), ref, names)
	if err != nil {
		b.t.Fatalf("Get: %v", err)
	}
	return record
}

func (b *bench) update(ref schemas.RecordRef, pairs ...string) schemas.Record {
	b.t.Helper()
	record, err := b.crm.Update(b.context(), ref, props(pairs...), "", b.write())
	if err != nil {
		b.t.Fatalf("Update: %v", err)
	}
	return record
}

func (b *bench) find(property, value string, names ...string) []schemas.Record {
	b.t.Helper()
	found, err := b.crm.FindBy(b.context(), crm.Find{Object: schemas.ObjectContact, Property: property, Value: value, Properties: names})
	if err != nil {
		b.t.Fatalf("FindBy: %v", err)
	}
	return found
}

// value checks one property of a record as it is kept.
func (b *bench) value(ref schemas.RecordRef, name, want string) {
	b.t.Helper()
	if got := b.get(ref, name).Properties[name]; got != want {
		b.t.Errorf("%s is %q, want %q", name, got, want)
	}
}

func props(pairs ...string) map[string]string {
	out := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// wantKind checks an error: its kind, its property, and that it repeats none of
// the texts.
func wantKind(t *testing.T, err error, kind crm.Kind, property string, secrets ...string) *crm.Error {
	t.Helper()
	var e *crm.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Property != property {
		t.Errorf("error %v, want kind %s of property %q", err, kind, property)
		return &crm.Error{}
	}
	for _, s := range secrets {
		if strings.Contains(err.Error(), s) {
			t.Errorf("the error repeats %q: %v", s, err)
		}
	}
	return e
}
