package crm_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"steward/internal/crm"
	"steward/schemas"
)

// cabinet is a CRM of contacts that can be made to fail.
type cabinet struct {
	crm.CRM
	records   []schemas.Record
	described int
	err       error
	writes    map[string]schemas.Record
	// slow waits for the context.
	slow bool
}

func (c *cabinet) Describe(ctx context.Context, _ schemas.ObjectType) ([]schemas.Property, error) {
	c.described++
	if c.slow {
		<-ctx.Done()
		return nil, crm.FailContext(ctx)
	}
	if c.err != nil {
		return nil, c.err
	}
	contact := func(name string, kind schemas.PropertyType) schemas.Property {
		return schemas.Property{Object: schemas.ObjectContact, Name: name, Label: strings.ToUpper(name), Type: kind}
	}
	email := contact("email", schemas.PropertyText)
	email.Unique = true
	return []schemas.Property{contact("city", schemas.PropertyText), email, contact("phone", schemas.PropertyText), contact("owner", schemas.PropertyText)}, nil
}

func (c *cabinet) FindBy(_ context.Context, f crm.Find) ([]schemas.Record, error) {
	if c.err != nil {
		return nil, c.err
	}
	var out []schemas.Record
	for _, r := range c.records {
		if strings.EqualFold(r.Properties[f.Property], f.Value) {
			out = append(out, crm.Pick(r, f.Properties))
		}
	}
	return out, nil
}

func (c *cabinet) Upsert(_ context.Context, _ schemas.ObjectType, by string, properties map[string]string, w schemas.CRMWrite) (schemas.Record, bool, error) {
	if c.err != nil {
		return schemas.Record{}, false, c.err
	}
	if done, ok := c.writes[w.Key]; ok {
		return done, false, nil
	}
	record := schemas.Record{RecordRef: schemas.RecordRef{Object: schemas.ObjectContact, ID: "new"}, Properties: maps.Clone(properties)}
	made := true
	for i, r := range c.records {
		if strings.EqualFold(r.Properties[by], properties[by]) {
			maps.Copy(c.records[i].Properties, properties)
			record, made = c.records[i], false
		}
	}
	if made {
		c.records = append(c.records, record)
	}
	c.writes[w.Key] = record
	return record, made, nil
}

type links map[schemas.ContactID]schemas.RecordRef

func (l links) Link(_ context.Context, contact schemas.ContactID, _ string, ref schemas.RecordRef) error {
	l[contact] = ref
	return nil
}

type deskBundle struct {
	cabinet *cabinet
	links   links
	desk    *crm.Desk
	grants  schemas.CRMSettings
}

func newDesk() deskBundle {
	ada := schemas.Record{RecordRef: schemas.RecordRef{Object: schemas.ObjectContact, ID: "1"}, Properties: map[string]string{
		"email": "Ada@example.com", "phone": "+44", "owner": "Bob",
	}}
	c := &cabinet{records: []schemas.Record{ada}, writes: map[string]schemas.Record{}}
	l := links{}
	return deskBundle{cabinet: c, links: l, desk: &crm.Desk{CRM: c, System: "cabinet", Links: l}, grants: schemas.CRMSettings{Grants: []schemas.PropertyGrant{
		{Object: schemas.ObjectContact, Property: "phone", View: true, Edit: true, ViewLevel: schemas.ProtectVerifyEmail},
		{Object: schemas.ObjectContact, Property: "city", View: true, Edit: true, EditLevel: schemas.ProtectMatchEmail},
	}}}
}

func TestDeskLooksUp(t *testing.T) {
	t.Parallel()
	down := func(b *deskBundle) { b.cabinet.err = crm.Fail(crm.KindUnavailable) }
	for name, tt := range map[string]struct {
		change     func(*deskBundle)
		email      string
		match      schemas.Match
		properties int
	}{
		"one":           {func(*deskBundle) {}, "ada@example.com", schemas.MatchOne, 2},
		"none":          {func(*deskBundle) {}, "bob@example.com", schemas.MatchNone, 2},
		"no address":    {func(*deskBundle) {}, "", schemas.MatchUnknown, 2},
		"several":       {func(b *deskBundle) { b.cabinet.records = append(b.cabinet.records, b.cabinet.records[0]) }, "ada@example.com", schemas.MatchSeveral, 2},
		"down":          {down, "ada@example.com", schemas.MatchUnknown, 0},
		"quota":         {func(b *deskBundle) { b.cabinet.err = crm.Fail(crm.KindQuota) }, "ada@example.com", schemas.MatchUnknown, 0},
		"another error": {func(b *deskBundle) { b.cabinet.err = errors.New("?") }, "ada@example.com", schemas.MatchUnknown, 0},
		"no grants":     {func(b *deskBundle) { b.grants = schemas.CRMSettings{} }, "ada@example.com", schemas.MatchOne, 0},
	} {
		b := newDesk()
		tt.change(&b)
		got := b.desk.LookUp(t.Context(), b.grants, tt.email)
		if got.Match != tt.match || len(got.Properties) != tt.properties || got.System != "cabinet" {
			t.Errorf("%s: %+v", name, got)
		}
		if got.Record.Properties["owner"] != "" || (tt.match != schemas.MatchOne && got.Record.ID != "") {
			t.Errorf("%s: more than is granted: %+v", name, got.Record)
		}
	}
	b := newDesk()
	b.cabinet.slow = true
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := b.desk.LookUp(ctx, b.grants, "ada@example.com"); got.Match != schemas.MatchUnknown {
		t.Errorf("a CRM that does not answer: %+v", got)
	}
}

