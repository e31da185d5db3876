package crmtest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"steward/internal/crm"
	"steward/schemas"
)

// racers is how many callers try the same thing at once.
const racers = 12

func describes(t *testing.T, b *bench) {
	for object, wants := range map[schemas.ObjectType][]schemas.Property{
		schemas.ObjectContact: {
			{Name: "email", Type: schemas.PropertyText, Unique: true},
			{Name: "phone", Type: schemas.PropertyText},
			{Name: "numemployees", Type: schemas.PropertyNumber},
			{Name: "lifecyclestage", Type: schemas.PropertyEnum, Forward: true},
			{Name: "createdate", Type: schemas.PropertyDateTime, ReadOnly: true},
		},
		schemas.ObjectCompany: {{Name: "name", Type: schemas.PropertyText}},
		schemas.ObjectDeal:    {{Name: "amount", Type: schemas.PropertyNumber}},
		schemas.ObjectTicket:  {{Name: "hs_ticket_priority", Type: schemas.PropertyEnum}},
	} {
		got, err := b.crm.Describe(b.context(), object)
		if err != nil {
			t.Fatalf("Describe %s: %v", object, err)
		}
		if !slices.IsSortedFunc(got, func(a, c schemas.Property) int {
			if a.Name < c.Name {
				return -1
			}
			return 1
		}) {
			t.Errorf("the properties of %s are not sorted by name", object)
		}
		for _, want := range wants {
			i := slices.IndexFunc(got, func(p schemas.Property) bool { return p.Name == want.Name })
			if i < 0 {
				t.Errorf("%s has no property %s", object, want.Name)
				continue
			}
			p := got[i]
			if p.Object != object || p.Type != want.Type || p.Unique != want.Unique || p.ReadOnly != want.ReadOnly || p.Forward != want.Forward || p.Label == "" {
				t.Errorf("property %+v, want %+v", p, want)
			}
			if hasOptions := slices.Contains(crm.Options(p), "retired_option"); hasOptions || p.Type == schemas.PropertyEnum && len(p.Options) < 3 {
				t.Errorf("%s has the options %v", p.Name, crm.Options(p))
			}
		}
	}
	if _, err := b.crm.Describe(b.context(), "invoice"); err == nil {
		t.Error("an unknown kind of record is described")
	}
}

func upserts(t *testing.T, b *bench) {
	first, created, err := b.crm.Upsert(b.context(), schemas.ObjectContact, "email", props("email", b.email("ada"), "firstname", "Ada"), b.write())
	if err != nil || !created || first.ID == "" || first.Version == "" || first.Properties["firstname"] != "Ada" {
		t.Fatalf("first %+v, created %v, %v", first, created, err)
	}
	upper := "ADA." + b.name + "@Example.com"
	second, created, err := b.crm.Upsert(b.context(), schemas.ObjectContact, "email", props("email", upper, "city", "London"), b.write())
	if err != nil || created || second.RecordRef != first.RecordRef {
		t.Fatalf("second %+v, created %v, %v", second, created, err)
	}
	b.value(first.RecordRef, "firstname", "Ada")
	b.value(first.RecordRef, "city", "London")
	_, _, err = b.crm.Upsert(b.context(), schemas.ObjectContact, "email", props("city", "Rome"), b.write())
	if err == nil {
		t.Error("an upsert without the value that it goes by is made")
	}
}

