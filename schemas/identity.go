package schemas

// IdentityLevel is how well we know who is writing. Spec: D7. Settled: rule 28.
type IdentityLevel string

// The levels, from the weakest. A matched address is no proof of who somebody
// is: it opens low-risk data only.
const (
	IdentityAnonymous     IdentityLevel = "anonymous"
	IdentityClaimedEmail  IdentityLevel = "claimed_email"
	IdentityMatchedEmail  IdentityLevel = "matched_email"
	IdentityVerifiedEmail IdentityLevel = "verified_email"
	IdentityAuthenticated IdentityLevel = "authenticated"
)

// Rank orders the levels; an unknown one is 0, below anonymous.
func (l IdentityLevel) Rank() int {
	switch l {
	case IdentityAnonymous:
		return 1
	case IdentityClaimedEmail:
		return 2
	case IdentityMatchedEmail:
		return 3
	case IdentityVerifiedEmail:
		return 4
	case IdentityAuthenticated:
		return 5
	}
	return 0
}

// Valid reports whether l is one of the levels.
func (l IdentityLevel) Valid() bool { return l.Rank() > 0 }

// Meets reports whether l is at least need. An unknown level meets nothing, and
// an unknown need is met by nothing.
func (l IdentityLevel) Meets(need IdentityLevel) bool {
	return l.Valid() && need.Valid() && l.Rank() >= need.Rank()
}