// Definitions are asked for again after a while, not for every message.
func TestDeskKeepsDefinitions(t *testing.T) {
	t.Parallel()
	b := newDesk()
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	b.desk.Now = func() time.Time { return now }
	for range 3 {
		b.desk.LookUp(t.Context(), b.grants, "")
	}
	now = now.Add(2 * time.Minute)
	b.desk.LookUp(t.Context(), b.grants, "")
	if b.cabinet.described != 2 {
		t.Errorf("described %d times, want 2", b.cabinet.described)
	}
}

// Cases 75, 80, 81, 82 and 85: whatever reaches the desk is looked at once more.
func TestDeskRuns(t *testing.T) {
	t.Parallel()
	ask := func(update bool, arguments string, level schemas.IdentityLevel) schemas.RunRequest {
		r := schemas.RunRequest{
			Action: schemas.Action{Kind: schemas.ActionCRM, CRM: &schemas.CRMCall{Update: update}}, Key: "c/1/2", Contact: "cont_1",
			Email: "ada@example.com", Level: level,
		}
		if err := json.Unmarshal([]byte(arguments), &r.Arguments); err != nil {
			t.Fatal(err)
		}
		return r
	}
	const verified, matched = schemas.IdentityVerifiedEmail, schemas.IdentityMatchedEmail
	for name, tt := range map[string]struct {
		request schemas.RunRequest
		change  func(*deskBundle, *schemas.RunRequest)
		state   schemas.RunState
		err     schemas.RunError
		again   bool
		phone   string
	}{
		"read":                 {request: ask(false, `{"properties":["phone"]}`, verified), state: schemas.RunOK},
		"read, level too low":  {request: ask(false, `{"properties":["phone"]}`, matched), state: schemas.RunFailed, err: schemas.RunErrorRejected},
		"read, not granted":    {request: ask(false, `{"properties":["owner"]}`, verified), state: schemas.RunFailed, err: schemas.RunErrorRejected},
		"read, another record": {request: ask(false, `{"properties":["phone"],"id":"2"}`, verified), state: schemas.RunFailed, err: schemas.RunErrorArguments},
		"read, no record": {request: ask(false, `{"properties":["phone"]}`, verified), change: func(_ *deskBundle, r *schemas.RunRequest) {
			r.Email = "bob@example.com"
		}, state: schemas.RunFailed, err: schemas.RunErrorNotFound},
		"read, no address": {request: ask(false, `{"properties":["phone"]}`, verified), change: func(_ *deskBundle, r *schemas.RunRequest) {
			r.Email = ""
		}, state: schemas.RunFailed, err: schemas.RunErrorRejected},
		"read, grant taken away": {request: ask(false, `{"properties":["phone"]}`, verified), change: func(b *deskBundle, _ *schemas.RunRequest) {
			b.grants = schemas.CRMSettings{}
		}, state: schemas.RunFailed, err: schemas.RunErrorRejected},
		"read while it is down": {request: ask(false, `{"properties":["phone"]}`, verified), change: func(b *deskBundle, _ *schemas.RunRequest) {
			b.cabinet.err = crm.Fail(crm.KindUnavailable)
		}, state: schemas.RunFailed, err: schemas.RunErrorUnavailable, again: true},
		"day used up": {request: ask(false, `{"properties":["phone"]}`, verified), change: func(b *deskBundle, _ *schemas.RunRequest) {
			b.cabinet.err = crm.Fail(crm.KindQuota)
		}, state: schemas.RunFailed, err: schemas.RunErrorUnavailable},
		"token refused": {request: ask(false, `{"properties":["phone"]}`, verified), change: func(b *deskBundle, _ *schemas.RunRequest) {
			b.cabinet.err = crm.Fail(crm.KindAuth)
		}, state: schemas.RunFailed, err: schemas.RunErrorAuth},
		"fill a gap":           {request: ask(true, `{"changes":{"city":"Paris"}}`, matched), state: schemas.RunOK},
		"overwrite":            {request: ask(true, `{"changes":{"phone":"+46"}}`, verified), state: schemas.RunFailed, err: schemas.RunErrorRejected},
		"overwrite, confirmed": {request: ask(true, `{"changes":{"phone":"+46"}}`, verified), change: func(_ *deskBundle, r *schemas.RunRequest) { r.Confirmed = true }, state: schemas.RunOK, phone: "+46"},
		"overwrite, confirmed, level too low": {request: ask(true, `{"changes":{"phone":"+46"}}`, matched), change: func(_ *deskBundle, r *schemas.RunRequest) {
			r.Confirmed = true
		}, state: schemas.RunFailed, err: schemas.RunErrorRejected},
		"change who it is": {request: ask(true, `{"changes":{"email":"eve@example.com"}}`, verified), state: schemas.RunFailed, err: schemas.RunErrorRejected},
		"in a test":        {request: ask(true, `{"changes":{"city":"Paris"}}`, verified), change: func(_ *deskBundle, r *schemas.RunRequest) { r.Test = true }, state: schemas.RunOK},
		"no CRM action":    {request: ask(true, `{}`, verified), change: func(_ *deskBundle, r *schemas.RunRequest) { r.Action.CRM = nil }, state: schemas.RunFailed, err: schemas.RunErrorConfig},
	} {
		b := newDesk()
		r := tt.request
		if tt.change != nil {
			tt.change(&b, &r)
		}
		r.CRM = b.grants
		got := b.desk.Run(t.Context(), r)
		if got.State != tt.state || got.Error != tt.err || got.Retryable != tt.again {
			t.Errorf("%s: %+v", name, got)
		}
		want := tt.phone
		if want == "" {
			want = "+44"
		}
		if phone := b.cabinet.records[0].Properties["phone"]; phone != want {
			t.Errorf("%s: the phone is %s, want %s", name, phone, want)
		}
		if r.Test && len(b.cabinet.writes) > 0 {
			t.Errorf("%s wrote", name)
		}
	}
}

