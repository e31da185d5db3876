package crmtest

import (
	"strings"
	"testing"

	"steward/internal/crm"
	"steward/schemas"
)

func createsByKey(t *testing.T, b *bench) {
	w := b.write()
	first, err := b.crm.Create(b.context(), schemas.ObjectTicket, props("subject", "Broken loom"), w)
	if err != nil || first.ID == "" || first.Properties["subject"] != "Broken loom" {
		t.Fatalf("first %+v, %v", first, err)
	}
	again, err := b.crm.Create(b.context(), schemas.ObjectTicket, props("subject", "Broken loom"), w)
	if err != nil || again.RecordRef != first.RecordRef {
		t.Errorf("again %+v, %v", again, err)
	}
	other, err := b.crm.Create(b.context(), schemas.ObjectTicket, props("subject", "Broken loom"), b.write())
	if err != nil || other.RecordRef == first.RecordRef {
		t.Errorf("other %+v, %v", other, err)
	}
	_, err = b.crm.Create(b.context(), schemas.ObjectTicket, props("hs_ticket_priority", "sesame"), b.write())
	wantKind(t, err, crm.KindInvalidValue, "hs_ticket_priority", "sesame")
}

func createsAtOnce(t *testing.T, b *bench) {
	w := b.write()
	ids := make([]string, racers)
	b.race(func(i int) error {
		record, err := b.crm.Create(b.context(), schemas.ObjectDeal, props("dealname", "Looms", "amount", "1200.50"), w)
		ids[i] = record.ID
		return err
	})
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Errorf("one key has made the deals %v", ids)
			break
		}
	}
}

func writesOnce(t *testing.T, b *bench) {
	ada := b.contact("ada", "city", "London")
	w := b.write()
	first, err := b.crm.Update(b.context(), ada.RecordRef, props("city", "Paris"), ada.Version, w)
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
	b.update(ada.RecordRef, "city", "Rome")
	// The key has been used: neither its values nor its version matter any more.
	again, err := b.crm.Update(b.context(), ada.RecordRef, props("city", "Paris"), ada.Version, w)
	if err != nil || again.RecordRef != first.RecordRef || again.Properties["city"] != "Paris" || again.Version != first.Version {
		t.Errorf("again %+v, %v, want %+v", again, err, first)
	}
	b.value(ada.RecordRef, "city", "Rome")

	w = b.write()
	_, created, err := b.crm.Upsert(b.context(), schemas.ObjectContact, "email", props("email", b.email("eve"), "city", "Oslo"), w)
	if err != nil || !created {
		t.Fatalf("Upsert: created %v, %v", created, err)
	}
	eve, _, _ := crm.One(b.find("email", b.email("eve")))
	b.update(eve.RecordRef, "city", "Bergen")
	repeated, created, err := b.crm.Upsert(b.context(), schemas.ObjectContact, "email", props("email", b.email("eve"), "city", "Oslo"), w)
	if err != nil || !created || repeated.ID != eve.ID {
		t.Errorf("repeated %+v, created %v, %v", repeated, created, err)
	}
	b.value(eve.RecordRef, "city", "Bergen")

	_, err = b.crm.Update(b.context(), ada.RecordRef, props("city", "Rome"), "", w)
	wantKind(t, err, crm.KindConflict, "")
	if _, err := b.crm.Update(b.context(), ada.RecordRef, props("city", "Rome"), "", schemas.CRMWrite{Actor: "agent"}); err == nil {
		t.Error("a write without a key is made")
	}
}

func associates(t *testing.T, b *bench) {
	ada := b.contact("ada")
	deal, err := b.crm.Create(b.context(), schemas.ObjectDeal, props("dealname", "Looms"), b.write())
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	for range 2 {
		if err := b.crm.Associate(b.context(), deal.RecordRef, ada.RecordRef, ""); err != nil {
			t.Errorf("Associate: %v", err)
		}
	}
	gone := schemas.RecordRef{Object: schemas.ObjectContact, ID: "999999999"}
	wantKind(t, b.crm.Associate(b.context(), deal.RecordRef, gone, ""), crm.KindNotFound, "")
	if err := b.crm.Associate(b.context(), deal.RecordRef, ada.RecordRef, "../x"); err == nil {
		t.Error("a kind that is no word is taken")
	}
}

func listsLinked(t *testing.T, b *bench) {
	ada, eve := b.contact("ada"), b.contact("eve")
	related := func(ref schemas.RecordRef, properties ...string) []schemas.Record {
		t.Helper()
		list, err := b.crm.Related(b.context(), ref, schemas.ObjectTicket, properties)
		if err != nil {
			t.Fatalf("Related: %v", err)
		}
		return list
	}
	if list := related(ada.RecordRef); len(list) != 0 {
		t.Errorf("a contact without tickets has %+v", list)
	}
	for _, subject := range []string{"Broken", "Late"} {
		ticket, err := b.crm.Create(b.context(), schemas.ObjectTicket, props("subject", subject, "hs_pipeline_stage", "1"), b.write())
		if err != nil {
			t.Fatalf("Create: %v", err)
		}
		if err := b.crm.Associate(b.context(), ticket.RecordRef, ada.RecordRef, ""); err != nil {
			t.Fatalf("Associate: %v", err)
		}
	}
	list := related(ada.RecordRef, "subject", "closed_date")
	if len(list) != 2 || list[0].Properties["subject"] == list[1].Properties["subject"] || len(list[0].Properties) != 1 {
		t.Errorf("the tickets are %+v", list)
	}
	if list := related(eve.RecordRef, "subject"); len(list) != 0 {
		t.Errorf("another contact has the tickets %+v", list)
	}
	_, err := b.crm.Related(b.context(), ada.RecordRef, "invoice", nil)
	if err == nil {
		t.Error("a kind of record that there is none of is taken")
	}
}

func notes(t *testing.T, b *bench) {
	ada := b.contact("ada")
	w := b.write()
	for range 2 {
		if err := b.crm.Note(b.context(), ada.RecordRef, "Asked about looms.\n<b>bold</b> & more", w); err != nil {
			t.Errorf("Note: %v", err)
		}
	}
	for _, text := range []string{"", "a\x00b", "\xff", strings.Repeat("x", crm.MaxNote+1)} {
		if err := b.crm.Note(b.context(), ada.RecordRef, text, b.write()); crm.KindOf(err) != crm.KindRefused {
			t.Errorf("a note of %d bytes: %v", len(text), err)
		}
	}
}

func keepsText(t *testing.T, b *bench) {
	ada := b.contact("ada")
	for _, text := range []string{
		"O'Brien; drop table contacts;--", `"quoted" \ {"a": 1}`, "日本語 ภาษาไทย عربى", "🤷🏽‍♀️ zero\u200bwidth", "<script>alert(1)</script>",
		"line one\nline two\ttab", "%s %d ${HOME} {{.}}", "null", strings.Repeat("long ", 200),
	} {
		if got := b.update(ada.RecordRef, "message", text); got.Properties["message"] != text {
			t.Errorf("returned %q, want %q", got.Properties["message"], text)
		}
		b.value(ada.RecordRef, "message", text)
	}
}
