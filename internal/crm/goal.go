package crm

import (
	"context"
	"errors"
	"maps"
	"slices"

	"steward/schemas"
)

// The properties by which a ticket is known to be closed: every pipeline sets
// the date, and the usual one has the stage.
const (
	propertyClosed = "closed_date"
	propertyStage  = "hs_pipeline_stage"
	stageClosed    = "4"
)

// OpenTicket reports whether a ticket with these values still waits for
// somebody.
func OpenTicket(properties map[string]string) bool {
	return properties[propertyClosed] == "" && properties[propertyStage] != stageClosed
}

// OpenTickets counts the tickets of a contact that are not closed. A CRM that
// does not answer has none: the conversation goes on without it.
func (d *Desk) OpenTickets(ctx context.Context, contact schemas.RecordRef) int {
	list, err := d.CRM.Related(ctx, contact, schemas.ObjectTicket, []string{propertyClosed, propertyStage})
	if err != nil {
		return 0
	}
	open := 0
	for _, ticket := range list {
		if OpenTicket(ticket.Properties) {
			open++
		}
	}
	return open
}

// GoalChanges are the values that the outcome of a goal gives a contact with the
// current values, and what is left as it is. An admin's value fills an empty
// property and moves a stage forward for everybody who is known by an address;
// it replaces another value from the level on that the grant asks for. What the
// customer said takes that level in any case, and replaces nothing: nobody asks
// them. Spec: S52, S54, D7.
func GoalChanges(properties []schemas.Property, s schemas.CRMSettings, level schemas.IdentityLevel, p schemas.GoalPlan, current map[string]string) (map[string]string, []schemas.GoalLeft) {
	changes := map[string]string{}
	var left []schemas.GoalLeft
	put := func(values map[string]string, denial func(granted, string, string) schemas.GoalLeftReason) {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			value, before := values[name], current[name]
			if _, set := changes[name]; set || value == before {
				continue
			}
			reason := schemas.GoalLeftReason(DenyUnknown)
			if i := slices.IndexFunc(properties, func(p schemas.Property) bool { return p.Name == name }); i >= 0 && Editable(properties[i]) {
				reason = denial(granted{property: properties[i], edit: goalLevel(s, name)}, value, before)
			}
			if reason != "" {
				left = append(left, schemas.GoalLeft{Object: schemas.ObjectContact, Property: name, Reason: reason})
				continue
			}
			changes[name] = value
		}
	}
	put(p.Set, func(g granted, value, before string) schemas.GoalLeftReason {
		if g.property.Forward || before == "" {
			g.edit = schemas.IdentityAnonymous
		}
		return schemas.GoalLeftReason(g.check(value, level, before).Reason)
	})
	put(p.Answers, func(g granted, value, before string) schemas.GoalLeftReason {
		d := g.check(value, level, before)
		if d.Reason == "" && before != "" {
			return schemas.GoalLeftValue
		}
		return schemas.GoalLeftReason(d.Reason)
	})
	return changes, left
}

// goalLevel is from which level on a goal changes a property: what the grant
// says, else a verified address.
func goalLevel(s schemas.CRMSettings, name string) schemas.IdentityLevel {
	for _, g := range s.Grants {
		if g.Object == schemas.ObjectContact && g.Property == name && g.Edit {
			return editLevel(g).Level()
		}
	}
	return schemas.ProtectVerifyEmail.Level()
}

// goalMade are the values of a record that a goal makes, and those that the CRM
// would refuse.
func goalMade(properties []schemas.Property, p schemas.GoalPlan) (map[string]string, []schemas.GoalLeft) {
	values := map[string]string{}
	var left []schemas.GoalLeft
	for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
		i := slices.IndexFunc(properties, func(q schemas.Property) bool { return q.Name == name })
		if i < 0 || properties[i].ReadOnly || properties[i].Sensitive || CheckValue(properties[i], p.Properties[name]) != nil {
			left = append(left, schemas.GoalLeft{Object: p.Create, Property: name, Reason: schemas.GoalLeftRefused})
			continue
		}
		values[name] = p.Properties[name]
	}
	return values, left
}

// WriteGoal writes the outcome of a goal: to the record that has the customer's
// address, which is made when there is none, and what the outcome creates, linked
// to it. Each write has a key below the run's, so that all of it may be tried
// again. It never fails: what went wrong is in the result. Spec: S52, S54.
func (d *Desk) WriteGoal(ctx context.Context, r schemas.GoalWriteRequest) schemas.GoalWritten {
	w := goalWriter{d: d, r: r, out: schemas.GoalWritten{State: schemas.GoalWriteDone, Left: r.Plan.Left}}
	contact, known, err := w.contact(ctx)
	if err != nil && refusedForGood(err) {
		// What the record refuses does not keep the rest from being made.
		w.out.Error, w.out.Left = string(KindOf(err)), r.Plan.Left
		w.leave(schemas.GoalLeftRefused)
		err = nil
	}
	if err == nil && r.Plan.Create != "" {
		err = w.create(ctx, contact, known)
	}
	if err != nil {
		w.fail(err)
	}
	return w.out
}

