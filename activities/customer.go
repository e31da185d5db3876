package activities

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"steward/internal/actions"
	"steward/internal/agent"
	"steward/internal/crm"
	"steward/internal/policy"
	"steward/schemas"
)

// Customers is how the agent reaches the company's CRM. Nil: it has none.
type Customers interface {
	LookUp(ctx context.Context, s schemas.CRMSettings, email string) schemas.Customer
	// OpenTickets counts the tickets of a contact that are not closed, as far as
	// the CRM says.
	OpenTickets(ctx context.Context, contact schemas.RecordRef) int
}

// CustomerStore keeps what a CRM said of the customer of a conversation.
type CustomerStore interface {
	SaveCustomer(ctx context.Context, id schemas.ConversationID, c schemas.Customer) error
}

// lookUpWithin is how long a CRM may take to answer; then the conversation goes
// on without it.
const lookUpWithin = 6 * time.Second

// LookUp asks the CRM about the customer of a turn and keeps a copy for as long
// as the turn may take. Spec: S51, S52.
func (a *Conversations) LookUp(ctx context.Context, in schemas.LookUpInput) (schemas.LookUpResult, error) {
	a.fault("look_up.before")
	out := schemas.LookUpResult{Match: schemas.MatchUnknown}
	if a.Customers == nil {
		return out, nil
	}
	m, err := a.Turns.Material(ctx, in.TurnRef)
	if err != nil {
		return out, failure(ctx, err)
	}
	if m.Known.PlaysPast {
		return a.lookedUp(ctx, in, m.Known.Customer)
	}
	asking, cancel := context.WithTimeout(ctx, lookUpWithin)
	defer cancel()
	c := a.Customers.LookUp(asking, m.Settings.CRM, m.Known.Email)
	if m.Known.Email != "" {
		c.Address = policy.AddressHash(m.Known.Key, m.Known.Email)
	}
	if c.Match == schemas.MatchOne && len(m.Settings.Goals) > 0 {
		c.OpenTickets = a.Customers.OpenTickets(asking, c.Record.RecordRef)
	}
	out.Match = c.Match
	err = a.CustomerStore.SaveCustomer(ctx, in.Conversation, c)
	a.fault("look_up.after_commit")
	return out, failure(ctx, err)
}

// lookedUp keeps what the CRM said in the past conversation as what it says now:
// it is not asked again. Spec: D23.
func (a *Conversations) lookedUp(ctx context.Context, in schemas.LookUpInput, c *schemas.Customer) (schemas.LookUpResult, error) {
	if c == nil {
		return schemas.LookUpResult{Match: schemas.MatchUnknown}, nil
	}
	return schemas.LookUpResult{Match: c.Match}, failure(ctx, a.CustomerStore.SaveCustomer(ctx, in.Conversation, *c))
}

// know fills in how well the customer is known, what may be seen of them at that
// level, and the actions by which their record is read and changed. Spec: D7.
func know(m schemas.Material) schemas.Material {
	m.Identity = policy.LevelOf(policy.IdentityFactsOf(m.Known))
	if m.Known.Preview != "" {
		m.Identity = m.Known.Preview
	}
	m.Facts, m.Locked = nil, nil
	m.Past = stillKnown(m)
	c := m.Known.Customer
	if c == nil || len(c.Properties) == 0 {
		return m
	}
	g := crm.NewGrants(m.Settings.CRM, c.Properties)
	m.Settings.Actions = append(crm.Tools(m.Settings.CRM, c.Properties), m.Settings.Actions...)
	m.Locked = g.Locked(m.Identity)
	if c := policy.Customer(m.Known); c != nil && c.Match == schemas.MatchOne {
		m.Facts = g.Facts(m.Identity, c.Record.Properties)
	}
	return m
}

// stillKnown are the results of earlier turns without those that were got for
// somebody who was known better than now. The one that the turn goes on with
// stays: it is what the customer waits for.
func stillKnown(m schemas.Material) []schemas.CallResult {
	var out []schemas.CallResult
	for i, r := range m.Past {
		gone := r.Level.Meets(schemas.IdentityMatchedEmail) && !m.Identity.Meets(r.Level)
		if gone && (!m.Resumed || i < len(m.Past)-1) {
			continue
		}
		out = append(out, r)
	}
	return out
}

// forEngine is the material without what an engine has no use for.
func forEngine(m schemas.Material) schemas.Material {
	m.Known = schemas.Known{}
	return m
}