// A record is made when there is none, once per key, and belongs to the contact.
// Case 85.
func TestDeskMakesARecordOnce(t *testing.T) {
	t.Parallel()
	b := newDesk()
	r := schemas.RunRequest{
		Action: schemas.Action{CRM: &schemas.CRMCall{Update: true}}, Key: "c/1/2", Contact: "cont_1", Email: "eve@example.com",
		Level: schemas.IdentityVerifiedEmail, CRM: b.grants, Arguments: map[string]json.RawMessage{"changes": json.RawMessage(`{"city":"Paris"}`)},
	}
	for range 2 {
		if got := b.desk.Run(t.Context(), r); got.State != schemas.RunOK || len(got.Values) != 1 || string(got.Values[0].Value) != `"Paris"` {
			t.Fatalf("%+v", got)
		}
	}
	if len(b.cabinet.records) != 2 || len(b.cabinet.writes) != 1 || b.links["cont_1"].ID != "new" {
		t.Errorf("%d records, %d writes, links %v", len(b.cabinet.records), len(b.cabinet.writes), b.links)
	}
	if email := b.cabinet.records[0].Properties["email"]; email != "Ada@example.com" {
		t.Errorf("the other record's address is %s", email)
	}
}

// What became of a write that met no answer is not known; its key makes the next
// try safe.
func TestDeskUnknownWrite(t *testing.T) {
	t.Parallel()
	b := newDesk()
	r := schemas.RunRequest{
		Action: schemas.Action{CRM: &schemas.CRMCall{Update: true}}, Key: "c/1/2", Email: "ada@example.com", Level: schemas.IdentityVerifiedEmail,
		CRM: b.grants, Arguments: map[string]json.RawMessage{"changes": json.RawMessage(`{"city":"Paris"}`)},
	}
	b.desk.CRM = &unwritable{b.cabinet}
	if got := b.desk.Run(t.Context(), r); got.State != schemas.RunUnknown || !got.Retryable {
		t.Errorf("%+v", got)
	}
}

// unwritable reads and does not answer to writes.
type unwritable struct{ *cabinet }

func (*unwritable) Upsert(context.Context, schemas.ObjectType, string, map[string]string, schemas.CRMWrite) (schemas.Record, bool, error) {
	return schemas.Record{}, false, crm.Fail(crm.KindUnavailable)
}
