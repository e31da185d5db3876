package policy

import (
	"slices"

	"steward/schemas"
)

// Gates decides what becomes of a call that an engine proposes. The model holds
// no authority: what it says reaches another system only past every gate.
type Gates struct {
	// Without leaves the gate of this name out, to show by a test that something
	// then goes wrong. Empty in the product.
	Without string
}

// gate is one rule; ok false goes on to the next gate.
type gate struct {
	name string
	rule func(schemas.GateFacts) (v schemas.GateVerdict, ok bool)
}

// gates are the rules in the order in which they are asked. Spec: D7, D8.
func gates() []gate {
	return []gate{
		{"known", gateKnown},
		{"enabled", gateEnabled},
		{"channel", gateChannel},
		{"arguments", gateArguments},
		{"answer", gateAnswer},
		{"budget", gateBudget},
		{"rate", gateRate},
		{"identity", gateIdentity},
		{"record", gateRecord},
		{"repeat", gateRepeat},
		{"confirmation", gateConfirmation},
		{"approval", gateApproval},
	}
}

// GateNames are the names of the gates in their order.
func GateNames() []string {
	var out []string
	for _, g := range gates() {
		out = append(out, g.name)
	}
	return out
}

// Decide asks the gates in their order. The first that has something to say
// decides; when none has, the call is made.
func (g Gates) Decide(f schemas.GateFacts) schemas.GateVerdict {
	for _, gate := range gates() {
		if gate.name == g.Without {
			continue
		}
		if v, ok := gate.rule(f); ok {
			v.Gate = gate.name
			return v
		}
	}
	return schemas.GateVerdict{Do: schemas.GateRun}
}

func tell(status schemas.CallStatus, reason string) (schemas.GateVerdict, bool) {
	return schemas.GateVerdict{Do: schemas.GateTell, Status: status, Error: reason}, true
}

func pass() (schemas.GateVerdict, bool) { return schemas.GateVerdict{}, false }

func gateKnown(f schemas.GateFacts) (schemas.GateVerdict, bool) {
	if f.Read.Action == nil {
		return tell(schemas.CallNotPossible, "unknown_action")
	}
	return pass()
}

func gateEnabled(f schemas.GateFacts) (schemas.GateVerdict, bool) {
	if a := f.Read.Action; a != nil && a.Disabled {
		return tell(schemas.CallNotPossible, "disabled")
	}
	return pass()
}

func gateChannel(f schemas.GateFacts) (schemas.GateVerdict, bool) {
	if a := f.Read.Action; a != nil && !OnChannel(*a, f.Head.Channel) {
		return tell(schemas.CallNotPossible, "not_on_this_channel")
	}
	return pass()
}

// OnChannel reports whether an action is offered on a kind of channel.
func OnChannel(a schemas.Action, kind schemas.ChannelKind) bool {
	return len(a.Channels) == 0 || slices.Contains(a.Channels, kind)
}

func gateArguments(f schemas.GateFacts) (schemas.GateVerdict, bool) {
	if f.Read.Status != schemas.CallOK {
		return schemas.GateVerdict{Do: schemas.GateTell, Status: f.Read.Status, Detail: f.Read.Detail}, true
	}
	return pass()
}

// gateAnswer: a no, or an answer that did not come in time, ends what it was
// asked for. A late yes asks again, which the gates below do.
func gateAnswer(f schemas.GateFacts) (schemas.GateVerdict, bool) {
	r := f.Resume
	switch {
	case r == nil:
		return pass()
	case r.Answer == schemas.PendingNo:
		return tell(schemas.CallDenied, "declined_by_"+who(r.Kind))
	case r.Answer == schemas.PendingExpired && r.Kind != schemas.PendingConfirmation:
		return tell(schemas.CallDenied, "no_answer_in_time")
	}
	return pass()
}

func who(k schemas.PendingKind) string {
	if k == schemas.PendingApproval {
		return "staff"
	}
	return "customer"
}

func gateBudget(f schemas.GateFacts) (schemas.GateVerdict, bool) {
	if f.InTurn >= f.Settings.Limits.Defaults().Actions {
		return schemas.GateVerdict{Do: schemas.GateHandOff, HandOff: schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonBudget}}, true
	}
	return pass()
}

// defaultPerHour is how often one contact may have an action run in an hour.
const defaultPerHour = 60

func gateRate(f schemas.GateFacts) (schemas.GateVerdict, bool) {
	if f.Read.Action == nil {
		return pass()
	}
	limit := f.Read.Action.PerHour
	if limit == 0 {
		limit = defaultPerHour
	}
	if f.LastHour >= limit {
		return tell(schemas.CallDenied, "too_often")
	}
	return pass()
}

// gateRepeat: the same write within minutes is more often a mistake than a
// wish. A customer who confirms it has been asked.
func gateRepeat(f schemas.GateFacts) (schemas.GateVerdict, bool) {
	a := f.Read.Action
	if a == nil || !a.Effect.Changes() || !f.Repeated || f.Settings.Checks.AllowRepeats || confirmed(f) {
		return pass()
	}
	return confirm(f)
}

// gateConfirmation: a write runs only on the customer's own yes to this very
// content, given after the question. Spec: D7.
func gateConfirmation(f schemas.GateFacts) (schemas.GateVerdict, bool) {
	a := f.Read.Action
	if a == nil || !a.Effect.Changes() || confirmed(f) {
		return pass()
	}
	if a.Confirm == schemas.ConfirmNever && a.Effect != schemas.EffectDestructive {
		return pass()
	}
	return confirm(f)
}

func confirm(schemas.GateFacts) (schemas.GateVerdict, bool) {
	return schemas.GateVerdict{
		Do: schemas.GateAsk, Ask: schemas.PendingConfirmation, Status: schemas.CallAsked, Wait: schemas.ConfirmationWait,
	}, true
}

// confirmed: what was agreed to by the customer, or afterwards by a person, is
// what would run now.
func confirmed(f schemas.GateFacts) bool {
	r := f.Resume
	return r != nil && f.SameAnswer && r.Answer == schemas.PendingYes &&
		(r.Kind == schemas.PendingConfirmation || r.Kind == schemas.PendingApproval)
}

func gateApproval(f schemas.GateFacts) (schemas.GateVerdict, bool) {
	if f.Read.Action == nil || f.Read.Action.Approval == nil {
		return pass()
	}
	if r := f.Resume; r != nil && r.Kind == schemas.PendingApproval && r.Answer == schemas.PendingYes && f.SameAnswer {
		return pass()
	}
	ask := f.Read.Action.Approval
	v := schemas.GateVerdict{Do: schemas.GateAsk, Ask: schemas.PendingApproval, Status: schemas.CallAsked, Team: ask.Team}
	v.Wait, v.Escalate = ask.Times()
	return v, true
}
