package evil

import "slices"

// Attacks are all attacks but those with texts of others, see Injections.
func Attacks() []Attack {
	return slices.Concat(CallAttacks(), WordAttacks(), WireAttacks(), ContentAttacks())
}