type goalWriter struct {
	d   *Desk
	r   schemas.GoalWriteRequest
	out schemas.GoalWritten
	// writing: the latest call changes something.
	writing bool
}

// contact writes to the customer's record; known is false when there is none.
func (w *goalWriter) contact(ctx context.Context) (ref schemas.RecordRef, known bool, err error) {
	p := w.r.Plan
	if len(p.Set)+len(p.Answers) == 0 && p.Create == "" {
		return ref, false, nil
	}
	if w.r.Email == "" {
		w.leave(schemas.GoalLeftAddress)
		return ref, false, nil
	}
	properties, err := w.d.describe(ctx)
	if err != nil {
		return ref, false, err
	}
	names := []string{propertyEmail}
	for _, q := range properties {
		if p.Set[q.Name] != "" || p.Answers[q.Name] != "" {
			names = append(names, q.Name)
		}
	}
	found, err := w.d.CRM.FindBy(ctx, Find{Object: schemas.ObjectContact, Property: propertyEmail, Value: w.r.Email, Properties: names})
	record, one, several := One(found)
	if errors.Is(err, ErrAmbiguous) || several != nil {
		w.leave(schemas.GoalLeftSeveral)
		return ref, false, nil
	}
	if err != nil {
		return ref, false, err
	}
	changes, left := GoalChanges(properties, w.r.CRM, w.r.Level, p, record.Properties)
	w.out.Left = append(w.out.Left, left...)
	if one && len(changes) == 0 || !one && len(changes) == 0 && p.Create == "" {
		return record.RecordRef, one, nil
	}
	changes[propertyEmail] = w.r.Email
	if email := record.Properties[propertyEmail]; email != "" {
		changes[propertyEmail] = email
	}
	w.writing = true
	record, _, err = w.d.CRM.Upsert(ctx, schemas.ObjectContact, propertyEmail, changes, w.write("contact"))
	return record.RecordRef, err == nil, err
}

func (w *goalWriter) create(ctx context.Context, contact schemas.RecordRef, known bool) error {
	w.writing = false
	properties, err := w.d.CRM.Describe(ctx, w.r.Plan.Create)
	if err != nil {
		return err
	}
	values, left := goalMade(properties, w.r.Plan)
	w.out.Left = append(w.out.Left, left...)
	w.writing = true
	made, err := w.d.CRM.Create(ctx, w.r.Plan.Create, values, w.write("create"))
	if err != nil || !known {
		return err
	}
	return w.d.CRM.Associate(ctx, made.RecordRef, contact, "")
}

func (w *goalWriter) write(part string) schemas.CRMWrite {
	return schemas.CRMWrite{Key: w.r.Key + "/" + part, Actor: "goal", Conversation: w.r.Conversation}
}

// leave notes that nothing of the contact is written.
func (w *goalWriter) leave(reason schemas.GoalLeftReason) {
	for _, values := range []map[string]string{w.r.Plan.Set, w.r.Plan.Answers} {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			w.out.Left = append(w.out.Left, schemas.GoalLeft{Object: schemas.ObjectContact, Property: name, Reason: reason})
		}
	}
}

// fail sorts a failure: what the CRM refuses is over, everything else is tried
// again. A token that is refused waits for an admin.
func (w *goalWriter) fail(err error) {
	w.out.State, w.out.Error = schemas.GoalWriteDue, string(KindUnavailable)
	kind := KindOf(err)
	if kind != "" {
		w.out.Error = string(kind)
	}
	if refusedForGood(err) {
		w.out.State = schemas.GoalWriteFailed
		return
	}
	switch kind {
	case KindRateLimited, KindQuota:
		var e *Error
		if errors.As(err, &e) {
			w.out.RetryAfter, w.out.Until = e.RetryAfter, e.Until
		}
	case KindAuth:
	default:
		if w.writing {
			w.out.State = schemas.GoalWriteUnknown
		}
	}
}

// refusedForGood reports whether the same write would be refused again.
func refusedForGood(err error) bool {
	switch KindOf(err) {
	case KindNotFound, KindConflict, KindInvalidProperty, KindInvalidValue, KindRefused:
		return true
	case KindRateLimited, KindQuota, KindUnavailable, KindAuth:
	}
	return false
}
