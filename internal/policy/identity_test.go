package policy

import (
	"testing"
	"time"

	"steward/schemas"
)

// The one table of proofs. Case 86: a From without DMARC is claimed only.
// Settled: rule 28.
func TestWorthOfProofs(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	const (
		anonymous = schemas.IdentityAnonymous
		claimed   = schemas.IdentityClaimedEmail
		matched   = schemas.IdentityMatchedEmail
		verified  = schemas.IdentityVerifiedEmail
		authentic = schemas.IdentityAuthenticated
	)
	for kind, want := range map[schemas.ProofKind]struct{ alone, matched, idle, unnamed, unnamedIdle schemas.IdentityLevel }{
		schemas.ProofTyped:  {claimed, matched, claimed, claimed, anonymous},
		schemas.ProofFrom:   {claimed, claimed, claimed, claimed, claimed},
		schemas.ProofDMARC:  {matched, matched, matched, matched, matched},
		schemas.ProofCookie: {anonymous, matched, matched, anonymous, anonymous},
		schemas.ProofPhone:  {claimed, matched, matched, claimed, claimed},
		schemas.ProofPage:   {anonymous, anonymous, anonymous, anonymous, anonymous},
		schemas.ProofCode:   {verified, verified, claimed, verified, anonymous},
		schemas.ProofToken:  {authentic, authentic, claimed, authentic, anonymous},
		"sesame":            {anonymous, anonymous, anonymous, anonymous, anonymous},
	} {
		level := func(address string, match bool, at time.Time) schemas.IdentityLevel {
			return LevelOf(schemas.IdentityFacts{Now: now, Address: address, Matched: match, Proofs: []schemas.Proof{{Kind: kind, Address: address, At: at}}})
		}
		fresh, old := now.Add(-time.Minute), now.Add(-time.Hour)
		for name, got := range map[string][2]schemas.IdentityLevel{
			"alone":                {level("ada", false, fresh), want.alone},
			"matched":              {level("ada", true, fresh), want.matched},
			"matched, idle":        {level("ada", true, old), want.idle},
			"without address":      {level("", true, fresh), want.unnamed},
			"without address, old": {level("", true, old), want.unnamedIdle},
		} {
			if got[0] != got[1] {
				t.Errorf("%s %s is %s, want %s", kind, name, got[0], got[1])
			}
		}
		other := LevelOf(schemas.IdentityFacts{Now: now, Address: "bob", Matched: true, Proofs: []schemas.Proof{{Kind: kind, Address: "ada", At: fresh}}})
		if other != anonymous {
			t.Errorf("%s of another address is %s", kind, other)
		}
		if none := LevelOf(schemas.IdentityFacts{Now: now, Matched: true, Proofs: []schemas.Proof{{Kind: kind, Address: "ada", At: fresh}}}); none != anonymous {
			t.Errorf("%s of an address that was taken away is %s", kind, none)
		}
	}
}

// Cases 78, 83 and 87, and the level's decay. Spec: D7.
func TestLevelOf(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	proof := func(kind schemas.ProofKind, address string, at time.Time) schemas.Proof {
		return schemas.Proof{Kind: kind, Address: address, At: at}
	}
	for name, tt := range map[string]struct {
		facts schemas.IdentityFacts
		want  schemas.IdentityLevel
	}{
		"nothing": {schemas.IdentityFacts{}, schemas.IdentityAnonymous},
		"one of the best": {schemas.IdentityFacts{Address: "ada", Matched: true, Proofs: []schemas.Proof{
			proof(schemas.ProofTyped, "ada", ago(9*time.Minute)), proof(schemas.ProofCode, "ada", ago(time.Minute)), proof(schemas.ProofCookie, "ada", ago(0)),
		}}, schemas.IdentityVerifiedEmail},
		"verified as one, then another address": {schemas.IdentityFacts{Address: "bob", Matched: true, Proofs: []schemas.Proof{
			proof(schemas.ProofCode, "ada", ago(time.Minute)), proof(schemas.ProofTyped, "bob", ago(0)),
		}}, schemas.IdentityMatchedEmail},
		"two records have the address": {schemas.IdentityFacts{Address: "ada", Proofs: []schemas.Proof{proof(schemas.ProofTyped, "ada", ago(0))}}, schemas.IdentityClaimedEmail},
		"a returning visitor":          {schemas.IdentityFacts{Address: "ada", Matched: true, Proofs: []schemas.Proof{proof(schemas.ProofCookie, "ada", ago(0))}}, schemas.IdentityMatchedEmail},
		"a code of 29 minutes ago": {schemas.IdentityFacts{Address: "ada", LastActive: ago(time.Minute), Proofs: []schemas.Proof{
			proof(schemas.ProofCode, "ada", ago(30*time.Minute-time.Second)),
		}}, schemas.IdentityVerifiedEmail},
		"a code of 30 minutes ago": {schemas.IdentityFacts{Address: "ada", LastActive: ago(time.Minute), Proofs: []schemas.Proof{
			proof(schemas.ProofCode, "ada", ago(30*time.Minute)),
		}}, schemas.IdentityClaimedEmail},
		"a token in a long talk": {schemas.IdentityFacts{Address: "ada", LastActive: ago(59*time.Minute + 59*time.Second), Proofs: []schemas.Proof{
			proof(schemas.ProofToken, "ada", ago(5*time.Hour)),
		}}, schemas.IdentityAuthenticated},
		"a token after an hour of silence": {schemas.IdentityFacts{Address: "ada", LastActive: ago(time.Hour), Proofs: []schemas.Proof{
			proof(schemas.ProofToken, "ada", ago(5*time.Hour)),
		}}, schemas.IdentityClaimedEmail},
		"a token shown again after the silence": {schemas.IdentityFacts{Address: "ada", LastActive: ago(2 * time.Hour), Proofs: []schemas.Proof{
			proof(schemas.ProofToken, "ada", ago(0)),
		}}, schemas.IdentityAuthenticated},
	} {
		tt.facts.Now = now
		if got := LevelOf(tt.facts); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