func upsertsAtOnce(t *testing.T, b *bench) {
	ids := make([]string, racers)
	made := make([]bool, racers)
	b.race(func(i int) error {
		record, created, err := b.crm.Upsert(b.context(), schemas.ObjectContact, "email", props("email", b.email("eve"), "city", "Oslo"), b.write())
		ids[i], made[i] = record.ID, created
		return err
	})
	n := 0
	for i := range ids {
		if ids[i] != ids[0] {
			t.Errorf("two contacts with one address: %s and %s", ids[0], ids[i])
		}
		if made[i] {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d callers made the contact", n)
	}
}

// race runs f by many callers at once.
func (b *bench) race(f func(i int) error) {
	b.t.Helper()
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			if err := f(i); err != nil {
				b.t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

func reads(t *testing.T, b *bench) {
	ada := b.contact("ada", "firstname", "Ada", "phone", "555")
	got := b.get(ada.RecordRef, "firstname", "city")
	if len(got.Properties) != 1 || got.Properties["firstname"] != "Ada" || got.RecordRef != ada.RecordRef || got.Version != ada.Version {
		t.Errorf("got %+v", got)
	}
	if got := b.get(ada.RecordRef); len(got.Properties) != 0 {
		t.Errorf("nothing was asked for, got %v", got.Properties)
	}
	if got := b.get(ada.RecordRef, "createdate"); got.Properties["createdate"] == "" {
		t.Error("no date of creation")
	}
}

func finds(t *testing.T, b *bench) {
	ada := b.contact("ada", "company", "Engines "+b.name, "firstname", "Ada")
	bob := b.contact("bob", "company", "Looms "+b.name)
	eve := b.contact("eve", "company", "Looms "+b.name)
	b.contact("dan", "company", "Looms "+b.name)

	one, found, err := crm.One(b.find("email", " ADA."+b.name+"@EXAMPLE.com", "firstname"))
	if err != nil || !found || one.RecordRef != ada.RecordRef || one.Properties["firstname"] != "Ada" || len(one.Properties) != 1 {
		t.Errorf("by address: %+v, %v, %v", one, found, err)
	}
	if one, found, err := crm.One(b.find("company", "Engines "+b.name)); err != nil || !found || one.RecordRef != ada.RecordRef {
		t.Errorf("by company: %+v, %v, %v", one, found, err)
	}
	two := b.find("company", "Looms "+b.name)
	if len(two) != 2 || two[0].RecordRef == two[1].RecordRef || two[0].RecordRef == ada.RecordRef || bob.ID == eve.ID {
		t.Errorf("two at most of three: %+v", two)
	}
	if _, _, err := crm.One(two); !errors.Is(err, crm.ErrAmbiguous) {
		t.Errorf("two are one: %v", err)
	}
	for property, value := range map[string]string{"email": b.email("nobody"), "company": "Nobody", "phone": ""} {
		if _, found, err := crm.One(b.find(property, value)); found || err != nil {
			t.Errorf("found somebody by %s %q, %v", property, value, err)
		}
	}
}

func changes(t *testing.T, b *bench) {
	ada := b.contact("ada", "city", "London")
	got := b.update(ada.RecordRef, "city", "Paris", "numemployees", "120")
	if got.RecordRef != ada.RecordRef || got.Properties["city"] != "Paris" || got.Version == ada.Version || got.Version == "" {
		t.Errorf("changed %+v, was version %s", got, ada.Version)
	}
	b.value(ada.RecordRef, "city", "Paris")
	b.value(ada.RecordRef, "numemployees", "120")
}

func keepsToVersion(t *testing.T, b *bench) {
	ada := b.contact("ada", "city", "London")
	now := b.update(ada.RecordRef, "city", "Paris")
	_, err := b.crm.Update(b.context(), ada.RecordRef, props("city", "Rome"), ada.Version, b.write())
	wantKind(t, err, crm.KindConflict, "")
	b.value(ada.RecordRef, "city", "Paris")
	if _, err := b.crm.Update(b.context(), ada.RecordRef, props("city", "Rome"), now.Version, b.write()); err != nil {
		t.Errorf("the newest version: %v", err)
	}
	b.value(ada.RecordRef, "city", "Rome")
}

func clears(t *testing.T, b *bench) {
	ada := b.contact("ada", "city", "London", "phone", "555")
	b.update(ada.RecordRef, "city", "")
	if got := b.get(ada.RecordRef, "city", "phone"); len(got.Properties) != 1 {
		t.Errorf("cleared %v", got.Properties)
	}
}

func refuses(t *testing.T, b *bench) {
	ada := b.contact("ada", "hs_lead_status", "OPEN")
	for name, tt := range map[string]struct {
		value, options string
		kind           crm.Kind
	}{
		"no_such_thing":  {value: "sesame", kind: crm.KindInvalidProperty},
		"createdate":     {value: "2020-01-01T00:00:00Z", kind: crm.KindInvalidProperty},
		"hs_lead_status": {value: "sesame", kind: crm.KindInvalidValue, options: "CONNECTED"},
		"numemployees":   {value: "sesame", kind: crm.KindInvalidValue},
	} {
		_, err := b.crm.Update(b.context(), ada.RecordRef, props("city", "Rome", name, tt.value), "", b.write())
		e := wantKind(t, err, tt.kind, name, tt.value)
		if tt.options != "" && !slices.Contains(e.Allowed, tt.options) || tt.options == "" && len(e.Allowed) > 0 {
			t.Errorf("%s allows %v, want %q", name, e.Allowed, tt.options)
		}
		_, _, err = b.crm.Upsert(b.context(), schemas.ObjectContact, "email", props("email", b.email("new"), name, tt.value), b.write())
		wantKind(t, err, tt.kind, name, tt.value)
	}
	b.value(ada.RecordRef, "city", "")
	b.value(ada.RecordRef, "hs_lead_status", "OPEN")
	if found := b.find("email", b.email("new")); len(found) != 0 {
		t.Error("a refused upsert has made a contact")
	}
}

func refusesTaken(t *testing.T, b *bench) {
	b.contact("ada")
	bob := b.contact("bob")
	_, err := b.crm.Update(b.context(), bob.RecordRef, props("email", b.email("ada")), "", b.write())
	wantKind(t, err, crm.KindConflict, "", "ada")
	b.value(bob.RecordRef, "email", b.email("bob"))
	b.update(bob.RecordRef, "email", b.email("rob"))
	if found := b.find("email", b.email("bob")); len(found) != 0 {
		t.Error("the address of before still names the contact")
	}
	if one, found, _ := crm.One(b.find("email", b.email("rob"))); !found || one.ID != bob.ID {
		t.Error("the new address does not name the contact")
	}
}

func movesForward(t *testing.T, b *bench) {
	ada := b.contact("ada", "lifecyclestage", "lead")
	b.update(ada.RecordRef, "lifecyclestage", "opportunity")
	// Some systems refuse the way back and some leave the stage as it is.
	_, err := b.crm.Update(b.context(), ada.RecordRef, props("lifecyclestage", "subscriber"), "", b.write())
	if e := (*crm.Error)(nil); err != nil && (!errors.As(err, &e) || e.Kind != crm.KindInvalidValue || slices.Contains(e.Allowed, "lead")) {
		t.Errorf("error %v allows %v", err, e.Allowed)
	}
	b.value(ada.RecordRef, "lifecyclestage", "opportunity")
}

func knowsNoWrongIDs(t *testing.T, b *bench) {
	ada := b.contact("ada")
	for _, id := range []string{"", "999999999", "rec_00000000000000000000000000000000", "../contacts", "..", "a/b", "' or 1=1", ada.ID + "0"} {
		ref := schemas.RecordRef{Object: schemas.ObjectContact, ID: id}
		_, err := b.crm.Get(b.context(), ref, []string{"email"})
		wantKind(t, err, crm.KindNotFound, "")
		_, err = b.crm.Update(b.context(), ref, props("city", "Rome"), "", b.write())
		wantKind(t, err, crm.KindNotFound, "")
		wantKind(t, b.crm.Note(b.context(), ref, "x", b.write()), crm.KindNotFound, "")
	}
	_, err := b.crm.Get(b.context(), schemas.RecordRef{Object: schemas.ObjectDeal, ID: ada.ID}, []string{"dealname"})
	wantKind(t, err, crm.KindNotFound, "")
}

func cancelled(t *testing.T, b *bench) {
	ada := b.contact("ada")
	ctx, cancel := context.WithCancel(b.t.Context())
	cancel()
	if _, err := b.crm.Get(ctx, ada.RecordRef, []string{"email"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Get: %v", err)
	}
	if _, err := b.crm.Update(ctx, ada.RecordRef, props("city", "Rome"), "", b.write()); !errors.Is(err, context.Canceled) {
		t.Errorf("Update: %v", err)
	}
	b.value(ada.RecordRef, "city", "")
}