// readCRM goes on reading a call of crm_get or crm_update: which level it takes,
// whether the customer is asked first, and what is wrong with it. What a record
// holds has no say before the customer is known well enough to see it.
func readCRM(m schemas.Material, read schemas.ReadCall) schemas.ReadCall {
	if read.Action == nil || read.Action.CRM == nil || read.Status != schemas.CallOK {
		return read
	}
	c := m.Known.Customer
	if c == nil {
		return schemas.ReadCall{Status: schemas.CallNotPossible}
	}
	g := crm.NewGrants(m.Settings.CRM, c.Properties)
	action := *read.Action
	read.Action = &action
	if !action.CRM.Update {
		names, err := crm.ParseGet(read.Arguments)
		need, ok := g.NeededToRead(names)
		if err != nil || !ok {
			return refused(read, "a property is not one that may be read")
		}
		action.Protection = protectionOf(need)
		return read
	}
	changes, err := crm.ParseUpdate(read.Arguments)
	if err != nil {
		return refused(read, err.Error())
	}
	if denied, _ := g.CheckUpdate(changes, schemas.IdentityAuthenticated, nil); len(denied) > 0 {
		return deniedCall(read, denied)
	}
	locked, _ := g.CheckUpdate(changes, schemas.IdentityAnonymous, nil)
	need := schemas.IdentityAnonymous
	for _, d := range locked {
		if d.Needs.Rank() > need.Rank() {
			need = d.Needs
		}
	}
	action.Protection = protectionOf(need)
	if known := policy.Customer(m.Known); known != nil && m.Identity.Meets(need) {
		denied, confirm := g.CheckUpdate(changes, m.Identity, known.Record.Properties)
		if len(denied) > 0 {
			return deniedCall(read, denied)
		}
		if confirm {
			action.Confirm = schemas.ConfirmAlways
		}
	}
	return read
}

func refused(read schemas.ReadCall, why string) schemas.ReadCall {
	read.Status, read.Detail = schemas.CallInvalid, why
	return read
}

// deniedCall tells an engine which changes are not made and what would be
// allowed. It holds names and options of the definitions only.
func deniedCall(read schemas.ReadCall, denied []crm.Denied) schemas.ReadCall {
	detail, err := json.Marshal(denied)
	if err != nil {
		return refused(read, "a change is not allowed")
	}
	return refused(read, string(detail))
}

// protectionOf is the protection that a level meets.
func protectionOf(l schemas.IdentityLevel) schemas.Protection {
	for _, p := range []schemas.Protection{schemas.ProtectNone, schemas.ProtectMatchEmail, schemas.ProtectVerifyEmail} {
		if p.Level().Meets(l) {
			return p
		}
	}
	return schemas.ProtectAuthenticated
}

// readBackOf is the question before a change of the customer's record: what each
// property will be. What is there now is not shown.
func readBackOf(f schemas.GateFacts, texts actions.ReadBackTexts) string {
	a := *f.Read.Action
	changes, err := crm.ParseUpdate(f.Read.Arguments)
	if err != nil {
		return texts.Ask
	}
	a.Inputs = nil
	args := map[string]json.RawMessage{}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		in := schemas.Input{Name: name, Title: name, Source: schemas.InputCustomer}
		if c := f.Material.Known.Customer; c != nil {
			for _, p := range c.Properties {
				if p.Name == name && p.Label != "" {
					in.Title = p.Label
				}
			}
		}
		a.Inputs = append(a.Inputs, in)
		// A text always marshals.
		args[name], _ = json.Marshal(changes[name])
	}
	return actions.ReadBack(a, args, f.Language, texts)
}

// verification words what a customer hears who has to prove who they are.
func verification(f schemas.GateFacts, sent schemas.CodeOutcome) string {
	return agent.NewWording(f.Settings).Verification(f, sent)
}

// lookAgain renews the copy of the customer's record after a change of it, so
// that the rest of the turn sees it. Without it the next turn does.
func (a *Conversations) lookAgain(ctx context.Context, in schemas.RunActionInput, made schemas.Action, r schemas.RunResult) {
	if made.CRM == nil || !made.CRM.Update || r.State != schemas.RunOK {
		return
	}
	_, _ = a.LookUp(context.WithoutCancel(ctx), schemas.LookUpInput{TurnRef: in.TurnRef})
}
