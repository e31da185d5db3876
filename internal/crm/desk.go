package crm

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"steward/schemas"
)

// propertyEmail names the property by which a contact's record is found.
const propertyEmail = "email"

// definitionsFor is how long definitions are used before they are asked for
// again; people add properties by hand.
const definitionsFor = time.Minute

// Links remembers which record of a CRM is a contact's. The store is one.
type Links interface {
	Link(ctx context.Context, contact schemas.ContactID, system string, ref schemas.RecordRef) error
}

// Desk is how the agent reaches the CRM in a conversation: always the one record
// that has the customer's address, and never more of it than is granted. It is
// safe for concurrent use. Spec: S51, S52.
type Desk struct {
	// CRM has the records, System is its name, Links remembers whose they are.
	CRM    CRM
	System string
	Links  Links
	// Now is the clock. Default time.Now.
	Now func() time.Time

	mu         sync.Mutex
	properties []schemas.Property
	at         time.Time
}

// LookUp is what the CRM says of the customer with an address; the caller adds
// the hash of it. It never fails: without an answer the match is unknown and
// there are no definitions, so the conversation goes on without the CRM.
func (d *Desk) LookUp(ctx context.Context, s schemas.CRMSettings, email string) schemas.Customer {
	out := schemas.Customer{System: d.System, Match: schemas.MatchUnknown}
	names := []string{propertyEmail}
	if len(s.Grants) > 0 {
		all, err := d.describe(ctx)
		if err != nil {
			return out
		}
		granted := NewGrants(s, all).Names()
		for _, p := range all {
			if slices.Contains(granted, p.Name) {
				out.Properties = append(out.Properties, p)
			}
		}
		names = granted
	}
	if email == "" {
		return out
	}
	found, err := d.CRM.FindBy(ctx, Find{Object: schemas.ObjectContact, Property: propertyEmail, Value: email, Properties: names})
	record, one, several := One(found)
	switch {
	case errors.Is(err, ErrAmbiguous) || several != nil:
		out.Match = schemas.MatchSeveral
	case err != nil:
	case one:
		out.Match, out.Record = schemas.MatchOne, Pick(record, names)
	default:
		out.Match = schemas.MatchNone
	}
	return out
}

func (d *Desk) describe(ctx context.Context) ([]schemas.Property, error) {
	now := time.Now
	if d.Now != nil {
		now = d.Now
	}
	d.mu.Lock()
	list, at := d.properties, d.at
	d.mu.Unlock()
	if list != nil && now().Sub(at) < definitionsFor {
		return list, nil
	}
	list, err := d.CRM.Describe(ctx, schemas.ObjectContact)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.properties, d.at = list, now()
	d.mu.Unlock()
	return list, nil
}

// Run makes one call of crm_get or crm_update. The grants, the level and what a
// change would replace are looked at once more: what was there when the customer
// was asked may be gone. A change is made once per key. Spec: S51, S52, D17.
func (d *Desk) Run(ctx context.Context, r schemas.RunRequest) schemas.RunResult {
	arguments, err := json.Marshal(r.Arguments)
	if err != nil || r.Action.CRM == nil {
		return failed(schemas.RunErrorConfig)
	}
	all, err := d.describe(ctx)
	if err != nil {
		return result(err, false)
	}
	g := NewGrants(r.CRM, all)
	if r.Email == "" {
		return failed(schemas.RunErrorRejected)
	}
	found, err := d.CRM.FindBy(ctx, Find{Object: schemas.ObjectContact, Property: propertyEmail, Value: r.Email, Properties: append(g.Names(), propertyEmail)})
	if err != nil {
		return result(err, false)
	}
	record, one, err := One(found)
	if err != nil {
		return result(err, false)
	}
	if r.Action.CRM.Update {
		return d.update(ctx, r, g, record, arguments)
	}
	names, err := ParseGet(arguments)
	if err != nil {
		return failed(schemas.RunErrorArguments)
	}
	if need, ok := g.NeededToRead(names); !ok || !r.Level.Meets(need) {
		return failed(schemas.RunErrorRejected)
	}
	if !one {
		return failed(schemas.RunErrorNotFound)
	}
	return schemas.RunResult{State: schemas.RunOK, Values: shownValues(names, record.Properties)}
}

func (d *Desk) update(ctx context.Context, r schemas.RunRequest, g Grants, record schemas.Record, arguments json.RawMessage) schemas.RunResult {
	changes, err := ParseUpdate(arguments)
	if err != nil {
		return failed(schemas.RunErrorArguments)
	}
	denied, confirm := g.CheckUpdate(changes, r.Level, record.Properties)
	if len(denied) > 0 || confirm && !r.Confirmed {
		return failed(schemas.RunErrorRejected)
	}
	if r.Test {
		return schemas.RunResult{State: schemas.RunOK}
	}
	values := maps.Clone(changes)
	values[propertyEmail] = r.Email
	if email := record.Properties[propertyEmail]; email != "" {
		values[propertyEmail] = email
	}
	// One call for a record that is there and one that is not, so that a repeated
	// call meets its own key whatever the first one has done.
	record, _, err = d.CRM.Upsert(ctx, schemas.ObjectContact, propertyEmail, values, schemas.CRMWrite{Key: r.Key, Actor: "agent", Conversation: r.Conversation})
	if err != nil {
		return result(err, true)
	}
	if r.Level.Meets(schemas.IdentityVerifiedEmail) && d.Links != nil {
		// The record is found by the address in any case.
		_ = d.Links.Link(ctx, r.Contact, d.System, record.RecordRef)
	}
	return schemas.RunResult{State: schemas.RunOK, Values: shownValues(slices.Sorted(maps.Keys(changes)), changes)}
}

// shownValues are values as the customer may see them; one that is not on file
// is empty.
func shownValues(names []string, values map[string]string) []schemas.RunValue {
	out := make([]schemas.RunValue, 0, len(names))
	for _, name := range names {
		// A text always marshals.
		value, _ := json.Marshal(values[name])
		v := schemas.RunValue{Name: name, Visibility: schemas.VisibleCustomer, Value: value}
		if values[name] == "" {
			v.Visibility = schemas.VisibleModel
		}
		out = append(out, v)
	}
	return out
}

func failed(e schemas.RunError) schemas.RunResult {
	return schemas.RunResult{State: schemas.RunFailed, Error: e}
}

// result is what an error of a CRM means for a run. A write of which it is not
// known what became is made again under its key.
func result(err error, write bool) schemas.RunResult {
	out := failed(schemas.RunErrorUnavailable)
	if errors.Is(err, ErrAmbiguous) {
		return failed(schemas.RunErrorRejected)
	}
	switch KindOf(err) {
	case KindNotFound:
		out.Error = schemas.RunErrorNotFound
	case KindConflict, KindInvalidProperty, KindInvalidValue, KindRefused:
		out.Error = schemas.RunErrorRejected
	case KindAuth:
		out.Error = schemas.RunErrorAuth
	case KindRateLimited:
		out.Retryable = true
		var e *Error
		if errors.As(err, &e) {
			out.RetryAfter = e.RetryAfter
		}
	case KindQuota:
	default:
		out.Retryable = true
		if write {
			out.State = schemas.RunUnknown
		}
	}
	return out
}
