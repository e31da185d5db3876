package local_test

import (
	"testing"

	"steward/internal/crm"
	"steward/internal/crm/crmtest"
	"steward/internal/crm/local"
	"steward/internal/store"
	"steward/internal/testkit"
	"steward/schemas"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func open(t *testing.T) *local.CRM {
	t.Helper()
	s, err := store.Open(t.Context(), testkit.Database(t), store.Options{MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return local.New(s.CRM())
}

func TestConformance(t *testing.T) {
	t.Parallel()
	shared := open(t)
	crmtest.Run(t, func(*testing.T) crm.CRM { return shared })
}

func TestDefine(t *testing.T) {
	t.Parallel()
	c := open(t)
	text := func(change func(*schemas.Property)) schemas.Property {
		p := schemas.Property{Object: schemas.ObjectContact, Name: "shoe_size", Label: "Shoe size", Type: schemas.PropertyNumber}
		if change != nil {
			change(&p)
		}
		return p
	}
	for name, p := range map[string]schemas.Property{
		"another object":        text(func(p *schemas.Property) { p.Object = "invoice" }),
		"a name with a space":   text(func(p *schemas.Property) { p.Name = "shoe size" }),
		"no label":              text(func(p *schemas.Property) { p.Label = "" }),
		"an unknown type":       text(func(p *schemas.Property) { p.Type = "json" }),
		"an enum of nothing":    text(func(p *schemas.Property) { p.Type = schemas.PropertyEnum }),
		"a unique number":       text(func(p *schemas.Property) { p.Unique = true }),
		"options of a number":   text(func(p *schemas.Property) { p.Options = []schemas.PropertyOption{{Value: "a"}} }),
		"nothing may set it":    text(func(p *schemas.Property) { p.ReadOnly = true }),
		"another type of email": text(func(p *schemas.Property) { p.Name = "email" }),
		"an option twice": text(func(p *schemas.Property) {
			p.Type, p.Options = schemas.PropertyEnum, []schemas.PropertyOption{{Value: "a"}, {Value: "a"}}
		}),
		"a stage without a way":  {Object: schemas.ObjectContact, Name: "lifecyclestage", Label: "Stage", Type: schemas.PropertyEnum, Options: []schemas.PropertyOption{{Value: "a"}}},
		"email without its rule": {Object: schemas.ObjectContact, Name: "email", Label: "Email", Type: schemas.PropertyText},
	} {
		if err := c.Define(t.Context(), p); schemas.KindOf(err) != schemas.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Define(t.Context(), text(nil)); err != nil {
		t.Fatal(err)
	}
	write := schemas.CRMWrite{Key: "a", Actor: "agent"}
	record, _, err := c.Upsert(t.Context(), schemas.ObjectContact, "email", map[string]string{"email": "ada@example.com", "shoe_size": "38.5"}, write)
	if err != nil || record.Properties["shoe_size"] != "38.5" {
		t.Errorf("record %+v, %v", record, err)
	}
	status := schemas.Property{
		Object: schemas.ObjectContact, Name: "hs_lead_status", Label: "Status", Type: schemas.PropertyEnum,
		Options: []schemas.PropertyOption{{Value: "HOT", Label: "Hot"}},
	}
	if err := c.Define(t.Context(), status); err != nil {
		t.Fatal(err)
	}
	_, err = c.Update(t.Context(), record.RecordRef, map[string]string{"hs_lead_status": "OPEN"}, "", schemas.CRMWrite{Key: "b", Actor: "agent"})
	if crm.KindOf(err) != crm.KindInvalidValue {
		t.Errorf("an option that was replaced: %v", err)
	}
	if _, err := c.Update(t.Context(), record.RecordRef, map[string]string{"hs_lead_status": "HOT"}, "", schemas.CRMWrite{Key: "c", Actor: "agent"}); err != nil {
		t.Error(err)
	}
}

func TestStageMovesForward(t *testing.T) {
	t.Parallel()
	c := open(t)
	record, _, err := c.Upsert(t.Context(), schemas.ObjectContact, "email", map[string]string{"email": "ada@example.com", "lifecyclestage": "customer"}, schemas.CRMWrite{Key: "a", Actor: "goal"})
	if err != nil {
		t.Fatal(err)
	}
	for _, back := range []string{"lead", "", "subscriber"} {
		_, err := c.Update(t.Context(), record.RecordRef, map[string]string{"lifecyclestage": back}, "", schemas.CRMWrite{Key: "back " + back, Actor: "goal"})
		if crm.KindOf(err) != crm.KindInvalidValue {
			t.Errorf("back to %q: %v", back, err)
		}
	}
	// A refused write has not used its key.
	if _, err := c.Update(t.Context(), record.RecordRef, map[string]string{"lifecyclestage": "evangelist"}, "", schemas.CRMWrite{Key: "back lead", Actor: "goal"}); err != nil {
		t.Error(err)
	}
}
