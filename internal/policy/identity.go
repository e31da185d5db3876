package policy

import (
	"time"

	"steward/schemas"
)

const (
	// IdleLimit is how long a customer may be silent before what they have shown
	// once counts no more.
	IdleLimit = time.Hour
	// CodeLasts is how long a code that was given proves the address.
	CodeLasts = 30 * time.Minute
)

// standing is what a proof is worth.
type standing struct {
	// matched is the level when exactly one CRM record has the address, alone the
	// one when none or several have it.
	matched, alone schemas.IdentityLevel
	// idle is the level that is left after IdleLimit; a proof that the channel
	// gives anew with every message keeps its worth.
	idle schemas.IdentityLevel
	// lasts is how long it counts at all; 0 has no end.
	lasts time.Duration
}

// worth is the one table that maps what a channel proves onto the levels. An
// unknown proof is worth nothing. Spec: D7. Settled: rule 28.
func worth(kind schemas.ProofKind) standing {
	const (
		anonymous     = schemas.IdentityAnonymous
		claimed       = schemas.IdentityClaimedEmail
		matched       = schemas.IdentityMatchedEmail
		verified      = schemas.IdentityVerifiedEmail
		authenticated = schemas.IdentityAuthenticated
	)
	switch kind {
	case schemas.ProofTyped:
		return standing{matched: matched, alone: claimed, idle: claimed}
	case schemas.ProofFrom:
		return standing{matched: claimed, alone: claimed}
	case schemas.ProofDMARC:
		return standing{matched: matched, alone: matched}
	case schemas.ProofCookie:
		return standing{matched: matched, alone: anonymous}
	case schemas.ProofPhone:
		return standing{matched: matched, alone: claimed}
	case schemas.ProofPage:
		return standing{matched: anonymous, alone: anonymous}
	case schemas.ProofCode:
		return standing{matched: verified, alone: verified, idle: claimed, lasts: CodeLasts}
	case schemas.ProofToken:
		return standing{matched: authenticated, alone: authenticated, idle: claimed}
	}
	return standing{matched: anonymous, alone: anonymous}
}

// LevelOf is how well we know who is writing: the best of the proofs that still
// hold for the address that the contact has now. A proof of another address
// counts for nothing, so a changed address lowers the level at once.
// Spec: D7. Settled: rule 28.
func LevelOf(f schemas.IdentityFacts) schemas.IdentityLevel {
	best := schemas.IdentityAnonymous
	for _, p := range f.Proofs {
		if level := levelOfProof(f, p); level.Rank() > best.Rank() {
			best = level
		}
	}
	return best
}

func levelOfProof(f schemas.IdentityFacts, p schemas.Proof) schemas.IdentityLevel {
	w := worth(p.Kind)
	if p.Address != f.Address && p.Address != "" {
		return schemas.IdentityAnonymous
	}
	level := w.alone
	if f.Matched && p.Address != "" {
		level = w.matched
	}
	if w.idle != "" && idle(f, p.At) || w.lasts > 0 && f.Now.Sub(p.At) >= w.lasts {
		level = w.idle
		if p.Address == "" {
			level = schemas.IdentityAnonymous
		}
	}
	return level
}

// idle reports whether the customer has been silent for too long since they
// wrote last or showed the proof, whichever is later.
func idle(f schemas.IdentityFacts, shown time.Time) bool {
	last := shown
	if f.LastActive.After(last) {
		last = f.LastActive
	}
	return f.Now.Sub(last) >= IdleLimit
}
