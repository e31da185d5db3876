package policy

import "steward/schemas"

// gateIdentity: who is not known well enough is asked to prove it, and the call
// waits for that: for an address, then for the code that was sent to it. Wrong
// codes end with people. Spec: D7. Settled: rules 7, 28.
func gateIdentity(f schemas.GateFacts) (schemas.GateVerdict, bool) {
	a := f.Read.Action
	if a == nil || f.Material.Identity.Meets(a.Protection.Level()) {
		return pass()
	}
	ask := schemas.GateVerdict{Do: schemas.GateAsk, Ask: schemas.PendingIdentity, Status: schemas.CallAsked, Wait: schemas.IdentityWait}
	switch {
	case !schemas.IdentityVerifiedEmail.Meets(a.Protection.Level()):
		// No code proves that much: the company's own site has to vouch for them.
		return tell(schemas.CallDenied, "sign_in_needed")
	case f.Check.News == schemas.NewsCodeLocked:
		return handOffUnproven()
	case !f.EmailKnown:
		ask.AskEmail = true
		return ask, true
	case f.Check.News == schemas.NewsCodeWrong && f.Check.Left > 0:
		return ask, true
	case f.Check.Sent && f.Resume == nil && f.Check.News == schemas.NewsNone:
		return ask, true
	}
	ask.Do = schemas.GateVerify
	return ask, true
}

func handOffUnproven() (schemas.GateVerdict, bool) {
	return schemas.GateVerdict{
		Do: schemas.GateHandOff, HandOff: schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonVerificationFailed},
	}, true
}

// gateRecord: what is read or changed belongs to the one record that has the
// customer's address. Of several nobody is chosen by chance. Spec: S51, S52.
func gateRecord(f schemas.GateFacts) (schemas.GateVerdict, bool) {
	if f.Read.Action == nil || f.Read.Action.Kind != schemas.ActionCRM {
		return pass()
	}
	c := Customer(f.Material.Known)
	switch {
	case !f.EmailKnown:
		// A record is found by the customer's address, also one that needs no proof.
		return schemas.GateVerdict{
			Do: schemas.GateAsk, Ask: schemas.PendingIdentity, Status: schemas.CallAsked, Wait: schemas.IdentityWait, AskEmail: true,
		}, true
	case c == nil || c.Match == schemas.MatchUnknown:
		return tell(schemas.CallFailed, string(schemas.RunErrorUnavailable))
	case c.Match == schemas.MatchSeveral:
		return handOffUnproven()
	}
	return pass()
}
